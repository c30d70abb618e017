"""How the audit evaluates Great Expectations' own expectations with less work: the same results, documents and types.

An audit has 320 expectations, of which all but a few hold. Imported only where Great Expectations is.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import CodeType
from typing import Any
from unittest.mock import patch

from great_expectations.expectations import core
from great_expectations.expectations.expectation import Expectation
from great_expectations.render.view import view
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

# It warns that the class below takes the place of its own.
logging.getLogger("great_expectations.expectations.registry").setLevel(logging.ERROR)


class UnexpectedRowsExpectation(core.UnexpectedRowsExpectation):  # type: ignore[misc]
    """A query of bad rows, which are counted; `failing_rows` reads them where there are any.

    Great Expectations' own class of this name, whose place it takes, runs every query a second time for its rows, and
    fetches them all.
    """

    metric_dependencies = ("unexpected_rows_query.row_count",)

    def _validate(self, metrics: dict[str, Any], *rest: Any, **options: Any) -> Any:
        return super()._validate({"unexpected_rows_query.table": [], **metrics}, *rest, **options)


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


class _CompiledTemplates(BytecodeCache):
    """Templates compiled by this process, by name."""

    def __init__(self) -> None:
        self._compiled: dict[str, CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._compiled.get(bucket.key)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key] = bucket.code


_COMPILED = _CompiledTemplates()


@contextmanager
def kept_templates() -> Iterator[None]:
    """Let the templates of the Data Docs be compiled once in a process.

    Great Expectations compiles them for each kind of page, which took a third of the time of the pages.
    """
    with patch.object(view, "Environment", partial(view.Environment, bytecode_cache=_COMPILED)):
        yield
