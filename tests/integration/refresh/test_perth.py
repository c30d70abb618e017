"""Three years of real, uncleaned sessions, served as another operator, fetched and loaded by the real code."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from green_freight.agencies.fetch import fetch_agency
from green_freight.loading import load_agency
from green_freight.periods import Period

from demo_city.servers import DemoAgencies

from .conftest import OpenWarehouse
from .perth import FOLDER, PerthCity, moment, sessions
from .pipeline_warehouse import PipelineWarehouse, morning_after

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the shared facts are not beside the project"),
]
SESSIONS = 66_664
# Statistics are asked by station and day: two weeks of different years stand for all.
SAMPLE = [date(2017, 3, 6) + timedelta(days=n) for n in range(7)] + [
    date(2019, 1, 14) + timedelta(days=n) for n in range(7)
]
MOST_KWH = 10_000
WITHOUT_END_OR_ENERGY, NEGATIVE = 37 + 43 + 105, 0 + 1 + 6


@pytest.fixture
def perth(tmp_path: Path) -> Iterator[DemoAgencies]:
    city = PerthCity()
    with DemoAgencies(city, tmp_path, morning_after(city.last_day), agencies=("power",)) as agencies:
        yield agencies


def test_every_session_arrives_or_is_rejected_with_its_reason(
    perth: DemoAgencies, open_warehouse: OpenWarehouse
) -> None:
    city: Any = perth.source.city
    with open_warehouse(perth) as warehouse:
        work = [("stations", Period.month_of(city.last_day))]
        work += [("station_stats", Period.day(day)) for day in SAMPLE]
        work += [("charge_orders", Period.day(day)) for day in city.days()]
        fetched = fetch_agency(
            warehouse.database, "power", work, warehouse.connections(), "perth", city.last_day
        )
        assert fetched.counts == {"landed": len(work)}
        report = load_agency(warehouse.database, "power", work, "perth", progress=str)
        assert (report.stopped, report.not_landed) == ([], [])
        orders = [load for load in report.outcomes if load.dataset_id == "power_charge_order"]
        assert sum(load.rows_in_file for load in orders) == SESSIONS
        assert sum(load.rows_loaded + load.rows_rejected for load in orders) == SESSIONS
        affected = {month for load in orders for month in load.affected_months}
        _assert_reasons_and_energy(warehouse, affected)
        _assert_statistics_agree(warehouse)


def _assert_reasons_and_energy(warehouse: PipelineWarehouse, affected: set[date]) -> None:
    expected: Counter[str] = Counter()
    energy: defaultdict[date, Decimal] = defaultdict(Decimal)
    for session in sessions():
        verdict = _assessed(session)
        expected[verdict] += 1
        if verdict == "loaded":
            began = moment(session["Start Date"], session["Start Time"])
            energy[date.fromisoformat(began[:10]).replace(day=1)] += Decimal(session["Total kWh"])
    assert expected.total() == SESSIONS
    assert expected["missing_value"] == WITHOUT_END_OR_ENERGY
    assert expected["negative_energy"] <= NEGATIVE
    loaded = warehouse.value("select count(*) from raw.power_charge_order")
    reasons = warehouse.rows("select reason_code, count(*) as n from ops.rejected_row group by 1")
    assert {row["reason_code"]: row["n"] for row in reasons} | {"loaded": loaded} == dict(expected)
    months = warehouse.rows(
        "select date_trunc('month', started_at)::date as month, sum(energy_kwh) as kwh"
        " from raw.power_charge_order group by 1"
    )
    assert {row["month"]: row["kwh"] for row in months} == dict(energy)
    assert affected == set(energy)
    assert len(energy) == 36


def _assert_statistics_agree(warehouse: PipelineWarehouse) -> None:
    """Each sampled day's energy by the stations' statistics is that of its orders."""
    days = warehouse.rows(
        """
        select stat_date, sum(connector_kwh) as stats,
            (select sum(energy_kwh) from raw.power_charge_order where started_at::date = stat_date) as orders
        from raw.power_connector_energy group by stat_date order by stat_date
        """
    )
    assert [row["stat_date"] for row in days] == SAMPLE
    for row in days:
        assert row["stats"] == row["orders"] > 0


def _assessed(session: dict[str, str]) -> str:
    # From the published text alone, not with the loader's code.
    began = moment(session["Start Date"], session["Start Time"])
    ended = moment(session["End Date"], session["End Time"])
    if not (began and ended and session["Total kWh"]):
        return "missing_value"
    if Decimal(session["Total kWh"]) > MOST_KWH:
        return "out_of_range"
    if ended < began:
        return "end_before_start"
    return "negative_energy" if Decimal(session["Total kWh"]) < 0 else "loaded"
