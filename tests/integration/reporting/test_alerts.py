"""The alert of a morning without a publication: it reaches the webhook, and only when it should."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from green_freight import airflow_tasks, pipeline
from green_freight.periods import SHANGHAI
from green_freight.reporting import alerts

from tests.conftest import Warehouse


class Receiver(HTTPServer):
    """A group robot: keeps the messages it was sent."""

    def __init__(self, status: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.messages = status, []  # type: int, list[dict[str, Any]]


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.messages.append(json.loads(body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@pytest.fixture
def robot(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    receiver = Receiver(getattr(request, "param", 200))
    thread = threading.Thread(target=receiver.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("GREEN_FREIGHT_ALERT_URL", f"http://127.0.0.1:{receiver.server_port}/robot")
    yield receiver
    receiver.shutdown()
    receiver.server_close()


@pytest.fixture
def installed(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """Give a warehouse that the settings name."""
    for name, value in warehouse.variables.items():
        monkeypatch.setenv(name, value)
    return warehouse


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


def test_a_morning_without_a_publication_alerts(installed: Warehouse, robot: Receiver) -> None:
    yesterday = pipeline.yesterday()
    _publish(installed, yesterday - timedelta(days=1))
    airflow_tasks.alert_when_unpublished(_missed(yesterday))
    [message] = robot.messages
    assert message["msgtype"] == "text"
    content = message["text"]["content"]
    assert f"nothing is published for {yesterday}" in content
    assert f"readers still see {yesterday - timedelta(days=1)}" in content
    assert "nightly_refresh/scheduled__1" in content


def test_a_published_day_alerts_nobody(installed: Warehouse, robot: Receiver) -> None:
    _publish(installed, pipeline.yesterday())
    airflow_tasks.alert_when_unpublished(_missed(pipeline.yesterday()))
    assert robot.messages == []


def test_a_run_over_the_past_alerts_nobody(installed: Warehouse, robot: Receiver) -> None:
    airflow_tasks.alert_when_unpublished(_missed(pipeline.yesterday() - timedelta(days=2)))
    assert robot.messages == []


@pytest.mark.parametrize("robot", [500], indirect=True)
def test_a_webhook_that_fails_leaves_the_alert_in_the_log(
    robot: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        alerts.send("nothing is there")
    assert len(robot.messages) == 1
    assert "ALERT 告警: nothing is there" in caplog.text
    assert "could not be sent" in caplog.text
