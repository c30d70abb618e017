"""Coverage on a terminal: signs that can be read without colours, days drawn together, commands that can be run."""

from __future__ import annotations

import csv
import io
import json
import shlex
from datetime import UTC, date, datetime
from typing import Any

import pytest
from green_freight.cli import coverage as coverage_command
from green_freight.cli import scorecard
from green_freight.cli.console import print_json
from green_freight.coverage import BackfillRange, Coverage
from green_freight.periods import Period
from rich.cells import cell_len
from rich.console import Console
from typer.main import get_command

from local_stack.cli import app


def _cell(dataset: str = "power_pile", month: str = "2025-08", **changes: Any) -> Coverage:
    facts: dict[str, Any] = {
        "agency_code": dataset.partition("_")[0],
        "dataset_id": dataset,
        "granularity_code": "changed_since",
        "period_month": Period(month).first_day,
        "due_from": Period(month).first_day,
        "parts_due": 31,
        "parts_delivered": 31,
        "parts_not_delivered": 0,
        "missing_labels": [],
        "as_of_date": date(2025, 9, 30),
        "state_code": "complete",
        "rows_in_file": 10,
        "rows_loaded": 10,
        "rows_rejected": 0,
        "loads_stopped": 0,
        "last_loaded_at": datetime(2025, 9, 1, 2, tzinfo=UTC),
        "revision_state_code": "final",
    }
    return Coverage(**facts | changes)


MISSING = {"state_code": "missing", "parts_delivered": 0}
PARTIAL = {"state_code": "partial", "parts_delivered": 30, "missing_labels": ["2025-08-13"]}


def _grid(*found: Coverage) -> list[str]:
    output = io.StringIO()
    coverage_command.print_grid(found, Console(file=output, width=140))
    return output.getvalue().splitlines()


def _row(lines: list[str], dataset: str) -> list[str]:
    [line] = [line for line in lines if line.strip().startswith(dataset + " ")]
    return line.split()[2:]


def test_every_state_and_mark_is_told_by_its_sign_alone() -> None:
    lines = _grid(
        _cell(month="2025-05"),
        _cell(month="2025-06", **MISSING),
        _cell(month="2025-07", **PARTIAL),
        _cell(month="2025-08", state_code="not_due", parts_due=0, parts_delivered=0),
        _cell("power_station", "2025-05", rows_rejected=7),
        _cell("power_station", "2025-06", loads_stopped=1, revision_state_code="restated"),
        _cell("power_station", "2025-07", **MISSING, parts_not_delivered=1),
        _cell("power_station", "2025-08", **PARTIAL, rows_rejected=1, loads_stopped=2),
    )
    assert _row(lines, "power_pile") == ["✓", "✗", "30/31", "·"]
    assert _row(lines, "power_station") == ["✓r", "✓!↻", "✗n", "30/31!r"]
    shown = "\n".join(lines)
    for sign in ("✓", "29/30", "✗", "·", *coverage_command.MARKS):
        assert any(line.startswith(f"{sign} ") for line in lines), sign
    assert "完整 complete 3" in shown
    assert "拒收行 rows rejected 8" in shown
    assert "--plan" in shown
    assert "\x1b" not in shown


def test_a_year_has_its_table_and_provisional_months_are_marked() -> None:
    lines = _grid(
        _cell(month="2024-12"),
        _cell(month="2025-08"),
        _cell(month="2025-09", revision_state_code="provisional"),
        _cell("power_station", "2025-08"),
        _cell("power_station", "2025-09", revision_state_code="provisional"),
    )
    assert [line.split()[0] for line in lines if "as of 2025-09-30" in line] == ["2024（截至", "2025（截至"]
    assert [line.split()[2:] for line in lines if "Dataset" in line] == [["12"], ["08", "09~"]]
    assert "--plan" not in "\n".join(lines)


def test_columns_line_up_although_names_are_of_different_width() -> None:
    lines = _grid(_cell(month="2025-08"), _cell("power_connector_energy", "2025-08", **MISSING))
    columns = {
        cell_len(line[: line.index(sign)]) for line in lines for sign in "✓✗" if f"  {sign}" in line[30:]
    }
    assert len(columns) == 1


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([], []),
        (["2025-07"], ["2025-07"]),
        (["2024-12", "2025-01", "2025-03"], ["2024-12 … 2025-01", "2025-03"]),
        (["2024-02-29", "2024-03-01", "2024-02-28", "2024-03-03"], ["2024-02-28 … 2024-03-01", "2024-03-03"]),
    ],
)
def test_neighbouring_days_are_drawn_together(labels: list[str], expected: list[str]) -> None:
    assert coverage_command.stretches(labels) == expected


