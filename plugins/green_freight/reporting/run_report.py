"""The report of a run: what came from each agency, what was warned of, what was published, what is stale."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
from psycopg.rows import TupleRow

from green_freight.labels import label
from green_freight.warehouse import Warehouse

Session = psycopg.Connection[TupleRow]

_FETCHED = """
select agency_code, outcome_code, count(*), coalesce(sum(bytes), 0)
from ops.fetch where run_id = %s group by 1, 2 order by 1, 2
"""
_FETCH_FAILURES = """
select distinct on (agency_code, delivery_name, period_label)
    agency_code, delivery_name, period_label, outcome_code, error_message
from ops.fetch where run_id = %s
order by agency_code, delivery_name, period_label, fetch_id desc
"""
_LOADED = """
select agency_code, outcome_code, count(*), coalesce(sum(rows_loaded), 0), coalesce(sum(rows_rejected), 0)
from ops.load where run_id = %s group by 1, 2 order by 1, 2
"""
_REJECTED = """
select rejected.dataset_id, rejected.reason_code, count(*), min(rejected.message_zh), min(rejected.message_en)
from ops.rejected_row as rejected join ops.load using (load_id)
where load.run_id = %s group by 1, 2 order by 3 desc, 1, 2
"""
_WARNINGS = """
select table_name, expectation_code, message_zh, message_en, unexpected_count
from ops.verdict where run_id = %s and not is_success order by severity_code, table_name, expectation_code
"""
_PUBLICATION = """
select publication_no, as_of_date, stale_agencies, approved_by, approval_reason from mart.publication where run_id = %s
order by publication_no desc limit 1
"""
_REVISED = """
select count(*), count(*) filter (where is_restatement) from mart.figure_revision
where publication_no = %s and cause_codes <> '{first}'
"""
_CHANGES = """
select table_name, rows_added, rows_changed, rows_removed from mart.publication_table_change
where publication_no = %s order by table_name
"""
_STALE = """
select subject_code, complete_through, as_of_date
from mart.data_quality
where is_stale and subject_kind_code = 'dataset'
order by subject_code
"""


def text(warehouse: Warehouse, run_id: str) -> str:
    """Return the report of a run as lines in Chinese and English."""
    with warehouse.connect("builder") as session:
        lines = [f"运行 / run {run_id}", *_received(session, run_id), *_warned(session, run_id)]
        lines += [*_published(session, run_id), *_stale(session)]
    return "\n".join(lines)


def stale_datasets(warehouse: Warehouse) -> list[str]:
    """Return a sentence for each dataset that the newest publication marks as stale."""
    with warehouse.connect("builder") as session:
        return list(_stale(session))


def newest_as_of_date(warehouse: Warehouse) -> date | None:
    """Return the day that the newest publication stands for, None before the first one."""
    with warehouse.connect("reader") as session:
        row = session.execute("select max(as_of_date) from mart.publication").fetchone()
    return row[0] if row else None


def _rows(session: Session, query: str, *values: Any) -> list[TupleRow]:
    return session.execute(query.encode(), values).fetchall()


def _received(session: Session, run_id: str) -> Iterator[str]:
    for agency, outcome, files, size in _rows(session, _FETCHED, run_id):
        status = label("fetch_outcome", outcome).both
        yield f"取数 / fetch  {agency:<10}{status}: {files} 份 / deliveries, {size:,} bytes"
    for agency, delivery, period, outcome, message in _rows(session, _FETCH_FAILURES, run_id):
        if outcome.startswith("failed"):
            yield f"取数失败 / fetch failed  {agency} {delivery} {period}: {message}"
    for agency, outcome, loads, loaded, rejected in _rows(session, _LOADED, run_id):
        yield (
            f"装载 / load  {agency:<10}{label('load_outcome', outcome).both}: {loads} 次 / loads, "
            f"{loaded:,} 行 / rows, {rejected:,} 拒收行 / rejected rows"
        )
    for dataset, reason, count, zh, en in _rows(session, _REJECTED, run_id):
        yield f"拒收行 / rejected rows  {dataset} {reason} × {count:,}: {zh} / {en}"


def _warned(session: Session, run_id: str) -> Iterator[str]:
    for table, code, zh, en, count in _rows(session, _WARNINGS, run_id):
        yield f"{label('audit_result', 'warning').both}  {table} {code} ({count or 0:,}): {zh} / {en}"


def _published(session: Session, run_id: str) -> Iterator[str]:
    published = _rows(session, _PUBLICATION, run_id)
    if not published:
        yield "发布 / publication: 无变化，沿用上一次发布 / nothing differs, the last publication stands"
        return
    number, as_of, stale, approved_by, why = published[0]
    yield f"发布 / publication {number}: 截至 / as of {as_of}" + (
        f", stale: {', '.join(stale)}" if stale else ""
    )
    if approved_by:
        yield f"批准 / approved by {approved_by}: {why}"
    [(revised, restated)] = _rows(session, _REVISED, number)
    yield f"指标值 / figures: {revised} 个变化 changed, 其中最终值 of them final {restated}"
    for table, added, changed, removed in _rows(session, _CHANGES, number):
        yield f"  {table:<32}+{added:,} ~{changed:,} -{removed:,}"


def _stale(session: Session) -> Iterator[str]:
    for dataset, through, expected in _rows(session, _STALE):
        yield (
            f"{label('timeliness', 'stale').both}  {dataset}: 完整至 / complete through {through or '–'}，"
            f"应至 / expected through {expected}"
        )
