"""The report of a run: what came from each agency, what was warned of, what was published, what is stale."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from psycopg.rows import TupleRow

from green_freight.labels import label
from green_freight.warehouse import Session, Warehouse

_FETCHED = """
select agency_code, outcome_code, count(*), coalesce(sum(bytes), 0)
from ops.fetch where run_id = %s group by 1, 2 order by 1, 2
"""
_FETCH_FAILURES = """
select distinct on (agency_code, delivery_name, period_label)
    outcome_code, error_message
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
        lines = [
            f"运行 {run_id} 的报告。 / Report of the run {run_id}.",
            *_received(session, run_id),
            *_warned(session, run_id),
        ]
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
    for agency, code, files, size in _rows(session, _FETCHED, run_id):
        outcome = label("fetch_outcome", code)
        yield (
            f"单位 {agency} 取数结果为“{outcome.zh}”的交付有 {files} 项，共 {size:,} 字节。 / "
            f"{files} deliveries of the agency {agency} have the outcome “{outcome.en}” ({size:,} bytes)."
        )
    for code, message in _rows(session, _FETCH_FAILURES, run_id):
        if message and code.startswith("failed"):
            yield message
    for agency, code, loads, loaded, rejected in _rows(session, _LOADED, run_id):
        outcome = label("load_outcome", code)
        yield (
            f"单位 {agency} 结果为“{outcome.zh}”的装载有 {loads} 次，装载 {loaded:,} 行，拒收 {rejected:,} 行。 / "
            f"{loads} loads of the agency {agency} have the outcome “{outcome.en}”; {loaded:,} rows were loaded and "
            f"{rejected:,} rejected."
        )
    for dataset, reason, count, zh, en in _rows(session, _REJECTED, run_id):
        yield (
            f"数据集 {dataset} 有 {count:,} 行因 {reason} 被拒收，例如：{zh} / "
            f"{count:,} rows of the dataset {dataset} were rejected for {reason}, for example: {en}"
        )


def _warned(session: Session, run_id: str) -> Iterator[str]:
    warning = label("audit_result", "warning")
    for table, code, zh, en, count in _rows(session, _WARNINGS, run_id):
        yield (
            f"【{warning.zh}】校验规则 {table}.{code} 有 {count or 0:,} 行不符合：{zh} / "
            f"[{warning.en}] {count or 0:,} rows break the expectation {table}.{code}: {en}"
        )


def _published(session: Session, run_id: str) -> Iterator[str]:
    published = _rows(session, _PUBLICATION, run_id)
    if not published:
        yield (
            "内容与上一次发布相同，未产生新发布。 / Nothing differs from the last publication, so there is no new one."
        )
        return
    number, as_of, stale, approved_by, reason = published[0]
    yield f"第 {number} 号已发布，数据截至 {as_of}。 / Publication {number} was published, as of {as_of}."
    if stale:
        agencies = ", ".join(stale)
        yield f"{agencies} 的数据未更新。 / The data of {agencies} are stale."
    if approved_by:
        yield (
            f"指标变化由 {approved_by} 批准，理由：{reason}。 / "
            f"The changes of figures were approved by {approved_by}; the reason: {reason}."
        )
    [(revised, restated)] = _rows(session, _REVISED, number)
    yield (
        f"{revised} 个指标值有变化，其中 {restated} 个是最终值。 / "
        f"{revised} figures changed; {restated} of them were final."
    )
    for table, added, changed, removed in _rows(session, _CHANGES, number):
        yield (
            f"表 {table} 新增 {added:,} 行，变更 {changed:,} 行，删除 {removed:,} 行。 / "
            f"In the table {table}, {added:,} rows were added, {changed:,} changed and {removed:,} removed."
        )


def _stale(session: Session) -> Iterator[str]:
    for dataset, through, expected in _rows(session, _STALE):
        if through is None:
            yield (
                f"数据集 {dataset} 尚无完整数据，应完整至 {expected}。 / "
                f"The dataset {dataset} has no complete data yet and should be complete through {expected}."
            )
        else:
            yield (
                f"数据集 {dataset} 只完整至 {through}，应完整至 {expected}。 / "
                f"The dataset {dataset} is complete through {through} and should be through {expected}."
            )
