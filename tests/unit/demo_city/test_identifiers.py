"""The city's identifiers are valid by their standards, checked with independent libraries and patterns."""

from __future__ import annotations

import re

import pytest
from stdnum.cn import uscc
from vininfo import Vin

from demo_city.city import City
from demo_city.identifiers import organisation_code
from demo_city.random_generator import month_starts
from demo_city.versioned_register import Row

ORDINARY = re.compile(r"苏G[A-HJ-NP-Z][A-HJ-NP-Z0-9]{4}")
SMALL_NEW_ENERGY = re.compile(r"苏G[A-HJK][A-HJ-NP-Z0-9]\d{4}")
LARGE_NEW_ENERGY = re.compile(r"苏G\d{5}[DF]")


@pytest.fixture(scope="module")
def vehicles() -> list[Row]:
    return City(volume=0.0).register_versions("transport_vehicle")


def _plain(plate: str) -> str:
    return re.sub(r"[·• ]", "", plate)


def test_credit_codes_have_their_check_digit() -> None:
    """Also those with the region prefixes that were retired in 2014."""
    city = City(volume=0.0)
    codes = {row["credit_code"] for row in city.register_versions("transport_enterprise")}
    month = month_starts(city.first_day, city.last_day)[-1]
    codes |= {
        row["credit_code"]
        for row in city.form_rows("commerce_cold_chain_enterprise", month)
        + city.form_rows("commerce_pharma_enterprise", month)
    }
    assert all(uscc.is_valid(code) for code in codes)
    prefixes = {code[2:8] for code in codes}
    assert {"320705", "320721"} <= prefixes


def test_organisation_code_check_character() -> None:
    """GB 11714's own example, 00000000-? with all zeros, checks to 0; a real serial gives one of 0-9 and X."""
    assert {organisation_code(n)[-1] for n in range(200)} == set("0123456789X")
    body, check = "MAD00007", organisation_code(7)[-1]
    rest = 11 - sum(int(c, 36) * w for c, w in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True)) % 11
    assert check == {10: "X", 11: "0"}.get(rest, str(rest))


def test_operator_is_an_organisation_code() -> None:
    assert City(volume=0.0).power.operator_id == organisation_code(7)
    assert len(organisation_code(7)) == 9


def test_vins_have_their_check_digit(vehicles: list[Row]) -> None:
    assert all(Vin(row["vin"]).verify_checksum() for row in vehicles)
    assert len({row["vin"] for row in vehicles}) == len({row["vehicle_id"] for row in vehicles})


def test_plates_follow_their_pattern_and_kind(vehicles: list[Row]) -> None:
    for row in vehicles:
        plate = _plain(row["plate_no"])
        if row["new_energy_kind_code"] is None:
            assert ORDINARY.fullmatch(plate), row["plate_no"]
        else:
            pattern = SMALL_NEW_ENERGY if row["gross_mass_kg"] <= 4500 else LARGE_NEW_ENERGY
            assert pattern.fullmatch(plate), row["plate_no"]


def test_plates_are_unique_and_written_in_several_ways(vehicles: list[Row]) -> None:
    by_vehicle = {row["vehicle_id"]: row["plate_no"] for row in vehicles}
    assert len({_plain(plate) for plate in by_vehicle.values()}) == len(by_vehicle)
    assert {plate[2] for plate in by_vehicle.values()} >= {"·", "•", " "}


def test_vehicle_codes_are_those_of_their_systems(vehicles: list[Row]) -> None:
    assert {row["plate_color_code"] for row in vehicles} == {"1", "2", "93", "94"}
    assert all(re.fullmatch(r"H[1234][1-9]", row["vehicle_type_code"]) for row in vehicles)
    assert {row["energy_code"] for row in vehicles} <= set("ABCDEFLMNOYZ")
    hybrids = [row for row in vehicles if row["energy_code"] == "O"]
    assert {row["new_energy_kind_code"] for row in hybrids} == {"PHEV", None}


def test_light_trucks_share_one_certificate_number(vehicles: list[Row]) -> None:
    light = {row["transport_certificate_no"] for row in vehicles if row["gross_mass_kg"] <= 4500}
    heavy = [r for r in vehicles if r["gross_mass_kg"] > 4500]
    assert light == {"320700000000"}
    assert len({r["transport_certificate_no"] for r in heavy}) == len({r["vehicle_id"] for r in heavy})
