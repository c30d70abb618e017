"""Formulas of which a workbook keeps no result: programs that write workbooks do not compute them.

openpyxl gives such a cell as empty. It is not: what stands there was never computed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO
from xml.etree.ElementTree import iterparse  # nosec B405

from openpyxl.utils.cell import column_index_from_string, coordinate_from_string

_LONGEST = 60
_BLOCK_BYTES = 1 << 18


@dataclass(frozen=True)
class UncomputedFormula:
    """The value of a cell whose formula was never computed."""

    formula: str

    def __str__(self) -> str:
        return f"={self.formula[:_LONGEST]}"


def with_uncomputed(rows: list[tuple[int, list[Any]]], part: BinaryIO) -> list[tuple[int, list[Any]]]:
    """Return a sheet's filled rows with its uncomputed formulas in their places; `part` is the sheet's XML."""
    if not _has_formulas(part):
        return rows
    part.seek(0)
    by_number = dict(rows)
    for number, place, formula in _uncomputed(part):
        cells = by_number.setdefault(number, [])
        cells += [None] * (place + 1 - len(cells))
        cells[place] = UncomputedFormula(formula)
    return sorted(by_number.items())


def _has_formulas(part: BinaryIO) -> bool:
    rest = b""
    while block := part.read(_BLOCK_BYTES):
        if b"<f" in rest + block or b":f" in rest + block:
            return True
        rest = block[-2:]
    return False


def _uncomputed(part: BinaryIO) -> Iterator[tuple[int, int, str]]:
    """Yield row number, place from 0 and formula of each cell that has a formula and no result."""
    shared: dict[str, str] = {}
    # Parts that define entities were refused before (workbook_parts).
    for _, element in iterparse(part):  # nosec B314
        tag = element.tag.rpartition("}")[2]
        if tag == "c":
            parts = {child.tag.rpartition("}")[2]: child for child in element}
            formula, reference = parts.get("f"), element.get("r")
            if formula is not None and reference:
                text = formula.text or shared.get(formula.get("si", ""), "")
                if formula.get("si") and formula.text:
                    shared[formula.get("si", "")] = formula.text
                # An empty text is a result too: <v></v> of the type str.
                if "v" not in parts or (not parts["v"].text and element.get("t") != "str"):
                    letters, number = coordinate_from_string(reference)
                    yield number, column_index_from_string(letters) - 1, text
        if tag == "row":
            element.clear()
