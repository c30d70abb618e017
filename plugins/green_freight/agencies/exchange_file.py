"""HTTP answers as one file: the exchanges of a delivery and period in one JSON-lines container."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO, cast

from green_freight.agencies.delivery import AvailableFile, FetchRequest, ReceivedFile
from green_freight.landing import Exchange, write_exchanges
from green_freight.protocols.retry_policy import Retries

# Beyond this a container goes to disk while it is made.
IN_MEMORY_BYTES = 16 << 20


def spool() -> BinaryIO:
    """Return an empty temporary file that stays in memory while it is small."""
    return cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES))


def exchange_file(
    asked: FetchRequest, ask: Callable[[Retries], Sequence[Exchange]], request: Mapping[str, Any]
) -> AvailableFile:
    """Return the one file that the exchanges of a question make; `request` describes it in the provenance."""

    def receive(retries: Retries) -> ReceivedFile:
        content = spool()
        write_exchanges(ask(retries), content)
        return ReceivedFile(content, request=request)

    return AvailableFile(f"{asked.delivery.name}_{asked.period}.jsonl", receive)
