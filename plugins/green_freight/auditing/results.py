"""Verdicts: what became of each expectation, in words of both languages, with the rows that broke it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from green_freight.auditing.suites import SAMPLE_ROWS
from green_freight.warehouse import connect


@dataclass(frozen=True)
class Verdict:
    """One expectation of one table, judged; broken where it could not be evaluated."""

    table_name: str
    expectation_code: str
    expectation_type: str
    column_name: str | None
    severity_code: str
    is_success: bool
    observed_value: str | None
    unexpected_count: int | None
    sample: list[Any]
    message_zh: str
    message_en: str
    is_broken: bool = False

    @property
    def kind(self) -> str:
        """Return `passed`, or the severity of the failure: `warning` or `critical`."""
        return "passed" if self.is_success else self.severity_code

    def sentence(self) -> str:
        """Return the failure as one line that an operator can act on."""
        is_told = self.observed_value in (None, str(self.unexpected_count))
        observed = "" if is_told else f" [{self.observed_value}]"
        rows = "; ".join(json.dumps(row, ensure_ascii=False, default=str) for row in self.sample[:3])
        return (
            f"{self.severity_code} {self.table_name}.{self.expectation_code}: {self.message_zh} / {self.message_en}"
            f" ({self.unexpected_count or 0:,} rows){observed} {rows}".rstrip()
        )


def from_result(table: str, result: Any) -> Verdict:
    """Return the verdict of one evaluated expectation of Great Expectations.

    An expectation that could not be evaluated counts as a critical failure: a check that broke proves nothing.
    """
    config = result.expectation_config
    details = result.result or {}
    broken = _exception(result)
    return Verdict(
        table_name=table,
        expectation_code=config.meta["code"],
        expectation_type=config.type,
        column_name=config.kwargs.get("column"),
        severity_code="critical" if broken else str(getattr(config.severity, "value", config.severity)),
        is_success=bool(result.success),
        observed_value=broken or _observed(details),
        unexpected_count=_unexpected_count(details),
        sample=_sample(details),
        message_zh=f"{config.meta['zh']}；{config.meta['todo_zh']}",
        message_en=f"{config.meta['en']}; {config.meta['todo_en']}",
        is_broken=broken is not None,
    )


def record(run_id: str, build_id: int, verdicts: Sequence[Verdict]) -> None:
    """Replace the verdicts of a build in `ops.verdict` (as the role builder)."""
    with connect("builder") as warehouse, warehouse.cursor() as cursor:
        cursor.execute("delete from ops.verdict where build_id = %s", [build_id])
        cursor.executemany(
            """
            insert into ops.verdict (
                build_id, run_id, table_name, expectation_code, expectation_type, column_name, severity_code,
                is_success, observed_value, unexpected_count, sample, message_zh, message_en
            ) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            """,
            [_values(run_id, build_id, verdict) for verdict in verdicts],
        )


def _values(run_id: str, build_id: int, verdict: Verdict) -> tuple[Any, ...]:
    sample = Jsonb(json.loads(json.dumps(verdict.sample, default=str)))
    return (
        build_id, run_id, verdict.table_name, verdict.expectation_code, verdict.expectation_type,
        verdict.column_name, verdict.severity_code, verdict.is_success, verdict.observed_value,
        verdict.unexpected_count, sample, verdict.message_zh, verdict.message_en,
    )  # fmt: skip


def _exception(result: Any) -> str | None:
    info = result.exception_info or {}
    raised = [info] if "raised_exception" in info else list(info.values())
    for one in raised:
        if isinstance(one, dict) and one.get("raised_exception"):
            return f"could not be evaluated: {one.get('exception_message')}"
    return None


def _observed(details: dict[str, Any]) -> str | None:
    value = details.get("observed_value")
    return None if value is None else str(value)[:500]


def _unexpected_count(details: dict[str, Any]) -> int | None:
    count = details.get("unexpected_count")
    if count is None and "details" in details:
        count = details.get("observed_value")
    return int(count) if isinstance(count, int | float) else None


def _sample(details: dict[str, Any]) -> list[Any]:
    rows = details.get("partial_unexpected_index_list") or (details.get("details") or {}).get(
        "unexpected_rows"
    )
    return list(rows or details.get("partial_unexpected_list") or [])[:SAMPLE_ROWS]
