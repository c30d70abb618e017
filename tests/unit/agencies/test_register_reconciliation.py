"""A register as its source lists it beside what raw holds: which windows are asked again, which listing is believed."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from green_freight import business_days
from green_freight.agencies.registers import MOST_DAYS_AHEAD, Held, Listed, differing_windows, listed_records
from green_freight.contracts import contract
from green_freight.errors import FetchError
from green_freight.landing import Exchange
from green_freight.periods import SHANGHAI, Period

DAY = date(2025, 9, 30)
CHANGED = datetime(2025, 3, 3, 9, tzinfo=SHANGHAI)
MARCH, SEPTEMBER = Period("2025-03"), Period("2025-09")
WINDOWS = {MARCH: date(2025, 3, 31), SEPTEMBER: date(2025, 9, 28), Period("2025-09-29"): date(2025, 9, 29)}
NODE = {
    "node_id": "N1",
    "node_level_code": "1",
    "name": "示范节点",
    "region_code": "320706",
    "in_service_on": "2023-05-01",
    "out_of_service_on": None,
    "is_centre_area": True,
    "changed_at": "2025-03-03T09:00:00+08:00",
    "is_deleted": False,
}


def _listed(**changes: datetime) -> Listed:
    return Listed(frozenset((key,) for key in changes), {(key,): at for key, at in changes.items()})


def _held(count: int, window: Period = MARCH) -> dict[tuple[str, ...], Held]:
    return {(f"N{number}",): Held(window, changed_at=CHANGED) for number in range(count)}


def _windows(listed: Listed, held: dict[tuple[str, ...], Held]) -> set[str]:
    return {period.label for period in differing_windows("transport_node", listed, held, WINDOWS, DAY)}


def test_a_register_that_is_as_we_know_it_asks_nothing() -> None:
    assert _windows(_listed(N0=CHANGED, N1=CHANGED), _held(2)) == set()


def test_a_record_that_is_gone_has_all_its_windows_asked_again() -> None:
    held = _held(1) | {("gone",): Held(Period("2025-09-29"), (MARCH,), CHANGED)}
    assert _windows(_listed(N0=CHANGED), held) == {"2025-03", "2025-09-29"}


def test_a_tombstone_that_the_source_has_cleared_away_stays() -> None:
    held = _held(1) | {("gone",): Held(Period("2025-09-29"), (), CHANGED, is_deleted=True)}
    assert _windows(_listed(N0=CHANGED), held) == set()


def test_what_stood_before_a_tombstone_goes_with_it() -> None:
    held = _held(1) | {("gone",): Held(Period("2025-09-29"), (MARCH,), CHANGED, is_deleted=True)}
    assert _windows(_listed(N0=CHANGED), held) == {"2025-03"}


@pytest.mark.parametrize(("held", "gone"), [(4, 3), (100, 5), (1000, 50)])
def test_so_many_may_vanish_in_a_night(held: int, gone: int) -> None:
    listed = _listed(**{f"N{number}": CHANGED for number in range(gone, held)})
    assert _windows(listed, _held(held)) == {"2025-03"}


@pytest.mark.parametrize(("held", "gone"), [(3, 3), (1, 1), (5, 4), (100, 6), (1000, 51), (1000, 1000)])
def test_more_or_all_are_not_believed(held: int, gone: int) -> None:
    listed = _listed(**{f"N{number}": CHANGED for number in range(gone, held)})
    with pytest.raises(FetchError, match=f"register_shrunk: transport_node: of {held} .* {gone} .*2025-03"):
        _windows(listed, _held(held))


def test_a_register_that_was_always_empty_is_believed() -> None:
    assert _windows(_listed(), {}) == set()


@pytest.mark.parametrize(
    ("changed_at", "window"),
    [
        ("2025-03-20T10:00:00+08:00", "2025-03"),
        ("2025-09-28T23:59:59+08:00", "2025-09"),
        ("2025-09-29T00:00:00+08:00", "2025-09-29"),
        # Loaded by nobody, but within what was loaded: a day that a long pause of the nights has left out.
        ("2025-05-05T10:00:00+08:00", "2025-05-05"),
        ("2025-09-30T23:59:59+08:00", "2025-09-30"),
    ],
)
def test_a_change_that_was_missed_has_its_window_asked_again(changed_at: str, window: str) -> None:
    listed = _listed(N0=CHANGED, N1=datetime.fromisoformat(changed_at))
    assert _windows(listed, _held(2)) == {window}
    assert _windows(listed, _held(1)) == {window}


@pytest.mark.parametrize("changed_at", ["2025-02-28T10:00:00+08:00", "2025-10-01T00:00:00+08:00"])
def test_what_lies_before_history_or_after_the_day_is_not_this_nights(changed_at: str) -> None:
    assert _windows(_listed(N1=datetime.fromisoformat(changed_at)), {}) == set()


@pytest.mark.parametrize("years", [1, 5, 74])
def test_a_change_that_its_source_dates_after_today_has_its_day_requested_once(years: int) -> None:
    ahead = business_days.now().replace(hour=9) + timedelta(days=365 * years)
    listed = _listed(N0=CHANGED, N1=ahead)
    assert _windows(listed, _held(1)) == {f"{ahead:%Y-%m-%d}"}
    held = _held(1) | {("N1",): Held(Period.day(ahead.date()), (), ahead)}
    assert _windows(listed, held) == set()
    # The source has corrected its clock: the day after today no longer has the record, the right one does.
    right = datetime(2025, 9, 29, 9, tzinfo=SHANGHAI)
    assert _windows(_listed(N0=CHANGED, N1=right), held) == {f"{ahead:%Y-%m-%d}", "2025-09-29"}


def test_a_night_requests_a_month_of_days_after_today_at_most() -> None:
    today = business_days.now().replace(hour=9)
    listed = _listed(**{f"N{days}": today + timedelta(days=days) for days in range(1, 90)})
    found = _windows(listed, {})
    assert len(found) == MOST_DAYS_AHEAD and min(found) == f"{today + timedelta(days=1):%Y-%m-%d}"


@pytest.mark.parametrize("changed_at", ["2025-02-03T09:00:00+08:00", "2025-03-03T08:59:59+08:00"])
def test_a_change_that_its_source_dates_back_has_both_windows_asked_again(changed_at: str) -> None:
    held = {("N0",): Held(Period("2025-09-29"), (), datetime(2025, 9, 29, 9, tzinfo=SHANGHAI))}
    windows = WINDOWS | {Period("2025-02"): date(2025, 2, 28)}
    listed = _listed(N0=datetime.fromisoformat(changed_at))
    found = differing_windows("transport_node", listed, held, windows, DAY)
    assert {period.label for period in found} == {"2025-09-29", changed_at[:7]}


def test_what_was_there_before_the_programme_belongs_to_its_first_window() -> None:
    listed = _listed(N1=datetime(2022, 12, 31, 10, tzinfo=SHANGHAI))
    january = {Period("2023-01"): date(2023, 1, 31)}
    assert differing_windows("transport_node", listed, {}, january, DAY) == {Period("2023-01")}


def test_a_listed_record_that_the_contract_rejects_is_there_but_not_awaited() -> None:
    good, bad = NODE, NODE | {"node_id": " N2 ", "node_level_code": "9"}
    listed = listed_records(contract("transport_node"), [_page(good), _page(bad)], DAY)
    assert listed.keys == {("N1",), ("N2",)}
    assert listed.changes == {("N1",): CHANGED}


def test_stations_piles_and_connectors_are_listed_by_one_answer() -> None:
    connector = {"ConnectorID": "S1P101", "ConnectorType": 4, "Power": 60}
    pile = {"EquipmentID": "S1P1", "EquipmentType": 1, "Power": 60, "ConnectorInfos": [connector]}
    station = {"StationID": "S1", "OperatorID": "MA1234567", "EquipmentInfos": [pile]}
    answer = {"PageNo": 1, "PageCount": 1, "ItemSize": 1, "StationInfos": [station]}
    exchanges = [Exchange({"interface": "query_stations_info"}, json.dumps(answer))]
    for dataset, key in (
        ("power_station", "S1"),
        ("power_pile", "S1P1"),
        ("power_connector", "S1P101"),
    ):
        listed = listed_records(contract(dataset), exchanges, DAY)
        assert (listed.keys, listed.changes) == ({("MA1234567", key)}, {})


def _page(*items: dict[str, Any]) -> Exchange:
    return Exchange({"path": "/api/v1/nodes"}, json.dumps({"code": 0, "total": len(items), "items": items}))
