"""The record of how runs end: what a run says of itself, what Airflow's services say where it could not."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from green_freight import pipeline
from green_freight.backfill import steps
from green_freight.pipeline import UnknownRunError
from green_freight.publishing.revert import PublicationNotFoundError
from green_freight.warehouse import lease, runs

from tests.conftest import Warehouse

DAY = date(2025, 9, 30)
RUN = "nightly_refresh/scheduled__1"


def _row(warehouse: Warehouse, run_id: str = RUN) -> tuple[Any, ...] | None:
    columns = "business_day, outcome_code, failed_tasks, finished_at is not null"
    with warehouse.connect("owner") as owner:
        return owner.execute(f"select {columns} from ops.run where run_id = %s", [run_id]).fetchone()


def _build(warehouse: Warehouse, outcome_code: str) -> None:
    with warehouse.connect("builder") as builder:
        builder.execute(
            "insert into ops.build (run_id, as_of_date, code_version, outcome_code) values (%s, %s, 'test', %s)",
            [RUN, DAY, outcome_code],
        )


def test_a_run_that_was_killed_has_failed_and_holds_the_candidate_no_longer(warehouse: Warehouse) -> None:
    runs.begin(warehouse, RUN, "nightly", DAY)
    with lease.held(warehouse, RUN):
        pass
    _build(warehouse, "built")
    runs.close(warehouse, RUN, "nightly", ["audit"], is_success=False)
    assert _row(warehouse) == (DAY, "failed", ["audit"], True)
    with lease.held(warehouse, "another"):
        pass


def test_what_a_run_says_of_itself_stays_and_the_failed_tasks_join_it(warehouse: Warehouse) -> None:
    runs.begin(warehouse, RUN, "nightly", DAY)
    runs.finish(warehouse, RUN, "published")
    runs.close(warehouse, RUN, "nightly", ["postal.fetch"], is_success=True)
    assert _row(warehouse) == (DAY, "published", ["postal.fetch"], True)


@pytest.mark.parametrize(
    ("builds", "is_success", "outcome"),
    [
        (["published"], False, "published"),
        (["published", "failed"], False, "failed"),
        ([], True, "unpublished"),
    ],
)
def test_without_a_word_of_the_run_its_newest_build_decides(
    warehouse: Warehouse, builds: list[str], is_success: bool, outcome: str
) -> None:
    runs.begin(warehouse, RUN, "nightly", DAY)
    for code in builds:
        _build(warehouse, code)
    runs.close(warehouse, RUN, "nightly", [], is_success=is_success)
    assert _row(warehouse) == (DAY, outcome, [], True)


def test_a_run_that_is_cleared_is_open_until_it_ends_again(warehouse: Warehouse) -> None:
    runs.begin(warehouse, RUN, "nightly", DAY)
    runs.close(warehouse, RUN, "nightly", ["build"], is_success=False)
    runs.reopen(warehouse, RUN)
    assert _row(warehouse) == (DAY, None, [], False)
    runs.finish(warehouse, RUN, "published")
    assert _row(warehouse) == (DAY, "published", [], True)


def test_a_run_that_never_began_is_recorded_and_none_of_its_steps_goes_on(warehouse: Warehouse) -> None:
    runs.close(warehouse, RUN, "nightly", ["begin"], is_success=False)
    assert _row(warehouse) == (None, "failed", ["begin"], True)
    runs.reopen(warehouse, RUN)
    with pytest.raises(UnknownRunError, match="never began"):
        pipeline.business_day_of(warehouse, RUN)
    runs.begin(warehouse, RUN, "nightly", DAY)
    assert _row(warehouse) == (DAY, None, [], False)


def test_a_revert_that_fails_is_recorded(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PublicationNotFoundError):
        steps.revert(warehouse, "revert/1", 7, "wrong figures", "tester")
    assert _row(warehouse, "revert/1") is None
    with warehouse.connect("publisher") as publisher:
        publisher.execute(
            "insert into mart.publication (publication_no, published_at, kind_code, as_of_date, code_version, "
            "build_id, run_id, verdict_passed_count, verdict_warning_count) "
            "values (7, now(), 'nightly', %s, 'test', 1, 'run-1', 1, 0)",
            [DAY],
        )

    def fails(*_: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(steps.publishing, "revert", fails)
    with pytest.raises(ConnectionError):
        steps.revert(warehouse, "revert/1", 7, "wrong figures", "tester")
    assert _row(warehouse, "revert/1") == (DAY, "failed", [], True)
