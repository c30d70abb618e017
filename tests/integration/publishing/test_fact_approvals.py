"""A large change of a fact's month waits for an approval, which counts for the rows that were shown, until the month is
published again.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from green_freight import pipeline
from green_freight.cli.airflow_client import DagRun
from green_freight.cli.backfill import BackfillResult, read_outcome
from green_freight.publishing import revert
from green_freight.revisions import ApprovalMissingError, FactChange, rendering
from green_freight.warehouse import lease, runs

from .conftest import CITY, OCTOBER, SEPTEMBER, Star

REASON = "核实无误 / checked with the company"


@pytest.fixture(autouse=True)
def a_third(star: Star, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a third of a month change unapproved; a month of the first publication has ten sessions."""
    star.publish()
    monkeypatch.setenv("GREEN_FREIGHT_FACT_CHANGE_SHARE", "0.3")
    star.write_manifest()


def remove(star: Star, count: int) -> None:
    """Remove sessions of September, which have 1, 3, 5 … kWh, the last ones first."""
    september = [row for row in star.rows["fct_session"] if row[1] == SEPTEMBER]
    star.rows["fct_session"] = [row for row in star.rows["fct_session"] if row not in september[-count:]]


def compared(star: Star) -> list[Any]:
    """Build and compare, and return the changes that wait."""
    star.build()
    pipeline.compare(star.warehouse, f"run-{star.builds}")
    return pipeline.outstanding(star.warehouse, f"run-{star.builds}")


def approve(star: Star) -> None:
    pipeline.approve(star.warehouse, f"run-{star.builds}", "somebody", REASON)


def publish(star: Star) -> Any:
    return pipeline.publish(star.warehouse, f"run-{star.builds}")["publication_no"]


def go_back(star: Star, publication_no: int) -> None:
    star.builds += 1
    run_id = f"run-{star.builds}"
    runs.begin(star.warehouse, run_id, "revert", date(2025, 9, 30), "sent by mistake")
    revert(star.warehouse, run_id, publication_no, "somebody")


def codes(waiting: list[Any]) -> list[tuple[str, date, tuple[str, ...]]]:
    assert all(isinstance(change, FactChange) for change in waiting)
    return [(one.table_name, one.period_month, one.approval_codes) for one in waiting]


def test_a_large_change_is_shown_approved_and_published_with_its_reason(star: Star) -> None:
    before = star.state()
    remove(star, 4)
    waiting = compared(star)
    assert codes(waiting) == [("fct_session", SEPTEMBER, ("fact_change",))]
    form = rendering.table(waiting, "why")
    assert "| 2025-09 | fct_session | 10 → 6 | 0, 0, 4 | energy_kwh 100 → 36 | 64.0% |" in form
    with pytest.raises(ApprovalMissingError, match="2025-09 goes from 10 to 6 rows") as missing:
        publish(star)
    assert "大表一个月的变动超过限额" in str(missing.value)
    assert star.state() == before
    approve(star)
    assert pipeline.outstanding(star.warehouse, f"run-{star.builds}") == []
    assert publish(star) == 2
    assert star.read("fct_session") == set(star.rows["fct_session"])
    with star.warehouse.connect("reader") as reader:
        record = reader.execute(
            "select approved_by, approval_reason from publication where publication_no = 2"
        ).fetchone()
    assert record == ("somebody", REASON)


def test_a_small_change_and_what_is_added_need_none(star: Star) -> None:
    # The first three sessions: three of ten rows, 9 of 100 kWh.
    star.rows["fct_session"] = [row for row in star.rows["fct_session"] if row[2] not in ("c1", "c3", "c5")]
    assert compared(star) == []
    assert publish(star) == 2
    star.rows["fct_session"] += [(CITY, SEPTEMBER, f"late{n}", "s0", 90) for n in range(50)]
    assert compared(star) == []
    assert publish(star) == 3


