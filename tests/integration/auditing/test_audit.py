"""The audit as a whole: what it records, what stops a publication, what it leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from green_freight.auditing import AuditFailedError, audit, audit_views
from green_freight.auditing.expectations import Suite
from green_freight.auditing.gx_context import STORED_AUDITS, data_docs_index
from green_freight.publishing import publish
from green_freight.publishing.errors import NotAuditedError

from tests.conftest import Warehouse
from tests.integration.auditing import good_candidate


@pytest.fixture(scope="module")
def build_id(module_warehouse: Warehouse) -> int:
    with module_warehouse.connect("builder") as builder:
        return good_candidate.make(builder)


@pytest.fixture
def planted(module_warehouse: Warehouse, build_id: int) -> Iterator[Any]:
    """Give a function that changes the candidate until the test's end."""
    undo: list[str] = []

    def plant(change: str, back: str) -> None:
        undo.append(back)
        with module_warehouse.connect("builder") as builder:
            builder.execute(change.encode())

    yield plant
    with module_warehouse.connect("builder") as builder:
        for back in undo:
            builder.execute(back.encode())


SUITES = good_candidate.suites()


def suites_of(*tables: str) -> list[Suite]:
    return [suite for suite in SUITES if suite.table in tables]


# What holds for two of the suites holds for all, and takes a second.
FEW = suites_of("dim_platform", "dim_vehicle")


def outcome_of(warehouse: Warehouse, build_id: int) -> str:
    with warehouse.connect("builder") as builder:
        row = builder.execute("select outcome_code from ops.build where build_id = %s", [build_id]).fetchone()
    assert row
    return str(row[0])


BAD_KIND = (
    "update candidate.dim_platform set platform_kind_code = '?'",
    "update candidate.dim_platform set platform_kind_code = 'public'",
)


def test_good_candidate_is_audited_and_every_expectation_has_its_result(
    module_warehouse: Warehouse, build_id: int
) -> None:
    outcome = audit(module_warehouse, "run", build_id, SUITES)

    expected = {(s.table, one.code) for s in SUITES for one in s.expectations}
    assert outcome.counts == {"passed": len(expected)}
    with module_warehouse.connect("builder") as builder:
        recorded = builder.execute(
            "select table_name, expectation_code, message_zh, message_en from ops.verdict where build_id = %s",
            [build_id],
        ).fetchall()
    assert {row[:2] for row in recorded} == expected and len(recorded) == len(expected)
    assert all(row[2] and row[3] for row in recorded)
    assert outcome_of(module_warehouse, build_id) == "audited"
    results = (data_docs_index(module_warehouse).parents[1] / "verdicts.html").read_text(encoding="utf-8")
    assert "审核结果" in results and 'href="data_docs/validations/scorecard/' in results
    assert "http://" not in results and "https://" not in results
    page = data_docs_index(module_warehouse).read_text(encoding="utf-8")
    assert all(suite.table in page for suite in SUITES)


def test_critical_failure_stops_the_publication_and_names_table_code_and_rows(
    module_warehouse: Warehouse, build_id: int, planted: Any
) -> None:
    planted(*BAD_KIND)
    with pytest.raises(AuditFailedError) as stopped:
        audit(module_warehouse, "run", build_id, FEW)
    message = str(stopped.value)
    assert "dim_platform.platform_kind_code_in_code_list" in message and "transport:F1" in message
    assert "未发布" in message and "Nothing was published" in message
    assert outcome_of(module_warehouse, build_id) == "rejected"
    with pytest.raises(NotAuditedError):
        publish(module_warehouse, "run", build_id, specs=[])


def test_next_good_audit_takes_the_rejection_back(module_warehouse: Warehouse, build_id: int) -> None:
    assert set(audit(module_warehouse, "run", build_id, FEW).counts) == {"passed"}
    assert outcome_of(module_warehouse, build_id) == "audited"


def test_warning_is_recorded_with_its_rows_and_stops_nothing(
    module_warehouse: Warehouse, build_id: int, planted: Any
) -> None:
    planted(
        "update candidate.dim_vehicle set is_vin_valid = false where vehicle_key = 'transport:V2'",
        "update candidate.dim_vehicle set is_vin_valid = true",
    )
    assert audit(module_warehouse, "run", build_id, FEW).counts["warning"] == 1
    assert outcome_of(module_warehouse, build_id) == "audited"
    with module_warehouse.connect("builder") as builder:
        verdict = builder.execute(
            "select expectation_code, severity_code, unexpected_count, sample -> 0 ->> 'vehicle_key'"
            " from ops.verdict where build_id = %s and not is_success",
            [build_id],
        ).fetchall()
    assert verdict == [("vin_check_digit", "warning", 1, "transport:V2")]


