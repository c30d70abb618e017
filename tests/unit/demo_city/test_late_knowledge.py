"""What turns out about the city is known from its moment on, by the agencies and by the truth alike."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from demo_city.city import City
from demo_city.defects.registry import DefectSampler
from demo_city.deliveries.catalogue import orders_catalogue, postal_catalogue
from demo_city.deliveries.source import Source
from demo_city.random_generator import SHANGHAI
from demo_city.truth import true_values
from tests.event_totals import true_event_totals
from tests.late_changes import (
    RevisedKnowledge,
    Revision,
    one_pile_silent,
    with_values,
    without,
    without_piles,
    without_stations,
)

AT = datetime(2025, 10, 2, 12, tzinfo=SHANGHAI)
BEFORE, AFTER = date(2025, 10, 1), date(2025, 10, 2)
MARCH, DAY = date(2024, 3, 1), date(2025, 9, 25)
STATION, PILE = "320771000009", "3207710000090005"
CLEARED = "/drop/postal_tricycles_202508_v1.csv"
REVISIONS = (
    Revision("transport_node", AT, without("node_id", {"N2008"})),
    Revision("postal_tricycle", AT, with_values("tricycle_no", "TR00431", is_marking_uniform=False), MARCH),
    Revision("power_station", AT, without_piles(STATION, {PILE}, AT)),
    Revision("power_connector_energy", AT, one_pile_silent, DAY),
    Revision("power_charge_order", AT, lambda rows: rows[2:], DAY),
    Revision("transport_vehicle_operation", AT, lambda rows: rows[3:], DAY),
)


@pytest.fixture(scope="module")
def plain() -> City:
    return City(volume=0.02)


@pytest.fixture(scope="module")
def corrected(plain: City) -> City:
    return plain.revised(RevisedKnowledge(REVISIONS, {CLEARED: AT}))


@pytest.fixture(scope="module")
def source(corrected: City) -> Source:
    return Source(corrected, DefectSampler())


def _numerators(city: City, as_of: date) -> dict[tuple[str, date], Decimal | None]:
    return {(v.indicator_code, v.period_month): v.numerator for v in true_values(city, as_of)}


def test_the_truth_knows_nothing_before_the_moment_and_everything_after(plain: City, corrected: City) -> None:
    assert _numerators(corrected, BEFORE) == _numerators(plain, BEFORE)
    then, now = _numerators(plain, AFTER), _numerators(corrected, AFTER)
    less = {key: then[key] - now[key] for key in then if then[key] != now[key]}  # type: ignore[operator]
    assert {code for code, _ in less} == {
        "node_level2_added",
        "tricycle_marking_share",
        "charging_pile_added",
        "pile_vehicle_ratio",
    }
    assert set(less.values()) == {Decimal(1)}
    assert {month for code, month in less if code == "tricycle_marking_share"} == {MARCH}
    assert min(month for code, month in less if code == "node_level2_added") == date(2025, 6, 1)


def test_totals_of_events_are_those_of_the_revised_rows(plain: City, corrected: City, source: Source) -> None:
    assert true_event_totals(corrected, DAY, BEFORE) == true_event_totals(plain, DAY, BEFORE)
    then, now = true_event_totals(plain, DAY), true_event_totals(corrected, DAY)
    lost = plain.power.charge_orders_pushed(DAY)[:2]
    assert then.session_count - now.session_count == 2
    assert then.session_energy_kwh - now.session_energy_kwh == sum(o["TotalPower"] for o in lost)
    assert then.session_fee_yuan - now.session_fee_yuan == sum(o["TotalMoney"] for o in lost)
    assert then.vehicle_days - now.vehicle_days == 3
    rows = plain.vehicle_operations(DAY)[:3]
    assert then.distance_km - now.distance_km == sum(row["distance_km"] for row in rows)
    silent = then.stats_energy_kwh - now.stats_energy_kwh
    stations = plain.power.station_ids()
    before = sum(plain.power.station_stats(s, DAY)["StationElectricity"] for s in stations)
    assert silent == before - sum(source.station_stats(s, DAY)["StationElectricity"] for s in stations) > 0


def test_a_register_shows_a_record_until_it_is_gone(source: Source) -> None:
    for known_at, is_there in ((AT, True), (AT + timedelta(seconds=1), False)):
        ids = {row["node_id"] for row in source.register_rows("transport_node", known_at)}
        assert ("N2008" in ids) == is_there


def test_a_station_without_a_pile_was_changed_then(source: Source) -> None:
    stations = {info["StationID"]: (at, info) for at, info in source.stations(AT + timedelta(seconds=1))}
    changed_at, info = stations[STATION]
    assert changed_at == AT
    assert PILE not in {pile["EquipmentID"] for pile in info["EquipmentInfos"]}


def test_a_station_that_is_gone_answers_nothing_any_more(plain: City) -> None:
    gone = RevisedKnowledge([Revision("power_station", AT, without_stations({STATION}))])
    source = Source(City(volume=0.02, late_knowledge=gone), DefectSampler())
    assert source.station_stats(STATION, DAY, AT)["StationID"] == STATION
    with pytest.raises(KeyError):
        source.station_stats(STATION, DAY, AT + timedelta(days=1))


def test_a_revised_form_and_order_file_are_dropped_again(source: Source) -> None:
    editions = source.editions("postal", "tricycles", MARCH)
    assert [e.file_name for e in editions] == [
        "postal_tricycles_202403_v1.csv",
        "postal_tricycles_202403_v2.csv",
    ]
    first, second = (source.form_rows("postal_tricycle", edition) for edition in editions)
    assert [a["tricycle_no"] for a, b in zip(first, second, strict=True) if a != b] == ["TR00431"]
    listed = orders_catalogue(source).listing(f"/orders/{DAY:%Y%m}", AT + timedelta(days=1))
    assert listed is not None
    [file] = [file for file in listed[1] if f"{DAY:%Y%m%d}" in file.name]
    assert file.delivered_at == AT


def test_a_file_that_was_cleared_off_the_share_is_not_listed(source: Source) -> None:
    catalogue = postal_catalogue(source)
    for now, is_there in ((AT, True), (AT + timedelta(seconds=1), False)):
        listed = catalogue.listing("/drop", now)
        assert listed is not None
        assert (CLEARED in {file.path for file in listed[1]}) == is_there
