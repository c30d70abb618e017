"""The transport bureau's pages: a container of exchanges, each body a page with `items`."""

from __future__ import annotations

from collections.abc import Iterator

from green_freight.loading.issues import SourceRow, UnreadableFileError
from green_freight.loading.readers.json_rows import JsonReading


class TransportPages(JsonReading):
    """Reads the items of all pages; a row's number is its place among all items, from 1."""

    def rows(self) -> Iterator[SourceRow]:
        """Yield the items of the pages in their order."""
        number = 0
        for line, _, page in self.answers():
            items = page.get("items") if isinstance(page, dict) else None
            if not isinstance(items, list):
                raise UnreadableFileError(
                    "unreadable_file", f"第 {line} 个应答没有 items", f"response {line} has no items"
                )
            for item in items:
                number += 1
                yield self.row(number, item, line)
