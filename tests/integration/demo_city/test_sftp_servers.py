"""The three SFTP drops through paramiko: login, host key, folders, and files that look like real ones."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import paramiko
import pytest
from openpyxl import load_workbook

from demo_city.city import City
from demo_city.servers import DemoAgencies, DemoConnection
from tests.integration.demo_city.clients import read, sftp

NIGHT = datetime.fromisoformat("2025-10-01T02:00:00+08:00")
REPORT = "/reports/连云港市城市配送月报_2025年{:02d}月.xlsx"
SEPTEMBER = date(2025, 9, 1)


def _sheets(content: bytes) -> Any:
    return load_workbook(io.BytesIO(content))


def test_only_what_is_delivered_is_listed_with_the_moment_of_delivery(agencies: DemoAgencies) -> None:
    with sftp(agencies.connections["commerce"]) as client:
        files = client.listdir_attr("/reports")
    assert [f.filename for f in files] == [REPORT.format(m).rpartition("/")[2] for m in (6, 7, 8, 9)]
    moments = [datetime.fromtimestamp(f.st_mtime or 0, NIGHT.tzinfo) for f in files]
    assert moments[-1] == datetime.fromisoformat("2025-09-30T18:00:00+08:00")
    assert all(f.st_size for f in files)


def test_the_workbook_looks_like_one_that_people_made(agencies: DemoAgencies) -> None:
    with sftp(agencies.connections["commerce"]) as client:
        book = _sheets(read(client, REPORT.format(9)))
    assert book.sheetnames == ["门店配送", "冷链企业", "医药配送企业"]
    sheet = book["门店配送"]
    assert "2025年09月" in sheet["A1"].value and "演示数据" in sheet["A1"].value
    assert "单位：吨" in sheet["A2"].value
    assert {"A1:I1", "A2:I2", "A3:A4", "G3:I3"} <= {str(r) for r in sheet.merged_cells.ranges}
    column_a = [cell.value for cell in sheet["A"]]
    assert column_a.count("合计") == 1 and column_a.count("小计") >= 4
    totals = [cell.value for cell in sheet["F"][4:]]
    assert any(isinstance(value, str) for value in totals) and any(isinstance(v, float) for v in totals)
    assert "年" in book["冷链企业"]["E5"].value
    shares = [book["医药配送企业"].cell(row, 5) for row in range(5, 9)]
    assert {type(cell.value) for cell in shares} == {str, float}
    assert any(cell.number_format == "0.0%" for cell in shares)


def test_kilograms_in_some_months_are_the_same_freight(agencies: DemoAgencies, small_city: City) -> None:
    with sftp(agencies.connections["commerce"]) as client:
        sheet = _sheets(read(client, REPORT.format(8)))["门店配送"]
    assert "单位：千克" in sheet["A2"].value
    last = next(row for row in sheet.iter_rows(values_only=True) if row[0] == "合计")
    total = sum(
        (row["total_tonnes"] for row in small_city.form_rows("commerce_store_delivery", date(2025, 8, 1))),
        Decimal(0),
    )
    assert Decimal(str(last[5])) == total * 1000


def test_store_rows_are_the_citys(agencies: DemoAgencies, small_city: City) -> None:
    with sftp(agencies.connections["commerce"]) as client:
        sheet = _sheets(read(client, REPORT.format(9)))["门店配送"]
    served = {row[1]: row for row in sheet.iter_rows(min_row=5, values_only=True) if row[1]}
    expected = {row["store_code"]: row for row in small_city.form_rows("commerce_store_delivery", SEPTEMBER)}
    assert served.keys() == expected.keys()
    for code, row in expected.items():
        assert Decimal(str(served[code][5])) == row["total_tonnes"]
        assert served[code][3] in ("超市", "连锁店") and served[code][4] in ("是", "否")


@pytest.mark.parametrize(("month", "encoding"), [(9, "utf-8-sig"), (8, "gb18030")])
def test_postal_files_with_checksum_in_two_encodings(
    agencies: DemoAgencies, small_city: City, month: int, encoding: str
) -> None:
    name = f"postal_tricycles_2025{month:02d}_v1.csv"
    with sftp(agencies.connections["postal"]) as client:
        content, checksum = (read(client, f"/drop/{name}{ending}") for ending in ("", ".sha256"))
    assert checksum.decode() == f"{hashlib.sha256(content).hexdigest()}  {name}\n"
    if encoding == "gb18030":
        with pytest.raises(UnicodeDecodeError):
            content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content.decode(encoding))))
    expected = small_city.form_rows("postal_tricycle", date(2025, month, 1))
    assert [row["编号"] for row in rows] == [row["tricycle_no"] for row in expected]
    assert {row["统一标识"] for row in rows} <= {"是", "否"}


def test_orders_of_a_day(agencies: DemoAgencies, small_city: City) -> None:
    with sftp(agencies.connections["power_files"]) as client:
        assert client.listdir("/orders")[-1] == "202509"
        listed = client.listdir("/orders/202509")
        content = read(client, "/orders/202509/charge_orders_20250930.jsonl.gz")
    assert len(listed) == 30
    assert content[4:8] == b"\0\0\0\0"
    orders = [json.loads(line) for line in gzip.decompress(content).splitlines()]
    expected = small_city.power.charge_orders_pushed(date(2025, 9, 30))
    assert [o["StartChargeSeq"] for o in orders] == [o["StartChargeSeq"] for o in expected]
    assert sum(Decimal(str(o["TotalPower"])) for o in orders) == sum(o["TotalPower"] for o in expected)


def test_files_appear_when_the_clock_passes_their_delivery(run_agencies: Callable[..., DemoAgencies]) -> None:
    running = run_agencies(clock=datetime.fromisoformat("2025-09-30T17:59:00+08:00"))
    with sftp(running.connections["commerce"]) as client:
        before = client.listdir("/reports")
        running.set_clock(NIGHT)
        after = client.listdir("/reports")
    assert len(after) == len(before) + 1


def test_the_same_bytes_after_a_new_start(small_city: City, tmp_path: Path) -> None:
    contents = []
    for home in ("a", "b"):
        with DemoAgencies(small_city, tmp_path / home, NIGHT) as running:
            found = []
            with sftp(running.connections["commerce"]) as client:
                found.append(read(client, REPORT.format(9)))
            with sftp(running.connections["power_files"]) as client:
                found.append(read(client, "/orders/202509/charge_orders_20250930.jsonl.gz"))
            contents.append(found)
    assert contents[0] == contents[1]


def test_a_home_keeps_ports_and_secrets(small_city: City, tmp_path: Path) -> None:
    before: dict[str, DemoConnection] = {}
    for _ in range(2):
        with DemoAgencies(small_city, tmp_path, NIGHT) as running:
            before = before or dict(running.connections)
            assert running.connections == before
    assert not (tmp_path / "agencies.json").exists()
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_one_agencys_password_opens_no_other(agencies: DemoAgencies) -> None:
    wrong = agencies.connections["postal"].password
    with pytest.raises(paramiko.AuthenticationException), sftp(agencies.connections["commerce"], wrong):
        pass


def test_another_host_key_is_noticed(agencies: DemoAgencies) -> None:
    commerce, postal = agencies.connections["commerce"], agencies.connections["postal"]
    crossed = DemoConnection(commerce.host, commerce.port, commerce.login, commerce.password, postal.extra)
    with pytest.raises(paramiko.SSHException), sftp(crossed):
        pass


@pytest.mark.parametrize("path", ["/etc/passwd", "../../etc/passwd", "/reports/../../secrets.json", "/drop"])
def test_nothing_else_can_be_read(agencies: DemoAgencies, path: str) -> None:
    with sftp(agencies.connections["commerce"]) as client, pytest.raises(OSError):
        read(client, path)


def test_nothing_can_be_written(agencies: DemoAgencies) -> None:
    with sftp(agencies.connections["commerce"]) as client:
        for attempt in (
            lambda: client.open("/reports/new.xlsx", "w"),
            lambda: client.remove(REPORT.format(9)),
            lambda: client.rename(REPORT.format(9), "/reports/x"),
            lambda: client.mkdir("/reports/new"),
            lambda: client.chmod(REPORT.format(9), 0o777),
        ):
            with pytest.raises(OSError):
                attempt()
        assert client.stat(REPORT.format(9)).st_size


def test_late_repeated_and_corrected_reports(
    run_agencies: Callable[..., DemoAgencies], small_city: City
) -> None:
    later = NIGHT + timedelta(days=20)
    running = run_agencies(defect_rates={"report_late": 1.0, "report_resent": 1.0}, agencies=("commerce",))
    with sftp(running.connections["commerce"]) as client:
        assert "9月" not in "".join(client.listdir("/reports"))
        running.set_clock(later)
        names = [name for name in client.listdir("/reports") if "09月" in name]
        assert names == [f"连云港市城市配送月报_2025年09月{end}.xlsx" for end in ("", "_最终版(2)")]
        books = [_sheets(read(client, f"/reports/{name}"))["门店配送"] for name in names]
        moments = [client.stat(f"/reports/{name}").st_mtime or 0 for name in names]
    assert moments[0] < moments[1]
    stores = [{row[1]: row[5] for row in b.iter_rows(min_row=5, values_only=True) if row[1]} for b in books]
    assert len(stores[0]) == len(stores[1]) + 1
    assert {code: Decimal(str(t)) for code, t in stores[1].items()} == {
        row["store_code"]: row["total_tonnes"]
        for row in small_city.form_rows("commerce_store_delivery", SEPTEMBER)
    }


def test_postal_corrections_and_repetitions(run_agencies: Callable[..., DemoAgencies]) -> None:
    def drop(defect: str) -> list[bytes]:
        running = run_agencies(
            defect_rates={defect: 1.0}, agencies=("postal",), clock=NIGHT + timedelta(days=5)
        )
        with sftp(running.connections["postal"]) as client:
            return [read(client, f"/drop/postal_tricycles_202509_v{n}.csv") for n in (1, 2)]

    first, corrected = drop("postal_corrected")
    assert first.count(b"\n") == corrected.count(b"\n") + 1
    assert len(set(drop("postal_repeated"))) == 1


def test_damaged_files(run_agencies: Callable[..., DemoAgencies]) -> None:
    rates = {"report_truncated": 1.0, "postal_wrong_checksum": 1.0, "orders_truncated": 1.0}
    running = run_agencies(defect_rates=rates)
    with sftp(running.connections["commerce"]) as client, pytest.raises(Exception, match="zip"):
        _sheets(read(client, REPORT.format(9)))
    with sftp(running.connections["postal"]) as client:
        content = read(client, "/drop/postal_tricycles_202509_v1.csv")
        checksum = read(client, "/drop/postal_tricycles_202509_v1.csv.sha256").decode()
    assert not checksum.startswith(hashlib.sha256(content).hexdigest())
    with sftp(running.connections["power_files"]) as client, pytest.raises(EOFError):
        gzip.decompress(read(client, "/orders/202509/charge_orders_20250930.jsonl.gz"))
