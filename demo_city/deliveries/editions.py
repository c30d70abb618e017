"""How deliveries deviate as a whole: editions of monthly forms, and a column that is left out, added or retyped.

A form comes late, again, first with errors and then corrected, or after a revision.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from green_freight.contracts import contract

from demo_city.contract_facts import forms
from demo_city.defects.registry import CHANGED_COLUMNS, NEW_COLUMN, DefectSampler
from demo_city.random_generator import form_delivered_at
from demo_city.versioned_register import Row

WORKBOOKS, CSV_FILES = forms("workbook"), forms("csv")
FORMS = WORKBOOKS | CSV_FILES
LATE = timedelta(days=10)
CORRECTED_AFTER = timedelta(days=3, hours=-2)
REPEATED_AFTER = timedelta(days=1, hours=-3)
_WORKBOOK_DEFECTS = ("report_late", "report_resent", "report_repeated", "report_truncated")
_CSV_DEFECTS = ("postal_late", "postal_corrected", "postal_repeated", "postal_wrong_checksum")
COLUMN_KINDS = ("missing", "new", "retyped")
_GRADES = ("较高", "一般", "较低")
# In a superseded edition every tenth row is wrong.
_WRONG_EVERY = 10


@dataclass(frozen=True)
class Edition:
    """One delivery of one form; `is_superseded` when a later edition corrects it."""

    agency: str
    delivery: str
    month: date
    file_name: str
    delivered_at: datetime
    is_superseded: bool = False

    @property
    def label(self) -> str:
        """Return the period's label."""
        return f"{self.month:%Y-%m}"


def form_defects(sampler: DefectSampler, agency: str, delivery: str, month: date) -> list[str]:
    """Return the names of the defects that a form's deliveries have as a whole; a correction is no mere repetition."""
    wanted = _WORKBOOK_DEFECTS if (agency, delivery) in WORKBOOKS else _CSV_DEFECTS
    found = [name for name in wanted if sampler.happens(name, delivery, f"{month:%Y-%m}")]
    _, corrected, repeated, _ = wanted
    return [name for name in found if not (corrected in found and name == repeated)]


def editions(sampler: DefectSampler, agency: str, delivery: str, month: date) -> list[Edition]:
    """Return the editions of a form in the order of their delivery."""
    defects = {name.partition("_")[2] for name in form_defects(sampler, agency, delivery, month)}
    delivered_at = form_delivered_at(month) + (LATE if "late" in defects else timedelta())
    first = Edition(agency, delivery, month, _name(agency, delivery, month, 1, ""), delivered_at)
    if defects & {"resent", "corrected"}:
        corrected = _again(first, delivered_at + CORRECTED_AFTER, 2, "_最终版(2)")
        return [replace(first, is_superseded=True), corrected]
    if "repeated" in defects:
        return [first, _again(first, delivered_at + REPEATED_AFTER, 2, "(1)")]
    return [first]


def revised(first: Edition, delivered_at: datetime, number: int) -> Edition:
    """Return the edition that is dropped when something turned out about a month, under a name of its own."""
    return _again(first, delivered_at, number, f"_更正{delivered_at:%Y%m%d}")


def _again(first: Edition, delivered_at: datetime, number: int, ending: str) -> Edition:
    name = _name(first.agency, first.delivery, first.month, number, ending)
    return replace(first, file_name=name, delivered_at=delivered_at, is_superseded=False)


def _name(agency: str, delivery: str, month: date, number: int, ending: str) -> str:
    if (agency, delivery) in CSV_FILES:
        return f"{agency}_{delivery}_{month:%Y%m}_v{number}.csv"
    return f"连云港市城市配送月报_{month.year}年{month.month:02d}月{ending}.xlsx"


def superseded_rows(dataset_id: str, rows: list[Row]) -> list[Row]:
    """Return a form's rows as they stood before the correction: plausible, but wrong, and one row too many.

    A dataset whose key consists of checked identifiers cannot have a row too many and stays as it is.
    """
    dataset = contract(dataset_id)
    free = [c for c in dataset.key if not (c.codes or c.is_checked or c.pattern or c.value_from)]
    if not free or not rows:
        return rows
    types = {column.name: column.logical_type for column in dataset.columns if not column.is_key}
    wrong = next((t for t in ("number", "integer", "boolean") if t in types.values()), None)
    key = free[0].name
    extra = {**rows[-1], key: f"{rows[-1][key]}临"}

    def spoilt(row: Row) -> Row:
        return {k: _wrong_value(v) if types.get(k) == wrong else v for k, v in row.items()}

    return [*(row if n % _WRONG_EVERY else spoilt(row) for n, row in enumerate(rows)), extra]


def _wrong_value(value: object) -> object:
    """Return another value that the contract takes as well; text of a planted defect stays."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, Decimal):
        return value / 2
    return value * 2 if isinstance(value, int) else value


@dataclass(frozen=True)
class ColumnChange:
    """`kind` is one of COLUMN_KINDS; `column` is the contract's column concerned."""

    kind: str
    column: str

    def titles(self, titles: dict[str, Any]) -> dict[str, Any]:
        """Return a table's titles by field after the change."""
        if self.kind == "missing":
            return {name: title for name, title in titles.items() if name != self.column}
        return titles | {NEW_COLUMN: "经办人"} if self.kind == "new" else titles

    def row(self, row: Row) -> Row:
        """Return a row after the change."""
        if self.kind == "missing":
            return {name: value for name, value in row.items() if name != self.column}
        if self.kind == "new":
            return row | {NEW_COLUMN: "王经办"}
        return row | {self.column: _GRADES[len(str(row.get(self.column))) % len(_GRADES)]}


def column_change(sampler: DefectSampler, delivery: str, label: str) -> ColumnChange | None:
    """Return how a delivery's column that can change did so in one period, None if it did not."""
    for kind in COLUMN_KINDS:
        if sampler.happens(f"{delivery}_{kind}_column", label):
            return ColumnChange(kind, CHANGED_COLUMNS[delivery][1])
    return None
