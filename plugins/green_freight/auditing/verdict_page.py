"""The page `verdicts.html`: the results of an audit, failures first, with the first rows of each.

The index of the Data Docs is drawn by scripts from the internet, which an office network may not reach; this page lists
the same results, each with a link to its table's page in the Data Docs.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from green_freight.auditing.results import ExpectationResult, in_order_of_weight
from green_freight.labels import label

_HEAD = """<!doctype html><html lang="zh"><meta charset="utf-8"><title>审核结果 Audit results</title>
<style>body{font-family:sans-serif;margin:2em}td,th{padding:.2em .8em;text-align:left;vertical-align:top}
tr.critical>td{background:#fbb}tr.warning>td{background:#fe9}tr.rows table{font-size:.85em;margin:0 0 1em 2em}
tr.rows table td,tr.rows table th{border-bottom:1px solid #ccc}tr.added td{font-weight:bold}</style>"""


def write_page(folder: Path, build_id: int, results: Sequence[ExpectationResult]) -> Path:
    """Write `verdicts.html` beside the Data Docs in the audit's folder and return its path."""
    body = "".join(_row(folder, result) for result in sorted(results, key=in_order_of_weight))
    page = folder / "verdicts.html"
    page.write_text(
        f"{_HEAD}<h1>审核结果 · Audit results of build {build_id}</h1><table><tr><th>结果 Result<th>表 Table"
        "<th>校验规则 Expectation<th>行 Rows<th>较上次发布 Since the last publication"
        f"<th>规则与处理 Rule and action{body}</table></html>\n",
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
        f"<td>{result.unexpected_count or 0:,}<td>{_change(result)}<td>{rule}{_rows(result.sample)}"
    )


def _change(result: ExpectationResult) -> str:
    if result.change_code is None:
        return ""
    return (
        f"{label('audit_change', result.change_code).both}"
        f" (+{result.new_count or 0:,}, −{result.resolved_count or 0:,})"
    )


def _rows(sample: Sequence[dict[str, Any]]) -> str:
    """Return the first failing rows as a table below their expectation, new ones in bold."""
    if not sample:
        return ""
    columns = list(dict.fromkeys(name for row in sample for name in row))
    body = "".join(
        f"<tr{' class=added' if row['is_new'] else ''}>{_cells('td', (row.get(name) for name in columns))}"
        for row in sample
    )
    return f'<tr class="rows"><td colspan="6"><table><tr>{_cells("th", columns)}{body}</table>'


def _cells(tag: str, values: Iterable[Any]) -> str:
    return "".join(f"<{tag}>{'' if value is None else html.escape(str(value))}" for value in values)
