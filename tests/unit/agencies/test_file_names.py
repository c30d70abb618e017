"""Names that were not agreed: taken where they can mean one delivery only, else left for a person."""

from __future__ import annotations

import pytest
from green_freight.agencies.agency import CONNECTIONS, FilePlace, SftpConnection
from green_freight.agencies.file_names import is_delivered, is_sent, places
from green_freight.periods import Period

POSTAL = ("tricycles", "terminal_stations", "parcel_volumes")
AGREED = "postal_tricycles_202509_v1.csv"
SEPTEMBER = Period("2025-09")


def _entry(connection: str) -> SftpConnection:
    entry = CONNECTIONS[connection]
    assert isinstance(entry, SftpConnection)
    return entry


@pytest.mark.parametrize(
    "name",
    [
        "postal_tricycles_202509_v2 (1).csv", "postal_tricycles_2025-09_v2.csv",
        "postal_tricycles_202509_v2（更正）.csv", "更正 postal_tricycles_2025年9月_V2.csv",
        "postal-tricycles-202509-v2.csv", "副本postal_tricycles_202509_v2.CSV",
    ],
)  # fmt: skip
def test_a_name_that_means_one_delivery_is_taken(name: str) -> None:
    found = places(_entry("postal"), POSTAL, [AGREED, name])
    assert found == {AGREED: FilePlace(SEPTEMBER, 1, "tricycles"), name: FilePlace(SEPTEMBER, 2, "tricycles")}


@pytest.mark.parametrize(
    "name",
    [
        "postal_tricycle_202509_v2.csv", "tricycles_202509.csv", "postal_tricycles_v2.csv",
        "postal_tricycles_202509_v1（更正）.csv", "postal_tricycles_202509_v2_v3.csv",
        "postal_tricycles_parcel_volumes_202509_v2.csv", "postal_tricycles_20250930_v2.csv",
    ],
)  # fmt: skip
def test_a_name_that_tells_too_little_or_means_another_file_is_not(name: str) -> None:
    assert places(_entry("postal"), POSTAL, [AGREED, name]) == {AGREED: FilePlace(SEPTEMBER, 1, "tricycles")}


def test_of_two_near_names_for_one_version_none_is_taken() -> None:
    names = ["postal_tricycles_202509_v2 (1).csv", "postal_tricycles_202509_v2 (2).csv"]
    assert places(_entry("postal"), POSTAL, names) == {}


@pytest.mark.parametrize("name", ["charge_orders_2025-09-30.jsonl.gz", "charge_orders_20250930 (1).jsonl.gz"])
def test_days_are_read_as_well(name: str) -> None:
    found = places(_entry("power_files"), ["charge_orders"], [name])
    assert found == {name: FilePlace(Period("2025-09-30"))}


@pytest.mark.parametrize(
    ("name", "is_one", "is_person"),
    [
        ("2025年9月商贸配送月报.xlsx", True, True), ("2025年9月商贸配送月报（更正）.xls", False, True),
        ("2025年9月.et", False, True), ("~$2025年9月.xlsx", False, False), ("2025年9月.xlsx.part", False, False),
        ("2025年9月.xlsx.sha256", False, False), ("SHA256SUMS", False, False), ("a.md5", False, False),
    ],
)  # fmt: skip
def test_what_tools_leave_is_no_file_of_a_person(name: str, is_one: bool, is_person: bool) -> None:
    assert (is_delivered(_entry("commerce"), name), is_sent(name)) == (is_one, is_person)
