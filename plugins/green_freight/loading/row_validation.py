"""Validation of a file's rows by the contract: typed rows for COPY, rejected rows with their reason, counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

import orjson
from pydantic import ValidationError

from green_freight import json_text
from green_freight.contracts import identifiers
from green_freight.contracts.model import Column, Contract, Granularity
from green_freight.contracts.row_model import Row, reasons, row_model, tombstone_model
from green_freight.contracts.truth_values import truth_value
from green_freight.loading.column_validation import Certain, ColumnValidator
from green_freight.loading.outcomes import LoadWarning, RowIssue, SourceRow
from green_freight.loading.row_rules import row_checks
from green_freight.periods import SHANGHAI, Period, business_day

# Below this, validating each row alone is faster.
_FEWEST_IN_BATCH = 8
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


@dataclass(frozen=True)
class Validated:
    """What became of a batch of rows.

    Of the rows that are certainly right there are `numbers` and `lines`, their columns as COPY takes them; `others` are
    the rows that were validated alone, in the order of the file.
    """

    numbers: Sequence[int]
    lines: Sequence[str]
    others: Sequence[Accepted | Rejected]


class RowValidator:
    """Validates rows and keeps the counts that a load needs."""

    def __init__(self, contract: Contract, period: Period, now: datetime | None = None) -> None:
        """Validate rows of one contract and period; changes after the day of `now` are noted, without it none."""
        self.contract, self.period = contract, period
        self._ahead = FutureChanges(contract, now)
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
            (place, column.name, identifiers.CHECKS[column.identifier or ""][0])
            for place, column in columns
            if column.is_checked and not column.rejects_invalid
        ]
        # Events are too many to be remembered, and their numbers come from machines.
        is_list = contract.granularity is not Granularity.DAY
        self._look_alikes = {
            place: LookAlikes(column)
            for place, column in columns
            if is_list and column.is_key and column.identifier == "register_number"
        }
        event, names = contract.event_date_column, contract.names
        self._event_place = contract.position(event) if event else None
        self._deleted_place = contract.position("is_deleted") if "is_deleted" in names else None

    def validate(self, rows: Iterable[SourceRow]) -> Iterator[Accepted | Rejected]:
        """Yield each row as accepted or rejected, in the order of the file."""
        for number, values, raw, fault, _ in rows:
            found = fault or self._typed(values)
            if isinstance(found, RowIssue):
                self.rejected += 1
                yield Rejected(number, found, json_text.written(raw))
            else:
                self._count(number, found)
                yield Accepted(number, found)

    def validate_batch(self, rows: Sequence[SourceRow]) -> Validated:
        """Validate rows as `validate` does, by columns where that is certain."""
        usable = [row for row in rows if row.fault is None]
        if len(usable) < _FEWEST_IN_BATCH:
            return Validated((), (), list(self.validate(rows)))
        found = self._by_columns.certain([row.values for row in usable])
        others = self._others(rows, found)
        certain: Sequence[Sequence[str | None]] = found.columns
        numbers = [row.number for row in usable]
        if found.uncertain:
            left_out = set(found.uncertain)
            places = [place for place in range(len(usable)) if place not in left_out]
            certain = [[column[place] for place in places] for column in certain]
            numbers = [numbers[place] for place in places]
        self.accepted += len(numbers)
        self.months |= self._by_columns.months(certain)
        return Validated(numbers, list(map("\t".join, zip(*certain, strict=True))), others)

    def warnings(self) -> list[LoadWarning]:
        """Return a warning for each column of which invalid identifiers were loaded."""
        found = []
        for name, count in sorted(self.invalid_kept.items()):
            number, value = self.invalid_example[name]
            column = self.contract.column(name)
            _, reason_code = identifiers.CHECKS[column.identifier or ""]
            facts = {"title_zh": column.title_zh, "number": number, "value": value}
            found.append(LoadWarning.of(reason_code, column=name, count=count, **facts))
        noticed: list[LookAlikes | FutureChanges] = [*self._look_alikes.values(), self._ahead]
        return [*found, *(one.warning() for one in noticed if one.count)]

    def affected_months(self) -> set[date]:
        """Return the first days of the months (of the event date) that accepted rows fall into."""
        return {date(year, month, 1) for year, month in self.months}

    @cached_property
    def _by_columns(self) -> ColumnValidator:
        return ColumnValidator(self.contract, self.period, self._ahead.ends_at)

    def _others(self, rows: Sequence[SourceRow], found: Certain) -> list[Accepted | Rejected]:
        """Validate the rows of a batch of which columns are not certain, and note the keys of the others, in order."""
        if not found.uncertain and not self._look_alikes and len(rows) == len(found.columns[0]):
            return []
        others: list[Accepted | Rejected] = []
        uncertain, at = set(found.uncertain), 0
        for row in rows:
            if row.fault is not None:
                others += self.validate([row])
                continue
            if at in uncertain:
                others += self.validate([row])
            else:
                for place, look_alikes in self._look_alikes.items():
                    look_alikes.take(row.number, str(found.columns[place][at]))
            at += 1
        return others

    def _typed(self, values: Sequence[Any]) -> Row | RowIssue:
        # The mark as the source writes it, since the model to validate by depends on it.
        is_tombstone = self._deleted_place is not None and truth_value(values[self._deleted_place]) is True
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
        self._ahead.take(number, row)
        for place, look_alikes in self._look_alikes.items():
            look_alikes.take(number, row[place])
        if self._event_place is not None:
            day = row[self._event_place]
            is_text = isinstance(day, str)
            self.months.add((int(day[:4]), int(day[5:7])) if is_text else (day.year, day.month))

    def _fault(self, error: ValidationError, values: Sequence[Any]) -> RowIssue:
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


class LookAlikes:
    """Finds, among the keys of one column, those that people take for each other although they differ."""

    def __init__(self, column: Column) -> None:
        self._column = column
        self._known: dict[str, str] = {}
        self._example: dict[str, Any] = {}
        self.count = 0

    def take(self, number: int, value: str) -> None:
        """Compare the key of one row with those before it."""
        known = self._known.setdefault(identifiers.look_alike(value), value)
        if known != value:
            self.count += 1
            self._example = self._example or {"number": number, "value": value, "other": known}

    def warning(self) -> LoadWarning:
        """Return how many keys look like an earlier one, with an example."""
        facts: dict[str, Any] = {"title_zh": self._column.title_zh, **self._example}
        return LoadWarning.of("look_alike_keys", column=self._column.name, count=self.count, **facts)


class FutureChanges:
    """Counts the records whose time of change lies after today: the sender's clock is wrong."""

    def __init__(self, contract: Contract, now: datetime | None) -> None:
        is_versioned = now is not None and "changed_at" in contract.names
        self._place = contract.position("changed_at") if is_versioned else None
        self.ends_at = None if now is None else Period.day(business_day(now)).ends_at
        self._example: dict[str, Any] = {}
        self.count = 0

    def take(self, number: int, row: Row) -> None:
        """Compare the time of change of one row with today."""
        if self._place is not None and self.ends_at is not None and row[self._place] >= self.ends_at:
            self.count += 1
            self._example = self._example or {
                "number": number,
                "value": row[self._place].astimezone(SHANGHAI),
            }

    def warning(self) -> LoadWarning:
        """Return how many there are, with an example."""
        return LoadWarning.of("changed_in_future", column="changed_at", count=self.count, **self._example)


def _with_json_text(contract: Contract, row: Row, places: list[int]) -> Row | RowIssue:
    values = list(row)
    for place in places:
        if values[place] is None:
            continue
        text = _jsonb(values[place])
        if text is None:
            return RowIssue("bad_character", contract.columns[place], json_text.written(values[place]))
        values[place] = text
    return tuple(values)


def _jsonb(value: Any) -> str | None:
    """Return a value as JSON text, None where jsonb cannot hold a character or a number in it."""
    try:
        text = orjson.dumps(value, default=float).decode()
    except TypeError:
        # Half a surrogate pair, or a number beyond 64 bits.
        return None
    # What is no number is written as null.
    is_held = _NUL not in text and ("null" not in text or not json_text.has_no_number(value))
    return text if is_held else None
