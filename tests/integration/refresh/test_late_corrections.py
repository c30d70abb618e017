"""What becomes known long afterwards, all at once: the next night finds it by itself, and exactly its figures change.

Records that are gone without a tombstone, a past that is corrected, forms of old months sent again, a session nine
months late, corrected statistics, days and figures, and files that are cleared off the shares. No night ran for three
weeks.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from green_freight import building
from green_freight.periods import SHANGHAI

from demo_city.city import City
from demo_city.servers import DemoAgencies
from demo_city.truth import true_values
from demo_city.versioned_register import Row
from tests.late_changes import (
    RevisedKnowledge,
    Revision,
    one_pile_silent,
    with_values,
    without,
    without_piles,
)

from .conftest import OpenWarehouse, Snapshot
from .pipeline_warehouse import DAY, PipelineWarehouse, morning_after
from .true_figures import Figure, differing_figures, published_totals, true_totals

NIGHT = DAY + timedelta(days=20)
AT = datetime(2025, 10, 2, 12, tzinfo=SHANGHAI)
# A clerk's platform wrote an old time of change: no question for what changed since will ever show it.
BACKDATED = datetime(2025, 3, 3, 9, tzinfo=SHANGHAI)
NEW_YEARS_EVE, LATE_FILE = date(2024, 12, 1), date(2025, 10, 3)
PAID_IN_2024 = "Z2024101"
SETTLED, CLOSED_MEANWHILE = date(2025, 7, 1), date(2025, 8, 1)
INDICATORS = {
    "charging_pile_added",
    "cold_vehicle_share",
    "enterprise_3a",
    "fund_paid_yuan",
    "joint_delivery_share",
    "nev_share_of_initial_stock",
    "node_level2_added",
    "pile_vehicle_ratio",
    "stopping_place_added",
    "tricycle_marking_share",
}


def _late_session(rows: list[Row]) -> list[Row]:
    """Add a session that began before the year's end and is pushed nine months late."""
    [model, *_] = rows
    late = {
        "StartChargeSeq": f"{model['StartChargeSeq'][:9]}202412310000009999",
        "StartTime": "2024-12-31 23:40:00",
        "EndTime": "2025-01-01 00:20:00",
    }
    return [*rows, {**model, **late}]


def _late_payment(rows: list[Row]) -> list[Row]:
    """Add a payment out of the budget of 2024 that is booked nine months after that year."""
    [model] = [row for row in rows if row["entry_id"] == PAID_IN_2024]
    late = {"entry_id": "Z2024999", "booked_on": date(2025, 9, 26), "changed_at": AT}
    return [*rows, {**model, **late}]


def _as_reported(value: str) -> Any:
    return with_values("indicator_code", "stopping_place_added", reported_value=Decimal(value))


REVISIONS = [
    Revision("transport_node", AT, without("node_id", {"N2008"})),
    Revision("transport_vehicle", AT, without("vehicle_id", {"V000044"})),
    Revision("transport_enterprise", AT, without("enterprise_id", {"E0002"})),
    Revision("transport_fund", AT, _late_payment),
    Revision(
        "transport_stopping_place",
        AT,
        with_values("place_id", "P0050", in_service_on=date(2025, 2, 20), changed_at=BACKDATED),
    ),
    Revision("power_station", AT, without_piles("320771000009", {"3207710000090005"}, AT)),
    Revision(
        "postal_tricycle",
        AT,
        with_values("tricycle_no", "TR00431", is_marking_uniform=False),
        date(2024, 3, 1),
    ),
    Revision("commerce_store_delivery", AT, without("store_code", {"SC0001"}), date(2023, 8, 1)),
    Revision("transport_reported_figure", AT, _as_reported("7"), date(2024, 6, 1)),
    Revision("transport_vehicle_operation", AT, lambda rows: rows[3:], date(2025, 8, 20)),
    Revision("power_connector_energy", AT, one_pile_silent, date(2025, 9, 25)),
    Revision("power_charge_order", AT, lambda rows: rows[2:], date(2025, 8, 5)),
    Revision("power_charge_order", AT, _late_session, LATE_FILE),
]
CLEARED = {
    "/drop/postal_tricycles_202508_v1.csv": AT,
    "/drop/postal_tricycles_202508_v1.csv.sha256": AT,
    "/reports/连云港市城市配送月报_2025年07月.xlsx": AT,
    "/orders/202508/charge_orders_20250810.jsonl.gz": AT,
}


@pytest.fixture(scope="module")
def corrected_city(city: City) -> City:
    return city.revised(RevisedKnowledge(REVISIONS, CLEARED))


@pytest.fixture(scope="module")
def agencies(corrected_city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoAgencies]:
    with DemoAgencies(corrected_city, tmp_path_factory.mktemp("corrected"), morning_after(DAY)) as running:
        yield running


