"""Defects of single rows that follow from a contract: what it rejects, and spellings that loading or staging absorb.

Their full name is `<dataset>.<column>.<kind>`; for `rejected` and `warned` ones the kind is the loader's reason code.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from green_freight.contracts import Column, Contract, contract, contracts

from demo_city.contract_facts import FORM_CONTAINERS, MESSAGE_CONTAINERS, csv_rows, field_name
from demo_city.defects.model import ABSORBED, REJECTED, ROW, WARNED, Change, Defect
from demo_city.defects.order_changes import textual, with_wrong_vin_digit
from demo_city.versioned_register import Row

_KINDS = {row["kind"]: row for row in csv_rows(Path(__file__).with_name("contract_kinds.csv"))}
_NO_NUMBER, _NO_DATE = ("not_a_number", "待核实"), ("not_a_date", "2024-02-30")
_UNREADABLE = {
    "number": _NO_NUMBER,
    "integer": _NO_NUMBER,
    "date": _NO_DATE,
    "timestamp": _NO_DATE,
    "boolean": ("not_a_boolean", "看不清"),
}
# GB/T 2260: retired in 2014, still written by some.
_RETIRED_REGION = {"320706": "320705", "320707": "320721"}
_FULL_WIDTH = str.maketrans("0123456789.", "０１２３４５６７８９．")
_SEPARATORS = ("·", "•", " ")


@functools.cache
def contract_defects(dataset_id: str) -> dict[str, Defect]:
    """Return the defects that a dataset's rows can have by its contract, by their full names."""
    dataset = contract(dataset_id)
    if dataset.container in MESSAGE_CONTAINERS and dataset.container != "order_lines":
        return {}
    found = (_defect(dataset, column, kind, change) for column, kind, change in _changes(dataset))
    return {defect.name: defect for defect in found}


def _defect(dataset: Contract, column: Column | None, kind: str, change: Change) -> Defect:
    zh, en, is_absorbed = _KINDS[kind]["zh"], _KINDS[kind]["en"], bool(_KINDS[kind]["is_absorbed"])
    is_kept = column is not None and not column.rejects_invalid and kind.startswith("bad_")
    return Defect(
        name=f"{dataset.id}.{column.name}.{kind}" if column else f"{dataset.id}.{kind}",
        agency=dataset.agency,
        dataset=dataset.id,
        place=ROW,
        effect=ABSORBED if is_absorbed else WARNED if is_kept else REJECTED,
        zh=f"{dataset.title_zh}“{column.title_zh}”{zh}" if column else f"{dataset.title_zh}{zh}",
        en=f"{dataset.title_en}, {column.name}: {en}" if column else f"{dataset.title_en}: {en}",
        reason_code=None if is_absorbed else kind,
        column=None if is_absorbed or column is None else column.name,
        change=change,
    )


def defect_by_full_name(full_name: str, value: Any = None) -> Defect:
    """Return a contract's defect (KeyError if none has it), with a bad value of its own where one is given."""
    dataset_id = full_name.partition(".")[0]
    if dataset_id not in contracts():
        raise KeyError(full_name)
    defect, dataset = contract_defects(dataset_id)[full_name], contract(dataset_id)
    if value is None or defect.column is None:
        return defect
    return replace(defect, change=_fixed_value(field_name(dataset, dataset.column(defect.column)), value))


def full_width_text(number: Decimal) -> str:
    """Return a number typed with full-width digits and point."""
    return format(number, "f").translate(_FULL_WIDTH)


def _changes(dataset: Contract) -> Iterator[tuple[Column | None, str, Change]]:
    for column in dataset.columns:
        if not column.value_from:
            field = field_name(dataset, column)
            yield from ((column, kind, _fixed_value(field, bad)) for kind, bad in _bad_values(column))
            for kind, rewrite in _rewritings(dataset, column):
                yield column, kind, _rewritten(field, field, rewrite)
    yield dataset.key[0], "duplicate_key", lambda row, _: None if row.get("is_deleted") else [row, dict(row)]
    for rule in dataset.rules:
        names = rule.settings
        if rule.name == "end_not_before_start" and dataset.container != "order_lines":
            change = _rewritten(names["start"], names["end"], lambda start, _: start - timedelta(days=1))
            yield dataset.column(names["end"]), "end_before_start", change
        elif rule.name == "part_not_above_whole":
            change = _rewritten(
                names["whole"],
                names["part"],
                lambda total, _: total + 1 if isinstance(total, Decimal) else None,
            )
            yield dataset.column(names["part"]), "part_exceeds_whole", change
    if dataset.container not in FORM_CONTAINERS:
        yield None, "numbers_as_text", lambda row, _: [textual(row)]


def _bad_values(column: Column) -> Iterator[tuple[str, Any]]:
    if column.required:
        yield "missing_value", None
    if column.codes:
        yield "not_in_code_list", "未列代码"
    if column.logical_type in _UNREADABLE:
        yield _UNREADABLE[column.logical_type]
    if column.maximum is not None:
        yield "out_of_range", int(column.maximum) * 10 + 9
    elif column.minimum is not None:
        yield "out_of_range", int(column.minimum) - 1


def _rewritings(dataset: Contract, column: Column) -> Iterator[tuple[str, Callable[[Any, int], Any]]]:
    """Yield the kinds of defects that change a value, with (value, draw) -> new value; None leaves the row alone."""
    if column.identifier == "vin":
        yield "bad_check_digit", lambda vin, _: with_wrong_vin_digit(vin)
    if column.identifier == "uscc":
        yield "bad_check_digit", lambda code, _: code[:-1] + ("1" if code[-1] != "1" else "2")
    if column.identifier == "plate":
        yield "bad_pattern", lambda plate, _: plate[:-1] + "O"
        yield "plate_separator", _with_separator
    elif column.pattern and not column.is_checked:
        yield "bad_pattern", lambda text, _: _mismatch(str(text), str(column.pattern))
    if set(_RETIRED_REGION.values()) <= column.codes.keys():
        yield "retired_region", lambda code, _: _RETIRED_REGION.get(code)
    if dataset.container in FORM_CONTAINERS and column.logical_type == "number":
        yield "full_width", lambda number, _: full_width_text(number)
    if dataset.container in FORM_CONTAINERS and column.logical_type == "integer":
        yield "thousands_separator", lambda number, _: f"{number:,}" if number >= 1000 else None


def _fixed_value(field: str, bad: Any) -> Change:
    """Return a change that puts a fixed value into a field of a row that is no tombstone."""
    return lambda row, _: None if row.get("is_deleted") else [{**row, field: bad}]


def _rewritten(source: str, target: str, rewrite: Callable[[Any, int], Any]) -> Change:
    """Return a change that sets a field to what `rewrite` makes of a field that is filled, if it makes anything."""

    def change(row: Row, n: int) -> list[Row] | None:
        before = row.get(source)
        if before in (None, "") or row.get("is_deleted"):
            return None
        after = rewrite(before, n)
        return None if after is None else [{**row, target: after}]

    return change


def _mismatch(text: str, pattern: str) -> str:
    return f"{text}#" if re.fullmatch(pattern, text[:-1]) else text[:-1]


def _with_separator(plate: str, n: int) -> str | None:
    return f"苏G{_SEPARATORS[n % 3]}{plate[2:].lstrip('·• ')}" if plate.startswith("苏G") else None
