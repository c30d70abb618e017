"""JSON as platforms send it: long numbers, numbers that are none, and broken characters cost one row, not a page."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from green_freight import json_text
from green_freight.contracts import contract
from green_freight.loading.messages import Place, row_message
from green_freight.protocols.http import json_object

from tests.integration.loading.deliveries import answers, operation, order
from tests.unit.loading.reading import read

DAY = "2025-09-30"
LONG = 32070600000300520000001


def _operations(*changes: str) -> Any:
    """Read a page of four operations, the last one's text changed."""
    body = json.dumps({"code": 0, "total": 4, "items": [operation(n) for n in range(4)]})
    at = body.rindex("{")
    last = body[at:]
    for before, after in zip(changes[::2], changes[1::2], strict=True):
        assert before in last
        last = last.replace(before, after)
    # What the loader reads was accepted when it was fetched.
    json_object(body[:at] + last, "page")
    return read("transport_vehicle_operation", answers([({}, body[:at] + last)]), DAY)


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("83.5", "NaN", ("distance_km", "not_a_number")),
        ("83.5", "-Infinity", ("distance_km", "not_a_number")),
        ("83.5", "1e400", ("distance_km", "not_a_number")),
        ("83.5", "1e300", ("distance_km", "out_of_range")),
        ("83.5", '"1e-20000"', ("distance_km", "out_of_range")),
        ("83.5", '"1e20000"', ("distance_km", "out_of_range")),
        ("83.5", "9" * 5000, ("distance_km", "not_a_number")),
        ('"trip_count": 3', f'"trip_count": {2**63}', ("trip_count", "out_of_range")),
        ('"trip_count": 3', f'"trip_count": {"9" * 400}', ("trip_count", "out_of_range")),
        ('"V00003"', '"V\\ud83d"', ("vehicle_id", "bad_character")),
        ('"V00003"', '"\\udc00V"', ("vehicle_id", "bad_character")),
        ('"V00003"', '"V\\u0000"', ("vehicle_id", "bad_character")),
        ('"V00003"', "3.2e25", ("vehicle_id", "damaged_identifier")),
        ('"V00003"', "1.5", ("vehicle_id", "damaged_identifier")),
        ('"V00003"', "NaN", ("vehicle_id", "damaged_identifier")),
        ('"V00003"', "true", ("vehicle_id", "not_a_text")),
        ('"V00003"', '["V"]', ("vehicle_id", "not_a_text")),
    ],
)
def test_one_bad_value_costs_its_row(before: str, after: str, fault: tuple[str, str]) -> None:
    found = _operations(before, after)
    assert (found.stop, len(found.rows), found.faults) == (None, 3, [(4, *fault)])
    # The database takes what is recorded of the row.
    json.loads(found.rejected[0].content.encode())
    place = Place(contract("transport_vehicle_operation"), DAY, "a.jsonl")
    assert all(row_message(place, 4, found.rejected[0].issue))


def test_a_control_character_in_a_text_is_no_end_of_the_page() -> None:
    found = _operations('"V00003"', '"V\t00003"')
    assert found.values("vehicle_id")[-1] == "V00003"


@pytest.mark.parametrize(
    ("written", "expected"),
    [(str(LONG), str(LONG)), ("1001", "1001"), ("1001.0", "1001"), (str(2**64), str(2**64)), (str(-7), "-7")],
)
def test_an_identifier_that_is_a_number_is_kept_to_the_last_digit(written: str, expected: str) -> None:
    assert _operations('"V00003"', written).values("vehicle_id")[-1] == expected


def test_identifiers_of_a_station_that_are_long_numbers_stay_apart() -> None:
    numbers = [LONG + n for n in range(4)]
    station = {
        "StationID": "S1", "OperatorID": "MAD000078", "EquipmentOwnerID": "MAD000078", "StationName": "站",
        "CountryCode": "CN", "AreaCode": "320706", "Address": "a", "StationType": 1, "StationStatus": 50,
        "ParkNums": 0, "StationLng": 119.2, "StationLat": 34.6, "Construction": 9,
        "EquipmentInfos": [
            {
                "EquipmentID": pile, "EquipmentType": 1, "Power": 60,
                "ConnectorInfos": [{"ConnectorID": connector, "ConnectorType": 4, "Power": 60}],
            }
            for pile, connector in (numbers[:2], numbers[2:])
        ],
    }  # fmt: skip
    page = answers([({}, json.dumps({"ItemSize": 1, "StationInfos": [station]}))])
    piles, connectors = read("power_pile", page, DAY), read("power_connector", page, DAY)
    assert piles.values("equipment_id") == [str(numbers[0]), str(numbers[2])]
    assert connectors.values("connector_id") == [str(numbers[1]), str(numbers[3])]
    orders = [
        json.dumps(order(n)).replace('"3207060000030052"', str(number)) for n, number in enumerate(numbers)
    ]
    content = gzip.compress("\n".join(orders).encode())
    assert read("power_charge_order", content, DAY).values("connector_id") == list(map(str, numbers))


@pytest.mark.parametrize(
    "broken",
    [
        '"DetailElecMoney": NaN', '"DetailElecMoney": 1e999', f'"DetailElecMoney": {10**30}', '"note": "\\ud83d"',
        '"note": "\\u0000"', f'"DetailPower": {"9" * 400}', '"DetailPower": "1e-20000"',
    ],
)  # fmt: skip
def test_a_detail_that_no_column_can_hold_costs_its_order(broken: str) -> None:
    lines = [json.dumps(order(n)) for n in range(3)]
    name = broken.split(":")[0]
    value = '"DetailPower": 9.75' if name == '"DetailPower"' else '"DetailElecMoney": 6.0'
    lines[1] = lines[1][::-1].replace(value[::-1], broken[::-1], 1)[::-1]
    found = read("power_charge_order", gzip.compress("\n".join(lines).encode()), DAY)
    assert (len(found.rows), [(number, column) for number, column, _ in found.faults]) in (
        (2, [(2, "charge_details")]),
        (2, [(2, "energy_kwh")]),
    )


def test_lines_of_another_encoding_or_depth_cost_themselves() -> None:
    lines = [
        json.dumps(order(1)).encode("utf-8-sig"), json.dumps(order(2)).encode(), '{"note": "站"}'.encode("gbk"),
        b"[" * 100_000, b'{"a":' * 5000 + b"1" + b"}" * 5000,
    ]  # fmt: skip
    found = read("power_charge_order", gzip.compress(b"\n".join(lines)), DAY)
    assert (len(found.rows), [fault[0] for fault in found.faults]) == (2, [3, 4, 5])


@pytest.mark.parametrize(
    "text", ["{", "[1,]", "{'a': 1}", '{"a": 01}', "", "nul", '{"a": 1} {"b": 2}', "[" * 300]
)
def test_what_is_no_json_is_not_read(text: str) -> None:
    with pytest.raises(ValueError):
        json_text.read(text)


def test_what_is_written_is_what_jsonb_takes() -> None:
    deep: list[Any] = []
    for _ in range(500):
        deep = [deep]
    bad = {"\ud83d": float("nan"), "b\x00": [float("inf"), LONG, "\udc00", ("x", Path("/a"))], "deep": deep}
    found = json.loads(json_text.written(bad).encode())
    assert list(found) == ["?", "b\ufffd", "deep"]
    assert found["b\ufffd"] == ["inf", LONG, "?", ["x", "/a"]]
