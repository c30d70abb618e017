"""What file names and station dates say."""

from __future__ import annotations

from datetime import date

import pytest
from green_freight.agencies.agency import CONNECTIONS, FilePlace, SftpConnection
from green_freight.agencies.charging_exchange_connector import is_running
from green_freight.agencies.connector import Connection
from green_freight.errors import FetchError
from green_freight.periods import Period
from green_freight.written_dates import month_in


@pytest.mark.parametrize(
    "name",
    [
        "2025年9月商贸配送月报.xlsx",
        "连云港市2025年09月配送情况.xlsx",
        "2025 年 9 月_最终版(2).xlsx",
        "２０２５年９月（更正）.xlsx",
        "二〇二五年九月月报.xlsx",
        "月报202509.xlsx",
        "月报_202509_更正.xlsx",
        "report-2025-09.xlsx",
        "report_2025_9_final.xlsx",
        "月报2025.09.xlsx",
        "2025年9月月报_20251008更正.xlsx",
        "25年9月商贸配送月报更正.xlsx",
    ],
)
def test_a_month_is_read_in_every_spelling(name: str) -> None:
    assert month_in(name, is_file_name=True) == "2025-09"


@pytest.mark.parametrize(
    ("name", "label"),
    [("二○二五年十月.xlsx", "2025-10"), ("二零二五年十一月.xlsx", "2025-11"), ("2025年12月.xlsx", "2025-12")],
)
def test_the_last_months_of_a_year(name: str, label: str) -> None:
    assert month_in(name, is_file_name=True) == label


@pytest.mark.parametrize(
    "name", ["月报_最终版(2).xlsx", "9月月报.xlsx", "2025年月报.xlsx", "202513.xlsx", "20250930.xlsx"]
)
def test_a_name_without_a_month_is_not_guessed(name: str) -> None:
    assert month_in(name, is_file_name=True) is None


def _place(connection: str, file_name: str) -> FilePlace | None:
    entry = CONNECTIONS[connection]
    assert isinstance(entry, SftpConnection)
    return entry.place(file_name)


def test_names_of_the_drop() -> None:
    expected = FilePlace(Period("2025-09"), 12, "terminal_stations")
    assert _place("postal", "postal_terminal_stations_202509_v12.csv") == expected
    for name in (
        "postal_tricycles_202513_v1.csv",
        "postal_tricycles_202509_v1.csv.sha256",
        "tricycles_202509_v1.csv",
    ):
        assert _place("postal", name) is None


def test_names_of_order_files() -> None:
    assert _place("power_files", "charge_orders_20250930.jsonl.gz") == FilePlace(Period("2025-09-30"))
    for name in (
        "charge_orders_20250931.jsonl.gz",
        "charge_orders_202509.jsonl.gz",
        "orders_20250930.jsonl.gz",
    ):
        assert _place("power_files", name) is None


@pytest.mark.parametrize(
    ("station", "expected"),
    [
        ({"OfficialRunTime": "2025-09-30"}, True),
        ({"OfficialRunTime": "2025-10-01"}, False),
        ({"OfficialRunTime": "2024-01-01", "DecommissionTime": "2025-09-30"}, False),
        ({"OfficialRunTime": "2024-01-01", "DecommissionTime": "2025-10-01"}, True),
        ({"OfficialRunTime": "", "StationStatus": "1"}, False),
        ({"StationStatus": "50"}, True),
    ],
)
def test_a_station_is_asked_about_while_it_runs(station: dict[str, str], expected: bool) -> None:
    assert is_running(station, date(2025, 9, 30)) is expected


def test_a_connection_hides_its_secrets_and_names_what_it_lacks() -> None:
    connection = Connection("h", 22, "l", "pass-word", {"sig_secret": "s-e-c"})
    assert connection.port == 22
    assert "pass-word" not in repr(connection)
    assert "s-e-c" not in repr(connection)
    with pytest.raises(FetchError, match="host_key"):
        connection.required("host_key")
    assert connection.base_url == "http://h:22"


@pytest.mark.parametrize("version", ["9" * 10, "9" * 30, "9" * 5000])
def test_a_version_beyond_the_column_that_holds_it_is_no_version(version: str) -> None:
    drop = CONNECTIONS["postal"]
    assert isinstance(drop, SftpConnection)
    assert drop.place(f"postal_tricycles_202509_v{version}.csv") is None
    known = drop.place("postal_tricycles_202509_v999999999.csv")
    assert known is not None and known.version == 999_999_999
