"""The business day that a run stands for, by however it was started, and the days that no run can stand for."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from green_freight import business_days, pipeline
from green_freight.backfill import BackfillRequest
from green_freight.business_days import BusinessDayError
from green_freight.periods import SHANGHAI
from typer.testing import CliRunner

from local_stack import database
from local_stack.cli import app

DAY = date(2025, 9, 30)
NIGHT = datetime(2025, 10, 1, 2, tzinfo=SHANGHAI)
# 02:00 of the business day itself: where a nightly run's data interval begins.
BEGINS = NIGHT - timedelta(days=1)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Let the agencies of a demonstration stand in the night after DAY."""
    monkeypatch.setenv("GREEN_FREIGHT_SYNTHETIC", "1")
    monkeypatch.setenv("GREEN_FREIGHT_CLOCK", NIGHT.isoformat())
    return NIGHT


def test_a_scheduled_run_stands_for_the_day_of_its_interval() -> None:
    assert business_days.of_run(None, BEGINS, BEGINS, NIGHT) == DAY


@pytest.mark.parametrize(
    ("hour", "day"), [(0, DAY), (1, DAY), (10, DAY), (23, DAY), (-1, date(2025, 9, 29))], ids=str
)
def test_a_run_started_by_hand_stands_for_the_day_before(hour: int, day: date) -> None:
    moment = NIGHT.replace(hour=0) + timedelta(hours=hour)
    # Airflow gives it no logical date, or, where the form has one, the moment with the last whole interval before it.
    assert business_days.of_run(None, None, None, moment) == day
    last_interval = moment.replace(hour=2) - timedelta(days=2 if 0 <= hour < 2 else 1)
    assert business_days.of_run(None, moment, last_interval, moment) == day


def test_a_day_that_was_typed_counts_before_everything_else() -> None:
    assert business_days.of_run("2025-09-28", BEGINS, BEGINS, NIGHT) == date(2025, 9, 28)
    assert business_days.of_run("2025-09-28", None, None, NIGHT) == date(2025, 9, 28)


def test_a_run_that_is_cleared_later_stands_for_the_same_day() -> None:
    assert business_days.of_run(None, None, None, NIGHT - timedelta(days=5)) == DAY - timedelta(days=5)


def test_beside_demonstration_agencies_yesterday_is_the_day_before_their_clock(clock: datetime) -> None:
    real = datetime.now(SHANGHAI)
    assert business_days.of_run(None, None, None, real) == DAY
    assert business_days.of_run(None, real, real - timedelta(days=1), real) == DAY


def test_the_clock_has_no_effect_on_real_data(clock: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREEN_FREIGHT_SYNTHETIC", "0")
    assert business_days.yesterday() > DAY


def test_a_publication_is_due_at_six_in_the_next_morning() -> None:
    assert business_days.published_by(DAY) == datetime(2025, 10, 1, 6, tzinfo=SHANGHAI)


def _begin_nightly(day: date, warehouse: Any = None) -> None:
    pipeline.begin_nightly(warehouse, "nightly_refresh/typed", day, is_typed=True)


def _backfill(day: date) -> None:
    BackfillRequest.of({**PARAMETERS, "business_day": day.isoformat()}, business_days.yesterday())


PARAMETERS = {
    "from_month": "2024-01", "to_month": "2024-02", "agencies": ["power"], "reason": "sent again",
    "business_day": None,
}  # fmt: skip


@pytest.mark.parametrize("days", [0, 1, 365], ids=["today", "tomorrow", "in a year"])
@pytest.mark.parametrize("begin", [_begin_nightly, _backfill])
@pytest.mark.parametrize("is_demonstration", [False, True], ids=["real", "demonstration"])
def test_a_day_that_is_not_over_is_refused_before_anything_is_recorded(
    days: int, begin: Any, is_demonstration: bool, request: pytest.FixtureRequest
) -> None:
    today = request.getfixturevalue("clock").date() if is_demonstration else datetime.now(SHANGHAI).date()
    with pytest.raises(BusinessDayError) as refused:
        begin(today + timedelta(days=days))
    newest = today - timedelta(days=1)
    assert f"业务日 {today + timedelta(days=days)} 尚未结束" in str(refused.value)
    assert f"choose {newest} or an earlier day" in str(refused.value)


def test_a_backfill_of_a_day_that_is_no_date_is_refused() -> None:
    with pytest.raises(BusinessDayError, match=r"'30\.9\.' is not a date"):
        BackfillRequest.of({**PARAMETERS, "business_day": "30.9."}, DAY)


@pytest.mark.parametrize(
    "command",
    [
        ["run"],
        ["up"],
        ["backfill", "--from", "2024-01", "--reason", "again"],
    ],
    ids=lambda words: words[0],
)
@pytest.mark.parametrize("days", [0, 365], ids=["today", "in a year"])
def test_the_command_line_refuses_it_before_anything_starts(
    command: list[str], days: int, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GREEN_FREIGHT_HOME", str(tmp_path))
    # What every command starts first; a day that is let through ends here instead of in a running stack.
    monkeypatch.delattr(database, "serving")
    day = datetime.now(SHANGHAI).date() + timedelta(days=days)
    ended = CliRunner().invoke(app, [*command, "--day", day.isoformat()])
    assert ended.exit_code == 2
    assert "尚未结束" in ended.output and "is not over" in ended.output
    assert list(tmp_path.iterdir()) == []
