"""All absorbed defects at once: the truth is published as far as it was delivered, and a later night finds the rest.

Sessions pushed eight days late, a workbook sent again under another name with other content, days of operation whose
rows vanish, order files dropped again without some orders, and a register's past that is corrected.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from demo_city.city import City
from demo_city.defects.registry import DefectSampler
from demo_city.servers import DemoAgencies
from tests.planted_defects import planted_defects

from .conftest import OpenWarehouse
from .corrected_register import CorrectedRegister
from .pipeline_warehouse import DAY, EVENTS_FROM, PipelineWarehouse, morning_after
from .true_figures import Figure, differing_figures, published_totals, true_totals

# Every report comes first with errors, corrected three days later; half the days of operation after four, order files
# after one, so that some of the last days' corrections are still to come.
RATES = {
    "absorbed": 0.05,
    "report_resent": 1.0,
    "operations_corrected": 0.5,
    "orders_restated": 1.0,
    # One that crosses midnight at the month's end and is pushed a week late comes after the later night; at this
    # rate there is none, so that the month's totals are whole by then.
    "order_pushed_late": 0.03,
}
LATER = DAY + timedelta(days=8)
SETTLED, RUNNING = date(2025, 8, 1), date(2025, 9, 1)


@pytest.fixture
def drifting(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoAgencies]:
    agencies = DemoAgencies(city, tmp_path_factory.mktemp("drifting"), morning_after(DAY), RATES)
    agencies.source = CorrectedRegister(city, DefectSampler(RATES, city.seed))
    with agencies:
        yield agencies


def test_absorbed_defects_leave_no_trace_once_everything_has_come(
    drifting: DemoAgencies, open_warehouse: OpenWarehouse, city: City
) -> None:
    _assert_enough_is_planted(drifting, city)
    with open_warehouse(drifting) as warehouse:
        warehouse.load_history(DAY)
        # The newest report's first edition is wrong, and nobody can know yet.
        assert differing_figures(warehouse, city, DAY) == {Figure("joint_delivery_share", RUNNING)}
        assert published_totals(warehouse, SETTLED) == true_totals(city, SETTLED)
        settled = _untouched(warehouse)
        night = warehouse.night(LATER)
        assert night.errors == {}
        assert differing_figures(warehouse, city, LATER) == _moved_figures(drifting.source)
        for month in (SETTLED, RUNNING):
            assert published_totals(warehouse, month) == true_totals(city, month)
        assert _untouched(warehouse) == settled


def _assert_enough_is_planted(drifting: DemoAgencies, city: City) -> None:
    """Guard: late, restated and corrected deliveries are among those that the later night must find."""
    hits = list(planted_defects(city, drifting.source.sampler, morning_after(DAY), EVENTS_FROM))
    assert len({hit.defect for hit in hits}) > 20
    awaited = {h.defect for h in hits if h.settled_at and h.settled_at > morning_after(DAY)}
    assert {"report_resent", "operations_corrected"} <= awaited
    assert ("orders_restated", str(DAY)) in {(h.defect, h.period) for h in hits}
    forms = [h for h in hits if h.settled_at and h.settled_at > morning_after(DAY) and len(h.period) == 7]
    assert {h.defect for h in forms} == {"report_resent"}
    late = planted_defects(city, drifting.source.sampler, morning_after(LATER), DAY)
    pushed = [h for h in late if h.defect == "order_pushed_late" and h.period > str(DAY)]
    assert pushed


def _moved_figures(source: Any) -> set[Figure]:
    """Return the figures that differ from the city's truth, which does not know of the correction."""
    began: date = source.moved["in_service_on"]
    months = [date(2024, 11, 1), date(2024, 12, 1)]
    months += [date(2025, month, 1) for month in range(began.month, LATER.month + 1)]
    return {Figure("stopping_place_added", month) for month in months}


def _untouched(warehouse: PipelineWarehouse) -> list[dict[str, Any]]:
    """Return the sessions and vehicle days of the settled month with the publication that wrote them."""
    return warehouse.rows_named(
        """
        select session_key as key, publication_no from mart.fct_charging_session where period_month = %(month)s
        union all
        select vehicle_key || operation_date, publication_no from mart.fct_vehicle_operation
        where period_month = %(month)s
        order by 1
        """,
        month=SETTLED,
    )