def test_what_turns_out_later_changes_exactly_its_figures(
    agencies: DemoAgencies,
    reference: Snapshot,
    open_warehouse: OpenWarehouse,
    corrected_city: City,
    city: City,
) -> None:
    with open_warehouse(agencies, reference) as warehouse:
        before, settled = _figures(warehouse), _rows_of(warehouse, SETTLED)
        assert settled
        night = warehouse.night(NIGHT)
        assert night.errors == {}
        assert differing_figures(warehouse, corrected_city, NIGHT) == set()
        after, expected = _figures(warehouse), _expected_changes(city, corrected_city)
        assert {figure.indicator_code for figure in expected} == INDICATORS
        changed = {key for key in before if before[key][0] != after[key][0]}
        assert changed == expected
        # August has become final meanwhile, which is written into its rows.
        rewritten = {key for key in before if before[key][1] != after[key][1]}
        assert {key for key in rewritten if key.period_month < CLOSED_MEANWHILE} == {
            key for key in expected if key.period_month < CLOSED_MEANWHILE
        }
        for month in (date(2025, 8, 1), date(2025, 9, 1)):
            assert published_totals(warehouse, month) == true_totals(corrected_city, month)
        _assert_late_session(warehouse, corrected_city)
        _assert_late_payment_is_explained(warehouse, night.publication_no)
        assert _rows_of(warehouse, SETTLED) == settled
        _assert_nothing_stale(warehouse)
        reported = "select reported_value from mart.fct_reported_figure where indicator_code = %s and period_month = %s"
        assert warehouse.value(reported, "stopping_place_added", date(2024, 6, 1)) == 7
        _assert_full_build_is_equal(warehouse)


def _figures(warehouse: PipelineWarehouse) -> dict[Figure, tuple[Any, int]]:
    """Return the parts of each figure of the months of the base, and the publication that wrote it."""
    rows = warehouse.rows(
        "select * from mart.fct_indicator_value where region_code = city_code and period_month <= %s", DAY
    )
    return {
        Figure(row["indicator_code"], row["period_month"]): (
            (row["numerator"], row["denominator"]),
            row["publication_no"],
        )
        for row in rows
    }


def _expected_changes(city: City, corrected_city: City) -> set[Figure]:
    """Return the figures that the two cities know differently, the corrected one at the later night."""
    then = {Figure(v.indicator_code, v.period_month): v for v in true_values(city, DAY)}
    now = {Figure(v.indicator_code, v.period_month): v for v in true_values(corrected_city, NIGHT)}
    return {
        key
        for key, value in then.items()
        if (value.numerator, value.denominator) != (now[key].numerator, now[key].denominator)
    }


def _rows_of(warehouse: PipelineWarehouse, month: date) -> list[Row]:
    """Return a month's sessions and vehicle days with the publication that wrote them."""
    return warehouse.rows_named(
        """
        select session_key as key, publication_no from mart.fct_charging_session where period_month = %(month)s
        union all
        select vehicle_key || operation_date, publication_no from mart.fct_vehicle_operation
        where period_month = %(month)s
        order by 1
        """,
        month=month,
    )


def _assert_late_session(warehouse: PipelineWarehouse, corrected_city: City) -> None:
    [late] = _late_session(corrected_city.power.charge_orders_pushed(LATE_FILE)[:1])[1:]
    totals = published_totals(warehouse, NEW_YEARS_EVE)
    assert (totals["session_count"], totals["session_energy_kwh"]) == (1, late["TotalPower"])


def _assert_late_payment_is_explained(warehouse: PipelineWarehouse, publication_no: int | None) -> None:
    """The closed year's figure is restated as late data, and the years' figures still hold all money."""
    revised = warehouse.rows(
        "select period_month, is_restatement, cause_codes, dataset_ids from mart.figure_revision"
        " where publication_no = %s and indicator_code = 'fund_paid_yuan' and period_month < '2025-01-01'",
        publication_no,
    )
    assert revised == [
        {
            "period_month": NEW_YEARS_EVE,
            "is_restatement": True,
            "cause_codes": ["late_data"],
            "dataset_ids": ["transport_fund"],
        }
    ]
    shown = "select sum(actual_value) from mart.scorecard where indicator_code = 'fund_paid_yuan'"
    booked = "select sum(amount_yuan) from mart.fct_fund_payment where fund_kind_code = 'paid'"
    assert warehouse.value(shown) == warehouse.value(booked)


def _assert_nothing_stale(warehouse: PipelineWarehouse) -> None:
    """What is gone at the source is in no table, but for vehicles and piles that events still name."""
    for table in (
        "raw.transport_node where node_id = 'N2008'",
        "candidate.dim_node where node_key like '%%N2008'",
        "mart.dim_node where node_key like '%%N2008'",
        "raw.transport_vehicle where vehicle_id = 'V000044'",
        "mart.dim_vehicle where vehicle_key like '%%V000044' and not is_inferred",
        "raw.transport_enterprise where enterprise_id = 'E0002'",
        "raw.power_pile where equipment_id = '3207710000090005'",
        "mart.dim_pile where pile_key like '%%3207710000090005' and not is_inferred",
        "raw.commerce_store_delivery where store_code = 'SC0001' and _period = '2023-08'",
    ):
        assert warehouse.value(f"select count(*) from {table}") == 0, table


def _assert_full_build_is_equal(warehouse: PipelineWarehouse) -> None:
    """The same night again, built from nothing: what was replaced month by month is what a full build gives."""
    published = warehouse.tables()
    warehouse.rows("delete from intermediate.candidate_state returning 1")
    again = warehouse.fetch_and_load(NIGHT)
    assert again.errors == {}
    assert building.build(warehouse.database, again.run_id, NIGHT).is_full
    built = warehouse.tables(schema="candidate")
    assert {name for name in published if published[name] != built[name]} == set()
    landed = "select delivery_name, period_label from ops.fetch where run_id = %s and outcome_code = 'landed'"
    assert warehouse.rows(landed, again.run_id) == []
