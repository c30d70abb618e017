"""What became of each expectation, in both languages, with the rows that broke it, as `ops.verdict` keeps it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg.types.json import Jsonb

from green_freight.auditing.expectations import Expectation, Suite
from green_freight.auditing.rules import QUERY
from green_freight.labels import label, labels
from green_freight.messages import message
from green_freight.warehouse import Warehouse
from green_freight.warehouse.statements import statements

_ROWS_IN_SENTENCE = 3

_SQL = statements(__file__)


@dataclass(frozen=True)
class ExpectationResult:
    """The result of one expectation of one table; broken where it could not be evaluated.

    `row_hashes` are those of the keys of all failing rows by month (`failing_rows`); the change and its counts compare
    them with the last publication's (`published_audit`). `evaluated_build_id` is the build that was evaluated (None:
    the one under audit), `rule_hash` that of what was evaluated.
    """

    table_name: str
    expectation_code: str
    expectation_type: str
    column_name: str | None
    severity_code: str
    is_success: bool
    observed_value: str | None
    unexpected_count: int | None
    sample: Sequence[dict[str, Any]]
    message_zh: str
    message_en: str
    is_broken: bool = False
    row_hashes: Mapping[str, Collection[int]] = field(default_factory=dict)
    change_code: str | None = None
    new_count: int | None = None
    resolved_count: int | None = None
    evaluated_build_id: int | None = None
    rule_hash: str = ""

    @property
    def code(self) -> str:
        """Return `passed`, or the severity of the failure: `warning` or `critical`."""
        return "passed" if self.is_success else self.severity_code

    def sentence(self) -> str:
        """Return the failure as one line in both languages: where, how many rows, the rule, the action, first rows.

        It says how many of the rows the last publication did not have, also where none is left.
        """
        severity = label("audit_result", self.code)
        if self.is_broken:
            return message("expectation_not_evaluated", severity=severity, result=self)
        rows = "; ".join(
            json.dumps(row, ensure_ascii=False, default=str) for row in self.sample[:_ROWS_IN_SENTENCE]
        )
        examples = f" 例 / Examples: {rows}" if rows else ""
        count = f"{self.unexpected_count or 0:,}"
        change = label("audit_change", self.change_code or "")
        return message(
            "expectation_broken",
            severity=severity,
            change=change,
            result=self,
            count=count,
            new=f"{self.new_count or 0:,}",
            resolved=f"{self.resolved_count or 0:,}",
            examples=examples,
        )


def in_order_of_weight(result: ExpectationResult) -> tuple[int, int, str, str]:
    """Return the place of a result in a list: critical failures first, of each kind those with new rows."""
    kinds, changes = list(labels("audit_result")), list(labels("audit_change"))
    change = changes.index(result.change_code) if result.change_code else len(changes)
    return kinds.index(result.code), change, result.table_name, result.expectation_code


def from_gx(suite: Suite, result: Any) -> ExpectationResult:
    """Return the result of one expectation that Great Expectations evaluated.

    An expectation that could not be evaluated counts as a critical failure: it has checked nothing.
    """
    config = result.expectation_config
    expectation = suite[config.meta["code"]]
    details = result.result or {}
    exception = _exception(result)
    value = details.get("observed_value")
    observed = None if value is None else str(value)[:500]
    return ExpectationResult(
        table_name=suite.table,
        expectation_code=expectation.code,
        expectation_type=expectation.type,
        column_name=expectation.kwargs.get("column"),
        severity_code="critical" if exception else expectation.severity,
        is_success=bool(result.success),
        observed_value=exception or observed,
        # The observed value of a query is the number of its rows.
        unexpected_count=details.get("observed_value" if expectation.type == QUERY else "unexpected_count"),
        sample=(),
        message_zh=f"{expectation.zh}。{expectation.action_zh}。",
        message_en=f"{expectation.en}. {expectation.action_en}.",
        is_broken=exception is not None,
        rule_hash=rule_hash(suite, expectation),
    )


def rule_hash(suite: Suite, expectation: Expectation) -> str:
    """Return a hash of what decides the result of an expectation beside the data, and of the texts that state it."""
    facts = {
        **vars(expectation),
        "kwargs": dict(expectation.kwargs),
        "key": suite.key,
        "month": suite.month_column,
    }
    return hashlib.md5(
        json.dumps(facts, sort_keys=True, default=str).encode(), usedforsecurity=False
    ).hexdigest()


def record(warehouse: Warehouse, run_id: str, build_id: int, results: Sequence[ExpectationResult]) -> None:
    """Replace the results of a build in `ops.verdict` (as the role builder)."""
    with warehouse.connect("builder") as builder, builder.cursor() as cursor:
        cursor.execute("delete from ops.verdict where build_id = %s", [build_id])
        cursor.executemany(
            _SQL["insert"], [_values(result) | {"run_id": run_id, "build_id": build_id} for result in results]
        )


def _values(result: ExpectationResult) -> dict[str, Any]:
    rows = {month: sorted(hashes) for month, hashes in result.row_hashes.items()}
    return vars(result) | {
        "sample": Jsonb(list(result.sample)),
        "failing_rows": Jsonb(rows) if rows else None,
    }


def _exception(result: Any) -> str | None:
    info = result.exception_info or {}
    raised = [info] if "raised_exception" in info else list(info.values())
    for one in raised:
        if isinstance(one, dict) and one.get("raised_exception"):
            return str(one.get("exception_message"))
    return None
