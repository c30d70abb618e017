"""No cell of an export is a formula that somebody delivered; numbers stay numbers, and the text can be restored."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from green_freight import exports
from green_freight.cli import coverage, scorecard
from green_freight.evidence import sheets
from green_freight.evidence.pack import _csv
from green_freight.evidence.workbook import Table
from green_freight.revisions import Comparison, FigureChange, FigureKey, Values, rendering

from demo_city import commands

FORMULAS = [
    "=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\ttext",
    "=", "-", " =1", "'=1", '"=1', "''=1",
    "＝1+1", "＋1+1", "－1+1", "＠SUM(A1)", "“=1", "\u200b=1", "\ufeff=1", "\u3000=1", "\x00=1", "=HYPERLINK(\"http://x\",\"y\")",
    "-1-2", "+1;2", "=-1", "-1 kWh",
]  # fmt: skip
PLAIN = ["", "站点", "a=b", "1-2", "x@y.cn", "{\"a\": \"=1\"}", "'quoted'",
    "2025-09-30", "-1.5", "+86", "-1e5", "-3%", "0.1"]  # fmt: skip
NUMBERS = [-1, Decimal("-0.5"), -2.5, 0, None, True, date(2025, 9, 30)]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_becomes_text_that_can_be_restored(text: str) -> None:
    neutral = exports.neutral(text)
    assert neutral == f"'{text}"
    # One apostrophe at a time: what had one before has two.
    assert exports.is_like_a_formula(neutral) and neutral[1:] == text


@pytest.mark.parametrize("value", [*PLAIN, *NUMBERS])
def test_everything_else_stays(value: Any) -> None:
    assert exports.neutral(value) is value


def test_a_workbook_keeps_a_formula_as_text() -> None:
    sheet = sheets.new_book().worksheets[0]
    for row, text in enumerate(FORMULAS, start=1):
        cell = sheets.put(sheet, row, 1, text)
        assert (cell.data_type, cell.quotePrefix) == ("s", True), text
    for row, value in enumerate([*PLAIN, -1, Decimal("-0.5")], start=1):
        assert not sheets.put(sheet, row, 2, value).quotePrefix


def _of_the_pack(text: str) -> str:
    return _csv(Table(("名称", "数量"), ((text, Decimal("-1.5")),))).decode("utf-8-sig")


def _of_the_scorecard(text: str) -> str:
    output = io.StringIO()
    scorecard.write_csv([{"名称": text, "数量": Decimal("-1.5")}], output)
    return output.getvalue()


def _of_the_coverage(text: str) -> str:
    output = io.StringIO()
    scorecard.write_csv([coverage.csv_row({"名称": [text, "and more"], "数量": Decimal("-1.5")})], output)
    return output.getvalue()


@pytest.mark.parametrize("export", [_of_the_pack, _of_the_scorecard, _of_the_coverage])
@pytest.mark.parametrize("text", ["=1+1", "＠SUM(A1)", "\t=1"])
def test_every_export_of_rows_is_neutral(export: Callable[[str], str], text: str) -> None:
    [row] = csv.DictReader(io.StringIO(export(text), newline=""))
    assert row["名称"].startswith(f"'{text}")
    assert row["数量"] == "-1.5"


def test_the_differences_of_a_run_are_neutral(tmp_path: Path) -> None:
    key = FigureKey("320700", "=1+1", "320700", date(2025, 9, 1))
    values = Values(None, None, Decimal("-1.5"), None, "@status")
    after = values._replace(actual_value=Decimal(-2))
    change = FigureChange(key, "+name", "name", values, after, False, ("-cause",))
    [path] = rendering.write_csv(Comparison(1, 1, (change,)), tmp_path / "differences.csv")
    text = path.read_text(encoding="utf-8-sig")
    [_, row] = csv.reader(io.StringIO(text, newline=""))
    assert {"'=1+1", "'+name", "'@status", "'-cause", "-1.5", "-2"} <= set(row)


def test_no_other_module_writes_csv_for_people() -> None:
    """Deliveries of the demonstration and the dataset seed are read by programs."""
    package = Path(exports.__file__).parent
    programs = {package / "contracts" / "generated_files.py", package / "exports.py"}
    files = {*package.rglob("*.py"), *Path(commands.__file__).parent.glob("*.py")}
    writing = {
        path for path in files if "csv.writer(" in (text := path.read_text("utf-8")) or "DictWriter(" in text
    }
    assert writing == programs
