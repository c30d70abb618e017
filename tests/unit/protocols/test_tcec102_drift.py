"""Each known drift is corrected; what cannot be read is left for the contract to validate."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from typing import Any

from green_freight.protocols.tcec102_drift import SHAPES, canonical, canonical_stats

ORDER: dict[str, Any] = {
    "OperatorID": "MA1POWER1",
    "StartChargeSeq": "MA1POWER1000000000000000001",
    "ConnectorID": "C1",
    "StartTime": "2025-09-30 08:00:00",
    "EndTime": "2025-09-30 09:00:00",
    "TotalPower": Decimal("12.50"),
    "TotalElecMoney": Decimal("10.00"),
    "TotalSeviceMoney": Decimal("5.00"),
    "TotalMoney": Decimal("15.00"),
    "StopReason": "0",
    "SumPeriod": 1,
    "ChargeDetails": [
        {
            "DetailStartTime": "2025-09-30 08:00:00",
            "DetailEndTime": "2025-09-30 09:00:00",
            "ElecPrice": Decimal("0.8000"),
            "SevicePrice": Decimal("0.4000"),
            "DetailPower": Decimal("12.50"),
            "DetailElecMoney": Decimal("10.00"),
            "DetailSeviceMoney": Decimal("5.00"),
        }
    ],
    "Vin": "",
}


def _renamed(message: Any, names: dict[str, str]) -> Any:
    if isinstance(message, dict):
        return {names.get(key, key): _renamed(value, names) for key, value in message.items()}
    return [_renamed(each, names) for each in message] if isinstance(message, list) else message


def _lower_camel(message: Any) -> Any:
    if isinstance(message, dict):
        return {key[0].lower() + key[1:]: _lower_camel(value) for key, value in message.items()}
    return [_lower_camel(each) for each in message] if isinstance(message, list) else message


def _as_text(message: Any) -> Any:
    if isinstance(message, dict):
        return {key: _as_text(value) for key, value in message.items()}
    if isinstance(message, list):
        return [_as_text(each) for each in message]
    return str(message) if isinstance(message, Decimal | int) else message


def test_the_standard_itself_is_left_alone() -> None:
    drift: Counter[str] = Counter()
    assert canonical(ORDER, SHAPES["charge_order"], drift) == ORDER
    assert not drift


def test_lower_camel_keys() -> None:
    drift: Counter[str] = Counter()
    assert canonical(_lower_camel(ORDER), SHAPES["charge_order"], drift) == ORDER
    assert drift["key totalPower"] == 1


def test_misspelt_keys() -> None:
    names = {
        "OperatorID": "OperationID",
        "TotalElecMoney": "TotalElectMoney",
        "TotalSeviceMoney": "TotalServiceMoney",
        "SumPeriod": "SubPeriod",
        "DetailElecMoney": "DetailElectMoney",
        "DetailSeviceMoney": "DetailServiceMoney",
        "SevicePrice": "ServicePrice",
    }
    drift: Counter[str] = Counter()
    assert canonical(_renamed(ORDER, names), SHAPES["charge_order"], drift) == ORDER
    assert {f"key {name}" for name in names.values()} == set(drift)


def test_numbers_as_text_and_codes_as_numbers() -> None:
    drift: Counter[str] = Counter()
    assert canonical(_as_text(ORDER), SHAPES["charge_order"], drift) == ORDER
    assert drift["text number TotalPower"] == 1
    assert canonical({**ORDER, "StopReason": 0}, SHAPES["charge_order"]) == ORDER


def test_floats_of_json_keep_their_digits() -> None:
    message = json.loads(json.dumps(ORDER, default=float))
    assert canonical(message, SHAPES["charge_order"])["TotalPower"] == Decimal("12.5")


def test_all_drifts_at_once() -> None:
    names = {"OperatorID": "OperationID", "SumPeriod": "SubPeriod", "TotalSeviceMoney": "TotalServiceMoney"}
    assert canonical(_lower_camel(_as_text(_renamed(ORDER, names))), SHAPES["charge_order"]) == ORDER


def test_the_right_spelling_wins_over_a_drifted_one() -> None:
    both = {"TotalServiceMoney": Decimal("9"), **ORDER}
    assert canonical(both, SHAPES["charge_order"])["TotalSeviceMoney"] == Decimal("5.00")


def test_what_cannot_be_read_stays_and_what_is_unknown_is_named() -> None:
    drift: Counter[str] = Counter()
    found = canonical(
        {"TotalPower": "满电", "SumPeriod": True, "Colour": 3, "Vin": None}, SHAPES["charge_order"], drift
    )
    assert found == {"TotalPower": "满电", "SumPeriod": True, "Colour": 3, "Vin": None}
    assert drift["unknown key Colour"] == 1


def test_stations_and_their_parts() -> None:
    station = {
        "stationID": "S1",
        "operationID": "MA1POWER1",
        "StationType": 102,
        "stationLng": "119.123456",
        "parkNums": "12",
        "equipmentInfos": [
            {
                "EquipmentID": "E1",
                "power": "60",
                "connectorInfos": [{"connectorID": "C1", "ConnectorType": 4}],
            }
        ],
    }
    assert canonical(station, SHAPES["station"]) == {
        "StationID": "S1",
        "OperatorID": "MA1POWER1",
        "StationType": "102",
        "StationLng": Decimal("119.123456"),
        "ParkNums": 12,
        "EquipmentInfos": [
            {
                "EquipmentID": "E1",
                "Power": Decimal(60),
                "ConnectorInfos": [{"ConnectorID": "C1", "ConnectorType": "4"}],
            }
        ],
    }


def test_statistics_with_and_without_their_wrapper() -> None:
    stats = {
        "stationID": "S1",
        "stationElectricity": "3.5",
        "equipmentStatsInfos": [
            {
                "equipmentID": "E1",
                "equipmentElectricity": 3.5,
                "connectorStatsInfos": [{"connectorID": "C1", "connectorElectricity": "3.5"}],
            }
        ],
    }
    expected = {
        "StationID": "S1",
        "StationElectricity": Decimal("3.5"),
        "EquipmentStatsInfos": [
            {
                "EquipmentID": "E1",
                "EquipmentElectricity": Decimal("3.5"),
                "ConnectorStatsInfos": [{"ConnectorID": "C1", "ConnectorElectricity": Decimal("3.5")}],
            }
        ],
    }
    assert canonical_stats(stats) == expected
    assert canonical_stats({"stationStats": stats}) == expected
