"""Every expectation is shown to fail: one violation at a time is planted into a good candidate and evaluated.

Great Expectations evaluates over the very connection that plants, whose transaction is never committed: undoing it
restores the candidate exactly.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from green_freight.auditing import audit_views
from green_freight.auditing.expectations import Expectation, Suite

from tests.conftest import Warehouse
from tests.integration.auditing import good_candidate
from tests.integration.auditing.evaluator import Evaluator, evaluating
from tests.integration.auditing.raw_faults import SEEN
from tests.integration.auditing.violations import PLANTED, SHARED, has_violation, violations

SUITES = good_candidate.suites()
# A fault of test_raw_faults.py breaks what needs more rows than the good candidate has.
CASES = [
    pytest.param(suite, expectation, id=f"{suite.table}.{expectation.code}")
    for suite in SUITES
    for expectation in suite.expectations
    if f"{suite.table}.{expectation.code}" not in SEEN or has_violation(suite, expectation)
]


@pytest.fixture(scope="module")
def evaluator(module_warehouse: Warehouse) -> Iterator[Evaluator]:
    with module_warehouse.connect("builder") as builder:
        build_id = good_candidate.make(builder)
    tables = [suite.table for suite in SUITES]
    with module_warehouse.admin() as admin:
        good_candidate.publish_copies(admin, tables)
    audit_views.refresh(module_warehouse, SUITES, build_id)
    with evaluating(module_warehouse, SUITES) as evaluator:
        yield evaluator


@pytest.mark.parametrize(("suite", "expectation"), CASES)
def test_fails_on_its_violation(evaluator: Evaluator, suite: Suite, expectation: Expectation) -> None:
    for violation in violations(suite, expectation):
        result = evaluator.result(suite, expectation, violation)
        assert not result.is_broken, result.observed_value
        assert result.code == expectation.severity, violation
        assert result.expectation_code == expectation.code
        assert result.unexpected_count and result.sample, result
        for row in result.sample:
            assert len(row) > 1, "nothing but is_new"
            has_file = (
                suite.is_traced
                and not row.get("is_inferred")
                and result.expectation_code != "source_file_known"
            )
            if has_file and row.keys() >= set(suite.key):
                assert row["agency_code"] and row["file_name"], row
        assert expectation.zh in result.message_zh and expectation.action_zh in result.message_zh
        assert expectation.en in result.message_en and expectation.action_en in result.message_en


def test_passes_without_a_violation(evaluator: Evaluator) -> None:
    """The other half of the proof: what fails above does so because of its violation."""
    failed = [
        (result.table_name, result.expectation_code)
        for suite in SUITES
        for result in evaluator.results(suite, *(one.code for one in suite.expectations))
        if not result.is_success
    ]
    assert not failed


def test_few_vehicles_that_differ_by_chance_are_no_fault(evaluator: Evaluator) -> None:
    """The mean of the violation, which is one, by vehicles as uneven as those of the months around."""
    suite, expectation = _expectation("fct_vehicle_operation", "magnitude_of_month")
    [even] = violations(suite, expectation)
    uneven = even.replace("else 31 end", "else 62 * (n % 2) end")
    assert uneven != even
    assert evaluator.result(suite, expectation, uneven).is_success


def test_a_vehicle_that_began_to_run_this_week_need_not_be_registered_yet(evaluator: Evaluator) -> None:
    suite, expectation = _expectation("dim_vehicle", "never_registered")
    [never] = violations(suite, expectation)
    recent = f"delete from candidate.fct_vehicle_operation where operation_date < '2023-04-23'; {never}"
    assert evaluator.result(suite, expectation, recent).is_success
    longer = recent.replace("04-23", "04-22")
    assert not evaluator.result(suite, expectation, longer).is_success


def test_the_piles_of_a_station_that_closes_may_all_end(evaluator: Evaluator) -> None:
    suite, expectation = _expectation("dim_pile", "years_kept")
    _, stays = violations(suite, expectation)
    closes = stays.replace('"out_of_service_on": null', '"out_of_service_on": "2023-04-20"')
    assert closes != stays
    assert evaluator.result(suite, expectation, closes).is_success


def test_a_statement_that_disagrees_is_not_new_on_the_next_list(evaluator: Evaluator) -> None:
    suite, expectation = _expectation("cold_chain_reconciliation", "stated_agrees_with_register")
    [april] = violations(suite, expectation)
    march = f"delete from candidate.{suite.table} where period_month = '2023-04-01'; " + april.replace(
        "-04-", "-03-"
    )
    found = [evaluator.result(suite, expectation, planted) for planted in (march, april)]
    assert [result.unexpected_count for result in found] == [1, 1]
    assert found[0].row_hashes == found[1].row_hashes


def _expectation(table: str, code: str) -> tuple[Suite, Expectation]:
    [suite] = [suite for suite in SUITES if suite.table == table]
    return suite, suite[code]


def test_catalogue_names_no_expectation_that_is_gone() -> None:
    codes = {suite.table: {one.code for one in suite.expectations} for suite in SUITES}
    assert {
        table: set(planted) - codes[table]
        for table, planted in PLANTED.items()
        if set(planted) - codes[table]
    } == {}
    assert set(SHARED) <= set().union(*codes.values())
