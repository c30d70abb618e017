"""The verdicts of the last audit as one page that needs nothing from outside.

The index of the Data Docs is drawn by scripts from the internet, which an office network may not reach; this page
lists the same verdicts, failures first, each with a link to its table's page in the Data Docs.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

from green_freight.auditing.results import Verdict
from green_freight.labels import label, labels

_HEAD = """<!doctype html><html lang="zh"><meta charset="utf-8"><title>审核结果 Verdicts</title>
<style>body{font-family:sans-serif;margin:2em}td,th{padding:.2em .8em;text-align:left;vertical-align:top}
tr.critical td{background:#fbb}tr.warning td{background:#fe9}</style>"""


def write(folder: Path, build_id: int, verdicts: Sequence[Verdict]) -> Path:
    """Write `verdicts.html` beside the Data Docs in the audit's folder and return its path."""
    order = list(labels("audit_result"))
    rows = sorted(verdicts, key=lambda one: (order.index(one.kind), one.table_name, one.expectation_code))
    body = "".join(_row(folder, verdict) for verdict in rows)
    page = folder / "verdicts.html"
    page.write_text(
        f"{_HEAD}<h1>审核结果 · Verdicts of build {build_id}</h1><table><tr><th>结果 Verdict<th>表 Table"
        f"<th>期望 Expectation<th>行 Rows<th>说明 What is expected{body}</table></html>\n",
        encoding="utf-8",
    )
    return page


def _row(folder: Path, verdict: Verdict) -> str:
    words = html.escape(f"{verdict.message_zh} / {verdict.message_en}")
    table, result = html.escape(verdict.table_name), label("audit_result", verdict.kind).both
    pages = sorted((folder / "data_docs" / "validations" / verdict.table_name).glob("*/*/*.html"))
    if pages:
        table = f'<a href="{pages[-1].relative_to(folder).as_posix()}">{table}</a>'
    return (
        f'<tr class="{verdict.kind}"><td>{result}<td>{table}<td>{html.escape(verdict.expectation_code)}'
        f"<td>{verdict.unexpected_count or 0:,}<td>{words}"
    )
