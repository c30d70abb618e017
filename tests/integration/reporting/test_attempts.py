"""Reports count deliveries and loads, however many attempts a run needed: rows written and counted by hand."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from green_freight.agencies import AGENCIES
from green_freight.agencies.fetch_records import FetchOutcome, FetchRecorder, FileOutcome, Outcome
from green_freight.cli import run_issues
from green_freight.errors import FetchError, delivery_error
from green_freight.periods import Period
from green_freight.publishing import publication_record
from green_freight.reporting import run_report
from rich.console import Console

from tests.conftest import Warehouse

RUN = "nightly_refresh/1"
# Delivery, period, outcome, bytes; the second attempt requests everything again.
FETCHES = [
    ("stations", "2025-09-30", "landed", 100),
    ("charge_orders", "2025-09-29", "failed_transient", None),
    ("charge_orders", "2025-09-30", "failed_transient", None),
    ("stations", "2025-09-30", "unchanged", 100),
    ("charge_orders", "2025-09-29", "landed", 50),
    ("charge_orders", "2025-09-30", "failed_transient", None),
]
# Dataset, period, outcome, rows loaded, rows rejected; the task `load` was cleared once.
LOADS = [
    ("power_pile", "2025-09-30", "loaded", 10, 1),
    ("power_station", "2025-09-30", "stopped", None, None),
    ("power_pile", "2025-09-30", "unchanged", 10, 1),
    ("power_station", "2025-09-30", "loaded", 4, 0),
]


@pytest.fixture
def attempted(warehouse: Warehouse) -> Warehouse:
    """Give a warehouse in which a run has made two attempts at everything."""
    with warehouse.connect("loader") as loader, loader.cursor() as cursor:
        cursor.executemany(
            "insert into ops.fetch (run_id, agency_code, delivery_name, period_label, outcome_code, bytes, "
            "error_message) values (%s, 'power', %s, %s, %s, %s, 'no response')",
            [(RUN, *fetch) for fetch in FETCHES],
        )
        cursor.executemany(
            "insert into ops.load (run_id, agency_code, dataset_id, delivery_name, period_label, outcome_code, "
            "rows_in_file, rows_loaded, rows_rejected, error_message) "
            "values (%s, 'power', %s, 'stations', %s, %s, %s, %s, %s, 'broken')",
            [
                (RUN, dataset, period, outcome, loaded and loaded + rejected, loaded, rejected)
                for dataset, period, outcome, loaded, rejected in LOADS
            ],
        )
    with warehouse.connect("publisher") as publisher:
        publisher.execute(
            "create table mart.data_quality (subject_code text, subject_kind_code text, is_stale bool, "
            "complete_through date, as_of_date date)"
        )
    return warehouse


def test_the_report_counts_deliveries_and_loads(attempted: Warehouse) -> None:
    text = run_report.text(attempted, RUN)
    fetched = {"landed": (2, 150), "failed, will be retried": (1, 0)}
    for outcome, (count, size) in fetched.items():
        said = f"{count} deliveries of the agency power have the outcome “{outcome}” ({size} bytes of new content)."
        assert said in text, text
    assert "unchanged" not in text
    assert text.count("no response") == 1
    assert (
        "2 loads of the agency power have the outcome “loaded”; 14 rows were loaded and 1 rejected." in text
    )
    assert "stopped" not in text


def test_the_issues_are_those_that_remain(attempted: Warehouse) -> None:
    found = run_issues.collect(attempted, [RUN])
    assert found["failed_fetches"] == ["power charge_orders 2025-09-30: no response"]
    assert found["stopped_loads"] == []


def test_new_failures_stand_before_those_of_the_last_publication(attempted: Warehouse) -> None:
    # Expectation, severity, change, rows, new, resolved.
    results = [
        ("a_stands", "warning", "standing", 5, 0, 1),
        ("b_held", "warning", None, 0, 0, 0),
        ("c_grows", "warning", "growing", 7, 2, 0),
        ("d_new", "warning", "new", 3, 3, 0),
        ("e_resolved", "warning", "resolved", 0, 0, 4),
        ("f_critical", "critical", "new", 1, 1, 0),
    ]
    with attempted.connect("builder") as builder:
        builder.execute(
            "insert into ops.build (run_id, as_of_date, code_version) values (%s, '2025-09-30', 'test')",
            [RUN],
        )
        for code, severity, change, *counts in results:
            builder.execute(
                "insert into ops.verdict (build_id, run_id, table_name, expectation_code, expectation_type,"
                " severity_code, is_success, change_code, unexpected_count, new_count, resolved_count,"
                " message_zh, message_en) values"
                " (1, %s, 'dim_pile', %s, 'type', %s, %s, %s, %s, %s, %s, '规则。', 'Rule.')",
                [RUN, code, severity, counts[0] == 0, change, *counts],
            )
    listed = ["f_critical", "d_new", "c_grows", "a_stands", "e_resolved"]
    text = run_report.text(attempted, RUN)
    assert re.findall(r"校验规则 dim_pile\.(\w+)", text) == listed
    assert (
        "[warning, growing] 7 rows break the expectation dim_pile.c_grows (2 new and 0 resolved since" in text
    )
    assert (
        "【通过，已消除】校验规则 dim_pile.e_resolved 有 0 行不符合（上次发布后新增 0 行，消除 4 行）" in text
    )
    *first, rest = run_report.first_failures(attempted, RUN)
    assert [re.findall(r"dim_pile\.(\w+)", line)[0] for line in first] == listed[:3]
    assert rest.endswith("2 more results of the audit are in ops.verdict.")
    issues = run_issues.collect(attempted, [RUN])["verdicts"]
    assert [line.split()[3] for line in issues] == listed[:4]


def test_of_several_files_the_one_that_decides_is_the_newest_row(warehouse: Warehouse) -> None:
    agency = AGENCIES["commerce"]
    delivery, period = agency.delivery("monthly_report"), Period("2025-09")
    error = delivery_error(agency, delivery, period, FetchError("unreadable_file", "half a file"))
    begun = datetime.now(UTC)
    files = (
        FileOutcome(Outcome.FAILED_PERMANENT, begun, 1, 1, "a.xlsx", error=error),
        FileOutcome(Outcome.UNCHANGED, begun, 1, 1, "b.xlsx"),
    )
    outcome = FetchOutcome("commerce", "monthly_report", period, date(2025, 9, 30), files)
    with warehouse.connect("loader", autocommit=True) as loader:
        assert FetchRecorder(loader, RUN).record(outcome).files == files
    assert [line.partition(":")[0] for line in run_issues.collect(warehouse, [RUN])["failed_fetches"]] == [
        "commerce monthly_report 2025-09"
    ]
    with warehouse.connect("publisher") as publisher:
        stale = publisher.execute(publication_record._SQL["stale_agencies"]).fetchall()
    assert stale == [("commerce",)]


@pytest.mark.parametrize(("count", "shown"), [(12, 12), (13, 12)])
def test_more_issues_than_are_shown_stand_in_a_file(tmp_path: Path, count: int, shown: int) -> None:
    output = io.StringIO()
    issues: dict[str, Any] = {**run_issues.NONE, "stopped_loads": [f"line {n}." for n in range(count)]}
    run_issues.print_issues(issues, Console(file=output, width=200), tmp_path)
    assert output.getvalue().count("line ") == shown
    file = tmp_path / "issues.txt"
    assert file.exists() == (count > shown) == (str(file) in output.getvalue())
    if count > shown:
        assert file.read_text("utf-8").count("line ") == count
