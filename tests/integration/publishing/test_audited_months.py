"""What is published of a large fact is what was audited: other months are left alone, and a candidate that differs
there is not published.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import psycopg
import pytest
from green_freight import pipeline, revisions
from green_freight.backfill import steps
from green_freight.publishing import revert
from green_freight.publishing.errors import ConservationError, UnauditedChangeError
from green_freight.warehouse.large_facts import LargeFact, MonthContent, month_contents

from .conftest import CITY, EVERY_MONTH, OCTOBER, SEPTEMBER, SESSION, Star

DECEMBER = date(2025, 12, 1)


def delete_all(rows: list[Any]) -> list[Any]:
    return [row for row in rows if row[1] != SEPTEMBER]


def delete_one(rows: list[Any]) -> list[Any]:
    return rows[:1] + rows[2:]


def update_one(rows: list[Any]) -> list[Any]:
    return [(*row[:4], row[4] + 1) if row == rows[1] else row for row in rows]


def move_a_row(rows: list[Any]) -> list[Any]:
    """Change a value that no sum shows."""
    return [(*row[:3], "s2", row[4]) if row == rows[1] else row for row in rows]


def insert_one(rows: list[Any]) -> list[Any]:
    return [*rows, (CITY, SEPTEMBER, "more", "s0", 5)]


def exchange_one(rows: list[Any]) -> list[Any]:
    """Leave number of rows and sum as they are."""
    return [(*row[:2], "other", *row[3:]) if row == rows[1] else row for row in rows]


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        (delete_all, "10 to 0 rows (0 added, 0 changed, 10 removed; sums: energy_kwh 100 → 0)"),
        (delete_one, "10 to 9 rows (0 added, 0 changed, 1 removed; sums: energy_kwh 100 → 99)"),
        (update_one, "10 to 10 rows (0 added, 1 changed, 0 removed; sums: energy_kwh 100 → 101)"),
        (move_a_row, "10 to 10 rows (0 added, 1 changed, 0 removed; sums: –)"),
        (insert_one, "10 to 11 rows (1 added, 0 changed, 0 removed; sums: energy_kwh 100 → 105)"),
        (exchange_one, "10 to 10 rows (1 added, 0 changed, 1 removed; sums: –)"),
    ],
    ids=["delete_all", "delete_one", "update_one", "move_a_row", "insert_one", "exchange_one"],
)
def test_a_change_outside_the_months_of_the_build_stops_the_publication(
    star: Star, change: Callable[[list[Any]], list[Any]], counts: str
) -> None:
    star.publish()
    before = star.state()
    star.rows["fct_session"] = [*change(star.rows["fct_session"]), (CITY, OCTOBER, "new", "s0", 7)]
    star.fit_total(1)
    with pytest.raises(UnauditedChangeError) as stopped:
        star.publish(star.build(months=[OCTOBER]))
    text = str(stopped.value)
    assert f"fct_session, 2025-09 goes from {counts}" in text
    assert "Clear the task `build`" in text and "2025-10" not in text
    assert star.state() == before
    star.publish(star.build(months=[SEPTEMBER, OCTOBER]))
    assert star.read("fct_session") == set(star.rows["fct_session"])


def test_what_is_published_for_the_first_time_is_audited_too(star: Star) -> None:
    with pytest.raises(UnauditedChangeError, match="2025-09 goes from 0 to 10 rows"):
        star.publish(star.build(months=[OCTOBER]))
    with star.warehouse.connect("owner") as owner:
        assert owner.execute("select to_regclass('mart.fct_session')").fetchone() == (None,)
    star.publish()
    star.specs.append(replace(SESSION, name="fct_added"))
    star.rows["fct_added"] = [(CITY, DECEMBER, "x", "s0", 1)]
    with pytest.raises(UnauditedChangeError, match="fct_added, 2025-12 goes from 0 to 1 rows"):
        star.publish(star.build(months=[OCTOBER]))
    assert star.publish(star.build(months=[DECEMBER])).outcome_code == "published"


def test_a_build_without_months_leaves_the_large_facts_alone(star: Star) -> None:
    star.publish()
    star.rows["dim_station"][0] = (CITY, "s0", "改名", 1)
    assert [change.table_name for change in star.publish(star.build(months=[])).changes] == ["dim_station"]


@pytest.mark.parametrize("models", [[], ["fct_session"], ["fct_total", "fct_session"]], ids=str)
def test_a_change_of_a_table_that_no_build_made_stops_the_publication(star: Star, models: list[str]) -> None:
    star.publish()
    before = star.state()
    star.rows["dim_station"][0] = (CITY, "s0", "手工改名", 1)
    with pytest.raises(UnauditedChangeError) as stopped:
        star.publish(star.build(months=[], models=models))
    assert "- dim_station: 0 rows added, 1 changed, 0 removed." in str(stopped.value)
    assert "Clear the task `build`" in str(stopped.value)
    assert star.state() == before
    assert star.publish(star.build(months=[], models=["dim_station"])).outcome_code == "published"


def test_what_an_unpublished_build_or_a_revert_left_may_be_published(star: Star) -> None:
    star.publish()
    star.rows["dim_station"][0] = (CITY, "s0", "改名", 1)
    star.build(months=[], models=["dim_station"], outcome="rejected")
    assert star.publish(star.build(months=[], models=[])).outcome_code == "published"
    revert(star.warehouse, f"run-{star.builds}", 1, "somebody")
    assert star.publish(star.build(months=[], models=[])).outcome_code == "published"


def plant_in_the_merge(star: Star, action: str) -> None:
    """Let every merge of October's sessions also write into September."""
    with star.warehouse.connect("publisher") as publisher:
        publisher.execute(
            f"create function mart.planted() returns trigger language plpgsql as $$ begin {action}; return null; end $$"
        )
        publisher.execute(
            "create trigger planted after insert or update or delete on mart.fct_session for each statement "
            "when (pg_trigger_depth() = 0) execute function mart.planted()"
        )


