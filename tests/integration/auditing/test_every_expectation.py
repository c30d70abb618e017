"""Every expectation is shown to fail: one violation at a time is planted into a good candidate and judged.

Great Expectations judges over the very connection that plants, whose transaction nobody commits: undoing it
restores the candidate exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from green_freight.auditing import audit_views, gx_context
from green_freight.auditing.results import Verdict, from_result
from green_freight.auditing.suites import DATASOURCE, EXPECTATIONS, Suite, read_suites
from sqlalchemy.pool import StaticPool

from tests.conftest import Warehouse
from tests.integration.auditing import good_candidate
from tests.integration.auditing.violations import PLANTED, SHARED, violations

SUITES = read_suites()
CASES = [
    pytest.param(suite, expectation, id=f"{suite.table}.{expectation['meta']['code']}")
    for suite in SUITES
    for expectation in suite.expectations
]


class Uncommitted(psycopg.Connection[Any]):
    """A connection whose transaction no library ends; `undo` does."""

    def commit(self) -> None:
        """Keep the transaction open."""

    def rollback(self) -> None:
        """Keep the transaction open."""

    def close(self) -> None:
        """Keep the connection open."""

    def undo(self) -> None:
        """Take back everything that was planted."""
        super().rollback()


@dataclass
class Judge:
    """Plants, judges one expectation, and takes the violation back."""

    connection: Uncommitted
    datasource: Any
    suites: dict[str, Any]
    validators: dict[str, Any] = field(default_factory=dict)

    def verdict(self, suite: Suite, expectation: dict[str, Any], violation: str) -> Verdict:
        """Return the verdict of one expectation over the candidate with a violation."""
        try:
            if self.connection.execute(violation.encode()).rowcount == 0:
                raise LookupError(f"the violation touches no row: {violation}")
            return self.verdicts(suite, expectation["meta"]["code"])[0]
        finally:
            self.connection.undo()

    def verdicts(self, suite: Suite, *codes: str) -> list[Verdict]:
        """Return the verdicts of these expectations of a suite, judged as its checkpoint does."""
        judged = [one for one in self.suites[suite.table].expectations if one.meta["code"] in codes]
        results = self._validator(suite).graph_validate(
            configurations=[one.configuration for one in judged],
            runtime_configuration={"result_format": suite.result_format("COMPLETE")},
        )
        return [from_result(suite.table, result) for result in results]

    def _validator(self, suite: Suite) -> Any:
        if suite.table not in self.validators:
            from great_expectations.validator.validator import Validator

            batch = gx_context.batch(self.datasource, suite)
            self.validators[suite.table] = Validator(self.datasource.get_execution_engine(), batches=[batch])
        return self.validators[suite.table]


@pytest.fixture(scope="module")
def judge(module_warehouse: Warehouse) -> Iterator[Judge]:
    with module_warehouse.connect("builder") as builder:
        build_id = good_candidate.make(builder)
    tables = [suite.table for suite in SUITES]
    with module_warehouse.admin() as admin:
        good_candidate.publish_copies(admin, tables)
    audit_views.refresh(SUITES, build_id)
    connection = Uncommitted.connect(
        module_warehouse.url("builder"), options=f"-csearch_path={audit_views.SCHEMA}"
    )
    with gx_context.opened(EXPECTATIONS) as context:
        datasource = context.data_sources.get(DATASOURCE)
        datasource.kwargs = {"creator": lambda: connection, "poolclass": StaticPool}
        yield Judge(connection, datasource, {table: context.suites.get(table) for table in tables})
    connection.undo()
    psycopg.Connection.close(connection)


@pytest.mark.parametrize(("suite", "expectation"), CASES)
def test_fails_on_its_violation(judge: Judge, suite: Suite, expectation: dict[str, Any]) -> None:
    for violation in violations(suite, expectation):
        verdict = judge.verdict(suite, expectation, violation)
        assert not verdict.is_broken, verdict.observed_value
        assert verdict.kind == expectation["severity"], violation
        assert verdict.expectation_code == expectation["meta"]["code"]
        if expectation["type"] != "expect_table_row_count_to_equal":
            assert verdict.unexpected_count and verdict.sample, verdict
        for language, message in (("zh", verdict.message_zh), ("en", verdict.message_en)):
            assert expectation["meta"][language] in message
            assert expectation["meta"][f"todo_{language}"] in message


def test_passes_without_a_violation(judge: Judge) -> None:
    """The other half of the proof: what fails above does so because of its violation."""
    failed = [
        (verdict.table_name, verdict.expectation_code)
        for suite in SUITES
        for verdict in judge.verdicts(suite, *(one["meta"]["code"] for one in suite.expectations))
        if not verdict.is_success
    ]
    assert not failed


def test_catalogue_names_no_expectation_that_is_gone() -> None:
    codes = {suite.table: {one["meta"]["code"] for one in suite.expectations} for suite in SUITES}
    assert {
        table: set(planted) - codes[table]
        for table, planted in PLANTED.items()
        if set(planted) - codes[table]
    } == {}
    assert set(SHARED) <= set().union(*codes.values())
