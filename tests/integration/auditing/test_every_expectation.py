"""Every expectation is shown to fail: one violation at a time is planted into a good candidate and evaluated.

Great Expectations evaluates over the very connection that plants, whose transaction is never committed: undoing it
restores the candidate exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from green_freight.auditing import audit_views, gx_context
from green_freight.auditing.expectations import Expectation, Suite, read_suites
from green_freight.auditing.gx_context import DATASOURCE
from green_freight.auditing.results import ExpectationResult, from_gx
from sqlalchemy.pool import StaticPool

from tests import published_models
from tests.conftest import Warehouse
from tests.integration.auditing import good_candidate
from tests.integration.auditing.violations import PLANTED, SHARED, violations

SUITES = read_suites(published_models.specs())
CASES = [
    pytest.param(suite, expectation, id=f"{suite.table}.{expectation.code}")
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
class Evaluator:
    """Plants a violation, evaluates one expectation, and undoes the violation."""

    connection: Uncommitted
    datasource: Any
    suites: dict[str, Any]
    validators: dict[str, Any] = field(default_factory=dict)

    def result(self, suite: Suite, expectation: Expectation, violation: str) -> ExpectationResult:
        """Return the result of one expectation over the candidate with a violation."""
        try:
            if self.connection.execute(violation.encode()).rowcount == 0:
                raise LookupError(f"the violation touches no row: {violation}")
            return self.results(suite, expectation.code)[0]
        finally:
            self.connection.undo()

    def results(self, suite: Suite, *codes: str) -> list[ExpectationResult]:
        """Return the results of these expectations of a suite, evaluated as its checkpoint does."""
        chosen = [one for one in self.suites[suite.table].expectations if one.meta["code"] in codes]
        results = self._validator(suite).graph_validate(
            configurations=[one.configuration for one in chosen],
            runtime_configuration={"result_format": suite.result_format("COMPLETE")},
        )
        return [from_gx(suite, result) for result in results]

    def _validator(self, suite: Suite) -> Any:
        if suite.table not in self.validators:
            from great_expectations.validator.validator import Validator

            batch = gx_context.batch(self.datasource, suite)
            self.validators[suite.table] = Validator(self.datasource.get_execution_engine(), batches=[batch])
        return self.validators[suite.table]


@pytest.fixture(scope="module")
def evaluator(module_warehouse: Warehouse) -> Iterator[Evaluator]:
    with module_warehouse.connect("builder") as builder:
        build_id = good_candidate.make(builder)
    tables = [suite.table for suite in SUITES]
    with module_warehouse.admin() as admin:
        good_candidate.publish_copies(admin, tables)
    audit_views.refresh(module_warehouse, SUITES, build_id)
    connection = Uncommitted.connect(
        module_warehouse.url("builder"), options=f"-csearch_path={audit_views.SCHEMA}"
    )
    context, _ = gx_context.open_context(module_warehouse, SUITES)
    datasource = context.data_sources.get(DATASOURCE)
    datasource.kwargs = {"creator": lambda: connection, "poolclass": StaticPool}
    yield Evaluator(connection, datasource, {table: context.suites.get(table) for table in tables})
    connection.undo()
    psycopg.Connection.close(connection)


@pytest.mark.parametrize(("suite", "expectation"), CASES)
def test_fails_on_its_violation(evaluator: Evaluator, suite: Suite, expectation: Expectation) -> None:
    for violation in violations(suite, expectation):
        result = evaluator.result(suite, expectation, violation)
        assert not result.is_broken, result.observed_value
        assert result.code == expectation.severity, violation
        assert result.expectation_code == expectation.code
        assert result.unexpected_count and result.sample, result
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


def test_catalogue_names_no_expectation_that_is_gone() -> None:
    codes = {suite.table: {one.code for one in suite.expectations} for suite in SUITES}
    assert {
        table: set(planted) - codes[table]
        for table, planted in PLANTED.items()
        if set(planted) - codes[table]
    } == {}
    assert set(SHARED) <= set().union(*codes.values())
