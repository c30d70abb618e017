"""What became of each expectation, in both languages, with the rows that broke it: in `ops.verdict` and on one page.

The index of the Data Docs is drawn by scripts from the internet, which an office network may not reach; the page
`verdicts.html` lists the same results, failures first, each with a link to its table's page in the Data Docs.
"""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from green_freight.auditing.expectations import SAMPLE_ROWS, Suite
from green_freight.labels import label, labels
from green_freight.messages import message
from green_freight.warehouse import Warehouse

_ROWS_IN_SENTENCE = 3

_HEAD = """<!doctype html><html lang="zh"><meta charset="utf-8"><title>审核结果 Audit results</title>
<style>body{font-family:sans-serif;margin:2em}td,th{padding:.2em .8em;text-align:left;vertical-align:top}
tr.critical td{background:#fbb}tr.warning td{background:#fe9}</style>"""


@dataclass(frozen=True)
class ExpectationResult:
    """The result of one expectation of one table; broken where it could not be evaluated."""

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
    def code(self) -> str:
        """Return `passed`, or the severity of the failure: `warning` or `critical`."""
        return "passed" if self.is_success else self.severity_code

    def sentence(self) -> str:
        """Return the failure as one line in both languages: where, how many rows, the rule, the action, first rows."""
        severity = label("audit_result", self.code)
        if self.is_broken:
            return message("expectation_not_evaluated", severity=severity, result=self)
        rows = "; ".join(
            json.dumps(row, ensure_ascii=False, default=str) for row in self.sample[:_ROWS_IN_SENTENCE]
        )
        examples = f" 例 / Examples: {rows}" if rows else ""
        count = f"{self.unexpected_count or 0:,}"
        return message("expectation_broken", severity=severity, result=self, count=count, examples=examples)


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
        unexpected_count=_unexpected_count(details),
        sample=_sample(details),
        message_zh=f"{expectation.zh}。{expectation.action_zh}。",
        message_en=f"{expectation.en}. {expectation.action_en}.",
        is_broken=exception is not None,
    )


def record(warehouse: Warehouse, run_id: str, build_id: int, results: Sequence[ExpectationResult]) -> None:
    """Replace the results of a build in `ops.verdict` (as the role builder)."""
    with warehouse.connect("builder") as builder, builder.cursor() as cursor:
        cursor.execute("delete from ops.verdict where build_id = %s", [build_id])
        cursor.executemany(
            """
            insert into ops.verdict (
                build_id, run_id, table_name, expectation_code, expectation_type, column_name, severity_code,
                is_success, observed_value, unexpected_count, sample, message_zh, message_en
            ) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            """,
            [(build_id, run_id, *_values(result)) for result in results],
        )


def _values(result: ExpectationResult) -> list[Any]:
    *values, _ = astuple(result)
    return [
        Jsonb(json.loads(json.dumps(value, default=str))) if isinstance(value, list) else value
        for value in values
    ]


def _exception(result: Any) -> str | None:
    info = result.exception_info or {}
    raised = [info] if "raised_exception" in info else list(info.values())
    for one in raised:
        if isinstance(one, dict) and one.get("raised_exception"):
            return str(one.get("exception_message"))
    return None


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


def write_page(folder: Path, build_id: int, results: Sequence[ExpectationResult]) -> Path:
    """Write `verdicts.html` beside the Data Docs in the audit's folder and return its path."""
    order = list(labels("audit_result"))
    rows = sorted(results, key=lambda one: (order.index(one.code), one.table_name, one.expectation_code))
    body = "".join(_row(folder, result) for result in rows)
    page = folder / "verdicts.html"
    page.write_text(
        f"{_HEAD}<h1>审核结果 · Audit results of build {build_id}</h1><table><tr><th>结果 Result<th>表 Table"
        f"<th>校验规则 Expectation<th>行 Rows<th>规则与处理 Rule and action{body}</table></html>\n",
        encoding="utf-8",
    )
    return page


def _row(folder: Path, result: ExpectationResult) -> str:
    rule = html.escape(f"{result.message_zh} / {result.message_en}")
    table, kind = html.escape(result.table_name), label("audit_result", result.code).both
    pages = sorted((folder / "data_docs" / "validations" / result.table_name).glob("*/*/*.html"))
    if pages:
        table = f'<a href="{pages[-1].relative_to(folder).as_posix()}">{table}</a>'
    return (
        f'<tr class="{result.code}"><td>{kind}<td>{table}<td>{html.escape(result.expectation_code)}'
        f"<td>{result.unexpected_count or 0:,}<td>{rule}"
    )