def test_expectation_that_cannot_be_evaluated_is_critical(
    module_warehouse: Warehouse, build_id: int, planted: Any
) -> None:
    planted(
        "alter table candidate.dim_vehicle rename is_vin_valid to gone",
        "alter table candidate.dim_vehicle rename gone to is_vin_valid",
    )
    with pytest.raises(
        AuditFailedError, match=r"\[critical\] The expectation dim_vehicle\.vin_check_digit"
    ) as stopped:
        audit(module_warehouse, "run", build_id, FEW)
    assert "could not be evaluated" in str(stopped.value)


def test_a_published_build_stays_published_when_its_audit_is_run_again(
    module_warehouse: Warehouse, build_id: int, planted: Any
) -> None:
    planted(
        "update ops.build set outcome_code = 'published'", "update ops.build set outcome_code = 'audited'"
    )
    audit(module_warehouse, "run", build_id, FEW)
    assert outcome_of(module_warehouse, build_id) == "published"
    planted(*BAD_KIND)
    with pytest.raises(AuditFailedError):
        audit(module_warehouse, "run", build_id, FEW)
    assert outcome_of(module_warehouse, build_id) == "published"


def test_only_the_last_audits_are_kept_to_read(module_warehouse: Warehouse, build_id: int) -> None:
    for _ in range(STORED_AUDITS + 1):
        audit(module_warehouse, "run", build_id, FEW)
    home = data_docs_index(module_warehouse).parents[1]
    for kept in (home / "validations" / "dim_platform", home / "data_docs" / "validations" / "dim_platform"):
        assert len(list(kept.glob("*/*"))) == STORED_AUDITS


def test_published_views_show_nothing_before_the_first_publication_then_what_is_published(
    module_warehouse: Warehouse, build_id: int
) -> None:
    def seen() -> tuple[list[str], int]:
        with module_warehouse.connect("builder") as builder:
            cursor = builder.execute("select * from intermediate.published_dim_store")
            return [column.name for column in cursor.description or []], len(cursor.fetchall())

    audit_views.refresh(module_warehouse, suites_of("dim_store"), build_id)
    assert seen() == (list(good_candidate.marts()["dim_store"]), 0)
    with module_warehouse.admin() as admin:
        good_candidate.publish_copies(admin, ["dim_store"])
    audit_views.refresh(module_warehouse, suites_of("dim_store"), build_id)
    assert seen() == (list(good_candidate.marts()["dim_store"]), 1)
    with module_warehouse.admin() as admin:
        admin.execute("alter table mart.dim_store add column opened_on date")
    audit_views.refresh(module_warehouse, suites_of("dim_store"), build_id)
    assert seen() == ([*good_candidate.marts()["dim_store"], "opened_on"], 1)


def test_of_a_large_fact_the_months_of_the_build_and_rows_without_a_month_are_evaluated(
    module_warehouse: Warehouse, build_id: int, planted: Any
) -> None:
    fact = "fct_vehicle_operation"
    with module_warehouse.admin() as admin:
        good_candidate.publish_copies(admin, [fact])
    audit_views.refresh(module_warehouse, suites_of(fact), build_id)
    planted(
        f"insert into candidate.{fact} (vehicle_key, period_month) values ('old', '2022-12-01'), ('odd', null)",
        f"delete from candidate.{fact} where vehicle_key in ('old', 'odd')",
    )
    months = "update ops.build set changed_months = {} where build_id = " + str(build_id)
    planted(months.format("'{2023-01-01}'"), months.format("'{2023-01-01,2023-02-01,2023-03-01,2023-04-01}'"))
    audit_views.refresh(module_warehouse, suites_of(fact), build_id)
    with module_warehouse.connect("builder") as builder:
        evaluated = builder.execute(f"select period_month from intermediate.audited_{fact}").fetchall()
        published = builder.execute(f"select period_month from intermediate.published_{fact}").fetchall()
    assert set(evaluated) == {(date(2023, 1, 1),), (None,)}
    assert set(published) == {(date(2023, 1, 1),)}


def test_expectations_read_the_build_under_audit_not_the_newest(
    module_warehouse: Warehouse, build_id: int
) -> None:
    with module_warehouse.connect("builder") as builder:
        builder.execute(
            "insert into ops.build (run_id, as_of_date, changed_months, code_version, started_at)"
            " values ('later', '2023-05-31', '{2023-05-01}', 'test', clock_timestamp())"
        )
    audit_views.refresh(module_warehouse, [], build_id)
    with module_warehouse.connect("builder") as builder:
        seen = builder.execute(
            "select build_id, as_of_date, changed_months from intermediate.audited_build"
        ).fetchall()
    assert seen == [(build_id, good_candidate.AS_OF, good_candidate.MONTHS)]
