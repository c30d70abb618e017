"""What `replay` prints: every table with its verdict, the first rows that differ, and how far it is."""

from __future__ import annotations

import io
import time
from datetime import date

import pytest
from green_freight.cli import replay
from green_freight.cli.progress_display import ProgressDisplay
from green_freight.replaying import Progress, ReplayOutcome, RowDifference, TableComparison
from green_freight.replaying.recipe import Recipe
from rich.console import Console

EQUAL = TableComparison("dim_date", 1200, 1200, "aaaa", "aaaa")
UNEQUAL = TableComparison(
    "scorecard",
    2,
    2,
    "bbbb",
    "cccc",
    (
        RowDifference("year=2024, work_no=4", {"actual_value": ("1", "2"), "note": (None, "x")}, True, True),
        RowDifference("year=2025, work_no=4", {"actual_value": ("1", None)}, True, False),
        RowDifference("year=2026, work_no=4", {"actual_value": (None, "1")}, False, True),
    ),
)


def _outcome(*tables: TableComparison) -> ReplayOutcome:
    return ReplayOutcome(7, Recipe(12, "f" * 40, date(2025, 9, 30), True, ()), tables, ())


def _printed(outcome: ReplayOutcome) -> str:
    console = Console(file=io.StringIO(), width=140)
    replay.print_outcome(outcome, console, 12.3)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_equal_tables_end_in_one_sentence() -> None:
    printed = _printed(_outcome(EQUAL))
    assert [line.split() for line in printed.splitlines()][1] == [
        "dim_date",
        "1,200",
        "1,200",
        "aaaa",
        "aaaa",
        "✓",
    ]
    assert "✓ 第 12 号发布 · publication 12: 1 张表全部一致 · every table is equal" in printed
    assert f"as of 2025-09-30, code {'f' * 40}" in printed


def test_a_table_that_differs_is_shown_with_its_rows() -> None:
    lines = _printed(_outcome(EQUAL, UNEQUAL)).splitlines()
    assert lines[2].split()[-1] == "✗"
    assert lines[3:6] == [
        "  scorecard: year=2024, work_no=4: actual_value 1 → 2, note None → x",
        "  scorecard: year=2025, work_no=4: 重放中没有 · not in the rebuild",
        "  scorecard: year=2026, work_no=4: 只在重放中有 · only in the rebuild",
    ]
    assert "1 张表不一致 · tables differ" in lines[6]


def test_programs_read_the_same() -> None:
    plain = replay.as_plain(_outcome(EQUAL, UNEQUAL))
    assert (plain["is_equal"], plain["publication_no"], plain["replay_id"]) == (False, 12, 7)


def test_lines_tell_how_far_it_is_and_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    console = Console(file=io.StringIO(), width=140)
    stages = replay.Stages(ProgressDisplay(console))
    stages.show(Progress("load", 1, 100, 500))
    stages.show(Progress("load", 2, 100, 1000))
    now = 140.0
    stages.show(Progress("load", 50, 100, 25000))
    stages.show(Progress("compare", 1, 0))
    assert console.file.getvalue().splitlines() == [  # type: ignore[attr-defined]
        "  ▶ 装载 · load files  1/100  500 行 rows",
        "  ▶ 装载 · load files  50/100  40 s  25,000 行 rows  剩余约 left 40 s",
        "  ✓ 装载 · load files  50/100  40 s  25,000 行 rows",
        "  ▶ 比对 · compare tables",
    ]
