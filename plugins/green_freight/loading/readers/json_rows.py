"""Rows from JSON objects: what the readers of pages, exchange messages and order lines share.

Objects of one shape (the same keys in the same order) are resolved once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any

from green_freight import json_text
from green_freight.landing import read_exchanges
from green_freight.loading.outcomes import LoadWarning, RowIssue, SourceRow, UnreadableFileError
from green_freight.loading.readers import Reading, Source
from green_freight.protocols.http import whole_number
from green_freight.protocols.tcec102_drift import Shape, canonical

_NOWHERE = "\x00"
# Objects of more shapes than this are resolved one by one.
MOST_SHAPES = 1_000


class JsonReading(Reading):
    """A reading whose rows are JSON objects: finds the contract's columns, remembers missing and new ones.

    `shape` is the kind of message in T/CEC 102, None for sources without that standard: drifted keys are then
    resolved to the standard's spelling, its keys are not new ones, nor are `known_keys`.
    """

    def __init__(self, source: Source, shape: Shape | None = None, known_keys: Iterable[str] = ()) -> None:
        self._source = source
        self._shape = shape
        names = {name for column in source.contract.columns for name in column.source_names}
        self._known = names | set(known_keys) | set(shape.names.values() if shape else ())
        self._values: dict[tuple[str, ...], Callable[[dict[str, Any]], Sequence[Any]]] = {}
        self._found: set[str] = set()
        self._new: dict[str, None] = {}
        self._drift: Counter[str] = Counter()

    def absent(self) -> set[str]:
        return set(self._source.contract.names) - self._found if self._values else set()

    def new_columns(self) -> list[str]:
        return list(self._new)

    def warnings(self) -> list[LoadWarning]:
        """Return one warning that says which drift of the exchange was absorbed; unknown keys are new columns."""
        absorbed = {note: count for note, count in self._drift.items() if not note.startswith("unknown key")}
        if not absorbed:
            return []
        drift = ", ".join(f"{note} × {count}" for note, count in sorted(absorbed.items()))
        return [LoadWarning.of("drift_absorbed", count=sum(absorbed.values()), drift=drift)]

    def row(self, number: int, item: Any, answer: int | None = None) -> SourceRow:
        """Return the row of one JSON object; anything else is a faulty row. Empty text and absent keys are None."""
        if not isinstance(item, dict):
            return SourceRow(number, [], item, RowIssue("not_an_object", None, item), answer)
        shape = tuple(item)
        values_of = self._values.get(shape)
        if values_of is None:
            values_of = self._resolve(shape)
            if len(self._values) < MOST_SHAPES:
                self._values[shape] = values_of
            self._source.contract.limits.check(
                "columns", len(self._found) + len(self._new) + len(self._drift), row=number
            )
        values = values_of(item)
        if "" in values:
            values = [None if value == "" else value for value in values]
        return SourceRow(number, values, item, None, answer)

    def answers(self) -> Iterator[tuple[int, Any, Any]]:
        """Yield line, request and JSON body of the exchanges in a landed container.

        Raises UnreadableFileError where it is not such a container, is cut off, or a body is not JSON.
        """
        with self._source.open() as file:
            line = 0
            try:
                for line, exchange in enumerate(read_exchanges(file), start=1):
                    yield line, exchange.request, self._body(line, exchange.body)
            except ValueError as error:
                raise UnreadableFileError("unreadable_file", str(error)) from error

    def _body(self, line: int, body: str) -> Any:
        self.text_bytes += len(body)
        try:
            return json_text.read(body)
        except ValueError as error:
            raise UnreadableFileError.of(
                "unreadable_file", "response_no_json", line=line, error=error
            ) from error

    def _resolve(self, shape: tuple[str, ...]) -> Callable[[dict[str, Any]], Sequence[Any]]:
        """Return what gives the values of an object of a shape in the contract's order."""
        by_name: dict[str, str] = {}
        for key in shape:
            name = key if key in self._known else standard_name(self._shape, key)
            if name not in self._known:
                self._new[key] = None
            # The right spelling wins where both occur.
            if name not in by_name or key == name:
                by_name[name] = key
        keys = []
        for column in self._source.contract.columns:
            found = next((by_name[name] for name in column.source_names if name in by_name), _NOWHERE)
            if found is not _NOWHERE:
                self._found.add(column.name)
            keys.append(found)
        if _NOWHERE in keys:
            return lambda item: list(map(item.get, keys))
        return itemgetter(*keys)


class TransportPages(JsonReading):
    """Reads the transport bureau's pages: each body has `items`; a row's number is its place among all of them."""

    def _rows(self) -> Iterator[SourceRow]:
        number = 0
        for line, _, page in self.answers():
            items = page.get("items") if isinstance(page, dict) else None
            if items is None and isinstance(page, dict) and whole_number(page.get("total")) == 0:
                continue
            if not isinstance(items, list):
                raise UnreadableFileError.of("unreadable_file", "response_lacks", line=line, name="items")
            for item in items:
                number += 1
                yield self.row(number, item, line)


def standard_name(shape: Shape | None, key: str) -> str:
    """Return a key in the standard's spelling for one kind of message; as it is where there is no standard."""
    return key if shape is None else next(iter(canonical({key: None}, shape, None)))
