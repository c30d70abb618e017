"""A backfill that was killed between the loads of one delivery's datasets loads the rest when it continues."""

from __future__ import annotations

import pytest
from green_freight.backfill import steps

from .conftest import DAY, Fetching

MONTH = "2023-01"


@pytest.mark.parametrize(
    ("agency", "delivery", "loaded"),
    [("commerce", "monthly_report", 1), ("commerce", "monthly_report", 2), ("power", "stations", 1)],
)
def test_a_delivery_loaded_in_part_is_loaded_whole(
    fetching: Fetching, agency: str, delivery: str, loaded: int
) -> None:
    parameters = {
        "from_month": MONTH,
        "to_month": MONTH,
        "agencies": [agency],
        "reason": "test",
        "business_day": DAY.isoformat(),
    }
    run_id = fetching.run_id
    steps.begin_backfill(fetching.warehouse, run_id, parameters)
    arguments = (fetching.warehouse, run_id, agency, [MONTH], fetching.connections, parameters)
    steps.load_months(*arguments)
    datasets = (
        "select dataset_id from ops.load where run_id = %s and delivery_name = %s group by 1 order by 1"
    )
    whole = fetching.rows(datasets, run_id, delivery)
    assert len(whole) > loaded
    # What a kill leaves behind: the part begun, some loads of the delivery recorded.
    with fetching.warehouse.admin() as admin:
        lost = [dataset for (dataset,) in whole[loaded:]]
        admin.execute("delete from ops.load where run_id = %s and dataset_id = any(%s)", [run_id, lost])
        admin.execute("update ops.backfill_part set finished_at = null where run_id = %s", [run_id])
    others = "select count(*) from ops.fetch where run_id = %s and delivery_name <> %s"
    fetched = fetching.rows(others, run_id, delivery)
    steps.load_months(*arguments)
    assert fetching.rows(datasets, run_id, delivery) == whole
    assert fetching.rows(others, run_id, delivery) == fetched
