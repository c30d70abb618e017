"""The alert of a morning without a publication: it reaches the webhook, and only when it should."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from green_freight import business_days
from green_freight.periods import SHANGHAI

from tests.conftest import Warehouse
from tests.integration.reporting.servers import Response, RobotServer


@pytest.fixture
def robot(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[RobotServer]:
    with RobotServer(Response(getattr(request, "param", 200))) as server:
        monkeypatch.setenv("GREEN_FREIGHT_ALERT_URL", f"{server.address}/robot")
        yield server


@pytest.fixture
def installed(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """Give a warehouse that the settings name."""
    for name, value in warehouse.variables.items():
        monkeypatch.setenv(name, value)
    return warehouse


def alert_when_unpublished(context: dict[str, Any]) -> None:
    """Call the function of the deadline; Airflow, which every worker would import at its start, is imported here."""
    from green_freight import airflow_tasks

    airflow_tasks.alert_when_unpublished(context)


def _missed(day: Any) -> dict[str, Any]:
    """Return the context that Airflow hands to a deadline's callback for the run of a business day."""
    logical = datetime.combine(day, datetime.min.time(), SHANGHAI) + timedelta(hours=2)
    stamp = logical.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return {"dag_run": {"dag_id": "nightly_refresh", "dag_run_id": "scheduled__1", "logical_date": stamp}}


def _publish(warehouse: Warehouse, day: Any) -> None:
    with warehouse.connect("publisher") as publisher:
        publisher.execute(
            "insert into mart.publication (publication_no, published_at, kind_code, as_of_date, code_version, "
            "build_id, run_id, verdict_passed_count, verdict_warning_count) "
            "values (1, now(), 'nightly', %s, 'test', 1, 'run-1', 1, 0)",
            [day],
        )


def test_a_morning_without_a_publication_alerts(installed: Warehouse, robot: RobotServer) -> None:
    yesterday = business_days.yesterday()
    _publish(installed, yesterday - timedelta(days=1))
    alert_when_unpublished(_missed(yesterday))
    [message] = robot.messages
    assert message["msgtype"] == "text"
    content = message["text"]["content"]
    assert f"nothing is published for {yesterday}" in content
    assert f"readers still see {yesterday - timedelta(days=1)}" in content
    assert "nightly_refresh/scheduled__1" in content


def test_a_published_day_alerts_nobody(installed: Warehouse, robot: RobotServer) -> None:
    _publish(installed, business_days.yesterday())
    alert_when_unpublished(_missed(business_days.yesterday()))
    assert robot.messages == []


def test_a_run_over_the_past_alerts_nobody(installed: Warehouse, robot: RobotServer) -> None:
    alert_when_unpublished(_missed(business_days.yesterday() - timedelta(days=2)))
    assert robot.messages == []


def _by_hand(run_after: datetime, **more: Any) -> dict[str, Any]:
    """Return the context for a run that a person started: it has no logical date, and perhaps parameters."""
    run = {"dag_id": "nightly_refresh", "dag_run_id": "manual__1", "logical_date": None, "conf": None}
    stamp = run_after.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return {"dag_run": run | {"data_interval_start": None, "run_after": stamp} | more}


def _at(hour: int) -> datetime:
    return datetime.now(SHANGHAI).replace(hour=hour, minute=0, second=0, microsecond=0)


def test_a_run_started_by_hand_in_the_night_has_the_deadline_too(
    installed: Warehouse, robot: RobotServer
) -> None:
    alert_when_unpublished(_by_hand(_at(3)))
    [message] = robot.messages
    assert f"nothing is published for {business_days.yesterday()}" in message["text"]["content"]
    assert "nightly_refresh/manual__1" in message["text"]["content"]


@pytest.mark.parametrize("typed", [None, {"business_day": "2025-09-30"}], ids=str)
def test_a_run_that_began_after_its_deadline_alerts_nobody(
    installed: Warehouse, robot: RobotServer, typed: dict[str, str] | None
) -> None:
    alert_when_unpublished(_by_hand(_at(7), conf=typed))
    assert robot.messages == []
