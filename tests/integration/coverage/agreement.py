"""What ops.coverage says is what the star says of its own completeness, dataset by dataset and month by month."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from green_freight.coverage import coverage
from psycopg.rows import dict_row

if TYPE_CHECKING:
    from tests.conftest import Warehouse

_PARTS = """
select dataset_id, period_month, granularity_code, parts_due, parts_delivered
from intermediate.int_indicator__dataset_month
"""
_QUALITY = """
select subject_code, agency_code, as_of_date, completeness_ratio, rows_in_file, rows_loaded, rows_rejected
from candidate.data_quality where subject_kind_code = 'dataset'
"""
_COVERED = """
select dataset_id as subject_code, agency_code, as_of_date,
    coalesce(round(sum(parts_delivered) / nullif(sum(parts_due), 0)::numeric, 6), 1) as completeness_ratio,
    sum(rows_in_file)::bigint as rows_in_file, sum(rows_loaded)::bigint as rows_loaded,
    sum(rows_rejected)::bigint as rows_rejected
from ops.coverage group by dataset_id, agency_code, as_of_date
"""


def assert_star_agrees(warehouse: Warehouse) -> None:
    """Compare the calendar with the candidate that was built last: parts, rows, and which months are final."""
    with warehouse.connect("builder") as builder:
        found = coverage(builder)
        parts = {
            (one.dataset_id, one.period_month): (one.granularity_code, one.parts_due, one.parts_delivered)
            for one in found
        }
        assert parts == {tuple(row[:2]): tuple(row[2:]) for row in builder.execute(_PARTS)}
        with builder.cursor(row_factory=dict_row) as cursor:
            quality, covered = (cursor.execute(query).fetchall() for query in (_QUALITY, _COVERED))
        assert sorted(covered, key=_code) == sorted(quality, key=_code)
        states = builder.execute(
            "select distinct period_month, revision_state_code from candidate.fct_indicator_value"
        )
        in_the_star: dict[Any, Any] = dict(states.fetchall())
    assert {
        one.period_month: one.revision_state_code for one in found if not _is_restated(one)
    } == in_the_star


def _code(row: dict[str, Any]) -> str:
    return str(row["subject_code"])


def _is_restated(one: Any) -> bool:
    return bool(one.revision_state_code == "restated")
