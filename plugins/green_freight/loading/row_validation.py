"""Validation of a file's rows by the contract: typed rows for COPY, rejected rows with their reason, counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import orjson
from pydantic import ValidationError

from green_freight.contracts import identifiers
from green_freight.contracts.model import Contract
from green_freight.contracts.row_model import Row, reasons, row_model, tombstone_model
from green_freight.loading.issues import RowIssue, SourceRow
from green_freight.loading.outcomes import LoadWarning
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


@dataclass
class RowValidator:
    """Validates rows and keeps the counts that a load needs."""

    contract: Contract
    period: Period
    accepted: int = 0
    rejected: int = 0
    type_faults: Counter[str] = field(default_factory=Counter)
    readable: set[str] = field(default_factory=set)
    months: set[tuple[int, int]] = field(default_factory=set)
    invalid_kept: Counter[str] = field(default_factory=Counter)
    invalid_example: dict[str, tuple[int, Any]] = field(default_factory=dict)

    def validate(self, rows: Iterable[SourceRow]) -> Iterator[Accepted | Rejected]:
        """Yield each row as accepted or rejected, in the order of the file."""
        contract = self.contract
        validate = row_model(contract).validate_python
        checks = row_checks(contract, self.period)
        event = contract.position(contract.event_date_column) if contract.event_date_column else None
        parts = [i for i, column in enumerate(contract.columns) if column.physical_type == "jsonb"]
        kept = [
            (i, c, *identifiers.CHECKS[c.identifier])
            for i, c in enumerate(contract.columns)
            if c.identifier and not c.rejects_invalid
        ]
        gone = contract.position("is_deleted") if "is_deleted" in contract.names else None
        for source in rows:
            number, values, raw, fault, _ = source
            if fault is not None:
                yield self._reject(number, fault, raw)
                continue
            is_tombstone = gone is not None and values[gone] is True
            try:
                row = tombstone_model(contract).validate_python(values) if is_tombstone else validate(values)
            except ValidationError as error:
                yield self._reject(number, self._fault(error, values), raw)
                continue
            found = None if is_tombstone else _first(checks, row)
            if found is None and parts:
                row, found = _with_json_text(contract, row, parts)
            if found is not None:
                yield self._reject(number, found, raw)
                continue
            for place, column, is_valid, _ in kept:
                value = row[place]
                if value is not None and not is_valid(value):
                    self.invalid_kept[column.name] += 1
                    self.invalid_example.setdefault(column.name, (number, value))
            if event is not None:
                self.months.add(_month(row[event]))
            self.accepted += 1
            yield Accepted(number, row)

    def warnings(self) -> list[LoadWarning]:
        """Return a warning for each column of which invalid identifiers were loaded."""
        found = []
        for name, count in sorted(self.invalid_kept.items()):
            number, value = self.invalid_example[name]
            column = self.contract.column(name)
            _, reason_code = identifiers.CHECKS[column.identifier or ""]
            found.append(
                LoadWarning(
                    reason_code,
                    f"{column.title_zh}（{name}）有 {count} 个值无效，例如第 {number} 行的“{value}”，已照原值装载；"
                    "请报送单位核实。",
                    f"{count} values of column {name} are invalid, for example {value!r} in row {number}. They were "
                    "loaded unchanged; ask the agency to check them.",
                    column=name,
                    count=count,
                )
            )
        return found

    def affected_months(self) -> set[date]:
        """Return the first days of the months (of the event date) that accepted rows fall into."""
        return {date(year, month, 1) for year, month in self.months}

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

    def _reject(self, number: int, issue: RowIssue, raw: Any) -> Rejected:
        self.rejected += 1
        return Rejected(number, issue, as_json(raw))


def as_json(raw: Any) -> str:
    """Return a row as it came as JSON text that jsonb takes (which holds no U+0000)."""
    try:
        text = orjson.dumps(raw, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:
        # A lone surrogate, which UTF-8 cannot carry.
        text = orjson.dumps(str(raw).encode("utf-8", "replace").decode()).decode()
    return text.replace(_NUL, "\\ufffd")


def _first(checks: list[Any], row: Row) -> RowIssue | None:
    for check in checks:
        found: RowIssue | None = check(row)
        if found is not None:
            return found
    return None


def _with_json_text(contract: Contract, row: Row, parts: list[int]) -> tuple[Row, RowIssue | None]:
    values = list(row)
    for place in parts:
        if values[place] is None:
            continue
        text = orjson.dumps(values[place], default=float).decode()
        if _NUL in text:
            return row, RowIssue("bad_character", contract.columns[place], text)
        values[place] = text
    return tuple(values), None


def _month(value: Any) -> tuple[int, int]:
    if isinstance(value, str):
        return int(value[:4]), int(value[5:7])
    return value.year, value.month
