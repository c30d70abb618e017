"""Great Expectations over a connection whose transaction is never committed: what is planted is undone at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from green_freight.auditing import audit_views, gx_context
from green_freight.auditing.expectations import Expectation, Suite
from green_freight.auditing.failing_rows import failing_query
from green_freight.auditing.gx_context import DATASOURCE, SuiteEvaluator
from green_freight.auditing.results import ExpectationResult
from green_freight.warehouse import Warehouse
from psycopg.rows import dict_row
from sqlalchemy.pool import StaticPool


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
    """Plants a violation, evaluates one expectation as the audit does, and undoes the violation."""

    connection: Uncommitted
    context: Any
    evaluators: dict[str, SuiteEvaluator] = field(default_factory=dict)

    def result(self, suite: Suite, expectation: Expectation, violation: str) -> ExpectationResult:
        """Return the result of one expectation over the candidate with a violation."""
        try:
            if self.connection.execute(violation.encode()).rowcount == 0:
                raise LookupError(f"the violation touches no row: {violation}")
            return self.results(suite, expectation.code)[0]
        finally:
            self.connection.undo()

    def results(self, suite: Suite, *codes: str) -> list[ExpectationResult]:
        """Return the results of these expectations of a suite."""
        if suite.table not in self.evaluators:
            self.evaluators[suite.table] = SuiteEvaluator(self.context, suite)
        return self.evaluators[suite.table].evaluate(*codes)[1]

    def failing_rows(self, suite: Suite, codes: Collection[str]) -> dict[str, list[dict[str, Any]]]:
        """Return the rows that break each of these expectations, which are queries.

        Raises:
            LookupError: an expectation could not be evaluated.
        """
        results = self.results(suite, *codes)
        if broken := [result.sentence() for result in results if result.is_broken]:
            raise LookupError("\n".join(broken))
        failed = [suite[result.expectation_code] for result in results if not result.is_success]
        with self.connection.cursor(row_factory=dict_row) as cursor:
            return {one.code: cursor.execute(failing_query(suite, one).encode()).fetchall() for one in failed}


@contextmanager
def evaluating(warehouse: Warehouse, suites: Sequence[Suite]) -> Iterator[Evaluator]:
    """Give an evaluator of these suites, whose views (`audit_views`) exist in the warehouse."""
    connection = Uncommitted.connect(warehouse.url("builder"), options=audit_views.SESSION_OPTIONS)
    context = gx_context.open_context(warehouse, suites)
    datasource = context.data_sources.get(DATASOURCE)
    datasource.kwargs = {"creator": lambda: connection, "poolclass": StaticPool}
    try:
        yield Evaluator(connection, context)
    finally:
        connection.undo()
        psycopg.Connection.close(connection)
