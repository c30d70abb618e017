"""How the audit evaluates Great Expectations' own expectations with less work: the same results, documents and types.

An audit has 320 expectations, of which all but a few hold. Imported only where Great Expectations is.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from great_expectations.core.result_format import ResultFormat
from great_expectations.expectations import core
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.registry import get_metric_kwargs
from great_expectations.validator.metric_configuration import MetricConfiguration

# It warns that the class below takes the place of its own.
logging.getLogger("great_expectations.expectations.registry").setLevel(logging.ERROR)

_ROWS = "unexpected_rows_query.table"


class UnexpectedRowsExpectation(core.UnexpectedRowsExpectation):  # type: ignore[misc]
    """A query of bad rows, which are counted; they are fetched only where the result format COMPLETE asks for them.

    Great Expectations' own class of this name, whose place it takes, runs every query a second time for its rows, and
    fetches them all.
    """

    metric_dependencies = ("unexpected_rows_query.row_count",)

    def get_validation_dependencies(
        self, execution_engine: Any = None, runtime_configuration: dict[str, Any] | None = None
    ) -> Any:
        """Return the metrics that the result format needs."""
        needed = super().get_validation_dependencies(execution_engine, runtime_configuration)
        if needed.result_format["result_format"] == ResultFormat.COMPLETE:
            kwargs = get_metric_kwargs(_ROWS, self.configuration, runtime_configuration)
            rows = MetricConfiguration(_ROWS, kwargs["metric_domain_kwargs"], kwargs["metric_value_kwargs"])
            needed.set_metric_configuration(_ROWS, rows)
        return needed

    def _validate(self, metrics: dict[str, Any], *rest: Any, **options: Any) -> Any:
        return super()._validate({_ROWS: [], **metrics}, *rest, **options)


@contextmanager
def kept_configurations() -> Iterator[None]:
    """Let every expectation make its configuration once while suites are evaluated, which changes none of them.

    Great Expectations makes it again for every key that it reads: 20,000 times in an audit.
    """
    make = Expectation.configuration.fget
    # The expectation is kept beside its configuration, so that no other one gets its id meanwhile.
    kept: dict[int, tuple[Any, Any]] = {}

    def configuration(expectation: Any) -> Any:
        if id(expectation) not in kept:
            kept[id(expectation)] = (expectation, make(expectation))
        return kept[id(expectation)][1]

    with patch.object(Expectation, "configuration", property(configuration)):
        yield