@pytest.mark.parametrize(("as_of", "waits"), [(date(2025, 9, 30), False), (date(2025, 10, 1), True)])
def test_changed_values_count_when_the_month_is_over(star: Star, as_of: date, waits: bool) -> None:
    with star.warehouse.connect("publisher") as publisher:
        publisher.execute("update mart.publication set as_of_date = %s", [as_of])
    star.rows["fct_session"] = [
        (*row[:4], row[4] + 50) if row[1] == SEPTEMBER else row for row in star.rows["fct_session"]
    ]
    assert bool(compared(star)) is waits


def test_few_rows_with_much_of_a_sum_need_one(star: Star) -> None:
    remove(star, 2)  # 19 and 17 of 100 kWh
    [change] = compared(star)
    assert (change.rows_removed, str(change.changed_share)) == (2, "0.360000")


def test_another_state_than_the_approved_one_needs_another_approval(star: Star) -> None:
    remove(star, 4)
    compared(star)
    approve(star)
    # The same again, by another run, is what was approved.
    assert compared(star) == []
    lease.release(star.warehouse, f"run-{star.builds}")
    star.rows["fct_session"] = [
        (*row[:3], "s0", row[4]) if row[2] == "c1" else row for row in star.rows["fct_session"]
    ]
    assert codes(compared(star)) == [("fct_session", SEPTEMBER, ("fact_change",))]
    with pytest.raises(ApprovalMissingError):
        publish(star)


def test_a_large_change_is_asked_for_again_after_a_revert(star: Star) -> None:
    before = star.state()
    remove(star, 4)
    compared(star)
    approve(star)
    assert publish(star) == 2
    go_back(star, 1)
    assert star.state() == before
    assert codes(compared(star)) == [("fct_session", SEPTEMBER, ("fact_change", "undoes_revert"))]
    with pytest.raises(ApprovalMissingError):
        publish(star)
    approve(star)
    assert publish(star) == 4
    # It stands published now: nothing of it waits any more.
    assert compared(star) == []


def test_added_rows_that_a_revert_took_away_do_not_come_back_unseen(star: Star) -> None:
    star.rows["fct_session"] += [(CITY, SEPTEMBER, f"twice{n}", "s0", 5) for n in range(8)]
    assert compared(star) == []
    assert publish(star) == 2
    go_back(star, 1)
    star.rows["fct_session"].append((CITY, OCTOBER, "next", "s0", 1))
    assert codes(compared(star)) == [("fct_session", SEPTEMBER, ("undoes_revert",))]
    with pytest.raises(ApprovalMissingError):
        publish(star)
    approve(star)
    assert publish(star) == 4
    star.rows["fct_session"] += [(CITY, SEPTEMBER, f"more{n}", "s0", 5) for n in range(9)]
    assert compared(star) == []


def test_a_month_that_vanishes_or_returns_after_a_revert_needs_one(star: Star) -> None:
    september = [row for row in star.rows["fct_session"] if row[1] == SEPTEMBER]
    remove(star, 10)
    [gone] = compared(star)
    assert (gone.new.rows, gone.rows_removed, gone.changed_share) == (0, 10, 1)
    approve(star)
    assert publish(star) == 2
    star.rows["fct_session"] += september
    # What was missing is delivered: nothing that readers have is lost.
    assert compared(star) == []
    assert publish(star) == 3
    go_back(star, 2)
    assert codes(compared(star)) == [("fct_session", SEPTEMBER, ("undoes_revert",))]


def test_the_command_counts_what_waits_and_names_the_files(star: Star) -> None:
    remove(star, 4)
    run_id = "backfill_history/2"
    build_id = star.build()
    runs.begin(star.warehouse, run_id, "backfill", date(2025, 9, 30), "sent again")
    with star.warehouse.connect("builder") as builder:
        builder.execute("update ops.build set run_id = %s where build_id = %s", [run_id, build_id])
    pipeline.compare(star.warehouse, run_id)
    result = BackfillResult(seconds={})
    read_outcome(star.warehouse, DagRun("backfill_history", "2", "failed", {}), result)
    assert (result.changes, result.fact_months, result.waiting) == (0, 1, 1)
    assert result.needs_approval
    assert Path(result.fact_difference_file).name == "backfill_history_2.facts.csv"
