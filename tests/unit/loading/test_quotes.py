"""Stray quotes in CSV files: no row between them is lost without a word."""

from __future__ import annotations

import pytest
from green_freight.contracts import contract

from tests.integration.loading.postal_forms import PARCEL_HEADER, STATION_HEADER, TRICYCLE_HEADER
from tests.unit.loading.reading import Reading, read

REMARK = [
    'TR1,甲,320706,2021-10-29,,,是,"检查时', "TR2,甲,320706,2021-10-29,,,否,", "TR3,甲,320706,2021-10-29,,,否,",
    'TR4,甲,320706,2021-10-29,,,是,已补"', "TR5,甲,320706,2021-10-29,,,是,",
]  # fmt: skip
NAME = [
    'S1,"中通,甲,320706,海连路,是,2025-03-01,', "S2,圆通站,甲,320706,海连路,是,2025-03-01,",
    'S3,站三",甲,320706,海连路,是,2025-03-01,', "S4,站四,甲,320706,海连路,是,2025-03-01,",
]  # fmt: skip
COMPANY = [
    'S1,站一,"甲,320706,海连路,是,2025-03-01,', "S2,圆通站,甲,320706,海连路,是,2025-03-01,",
    'S3,站三,甲",320706,海连路,是,2025-03-01,', "S4,站四,甲,320706,海连路,是,2025-03-01,",
]  # fmt: skip
NEXT_ROW = [
    'TR1,"甲,320706,2021-10-29,,,是,',
    'TR2,甲",320706,2021-10-29,,,否,',
    "TR5,甲,320706,2021-10-29,,,是,",
]
OTHER_COLUMN = [
    'TR1,甲,320706,2021-10-29,,,是,"检查时',
    'TR2,甲",320706,2021-10-29,,,否,',
    "TR5,甲,320706,2021-10-29,,,是,",
]


def _read(dataset: str, header: str, lines: list[str], delimiter: str = ",", end: str = "\r\n") -> Reading:
    text = end.join([header, *lines, ""]).replace(",", delimiter)
    return read(dataset, text.encode("utf-8-sig"))


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
@pytest.mark.parametrize(
    ("dataset", "header", "lines", "lost"),
    [
        ("postal_tricycle", TRICYCLE_HEADER, REMARK, [2, 3, 4, 5]),
        ("postal_terminal_station", STATION_HEADER, NAME, [2, 3, 4]),
        ("postal_terminal_station", STATION_HEADER, COMPANY, [2, 3, 4]),
        ("postal_tricycle", TRICYCLE_HEADER, NEXT_ROW, [2, 3]),
        ("postal_tricycle", TRICYCLE_HEADER, OTHER_COLUMN, [2, 3]),
        (
            "postal_parcel_volume",
            PARCEL_HEADER,
            ['320706,"甲,1,2', '320707,乙",3,4', "320706,丙,5,6"],
            [2, 3],
        ),
    ],
    ids=["remark", "name", "company", "next row", "another column", "parcels"],
)
def test_each_line_between_two_stray_quotes_is_rejected(
    dataset: str, header: str, lines: list[str], lost: list[int], delimiter: str, end: str
) -> None:
    found = _read(dataset, header, lines, delimiter, end)
    assert found.faults == [(number, None, "stray_quote") for number in lost]
    assert len(found.rows) + len(found.rejected) == len(lines)
    assert "第 2 行起的一对引号" in found.words


def test_the_rows_between_are_too_many_for_the_tolerance() -> None:
    found = _read("postal_tricycle", TRICYCLE_HEADER, REMARK)
    assert not contract("postal_tricycle").tolerates(len(found.rejected), 5)


@pytest.mark.parametrize(
    "remark",
    [
        "第一行\n第二行",
        "检查时,无标识",
        "一、无标识\r\n二、已整改，已补",
        "无标识,\n已整改,已补",
        "“检查时\n已补”",
    ],
)
def test_a_remark_may_have_line_breaks_and_separators(remark: str) -> None:
    lines = [f'TR1,甲,320706,2021-10-29,,,是,"{remark}"', "TR2,甲,320706,2021-10-29,,,否,"]
    found = _read("postal_tricycle", TRICYCLE_HEADER, lines)
    assert (len(found.rows), found.faults) == (2, []), found.words


def test_a_quote_that_is_never_closed_stops_the_file_and_names_its_line() -> None:
    found = _read("postal_tricycle", TRICYCLE_HEADER, [REMARK[4], *REMARK[:3]])
    assert found.stop is not None and "第 3 行起无法按 CSV 读取" in found.words
