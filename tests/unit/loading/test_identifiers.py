"""Identifiers as people, spreadsheets and platforms write them: one thing has one, damaged ones are rejected."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from green_freight.agencies.registers import listed_records
from green_freight.contracts import contract, contracts
from green_freight.contracts.identifiers import look_alike, normal_form
from green_freight.landing import Exchange
from green_freight.loading.number_formats import shown_number

from tests.integration.loading.postal_forms import STATION_HEADER
from tests.integration.loading.workbooks import report, store, stores_above
from tests.unit.loading.reading import Reading, read

STATIONS = STATION_HEADER + "\r\n"
SAME = (
    "MD001", "MD001\u200b", "\ufeffMD001", "ＭＤ００１", "md001", "MD 001", " MD001 ", "\tMD001", "'MD001",
    "MD\u00a0001",
    '"=""MD001"""', '"""MD001"""', "“MD001”", "MD\u2060001\u200e", "MD\ufe0f001", "'=\"MD001\"'", "MD\u3000001",
)  # fmt: skip


def _stations(*numbers: str) -> Reading:
    rows = "".join(f"{number},站,甲,320706,海连路,是,2025-03-01,\r\n" for number in numbers)
    return read("postal_terminal_station", (STATIONS + rows).encode("utf-8-sig"))


def _stores(*codes: Any) -> Reading:
    rows = [(d, c, *rest) for d, c, *rest in (store("1") for _ in codes)]
    rows = [(row[0], code, *row[2:]) for row, code in zip(rows, codes, strict=True)]
    return read("commerce_store_delivery", report(stores_above(*rows)))


@pytest.mark.parametrize("written", SAME)
def test_a_number_has_one_form_however_it_is_written(written: str) -> None:
    assert _stations(written).values("station_no") == ["MD001"]


@pytest.mark.parametrize(
    ("kind", "written", "expected"),
    [
        ("uscc", " 91320706mad001011r\u200b", "91320706MAD001011R"),
        ("vin", "１ｈｇｃｍ82633a004352", "1HGCM82633A004352"),
        ("plate", "苏g·12345", "苏G12345"), ("plate", "'苏Ｇ 12345\ufeff", "苏G12345"),
        ("name", "演示快递(连云港)  有限公司\u200b", "演示快递（连云港） 有限公司"),
        ("name", "“演示快递（连云港） 有限公司”", "演示快递（连云港） 有限公司"), ("name", "Ａ快递", "A快递"),
        ("register_number", "连政办发〔2023〕2号", "连政办发〔2023〕2号"), ("register_number", None, None),
    ],
)  # fmt: skip
def test_each_kind_has_its_form(kind: str, written: Any, expected: Any) -> None:
    assert normal_form(kind, written) == expected


@pytest.mark.parametrize(
    "written",
    ["3.20706E+17", "3.2e+17", "3E+17", "3,2E+17", "-1.5E-05", "３.20706E+17", '="3.20706E+17"', "1.0E17"],
)
def test_scientific_notation_is_rejected(written: str) -> None:
    found = _stations("MD001", f'"{written}"' if '"' not in written else '"=""3.20706E+17"""')
    assert found.faults == [(3, "station_no", "damaged_identifier")]


@pytest.mark.parametrize(
    "written", ["#N/A", "#REF!", "#NAME?", "＃DIV/0!", "########", "#VALUE!\u200b", "Err:502"]
)
@pytest.mark.parametrize("column", ["station_no", "station_name", "company_name", "address", "opened_on"])
def test_an_error_value_is_rejected_in_any_column(written: str, column: str) -> None:
    columns = ("station_no", "station_name", "company_name", "", "address", "", "opened_on")
    cells = ["MD002", "站", "甲", "320706", "海连路", "是", "2025-03-01", ""]
    cells[columns.index(column)] = written
    content = f"{STATIONS}MD001,站,甲,320706,海连路,是,2025-03-01,\r\n{','.join(cells)}\r\n".encode(
        "utf-8-sig"
    )
    assert read("postal_terminal_station", content).faults == [(3, column, "error_value")]


@pytest.mark.parametrize("code", ["1E5", "E502", "#12", "12E3", "3E17", "#A栋"])
def test_a_code_that_only_resembles_damage_is_kept(code: str) -> None:
    assert _stations(code).values("station_no") == [code]


def test_a_number_of_more_digits_than_excel_keeps_is_rejected() -> None:
    found = _stores("A1", 320706000000000100, 10**15, 999_999_999_999_999, "320706000000000100")
    assert found.values("store_code") == ["A1", "999999999999999", "320706000000000100"]
    assert [(column, reason) for _, column, reason in found.faults] == [
        ("store_code", "damaged_identifier")
    ] * 2


