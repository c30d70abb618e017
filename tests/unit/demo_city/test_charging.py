"""Charging: the network's history, exact money and energy, days that can be made alone, no overlap on a plug."""

from __future__ import annotations

import time
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

import pytest

from demo_city.city import City
from demo_city.city_source import ChargingOperator, Message

DAY = date(2025, 9, 30)
CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def city() -> City:
    return City(volume=0.2)


@pytest.fixture(scope="module")
def orders(city: City) -> list[Message]:
    return city.power.charge_orders_pushed(DAY)


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - local times, as the standard has them


def test_power_company_is_a_charging_operator(city: City) -> None:
    operator: ChargingOperator = city.power
    assert operator.operator_id == city.power.operator_id


def test_orders_keep_the_standards_invariants(orders: list[Message]) -> None:
    for order in orders:
        details = order["ChargeDetails"]
        assert order["SumPeriod"] == len(details) <= 32
        assert order["TotalMoney"] == order["TotalElecMoney"] + order["TotalSeviceMoney"]
        assert sum(d["DetailPower"] for d in details) == order["TotalPower"] >= 0
        assert sum(d["DetailElecMoney"] for d in details) == order["TotalElecMoney"]
        assert sum(d["DetailSeviceMoney"] for d in details) == order["TotalSeviceMoney"]
        assert details[0]["DetailStartTime"] == order["StartTime"]
        assert details[-1]["DetailEndTime"] == order["EndTime"]
        assert order["StartTime"] < order["EndTime"]
        assert len(order["StartChargeSeq"]) == 27
        assert order["StartChargeSeq"].startswith(order["OperatorID"])


def test_periods_are_priced_half_up_to_the_cent(orders: list[Message]) -> None:
    for detail in (d for order in orders for d in order["ChargeDetails"]):
        fee = (detail["DetailPower"] * detail["ElecPrice"]).quantize(CENT, ROUND_HALF_UP)
        assert fee == detail["DetailElecMoney"]
        assert detail["ElecPrice"].as_tuple().exponent == -4
        assert detail["DetailPower"].as_tuple().exponent == -2


def test_orders_are_pushed_on_the_day_they_end(city: City, orders: list[Message]) -> None:
    assert {order["EndTime"][:10] for order in orders} == {"2025-09-30"}
    assert {order["StartTime"][:10] for order in orders} == {"2025-09-29", "2025-09-30"}
    following = city.power.charge_orders_pushed(DAY + timedelta(days=1))
    assert not {o["StartChargeSeq"] for o in orders} & {o["StartChargeSeq"] for o in following}


def test_nothing_is_lost_between_the_files(city: City) -> None:
    """A fortnight's files and what started in it differ by the sessions that cross the ends only."""
    days = [date(2024, 2, 20) + timedelta(days=n) for n in range(14)]
    pushed = [order for day in days for order in city.power.charge_orders_pushed(day)]
    started = sum(len(city.power.sessions(day).sessions) for day in days)
    before = [order for order in pushed if order["StartTime"] < days[0].isoformat()]
    after = city.power.charge_orders_pushed(days[-1] + timedelta(days=1))
    late = [order for order in after if order["StartTime"][:10] == days[-1].isoformat()]
    assert len(pushed) - len(before) + len(late) == started
    assert len({order["StartChargeSeq"] for order in pushed}) == len(pushed)


def test_first_day_has_no_sessions_from_before(city: City) -> None:
    first = city.power.charge_orders_pushed(date(2023, 1, 1))
    assert {order["StartTime"][:10] for order in first} == {"2023-01-01"}


def test_stations_statistics_are_the_sessions_that_started(city: City) -> None:
    day = date(2025, 9, 29)
    energy: dict[str, Decimal] = defaultdict(Decimal)
    started = [o for d in (day, day + timedelta(days=1)) for o in city.power.charge_orders_pushed(d)]
    for order in started:
        if order["StartTime"][:10] == day.isoformat():
            energy[order["ConnectorID"]] += order["TotalPower"]
    seen = Decimal(0)
    for station in city.power.station_ids():
        stats = city.power.station_stats(station, day)
        piles = stats["EquipmentStatsInfos"]
        assert stats["StationElectricity"] == sum(p["EquipmentElectricity"] for p in piles)
        for pile in piles:
            plugs = pile["ConnectorStatsInfos"]
            assert pile["EquipmentElectricity"] == sum(p["ConnectorElectricity"] for p in plugs)
            for plug in plugs:
                assert plug["ConnectorElectricity"] == energy[plug["ConnectorID"]]
        seen += stats["StationElectricity"]
    assert seen == sum(energy.values()) > 0