@pytest.mark.parametrize(
    ("action", "found"),
    [
        (
            "delete from mart.fct_session where session_key = 'c1'",
            r"2025-09 went from 10 行 rows \(energy_kwh 100\.0000\) to 9 行 rows \(energy_kwh 99\.0000\)",
        ),
        ("update mart.fct_session set station_key = 's2' where session_key = 'c1'", "2025-09 went from"),
        (
            "insert into mart.fct_session values ('320700', '2025-09-01', 'x', 's0', 1, 9)",
            r"10 行 rows \(energy_kwh 100\.0000\) to 11 行 rows",
        ),
    ],
    ids=["delete", "update", "insert"],
)
def test_a_merge_that_touches_another_month_is_undone(star: Star, action: str, found: str) -> None:
    star.publish()
    before = star.state()
    plant_in_the_merge(star, action)
    star.rows["fct_session"].append((CITY, OCTOBER, "new", "s0", 7))
    with pytest.raises(ConservationError, match=found):
        star.publish(star.build(months=[OCTOBER]))
    assert star.state() == before
    with star.warehouse.connect("owner") as owner:
        assert owner.execute("select max(publication_no) from mart.publication").fetchone() == (1,)


def test_each_changed_month_of_a_publication_is_recorded(star: Star) -> None:
    star.publish()
    star.rows["fct_session"].append((CITY, OCTOBER, "new", "s0", 7))
    star.publish(star.build(months=[OCTOBER]))
    with star.warehouse.connect("owner") as owner:
        rows = owner.execute(
            "select publication_no, table_name, period_month, old_rows, new_rows from ops.fact_revision "
            "order by publication_no, period_month"
        ).fetchall()
    first, second = [(1, "fct_session", month, 0, 10) for month in (SEPTEMBER, OCTOBER)], (2, "fct_session")
    assert rows == [*first, (*second, OCTOBER, 10, 11)]


def test_a_dry_run_reports_what_a_run_would_stop_for(star: Star, caplog: pytest.LogCaptureFixture) -> None:
    star.publish()
    before = star.state()
    parameters = {
        "from_month": "2023-01", "to_month": "2025-09", "agencies": ["power"], "reason": "test",
        "business_day": "2025-09-30",
    }  # fmt: skip
    trial = steps.begin_dry_run(star.warehouse, "run-2", parameters)
    copied: Any = trial.warehouse
    inside = replace(star, warehouse=copied, rows={**star.rows})
    inside.rows["fct_session"] = delete_all(star.rows["fct_session"])
    inside.build(months=[OCTOBER])
    inside.write_manifest()
    found = pipeline.compare(trial.warehouse, "run-2")
    assert (found["fact_months"], found["unaudited"]) == (1, 1)
    caplog.clear()
    with caplog.at_level("INFO"):
        path = steps.end_dry_run(star.warehouse, "run-2")
    assert "2025-09 goes from 10 to 0 rows" in caplog.text
    assert "The month is outside the build and was not audited" in caplog.text
    assert "fct_session,2025-09,10,0,0,0,10,energy_kwh 100 → 0,1.000000,否 no," in path.with_name(
        "run-2.facts.csv"
    ).read_text("utf-8-sig")
    with star.warehouse.connect("builder") as builder:
        kept = revisions.saved_comparison(builder, "run-2")
    assert [(one.table_name, one.period_month, one.new) for one in kept.unaudited] == [
        ("fct_session", SEPTEMBER, MonthContent())
    ]
    # A run that is no dry run stops there, before anybody is asked to approve it.
    with pytest.raises(UnauditedChangeError, match="2025-09"):
        pipeline.require_audited(star.warehouse, "run-2")
    assert star.state() == before


def test_months_are_equal_where_their_rows_are_in_any_order(star: Star) -> None:
    """The content of a month depends on its rows alone; an added column counts once it is filled."""
    star.build(months=EVERY_MONTH)
    fact = LargeFact("fct_session", "period_month", {**_types(), "vin": "text"}, SESSION.primary_key)

    def contents(builder: psycopg.Connection[Any]) -> Any:
        return month_contents(builder, "candidate", fact)[SEPTEMBER]

    with star.warehouse.connect("builder") as builder:
        first = contents(builder)
        builder.execute("create table pg_temp.shuffled as select * from candidate.fct_session")
        builder.execute("truncate candidate.fct_session")
        builder.execute(
            "insert into candidate.fct_session select * from pg_temp.shuffled order by session_key desc"
        )
        assert contents(builder) == first
        builder.execute("alter table candidate.fct_session add column vin text")
        assert contents(builder) == first
        builder.execute("update candidate.fct_session set vin = 'V' where session_key = 'c1'")
        changed = contents(builder)
    assert (changed.rows, changed.sums) == (first.rows, first.sums)
    assert changed.hash != first.hash


def _types() -> dict[str, str]:
    types = dict.fromkeys(SESSION.columns, "text")
    return {**types, "period_month": "date", "energy_kwh": "numeric(14,4)"}