def test_numbers_formatted_as_text_are_the_text() -> None:
    found = _stores((12, "0000"), "0012", "００１２", (12, '"TR"0000'), (12, "General"), 12.0)
    assert found.values("store_code") == ["0012", "0012", "0012", "TR0012", "12", "12"]


def test_error_values_of_a_workbook_are_rejected_wherever_they_stand() -> None:
    rows = [
        store("A1"),
        store("#REF!"),
        store("A3", total="#DIV/0!"),
        store("A4", district="#N/A"),
        store("A5"),
    ]
    found = read("commerce_store_delivery", report(stores_above(*rows)))
    assert found.values("store_code") == ["A1", "A5"]
    assert {reason for _, _, reason in found.faults} == {"error_value"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("MD001", "MD1"), ("MDO01", "MD001"), ("MDI01", "MD101"), ("ＭD-1", "MD—1"), ("МD001", "MD001"),
        ("ΜD001", "MD001"),
        ("12.0", "12"), ("MDl01", "MD101"), ("MD_1", "MD-1"),
    ],
)  # fmt: skip
def test_numbers_that_look_alike_are_loaded_and_reported(one: str, other: str) -> None:
    found = _stations("XY777", one, other)
    assert len(found.rows) == 3
    [warning] = [each for each in found.warnings if each.code == "look_alike_keys"]
    assert (warning.column, warning.count) == ("station_no", 1)
    assert "第 4 行" in warning.message_zh and "row 4" in warning.message_en


@pytest.mark.parametrize(
    ("one", "other"), [("MD001", "MD010"), ("A1-1", "A11"), ("MD001", "MD001"), ("1001", "101")]
)
def test_numbers_that_differ_are_not_reported(one: str, other: str) -> None:
    assert "look_alike_keys" not in {each.code for each in _stations(one, other).warnings}
    assert (look_alike(one) == look_alike(other)) is (one == other)


def test_a_register_as_listed_has_the_keys_that_raw_has() -> None:
    items = [{"vehicle_id": "\ufeffｖ 1\u200b"}, {"vehicle_id": 2.0}, {"vehicle_id": 32070600000300520000001}]
    listing = [Exchange({}, json.dumps({"code": 0, "items": items}))]
    found = listed_records(contract("transport_vehicle"), listing, date(2025, 9, 30))
    assert found.keys == {("V1",), ("2",), ("32070600000300520000001",)}


@pytest.mark.parametrize(
    ("number", "number_format", "shown"),
    [
        (0.85, "0%", "85.00%"), (85, '0"%"', "85%"), (85, "0\\%", "85%"), (0.85, '0.00"%"', "0.85%"),
        (1500, '0"公斤"', "1500公斤"), (12, '#,##0"吨"', "12吨"), (12, "0吨", "12吨"), (12, 'General"吨"', "12吨"),
        (12345, '0!.0,"万"', 12345), (12345, '0"."0,"万"', 12345), (12345, '0.0,"千"', 12345), (5, "0_ ", 5),
        (5, '_ * #,##0_ ;_ * \\-#,##0_ ;_ * "-"_ ;_ @_ ', 5), (5.5, '"¥"#,##0.00', 5.5), (0.5, "# ?/?", 0.5),
        (500.0, "0.00E+00", 500.0), (5, "[Red]0;[Blue]\"负\"0", 5), (5, "@", 5), (5, None, 5),
    ],
)  # fmt: skip
def test_a_number_is_what_its_format_shows(number: Any, number_format: str | None, shown: Any) -> None:
    assert shown_number(number, number_format) == shown


def test_a_sign_that_a_format_only_shows_scales_nothing() -> None:
    pharma = [("2025年9月",), ("统一社会信用代码", "企业名称", "GSP证书编号", "首次运营日期", "信息化率")]
    codes = ("91320706MAD001011R", "91320705MAD00401XP")
    rows = [
        (code, "甲", "G1", "2012-06-18", cell)
        for code, cell in zip(codes, ((85, '0"%"'), (0.85, "0%")), strict=True)
    ]
    found = read("commerce_pharma_enterprise", report(stores_above(), pharma=[*pharma, *rows]))
    assert found.values("informatization_pct") == [85, 85]
    stores = [("海州区", "A1", "店", "超市", "是", (1500, '0"公斤"'), 0.4, 0.3, 0.1)]
    assert (
        str(read("commerce_store_delivery", report(stores_above(*stores))).values("total_tonnes")[0])
        == "1.500"
    )


def test_every_key_that_is_a_text_has_a_kind() -> None:
    without = {
        f"{each.id}.{column.name}"
        for each in contracts().values()
        for column in each.key
        if column.logical_type == "string" and not column.codes and column.identifier is None
    }
    assert {name.rpartition(".")[2] for name in without} <= {"report_month", "period_month"}