def test_unknown_station_is_refused(city: City) -> None:
    with pytest.raises(KeyError):
        city.power.station_stats("320706999999", DAY)


@pytest.mark.parametrize("volume", [0.2, 1.0])
def test_no_two_sessions_overlap_on_a_plug(volume: float) -> None:
    """Early 2023 has the fewest plugs for the most sessions; midnight is where two days meet."""
    power = City(volume=volume).power
    busy: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for n in range(4):
        for order in power.charge_orders_pushed(date(2023, 3, 6) + timedelta(days=n)):
            busy[order["ConnectorID"]].append((order["StartTime"], order["EndTime"]))
    for spans in busy.values():
        spans.sort()
        assert all(left[1] <= right[0] for left, right in pairwise(spans))


def test_sessions_use_only_plugs_that_work_that_day(city: City) -> None:
    day = date(2025, 3, 3)
    works = {
        c.connector_id
        for c in city.power.connectors
        if c.first_day <= day and (not c.gone_from or c.gone_from > day)
    }
    assert {o["ConnectorID"] for o in city.power.charge_orders_pushed(day)} <= works
    closed = [c.connector_id for c in city.power.connectors if c.gone_from and c.gone_from <= day]
    assert len(closed) > 30


def test_drivers_vehicles_are_in_service(city: City, orders: list[Message]) -> None:
    known = {v["vin"]: v for v in city.register_as_known("transport_vehicle", DAY)}
    vins = [order["Vin"] for order in orders if "Vin" in order]
    assert 0.4 < len(vins) / len(orders) < 0.8
    assert all(known[vin]["new_energy_kind_code"] in ("BEV", "PHEV") for vin in vins)


def test_a_station_is_being_built_without_dates_and_then_opens(city: City) -> None:
    versions = [info for _, info in city.power.station_versions() if info["StationID"].endswith("000011")]
    assert [v["StationStatus"] for v in versions] == [1, 50]
    assert [v["OfficialRunTime"] for v in versions] == ["", "2025-11-25"]
    assert {p["OfficialRunTime"] for p in versions[0]["EquipmentInfos"]} == {""}
    assert len(versions[1]["EquipmentInfos"]) == 30


def test_a_pile_is_decommissioned_and_a_station_closes(city: City) -> None:
    last = {info["StationID"]: info for _, info in city.power.station_versions()}
    retired = [p for info in last.values() for p in info["EquipmentInfos"] if p["DecommissionTime"]]
    closed = [info for info in last.values() if info["StationStatus"] == 5]
    assert len(retired) == 1
    assert [info["DecommissionTime"] for info in closed] == ["2025-02-28"]
    assert {info["StationType"] for info in last.values()} == {1, 50, 100, 101, 102, 103}


def test_identifiers_fit_the_standard(city: City) -> None:
    for _, info in city.power.station_versions():
        assert len(info["StationID"]) <= 20
        assert len(info["OperatorID"]) == len(info["EquipmentOwnerID"]) == 9
        for pile in info["EquipmentInfos"]:
            assert len(pile["EquipmentID"]) <= 23
            assert all(len(plug["ConnectorID"]) <= 26 for plug in pile["ConnectorInfos"])


def test_sessions_last_minutes_to_hours(orders: list[Message]) -> None:
    lengths = [_moment(order["EndTime"]) - _moment(order["StartTime"]) for order in orders]
    assert timedelta(minutes=5) < min(lengths) and max(lengths) < timedelta(hours=4)


def test_a_day_at_full_volume_takes_less_than_60_ms() -> None:
    """Processor time, the best of three: the machine may be busy with other things."""
    city = City(volume=1.0)
    times = []
    for day in (date(2024, 5, 13), date(2024, 7, 16), date(2025, 7, 9)):
        began = time.process_time()
        orders, rows = city.power.charge_orders_pushed(day), city.vehicle_operations(day)
        times.append(time.process_time() - began)
        assert 1700 < len(orders) < 2500
        assert 1200 < len(rows) < 1800
    assert min(times) < 0.06
