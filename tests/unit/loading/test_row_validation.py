"""The contract decides whether a row with an invalid identifier is rejected or loaded with a warning."""

from __future__ import annotations

from dataclasses import replace

import pytest
from green_freight.contracts import Contract, contract
from green_freight.loading.outcomes import SourceRow
from green_freight.loading.row_validation import Accepted, Rejected, RowValidator
from green_freight.periods import Period

VALID = {
    "vehicle_id": "V1", "plate_no": "苏GD12345", "plate_color_code": "5", "vin": "1HGCM82633A004352",
    "enterprise_id": "E1", "vehicle_type_code": "H31", "energy_code": "C", "new_energy_kind_code": "BEV",
    "body_kind_code": "van", "gross_mass_kg": 4495, "entry_kind_code": "new", "in_service_on": "2024-05-01",
    "out_of_service_on": None, "out_of_service_reason_code": None, "changed_at": "2024-05-02T10:00:00+08:00",
    "is_deleted": False,
}  # fmt: skip
INVALID = {"vin": ("1HGCM82633A004353", "bad_check_digit"), "plate_no": ("苏GO1234", "bad_pattern")}


def _contract(name: str, rejects_invalid: bool) -> Contract:
    found = contract("transport_vehicle")
    columns = (
        replace(column, rejects_invalid=rejects_invalid) if column.name == name else column
        for column in found.columns
    )
    return replace(found, columns=tuple(columns))


def _validate(found: Contract, name: str, value: str) -> tuple[Accepted | Rejected, RowValidator]:
    row = {column: VALID.get(column) for column in found.names} | {name: value}
    validator = RowValidator(found, Period("2024-05"))
    [result] = validator.validate([SourceRow(1, list(row.values()), row)])
    return result, validator


@pytest.mark.parametrize(("name", "value", "code"), [(name, *case) for name, case in INVALID.items()])
def test_a_row_with_an_invalid_identifier_is_rejected_where_the_contract_says_so(
    name: str, value: str, code: str
) -> None:
    result, validator = _validate(_contract(name, rejects_invalid=True), name, value)
    assert isinstance(result, Rejected)
    assert result.issue.column is not None
    assert (result.issue.reason_code, result.issue.column.name) == (code, name)
    assert validator.warnings() == []


@pytest.mark.parametrize(("name", "value", "code"), [(name, *case) for name, case in INVALID.items()])
def test_an_invalid_identifier_is_loaded_with_a_warning_where_the_contract_says_so(
    name: str, value: str, code: str
) -> None:
    found = _contract(name, rejects_invalid=False)
    result, validator = _validate(found, name, value)
    assert isinstance(result, Accepted)
    assert result.row[found.position(name)] == value
    [warning] = validator.warnings()
    assert (warning.code, warning.column, warning.count) == (code, name, 1)


def test_the_contracts_reject_plates_and_credit_codes_and_keep_vehicle_identification_numbers() -> None:
    found = contract("transport_vehicle")
    assert found.column("plate_no").rejects_invalid
    assert not found.column("vin").rejects_invalid
    assert not contract("power_charge_order").column("vin").rejects_invalid
    assert contract("transport_enterprise").column("credit_code").rejects_invalid
