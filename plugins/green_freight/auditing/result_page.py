"""The results of the last audit as one page that loads nothing from the internet.

The index of the Data Docs is drawn by scripts from the internet, which an office network may not reach; this page
lists the same results, failures first, each with a link to its table's page in the Data Docs.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

from green_freight.auditing.results import ExpectationResult
from green_freight.labels import label, labels

_HEAD = """<!doctype html><html lang="zh"><meta charset="utf-8"><title>审核结果 Audit results</title>
<style>body{font-family:sans-serif;margin:2em}td,th{padding:.2em .8em;text-align:left;vertical-align:top}
tr.critical td{background:#fbb}tr.warning td{background:#fe9}</style>"""


def write(folder: Path, build_id: int, results: Sequence[ExpectationResult]) -> Path:
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
