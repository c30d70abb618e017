"""The container in which HTTP exchanges land: a JSON line an exchange, same answers give the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO


@dataclass(frozen=True)
class Exchange:
    """One request (no secrets, nothing that changes from try to try) and the body of its answer as text."""

    request: Mapping[str, Any]
    body: str


def write_exchanges(exchanges: Iterable[Exchange], target: BinaryIO) -> None:
    """Write exchanges as JSON lines (UTF-8, keys of the request sorted) in the order given."""
    for exchange in exchanges:
        request = dict(sorted(exchange.request.items()))
        line = json.dumps(
            {"request": request, "body": exchange.body}, ensure_ascii=False, separators=(",", ":")
        )
        target.write(line.encode() + b"\n")


def read_exchanges(source: BinaryIO) -> Iterator[Exchange]:
    """Yield the exchanges of a landed container, one at a time.

    Raises:
        ValueError: a line is not an exchange; the message names the line.
    """
    for number, line in enumerate(source, start=1):
        try:
            found = json.loads(line)
            yield Exchange(found["request"], found["body"])
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"line {number} of the landed container is not an exchange: {error}") from error
