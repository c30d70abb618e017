"""The audit as a whole: what it records, what stops a publication, what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from green_freight.auditing import AuditFailedError, audit, audit_views
from green_freight.auditing.expectations import Suite
from green_freight.auditing.gx_context import STORED_AUDITS, data_docs_index
from green_freight.auditing.published_audit import published_audit, relations_of
from green_freight.publishing import publish
from green_freight.publishing.errors import NotAuditedError
from psycopg.types.json import Jsonb

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


BAD_FLAG = (
    "update candidate.dim_vehicle set is_new_energy = false where vehicle_key = 'transport:V1'",
    "update candidate.dim_vehicle set is_new_energy = true where vehicle_key = 'transport:V1'",
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
    planted(*BAD_FLAG)
    with pytest.raises(AuditFailedError) as stopped:
        audit(module_warehouse, "run", build_id, FEW)
    message = str(stopped.value)
    assert "dim_vehicle.new_energy_consistent" in message and "transport:V1" in message
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
    planted(*BAD_FLAG)
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


def audited_after_publication(
    warehouse: Warehouse, months: Sequence[date], suites: Sequence[Suite], planted: Callable[[], None]
) -> list[tuple[Any, ...]]:
    """Audit the next build of these months after planting; return its failures and changes, then publish it."""
    with warehouse.connect("builder") as builder:
        [build_id] = builder.execute(
            "insert into ops.build (run_id, as_of_date, changed_months, code_version, started_at)"
            " values ('next', '2023-05-31', %s, 'test', clock_timestamp()) returning build_id",
            [list(months)],
        ).fetchone() or [0]
    planted()
    audit(warehouse, "next", build_id, suites)
    with warehouse.connect("builder") as builder:
        builder.execute(
            "update ops.build set outcome_code = 'published', finished_at = clock_timestamp() where build_id = %s",
            [build_id],
        )
        return builder.execute(
            "select expectation_code, change_code, new_count, resolved_count, sample -> 0 from ops.verdict"
            " where build_id = %s and change_code is not null order by expectation_code",
            [build_id],
        ).fetchall()


def test_a_warning_is_new_then_growing_then_standing_then_resolved(
    module_warehouse: Warehouse, build_id: int, planted: Any
) -> None:
    def audited(*vehicles: str) -> list[tuple[Any, ...]]:
        wrong = ", ".join(f"'{vehicle}'" for vehicle in ("none", *vehicles))
        change = f"update candidate.dim_vehicle set is_vin_valid = vehicle_key not in ({wrong})"
        undo = "update candidate.dim_vehicle set is_vin_valid = true"
        return audited_after_publication(
            module_warehouse, good_candidate.MONTHS, suites_of("dim_vehicle"), lambda: planted(change, undo)
        )

    code = "vin_check_digit"
    [(*first, row)] = audited("transport:V1")
    assert first == [code, "new", 1, 0] and row["vehicle_key"] == "transport:V1" and row["is_new"]
    # The row that the warning did not have before is shown first.
    [(*grown, row)] = audited("transport:V1", "transport:V2")
    assert grown == [code, "growing", 1, 0] and row["vehicle_key"] == "transport:V2" and row["is_new"]
    [(*stands, row)] = audited("transport:V1", "transport:V2")
    assert stands == [code, "standing", 0, 0] and not row["is_new"]
    [(*shrunk, _)] = audited("transport:V2")
    assert shrunk == [code, "standing", 0, 1]
    page = (data_docs_index(module_warehouse).parents[1] / "verdicts.html").read_text(encoding="utf-8")
    assert "持续 standing (+0, −1)" in page
    assert audited() == [(code, "resolved", 0, 1, None)]
    assert audited() == []


def test_rows_of_months_that_a_build_leaves_out_are_neither_new_nor_resolved(
    module_warehouse: Warehouse, build_id: int, planted: Any
) -> None:
    def audited(*months: date) -> list[tuple[Any, ...]]:
        return audited_after_publication(
            module_warehouse, months, suites_of("fct_vehicle_operation"), lambda: None
        )

    before = {code for code, *_ in audited(*good_candidate.MONTHS)}
    [month, other] = good_candidate.MONTHS[:2]
    planted(
        f"update candidate.fct_vehicle_operation set trip_count = 101 where period_month = '{month}'",
        "update candidate.fct_vehicle_operation set trip_count = 3 where trip_count = 101",
    )
    found = {code: rest[:3] for code, *rest in audited(month)}
    assert found["trip_count_in_range"][0] == "new" and "trip_count_in_range" not in before
    assert "trip_count_in_range" not in {code for code, *_ in audited(other)}
    found = {code: rest[:3] for code, *rest in audited(month)}
    assert found["trip_count_in_range"] == ["standing", 0, 0]


class Nights:
    """Builds of the good candidate, each audited with these suites and published as one that changed nothing."""

    def __init__(self, warehouse: Warehouse, suites: Sequence[Suite]) -> None:
        self.warehouse, self.suites = warehouse, suites

    def evaluated(
        self,
        *models: str,
        day: date = good_candidate.AS_OF,
        suites: Sequence[Suite] | None = None,
        outcome: str = "published",
    ) -> set[str]:
        """Audit a build that made these tables; return the expectations that were evaluated, as `table.code`."""
        with self.warehouse.connect("builder") as builder:
            [build_id] = builder.execute(
                "insert into ops.build (run_id, as_of_date, changed_months, built_models, through_load_id,"
                " code_version) select 'night', %s, '{}', %s, coalesce(max(load_id), 0), 'test'"
                " from ops.load returning build_id",
                [day, list(models)],
            ).fetchone() or [0]
        audit(self.warehouse, "night", build_id, suites or self.suites)
        with self.warehouse.connect("builder") as builder:
            builder.execute(
                "update ops.build set outcome_code = %s, finished_at = clock_timestamp() where build_id = %s",
                [outcome, build_id],
            )
            found = builder.execute(
                "select table_name || '.' || expectation_code, evaluated_build_id = build_id from ops.verdict"
                " where build_id = %s",
                [build_id],
            ).fetchall()
        wanted = {
            f"{suite.table}.{one.code}" for suite in suites or self.suites for one in suite.expectations
        }
        assert {name for name, _ in found} == wanted
        return {name for name, is_evaluated in found if is_evaluated}


# Of one, two or three tables: `not_shrunk` compares with what is published.
NIGHTLY = suites_of("dim_platform", "dim_vehicle", "fct_policy")


def codes_of(suites: Sequence[Suite], reading: str) -> set[str]:
    return {
        f"{suite.table}.{one.code}"
        for suite in suites
        for one in suite.expectations
        if reading in relations_of(suite, one)
    }


def test_an_audit_evaluates_what_has_changed_since_the_last_publication(warehouse: Warehouse) -> None:
    with warehouse.connect("builder") as builder:
        good_candidate.make(builder)
    nights = Nights(warehouse, NIGHTLY)
    with warehouse.connect("builder") as builder:
        builder.execute("update ops.build set outcome_code = 'published', finished_at = clock_timestamp()")
    everything = {f"{suite.table}.{one.code}" for suite in NIGHTLY for one in suite.expectations}
    # The good candidate has no audit, so there is nothing that could stand.
    assert nights.evaluated() == everything
    assert nights.evaluated() == set()
    vehicles = codes_of(NIGHTLY, "candidate.dim_vehicle")
    assert nights.evaluated("dim_vehicle") == vehicles < everything
    # What a build that was not published made is evaluated with the next one.
    assert nights.evaluated("fct_policy", outcome="rejected") == codes_of(NIGHTLY, "candidate.fct_policy")
    assert nights.evaluated("dim_vehicle") == codes_of(NIGHTLY, "candidate.fct_policy") | vehicles
    later = good_candidate.AS_OF + timedelta(days=1)
    assert nights.evaluated(day=later) == codes_of(NIGHTLY, "build.as_of_date")
    changed = [
        replace(suite, expectations=tuple(replace(one, zh=f"{one.zh}。") for one in suite.expectations))
        if suite.table == "dim_platform"
        else suite
        for suite in NIGHTLY
    ]
    assert nights.evaluated(day=later, suites=changed) == {
        f"dim_platform.{one.code}" for one in changed[0].expectations
    }


def test_a_warning_that_stands_is_shown_with_its_rows_and_as_standing(
    module_warehouse: Warehouse, build_id: int, planted: Any
) -> None:
    nights = Nights(module_warehouse, suites_of("dim_vehicle"))
    planted(
        "update candidate.dim_vehicle set is_vin_valid = vehicle_key <> 'transport:V1'",
        "update candidate.dim_vehicle set is_vin_valid = true",
    )
    nights.evaluated("dim_vehicle")
    assert nights.evaluated() == set()
    with module_warehouse.connect("builder") as builder:
        row = builder.execute(
            "select change_code, new_count, resolved_count, sample -> 0 from ops.verdict"
            " where expectation_code = 'vin_check_digit' order by build_id desc limit 1"
        ).fetchone()
    assert row and row[:3] == ("standing", 0, 0)
    assert row[3]["vehicle_key"] == "transport:V1" and not row[3]["is_new"]


def test_an_audit_is_compared_with_the_build_that_readers_see(warehouse: Warehouse) -> None:
    def compared(build_id: int) -> Any:
        with warehouse.connect("builder") as builder:
            return published_audit(builder, build_id).rows.get(("dim_vehicle", "vin"))

    def publish_build(number: int, build_id: int, reverted_to: int | None = None) -> None:
        with warehouse.connect("publisher") as publisher:
            publisher.execute(
                "insert into mart.publication (publication_no, published_at, kind_code, as_of_date, code_version,"
                " build_id, run_id, verdict_passed_count, verdict_warning_count, reverted_to)"
                " values (%s, clock_timestamp(), 'nightly', '2023-04-30', 'test', %s, 'run', 0, 1, %s)",
                [number, build_id, reverted_to],
            )

    with warehouse.connect("builder") as builder:
        for build_id, outcome in enumerate(
            ["published", "published", "rejected", "published", None], start=1
        ):
            builder.execute(
                "insert into ops.build (run_id, as_of_date, code_version, outcome_code, finished_at) values"
                " ('run', '2023-04-30', 'test', %s, case when %s < 4 then clock_timestamp() end)",
                [outcome, build_id],
            )
            builder.execute(
                "insert into ops.verdict (build_id, run_id, table_name, expectation_code, expectation_type,"
                " severity_code, is_success, failing_rows, message_zh, message_en)"
                " values (%s, 'run', 'dim_vehicle', 'vin', 'type', 'warning', false, %s, '', '')",
                [build_id, Jsonb({"": [build_id]})],
            )
    publish_build(1, 1)
    publish_build(2, 2)
    assert compared(5) == {"": [2]}
    assert compared(2) == {"": [1]}
    publish_build(3, 1, reverted_to=1)
    assert compared(5) == {"": [1]}
    with warehouse.connect("builder") as builder:
        builder.execute("update ops.build set finished_at = clock_timestamp() where build_id = 4")
    # Its content was that of the publication, so there is no publication of its own.
    assert compared(5) == {"": [4]}


def test_failing_rows_name_their_place_at_the_agency_everywhere(
    module_warehouse: Warehouse, build_id: int, planted: Any, caplog: pytest.LogCaptureFixture
) -> None:
    planted(
        "update candidate.dim_vehicle set is_vin_valid = false, source_sheet = '<车辆>', source_row_number = 7,"
        " gross_mass_kg = 1 where vehicle_key = 'transport:V2'",
        "update candidate.dim_vehicle set is_vin_valid = true, source_sheet = null, source_row_number = null,"
        " gross_mass_kg = 4000",
    )
    outcome = audit(module_warehouse, "run", build_id, FEW)
    place = {
        "agency_code": "transport",
        "file_name": "vehicles_2023-01.jsonl",
        "source_sheet": "<车辆>",
        "source_row_number": 7,
    }
    rows = {
        result.expectation_code: list(result.sample) for result in outcome.results if not result.is_success
    }
    key = {"is_new": True, "city_code": good_candidate.CITY, "vehicle_key": "transport:V2"}
    # A condition and a column: of a row of forty columns, those that the rule is about.
    assert rows == {
        "vin_check_digit": [key | place | {"vin": "LVIN2", "is_vin_valid": False}],
        "gross_mass_kg_in_range": [key | place | {"gross_mass_kg": 1}],
    }
    with module_warehouse.connect("builder") as builder:
        stored = builder.execute(
            "select expectation_code, sample from ops.verdict where build_id = %s and not is_success",
            [build_id],
        ).fetchall()
    assert dict(stored) == rows
    page = (data_docs_index(module_warehouse).parents[1] / "verdicts.html").read_text(encoding="utf-8")
    assert "<td>vehicles_2023-01.jsonl<td>&lt;车辆&gt;<td>7" in page
    assert caplog.text.count('"file_name": "vehicles_2023-01.jsonl", "source_sheet": "<车辆>"') == 2


def test_an_aggregate_by_the_key_leads_to_every_row_and_another_one_has_the_keys_it_returns(
    module_warehouse: Warehouse, build_id: int, planted: Any
) -> None:
    planted(
        "insert into candidate.dim_vehicle select * from candidate.dim_vehicle where vehicle_key = 'transport:V2';"
        "update candidate.dim_vehicle set source_row_number = 8 where ctid in"
        " (select max(ctid) from candidate.dim_vehicle where vehicle_key = 'transport:V2')",
        "delete from candidate.dim_vehicle where source_row_number = 8",
    )
    with pytest.raises(AuditFailedError):
        audit(module_warehouse, "run", build_id, FEW)
    with module_warehouse.connect("builder") as builder:
        rows = dict(
            builder.execute(
                "select expectation_code, sample from ops.verdict where build_id = %s and not is_success",
                [build_id],
            ).fetchall()
        )
    repeated = rows["key_unique"]
    assert [row["file_name"] for row in repeated] == ["vehicles_2023-01.jsonl"] * 2
    assert {row.get("source_row_number") for row in repeated} == {None, 8}
    assert not any("source_sheet" in row for row in repeated)
    assert {row["row_count"] for row in repeated} == {2}
    [shared] = rows["vin_of_one_vehicle"]
    assert (shared["first_key"], shared["last_key"]) == ("transport:V2", "transport:V2")
    assert "file_name" not in shared
