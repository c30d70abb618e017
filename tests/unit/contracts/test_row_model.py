"""Rows against the compiled contract: types out, and the reason for each kind of fault."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from green_freight.contracts import contract
from green_freight.contracts.identifiers import is_plate, is_uscc, is_vin, normal_form
from green_freight.contracts.row_model import reasons, row_model, tombstone_model
from pydantic import ValidationError

VEHICLE = {
    "vehicle_id": "V1",
    "plate_no": "苏G·d12345",
    "plate_color_code": "94",
    "vin": None,
    "vehicle_type_code": "H32",
    "energy_code": "C",
    "new_energy_kind_code": "BEV",
    "body_kind_code": "van",
    "enterprise_id": "E1",
    "transport_certificate_no": "320700000000",
    "gross_mass_kg": "4495.5",
    "entry_kind_code": "new",
    "in_service_on": "2024-05-01",
    "out_of_service_on": None,
    "out_of_service_reason_code": None,
    "changed_at": "2024-05-02T10:00:00+08:00",
    "is_deleted": False,
}


def _validated(**changes: Any) -> list[tuple[str, str]]:
    found = contract("transport_vehicle")
    values = VEHICLE | changes
    try:
        row_model(found).validate_python([values[name] for name in found.names])
    except ValidationError as error:
        return [(column.name, code) for column, code, _ in reasons(error, found)]
    return []


def test_a_row_comes_out_typed() -> None:
    found = contract("transport_vehicle")
    row = row_model(found).validate_python([VEHICLE[name] for name in found.names])
    out = dict(zip(found.names, row, strict=True))
    assert out["plate_no"] == "苏GD12345"
    assert out["gross_mass_kg"] == Decimal("4495.5")
    assert out["in_service_on"] == date(2024, 5, 1)
    assert out["changed_at"] == datetime.fromisoformat("2024-05-02T02:00:00+00:00")


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("vehicle_id", None, "missing_value"),
        ("vehicle_id", "  ", "missing_value"),
        ("vehicle_id", "V" * 65, "too_long"),
        ("vehicle_id", "V\x001", "bad_character"),
        ("vehicle_id", "V\ud800", "bad_character"),
        ("vehicle_id", ["V1"], "not_a_text"),
        ("in_service_on", None, "missing_value"),
        ("in_service_on", "2024-02-30", "not_a_date"),
        ("in_service_on", 20240501, "not_a_date"),
        ("in_service_on", "1900-01-01", "out_of_range"),
        ("in_service_on", "2024-05-01 08:30:00", "not_a_date"),
        ("changed_at", "2024-05-01", "not_a_date"),
        ("gross_mass_kg", "heavy", "not_a_number"),
        ("gross_mass_kg", True, "not_a_number"),
        ("gross_mass_kg", float("nan"), "not_a_number"),
        ("gross_mass_kg", "Infinity", "not_a_number"),
        ("gross_mass_kg", 9_990_000, "out_of_range"),
        ("plate_color_code", "0", "not_in_code_list"),
        ("energy_code", "c", "not_in_code_list"),
        ("plate_no", "苏GO1234", "bad_pattern"),
        ("is_deleted", "perhaps", "not_a_boolean"),
    ],
)
def test_a_fault_has_its_reason(column: str, value: Any, reason: str) -> None:
    assert _validated(**{column: value}) == [(column, reason)]


def test_faults_are_told_in_the_order_of_the_columns() -> None:
    assert _validated(gross_mass_kg="x", vehicle_id=None) == [
        ("vehicle_id", "missing_value"),
        ("gross_mass_kg", "not_a_number"),
    ]


def test_numbers_in_place_of_codes_are_read_as_text() -> None:
    assert _validated(plate_color_code=94) == []


def test_a_credit_code_needs_its_check_digit() -> None:
    found = contract("commerce_cold_chain_enterprise")
    good = ["91320706MAD001011R", "企业", None, None, None, "2025-09"]
    row_model(found).validate_python(good)
    with pytest.raises(ValidationError) as raised:
        row_model(found).validate_python(["91320706MAD0010111", *good[1:]])
    assert [code for _, code, _ in reasons(raised.value, found)] == ["bad_check_digit"]


def test_a_tombstone_needs_no_more_than_its_key() -> None:
    found = contract("transport_vehicle")
    bare = dict.fromkeys(VEHICLE) | {
        "vehicle_id": "V1",
        "changed_at": VEHICLE["changed_at"],
        "is_deleted": True,
    }
    assert tombstone_model(found).validate_python([bare[name] for name in found.names])[0] == "V1"
    with pytest.raises(ValidationError):
        row_model(found).validate_python([bare[name] for name in found.names])


@pytest.mark.parametrize(
    "written", ["苏G·12345", "苏G•12345", "苏G 12345", "苏G12345", "苏Ｇ１２３４５", "苏g12345"]
)
def test_plates_have_one_form(written: str) -> None:
    assert normal_form("plate", written) == "苏G12345"


@pytest.mark.parametrize(
    ("plate", "is_good"),
    [
        ("苏G12345", True), ("苏GD12345", True), ("苏GDA1234", True), ("苏G12345F", True), ("苏G12345D", True),
        ("苏GI1234", False), ("苏G1234O", False), ("苏GL12345", False), ("苏G1234", False), ("G12345", False),
    ],
)  # fmt: skip
def test_plates_have_three_patterns(plate: str, is_good: bool) -> None:
    assert is_plate(plate) is is_good


def test_check_digits() -> None:
    assert is_vin("1HGCM82633A004352")
    assert not is_vin("1HGCM82633A004353")
    assert not is_vin("1HGCM8263IA004352")
    assert is_uscc("91320706MAD001011R")
    assert not is_uscc("91320706MAD001011X")
