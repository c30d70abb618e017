"""Validation of a file's rows by the contract: typed rows for COPY, rejected rows with their reason, counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from pydantic import ValidationError

from green_freight.contracts import identifiers
from green_freight.contracts.model import Contract
from green_freight.contracts.row_model import Row, reasons, row_model, tombstone_model
from green_freight.loading.outcomes import LoadWarning, RowIssue, SourceRow
from green_freight.loading.row_rules import row_checks
from green_freight.periods import Period

_NUL = "\\u0000"
_TYPE_FAULTS = frozenset({"not_a_number", "not_a_date", "not_a_boolean", "not_a_list", "not_a_text"})


@dataclass(frozen=True)
class Accepted:
    """A row for COPY (jsonb columns as text already)."""

    number: int
    row: Row


@dataclass(frozen=True)
class Rejected:
    """A row for `ops.rejected_row`."""

    number: int
    issue: RowIssue
    content: str


class RowValidator:
    """Validates rows and keeps the counts that a load needs."""

    def __init__(self, contract: Contract, period: Period) -> None:
        self.contract, self.period = contract, period
        self.accepted = self.rejected = 0
        self.type_faults: Counter[str] = Counter()
        self.readable: set[str] = set()
        self.months: set[tuple[int, int]] = set()
        self.invalid_kept: Counter[str] = Counter()
        self.invalid_example: dict[str, tuple[int, Any]] = {}
        self._model = row_model(contract)
        self._checks = row_checks(contract, period)
        columns = list(enumerate(contract.columns))
        self._json_places = [place for place, column in columns if column.physical_type == "jsonb"]
        self._identifiers = [
            (place, column.name, identifiers.CHECKS[column.identifier][0])
            for place, column in columns
            if column.identifier and not column.rejects_invalid
        ]
        event, names = contract.event_date_column, contract.names
        self._event_place = contract.position(event) if event else None
        self._deleted_place = contract.position("is_deleted") if "is_deleted" in names else None

    def validate(self, rows: Iterable[SourceRow]) -> Iterator[Accepted | Rejected]:
        """Yield each row as accepted or rejected, in the order of the file."""
        for number, values, raw, fault, _ in rows:
            found = fault or self._typed(values)
            if isinstance(found, RowIssue):
                self.rejected += 1
                yield Rejected(number, found, as_json(raw))
            else:
                self._count(number, found)
                yield Accepted(number, found)

    def warnings(self) -> list[LoadWarning]:
        """Return a warning for each column of which invalid identifiers were loaded."""
        found = []
        for name, count in sorted(self.invalid_kept.items()):
            number, value = self.invalid_example[name]
            column = self.contract.column(name)
            _, reason_code = identifiers.CHECKS[column.identifier or ""]
            facts = {"title_zh": column.title_zh, "number": number, "value": value}
            found.append(LoadWarning.of(reason_code, column=name, count=count, **facts))
        return found

    def affected_months(self) -> set[date]:
        """Return the first days of the months (of the event date) that accepted rows fall into."""
        return {date(year, month, 1) for year, month in self.months}

    def _typed(self, values: list[Any]) -> Row | RowIssue:
        is_tombstone = self._deleted_place is not None and values[self._deleted_place] is True
        model = tombstone_model(self.contract) if is_tombstone else self._model
        try:
            row = model.validate_python(values)
        except ValidationError as error:
            return self._fault(error, values)
        for check in () if is_tombstone else self._checks:
            if (issue := check(row)) is not None:
                return issue
        return _with_json_text(self.contract, row, self._json_places) if self._json_places else row

    def _count(self, number: int, row: Row) -> None:
        self.accepted += 1
        for place, name, is_valid in self._identifiers:
            value = row[place]
            if value is not None and not is_valid(value):
                self.invalid_kept[name] += 1
                self.invalid_example.setdefault(name, (number, value))
        if self._event_place is not None:
            day = row[self._event_place]
            is_text = isinstance(day, str)
            self.months.add((int(day[:4]), int(day[5:7])) if is_text else (day.year, day.month))

    def _fault(self, error: ValidationError, values: list[Any]) -> RowIssue:
        found = reasons(error, self.contract)
        bad = {column.name for column, _, _ in found}
        self.type_faults.update(column.name for column, code, _ in found if code in _TYPE_FAULTS)
        self.readable.update(
            c.name
            for c, value in zip(self.contract.columns, values, strict=True)
            if value is not None and c.name not in bad
        )
        column, code, value = found[0]
        return RowIssue(code, column, value)


def as_json(raw: Any) -> str:
    """Return a row as it came as JSON text that jsonb takes (which holds no U+0000)."""
    try:
        text = orjson.dumps(raw, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:
        # A lone surrogate, which UTF-8 cannot carry.
        text = orjson.dumps(str(raw).encode("utf-8", "replace").decode()).decode()
    return text.replace(_NUL, "\\ufffd")


def _with_json_text(contract: Contract, row: Row, places: list[int]) -> Row | RowIssue:
    values = list(row)
    for place in places:
        if values[place] is None:
            continue
        text = orjson.dumps(values[place], default=float).decode()
        if _NUL in text:
            return RowIssue("bad_character", contract.columns[place], text)
        values[place] = text
    return tuple(values)
