"""The scorecard on a terminal: columns line up although Chinese characters are two cells wide."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from green_freight import figure_text
from green_freight.cli import scorecard
from green_freight.cli.console import print_json
from rich.cells import cell_len
from rich.console import Console


def _row(**changes: Any) -> scorecard.Row:
    row: scorecard.Row = {
        "city_code": "320700",
        "work_no": 1,
        "work_name_zh": "建设城市绿色货运配送节点",
        "indicator_code": "node_level1_added",
        "indicator_name_zh": "新增一级节点",
        "indicator_name_en": "Level-1 nodes added",
        "unit_zh": "个",
        "year": 2025,
        "target_kind": "yearly_addition",
        "target_value": Decimal("2"),
        "actual_value": Decimal("1"),
        "completion_ratio": Decimal("0.5"),
        "status_code": "behind",
        "as_of_date": date(2025, 9, 30),
        "is_stale": False,
        "is_synthetic": False,
    }
    return row | changes


def test_columns_line_up_by_cells() -> None:
    output = io.StringIO()
    rows = [
        _row(),
        _row(indicator_code="b", indicator_name_zh="新能源车", indicator_name_en="NEV", status_code="met"),
        _row(indicator_code="c", work_no=12, work_name_zh="短", actual_value=Decimal("1234")),
    ]
    scorecard.print_table(rows, Console(file=output, width=140))
    lines = [line for line in output.getvalue().splitlines() if "滞后" in line or "达标" in line][:3]
    starts = {cell_len(line[: line.index("滞后" if "滞后" in line else "达标")]) for line in lines}
    assert len(lines) == 3
    assert len(starts) == 1


def test_a_work_is_named_once_and_stale_figures_say_so() -> None:
    output = io.StringIO()
    scorecard.print_table([_row(), _row(indicator_code="b", is_stale=True)], Console(file=output, width=140))
    assert output.getvalue().count("建设城市") == 1
    assert output.getvalue().count("数据未更新 stale") == 1


@pytest.mark.parametrize(
    ("value", "changes", "text"),
    [
        (None, {}, "–"),
        (Decimal("12345"), {}, "12,345"),
        (Decimal("0.874"), {"unit_zh": "%", "target_kind": "yearly_ratio"}, "87.4%"),
        (Decimal("0.2512"), {"unit_zh": "桩/车", "target_kind": "stock_ratio"}, "0.251"),
    ],
)
def test_figures_as_people_read_them(value: Decimal | None, changes: dict[str, str], text: str) -> None:
    assert scorecard.number(value, _row(**changes)) == text


@pytest.mark.parametrize(
    ("value", "target", "is_share", "expected"),
    [
        ("0.004989", "0.005", True, ("0.499%", "0.5%", "99.8%")),
        ("0.00499999", "0.005", True, ("0.499999%", "0.5%", "99.9998%")),
        ("0.005", "0.005", True, ("0.5%", "0.5%", "100%")),
        ("0.00501", "0.005", True, ("0.501%", "0.5%", "100%")),
        ("0.8749", "0.875", True, ("87.49%", "87.5%", "99.99%")),
        ("0.2499", "0.25", False, ("0.2499", "0.250", "99.96%")),
        ("1999.6", "2000", False, ("1,999.600", "2,000.000", "99.98%")),
        ("12.3", "12.345678", False, ("12.300", "12.345678", "99.6%")),
    ],
)
def test_a_figure_that_misses_its_target_is_not_shown_as_reaching_it(
    value: str, target: str, is_share: bool, expected: tuple[str, str, str]
) -> None:
    kind = {"unit_zh": "%" if is_share else "桩/车", "target_kind": "yearly_ratio"}
    row = _row(actual_value=Decimal(value), target_value=Decimal(target), **kind)
    shown = scorecard.number(row["actual_value"], row, row["target_value"])
    assert (shown, scorecard.number(row["target_value"], row, row["target_value"])) == expected[:2]
    assert figure_text.completion(Decimal(value) / Decimal(target)) == expected[2]
    row["completion_ratio"] = Decimal(value) / Decimal(target)
    output = io.StringIO()
    scorecard.print_table([row], Console(file=output, width=140))
    assert re.search(rf"{expected[1]}\s+{expected[0]}\s+{expected[2]}\s", output.getvalue())


def test_json_and_csv_carry_the_whole_rows() -> None:
    as_json, as_csv = io.StringIO(), io.StringIO()
    print_json([_row(actual_value=None)], as_json)
    scorecard.write_csv([_row(actual_value=None)], as_csv)
    (from_json,) = json.loads(as_json.getvalue())
    (from_csv,) = csv.DictReader(io.StringIO(as_csv.getvalue()))
    assert from_json["as_of_date"] == "2025-09-30"
    assert from_json["actual_value"] is None
    assert from_json["completion_ratio"] == 0.5
    assert from_csv["actual_value"] == ""
    assert from_csv["indicator_name_zh"] == "新增一级节点"


def test_milestone_reports_show_their_dates_and_which_came_after_the_year() -> None:
    output = io.StringIO()
    assessment = _row(
        indicator_name_zh="年度考核开展", year=2023, status_code="not_met",
        milestone_achieved_on=date(2024, 1, 18), milestone_reported_on=date(2024, 1, 18), is_reported_after_year=True,
    )  # fmt: skip
    survey = _row(
        indicator_code="b", indicator_name_zh="运力调查", year=2023, status_code="met",
        milestone_achieved_on=date(2023, 10, 27), milestone_reported_on=date(2023, 10, 30),
        is_reported_after_year=False,
    )  # fmt: skip
    scorecard.print_table([assessment, survey], Console(file=output, width=140))
    reports = output.getvalue().partition("里程碑报告 Milestone reports")[2].splitlines()
    [late] = [line for line in reports if "年度考核开展" in line]
    [timely] = [line for line in reports if "运力调查" in line]
    assert "2024-01-18" in late and "年度结束后报送 reported after the year" in late
    assert "2023-10-27" in timely and "2023-10-30" in timely and "after" not in timely


def test_programme_totals_stand_below_the_last_year() -> None:
    def total(cumulative: str, status: str, **changes: Any) -> scorecard.Row:
        return _row(
            programme_plan_total_value=Decimal(3), programme_cumulative_value=Decimal(cumulative),
            programme_remaining_value=3 - Decimal(cumulative), programme_completion_ratio=Decimal(cumulative) / 3,
            programme_cumulative_expected_value=Decimal(3), programme_yearly_targets_due_value=Decimal(2),
            programme_status_code=status, **changes,
        )  # fmt: skip

    output = io.StringIO()
    rows = [
        total("1", "on_track", year=2024, as_of_date=date(2024, 12, 31)),
        total("2", "behind", status_code="on_track", is_synthetic=True),
        _row(indicator_code="none", indicator_name_zh="无总数", programme_plan_total_value=None),
    ]
    scorecard.print_table(rows, Console(file=output, width=140))
    [(before, after)] = [
        output.getvalue().partition("示范期累计 Programme totals（截至 as of 2025-09-30）")[::2]
    ]
    [line] = [line for line in after.splitlines() if "新增一级节点" in line]
    assert line.split()[-8:] == ["3", "2", "1", "3", "2", "67%", "滞后", "behind"]
    assert "无总数" in before and "无总数" not in after
    assert "演示数据" in after.splitlines()[0]


def test_synthetic_figures_say_so_over_every_year() -> None:
    output = io.StringIO()
    rows = [_row(is_synthetic=True), _row(indicator_code="b", year=2026, is_synthetic=True)]
    scorecard.print_table(rows, Console(file=output, width=140))
    assert output.getvalue().count("演示数据") == 2
    scorecard.print_table([_row()], Console(file=(real := io.StringIO()), width=140))
    assert "演示数据" not in real.getvalue()


def test_a_picture_names_nothing_on_the_internet(tmp_path: Path) -> None:
    path = tmp_path / "scorecard.svg"
    scorecard.write_picture([_row(is_synthetic=True)], path)
    picture = path.read_text(encoding="utf-8")
    assert "建设城市绿色货运配送节点" in picture and "演示数据" in picture
    assert re.findall(r"url\(.?https?:|src=|@import", picture) == []