def test_gaps_say_what_they_lack_and_why() -> None:
    output = io.StringIO()
    gaps = [
        _cell(**PARTIAL),
        _cell("postal_tricycle", "2025-07", **MISSING, missing_labels=["2025-07"], parts_not_delivered=1),
        _cell("postal_parcel_volume", "2025-07", **MISSING, missing_labels=["2025-07"], loads_stopped=1),
    ]
    coverage_command.print_gaps(gaps, Console(file=output, width=200))
    lines = output.getvalue().splitlines()
    assert "2025-08-13" in lines[2]
    assert "30/31" in lines[2]
    assert "未交付" in lines[3]
    assert "拒收" in lines[4]
    coverage_command.print_gaps([], Console(file=(nothing := io.StringIO()), width=140))
    assert "no gaps" in nothing.getvalue()


GAP = BackfillRange(Period("2024-03"), Period("2024-05"), ("commerce", "postal"))


def _parsed(command: list[str]) -> tuple[str, str, list[str], bool]:
    """Return what the command line itself makes of a printed command."""
    assert command[:2] == ["./green-freight", "backfill"]
    backfill = get_command(app).commands["backfill"]  # type: ignore[attr-defined]
    found = backfill.make_context("backfill", command[2:]).params
    assert found["reason"]
    return found["first"].label, found["last"].label, found["agency"], found["only_missing"]


def test_the_plan_is_a_command_that_shell_and_backfill_understand() -> None:
    output = io.StringIO()
    coverage_command.print_plan(GAP, Console(file=output, width=60))
    [line] = output.getvalue().splitlines()
    assert _parsed(shlex.split(line)) == ("2024-03", "2024-05", ["commerce", "postal"], True)
    coverage_command.print_plan(None, Console(file=(nothing := io.StringIO()), width=140))
    assert shlex.split(nothing.getvalue(), comments=True) == []


def test_json_and_csv_carry_the_whole_rows() -> None:
    rows = [vars(_cell(**PARTIAL | {"missing_labels": ["2025-08-13", "2025-08-20"]}))]
    as_json, as_csv = io.StringIO(), io.StringIO()
    print_json(rows, as_json)
    scorecard.write_csv([coverage_command.csv_row(row) for row in rows], as_csv)
    (from_json,) = json.loads(as_json.getvalue())
    (from_csv,) = csv.DictReader(io.StringIO(as_csv.getvalue()))
    assert from_json["missing_labels"] == ["2025-08-13", "2025-08-20"]
    assert from_json["last_loaded_at"] == "2025-09-01T02:00:00+00:00"
    assert from_csv["missing_labels"] == "2025-08-13 2025-08-20"
    assert from_csv["parts_delivered"] == "30"
    assert coverage_command.plan_row(GAP) == {
        "from_month": "2024-03",
        "to_month": "2024-05",
        "agencies": ["commerce", "postal"],
    }


def test_whole_months_in_a_row_make_one_line_while_they_are_alike() -> None:
    output = io.StringIO()
    form = MISSING | {"parts_due": 1}
    gaps = [
        _cell("postal_tricycle", month, **form, missing_labels=[month])
        for month in ("2024-11", "2024-12", "2025-01")
    ]
    gaps += [
        _cell("postal_tricycle", "2025-02", **form, missing_labels=["2025-02"], parts_not_delivered=1),
        _cell("postal_tricycle", "2025-04", **form, missing_labels=["2025-04"], parts_not_delivered=1),
        _cell("postal_parcel_volume", "2025-05", **form, missing_labels=["2025-05"], parts_not_delivered=1),
    ]
    coverage_command.print_gaps(gaps, Console(file=output, width=200))
    lines = output.getvalue().splitlines()[2:]
    assert [("2024-11 … 2025-01" in line, "0/3" in line) for line in lines] == [
        (True, True),
        *[(False, False)] * 3,
    ]
