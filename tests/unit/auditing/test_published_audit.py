"""The comparison of an audit with that of the last publication, on hand-written rows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from green_freight.auditing.expectations import Suite, read_suites
from green_freight.auditing.published_audit import PublishedAudit, relations_of
from green_freight.auditing.rules import QUERY
from green_freight.building.plan import WRITTEN_WITH_LOADS
from green_freight.contracts import contracts

from tests import published_models
from tests.unit.auditing.test_results import FAILED

MAY, JUNE, JULY = "2025-05-01", "2025-06-01", "2025-07-01"
RESULT = replace(
    FAILED, severity_code="warning", change_code=None, new_count=None, resolved_count=None, sample=[]
)


def published(rows: dict[str, list[int]], months: set[str]) -> PublishedAudit:
    key = (FAILED.table_name, FAILED.expectation_code)
    return PublishedAudit({key: rows} if rows else {}, frozenset(months))


@pytest.mark.parametrize(
    ("before", "found", "change", "new", "resolved"),
    [
        ({}, {"": {1, 2}}, "new", 2, 0),
        ({"": [1, 2]}, {"": {1, 2}}, "standing", 0, 0),
        ({"": [1, 2]}, {"": {1, 2, 3}}, "growing", 1, 0),
        ({"": [1, 2]}, {"": {1}}, "standing", 0, 1),
        # As many rows as before, but not the same ones.
        ({"": [1, 2]}, {"": {3, 4}}, "growing", 2, 2),
        ({"": [1, 2]}, {}, "resolved", 0, 2),
        ({}, {}, None, 0, 0),
        # A build of June: what stands in May was not evaluated.
        ({MAY: [1], JUNE: [2]}, {JUNE: {2}}, "standing", 0, 0),
        ({MAY: [1]}, {JUNE: {2}}, "growing", 1, 0),
        ({MAY: [1], JUNE: [2]}, {}, "resolved", 0, 1),
        ({MAY: [1]}, {}, None, 0, 0),
        ({MAY: [1], "": [5]}, {JUNE: {2}, "": {5}}, "growing", 1, 0),
    ],
)
def test_rows_are_new_growing_standing_or_resolved(
    before: dict[str, list[int]], found: dict[str, set[int]], change: str | None, new: int, resolved: int
) -> None:
    result = replace(RESULT, is_success=not found, row_hashes=found)
    compared = published(before, {JUNE}).compare(result)
    assert (compared.change_code, compared.new_count, compared.resolved_count) == (change, new, resolved)


def test_rows_of_other_months_stay_as_the_last_audit_of_them_left_them() -> None:
    before = published({MAY: [1], JUNE: [2, 3]}, {JUNE, JULY})
    compared = before.compare(replace(RESULT, row_hashes={JUNE: {3}, JULY: {4}}))
    assert {month: set(rows) for month, rows in compared.row_hashes.items()} == {
        MAY: {1},
        JUNE: {3},
        JULY: {4},
    }
    gone = before.compare(replace(RESULT, is_success=True, row_hashes={}))
    assert gone.row_hashes == {MAY: [1]}


def test_an_expectation_that_could_not_be_evaluated_is_new_whatever_was_published() -> None:
    assert published({"": [1]}, set()).compare(replace(RESULT, is_broken=True)).change_code == "new"


SUITES = {suite.table: suite for suite in read_suites(published_models.specs())}
# What a publication, a build, a load or a later day changes: of anything else an audit would not see the change.
FOLLOWED = {
    *(f"{schema}.{table}" for schema in ("candidate", "mart") for table in SUITES),
    *(f"raw.{dataset}" for dataset in contracts()),
    *WRITTEN_WITH_LOADS, "raw as built", "build.as_of_date", "build.changed_months",
}  # fmt: skip


def unfollowed(suites: dict[str, Suite]) -> set[str]:
    """Return what expectations read of which nobody tells an audit that it has changed."""
    read = {
        name for suite in suites.values() for one in suite.expectations for name in relations_of(suite, one)
    }
    return read - FOLLOWED


def test_whatever_an_expectation_reads_is_followed() -> None:
    assert unfollowed(SUITES) == set()


def test_a_planted_expectation_that_reads_something_else_is_found() -> None:
    suite = SUITES["dim_vehicle"]
    query = "select * from {batch} as b inner join ops.fetch as f on b.vehicle_key = f.run_id"
    planted = replace(suite.expectations[-1], kwargs={"unexpected_rows_query": query}, type=QUERY)
    assert unfollowed({"dim_vehicle": replace(suite, expectations=(planted,))}) == {"ops.fetch"}


@pytest.mark.parametrize(
    ("table", "code", "relations"),
    [
        ("dim_vehicle", "key_unique", {"candidate.dim_vehicle"}),
        ("dim_vehicle", "not_shrunk", {"candidate.dim_vehicle", "mart.dim_vehicle"}),
        ("dim_pile", "station_known", {"candidate.dim_pile", "candidate.dim_station"}),
        ("dim_vehicle", "as_delivered", {"candidate.dim_vehicle", "raw.transport_vehicle", "raw as built"}),
    ],
)
def test_what_an_expectation_reads(table: str, code: str, relations: set[str]) -> None:
    assert relations <= relations_of(SUITES[table], SUITES[table][code])
    assert "ops.load" not in relations_of(SUITES[table], SUITES[table][code])
