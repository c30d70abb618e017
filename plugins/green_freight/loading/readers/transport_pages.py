"""The transport bureau's pages: a container of exchanges, each body a page with `items`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from green_freight.landing import Exchange, read_exchanges
from green_freight.loading.issues import RowIssue, SourceRow, UnreadableFileError
from green_freight.loading.outcomes import LoadWarning
from green_freight.loading.readers.base import Source
from green_freight.loading.readers.json_columns import KeyedColumns


class TransportPages:
    """Reads the items of all pages; a row's number is its place among all items, from 1."""

    sheet: str | None = None

    def __init__(self, source: Source) -> None:
        self._source = source
        self._columns = KeyedColumns(source.contract, _as_it_is)

    def rows(self) -> Iterator[SourceRow]:
        """Yield the items of the pages in their order."""
        number = 0
        for line, exchange in enumerate(exchanges(self._source), start=1):
            page = body(exchange, line)
            items = page.get("items") if isinstance(page, dict) else None
            if not isinstance(items, list):
                raise UnreadableFileError(
                    "unreadable_file", f"第 {line} 个应答没有 items", f"answer {line} has no items"
                )
            for item in items:
                number += 1
                yield keyed_row(number, item, self._columns, line)

    def absent(self) -> set[str]:
        """Return the columns no item carried."""
        return self._columns.absent()

    def new_columns(self) -> list[str]:
        """Return the keys that the contract does not know."""
        return self._columns.new_columns()

    def warnings(self) -> list[LoadWarning]:
        """Return nothing: pages carry no more than rows."""
        return []


def exchanges(source: Source) -> Iterator[Exchange]:
    """Yield the exchanges of a landed container.

    Raises:
        UnreadableFileError: it is no such container, or it is cut off.
    """
    with source.open() as file:
        try:
            yield from read_exchanges(file)
        except ValueError as error:
            raise UnreadableFileError("unreadable_file", str(error), str(error)) from error


def body(exchange: Exchange, line: int) -> Any:
    """Return an answer's body as JSON.

    Raises:
        UnreadableFileError: it is not JSON.
    """
    try:
        return orjson.loads(exchange.body)
    except ValueError as error:
        raise UnreadableFileError(
            "unreadable_file", f"第 {line} 个应答不是 JSON：{error}", f"answer {line} is not JSON: {error}"
        ) from error


def keyed_row(number: int, item: Any, columns: KeyedColumns, answer: int | None = None) -> SourceRow:
    """Return the row of one JSON object; what is no object is a faulty row."""
    if not isinstance(item, dict):
        fault = RowIssue("not_an_object", None, item)
        return SourceRow(number, [], item, fault, answer)
    return SourceRow(number, columns.values(item), item, None, answer)


def _as_it_is(key: str) -> str:
    return key
