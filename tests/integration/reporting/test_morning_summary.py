"""The morning summary over a warehouse: what is published, behind, stale and waiting; and who gets it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from green_freight.protocols.retry_policy import RetryPolicy
from green_freight.reporting import morning_summary
from green_freight.warehouse import runs

from tests.integration.reporting.servers import Response, RobotServer

if TYPE_CHECKING:
    from tests.conftest import Warehouse

# The columns that the summary reads.
TABLES = """
create table mart.scorecard (
    work_no int, work_name_zh text, work_name_en text, completion_ratio numeric, status_code text, year int,
    as_of_date date, display_order int
);
create table mart.data_quality (
    subject_kind_code text, subject_code text, complete_through date, as_of_date date, is_stale bool
);
"""
BEHIND = "insert into mart.scorecard values (%s, '充电站', 'Charging stations', %s, %s, %s, '2025-09-30', %s)"


@pytest.fixture
def published(module_warehouse: Warehouse) -> Warehouse:
    with module_warehouse.connect("publisher") as publisher:
        publisher.execute("drop table if exists mart.scorecard, mart.data_quality")
        publisher.execute(TABLES)
        publisher.execute(
            "insert into mart.publication (publication_no, published_at, kind_code, as_of_date, code_version, build_id,"
            " run_id, verdict_passed_count, verdict_warning_count)"
            " values (1, '2025-10-01 03:12+08', 'nightly', '2025-09-30', 'test', 1, 'run-1', 1, 0)"
            " on conflict do nothing"
        )
    return module_warehouse


def test_before_the_first_publication_it_says_so(warehouse: Warehouse) -> None:
    assert "nothing is published yet" in morning_summary.text(warehouse)


def test_a_quiet_morning(published: Warehouse) -> None:
    text = morning_summary.text(published)
    assert "已发布截至 2025-09-30 的数据（第 1 号发布，2025-10-01 03:12）" in text
    assert "No indicator of a key work is behind." in text
    assert "No change waits for an approval." in text


def test_it_names_what_is_behind_stale_and_waiting(published: Warehouse) -> None:
    with published.connect("publisher") as publisher:
        works = [(6, "0.9999", "behind", 2025), (7, None, "behind", 2025), (8, "1", "on_track", 2025)]
        for order, work in enumerate([*works, (9, "0.2", "behind", 2024)]):
            publisher.execute(BEHIND, [*work, order])
        publisher.execute(
            "insert into mart.data_quality values ('dataset', 'postal_tricycle', '2025-07-31', '2025-09-30', true)"
        )
    text = morning_summary.text(published)
    assert "2 indicators are behind:" in text
    assert "(6) Charging stations, 99.99% complete" in text
    assert "(7) Charging stations, – complete" in text
    assert "(8)" not in text and "(9)" not in text
    assert "The dataset postal_tricycle is complete through 2025-07-31" in text


def test_of_many_that_are_behind_it_names_the_first(published: Warehouse) -> None:
    with published.connect("publisher") as publisher:
        for order in range(11):
            publisher.execute(BEHIND, [order, "0.5", "behind", 2025, order])
    text = morning_summary.text(published)
    assert "11 indicators are behind:" in text
    assert text.count("50% complete") == morning_summary.BEHIND_SHOWN
    assert "3 more are behind, see the scorecard." in text


def test_a_run_whose_changes_nobody_approved_is_named(published: Warehouse) -> None:
    run = "nightly_refresh/waiting"
    runs.begin(published, run, "nightly", date(2025, 9, 30), None)
    with published.connect("builder") as builder:
        builder.execute(
            "insert into ops.figure_change (run_id, build_id, city_code, indicator_code, region_code, period_month,"
            " indicator_name_zh, indicator_name_en, new_actual_value, is_restatement, cause_codes, dataset_ids,"
            " approval_codes) values (%s, 1, '320700', 'nev_added', '320700', '2024-12-01', '新增', 'added', 7, true,"
            " '{correction}', '{}', '{final_change}')",
            [run],
        )
    assert f"The run {run} has 1 changes that wait" in morning_summary.text(published)


def _send(published: Warehouse, monkeypatch: pytest.MonkeyPatch, **variables: str) -> Any:
    """Call the task's function; Airflow, which every worker would import at its start, is imported here."""
    from green_freight import airflow_tasks

    for name, value in (published.variables | variables).items():
        monkeypatch.setenv(name, value)
    return airflow_tasks.send_morning_summary.function()


def test_the_task_sends_it_and_fails_where_it_was_not_accepted(
    published: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk.exceptions import AirflowFailException
    from green_freight.reporting import robots

    monkeypatch.setattr(robots, "_POLICY", RetryPolicy(attempts=1))
    with RobotServer(Response(200, {"errcode": 0}), Response(200, {"errcode": 1})) as robot:
        settings = {
            "GREEN_FREIGHT_ALERT_URL": f"wecom+{robot.address}/send",
            "GREEN_FREIGHT_MORNING_SUMMARY": "1",
        }
        assert "morning summary" in _send(published, monkeypatch, **settings)
        with pytest.raises(AirflowFailException, match=r"早报未送达.*was not accepted by 企业微信 WeCom"):
            _send(published, monkeypatch, **settings)
    assert all("早报" in message["text"]["content"] for message in robot.messages)


@pytest.mark.parametrize(
    "variables",
    [{}, {"GREEN_FREIGHT_MORNING_SUMMARY": "1"}, {"GREEN_FREIGHT_ALERT_URL": "http://127.0.0.1:1/x"}],
    ids=["nothing", "no_receiver", "off"],
)
def test_the_task_is_skipped_where_nobody_is_to_get_it(
    published: Warehouse, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    for name in ("GREEN_FREIGHT_MORNING_SUMMARY", "GREEN_FREIGHT_ALERT_URL", "GREEN_FREIGHT_ALERT_MAIL_TO"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(AirflowSkipException, match="nothing was sent"):
        _send(published, monkeypatch, **variables)
