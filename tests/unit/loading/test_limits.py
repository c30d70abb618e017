"""Files beyond the limits of their contract: each is a stop that says limit, value and place, and costs no memory."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from green_freight.contracts import contracts
from green_freight.limits import NAMES, LimitError, Limits

from tests.integration.loading.deliveries import answers, operation, order, order_file, pages
from tests.integration.loading.postal_forms import FORMS
from tests.integration.loading.workbooks import report, store, stores_above
from tests.unit.loading.reading import Reading, read

STORES, TRICYCLES, ORDERS, OPERATIONS = (
    "commerce_store_delivery", "postal_tricycle", "power_charge_order", "transport_vehicle_operation",
)  # fmt: skip
DAY = "2025-09-30"
SHEET = "xl/worksheets/sheet1.xml"
WORKBOOK = report(stores_above(store("A1"), store("A2"), store("A3")))
CSV = FORMS["tricycles"].encode()
Change = Callable[[bytes], bytes]


def workbook(change: Change = bytes, part: str = SHEET, **more: bytes) -> bytes:
    """Return the workbook of three stores with one part changed, and further parts (`__` stands for a slash)."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(WORKBOOK)) as before,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for name in before.namelist():
            content = before.read(name)
            after.writestr(name, change(content) if name == part else content)
        for name, content in more.items():
            after.writestr(name.replace("__", "/") + ".xml", content)
    return target.getvalue()


def _after_rows(text: bytes) -> Change:
    return lambda part: part.replace(b"</sheetData>", text + b"</sheetData>")


def _formatted(cell: str, row: str = '<row r="{0}">{1}</row>', rows: int = 30_000) -> Change:
    """Return a change that appends rows without any value, as formatting whole columns does."""
    cells = cell.replace("{c}", "A") + cell.replace("{c}", "B")
    text = "".join(row.format(number, cells.format(number)) for number in range(8, 8 + rows))
    assert len(text) > 1 << 20
    return _after_rows(text.encode())


def _without_places(part: bytes) -> bytes:
    """Return a sheet whose last row states no places, and has an empty cell where the district is repeated."""
    above, row, last = part.rpartition(b"<row")
    _, *cells = re.sub(rb' r="[A-Z]*\d+"', b"", last).split(b"<c")
    return above + row + b"<c".join([b">", b' s="1"/>', *cells[1:]])


def _stopped(found: Reading, *words: str) -> None:
    assert found.stop is not None
    assert found.stop.reason_code == "limit_exceeded"
    zh, en = found.words.splitlines()
    assert all(word in en for word in words), en
    assert "契约中为 limits." in zh
    assert not re.search("[\u4e00-\u9fff]", en.replace("门店配送", ""))


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"rows": 6}, ("rows: 7 or more, the limit is 6, at row 7", 'sheet "门店配送"', "Commerce bureau")),
        ({"columns": 8}, ("columns: 9 or more, the limit is 8, at row 4",)),
        ({"cells": 20}, ("cells: 21 or more, the limit is 20, at row 5",)),
        ({"elements": 90}, ("XML tags in a workbook: ", "limits.elements")),
        ({"textBytes": 20}, ("bytes of one line or cell: 24 or more, the limit is 20, at row 1",)),
        ({"bytes": 4_000}, ("bytes of the file or of all responses: ", "the limit is 4,000")),
        ({"unpackedBytes": 9_000}, ("bytes after unpacking: ", "limits.unpackedBytes")),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)  # fmt: skip
def test_a_workbook_beyond_a_limit_of_its_contract_stops(
    limits: dict[str, int], words: tuple[str, ...]
) -> None:
    assert read(STORES, WORKBOOK).stop is None
    _stopped(read(STORES, WORKBOOK, **limits), "file file", *words)


@pytest.mark.parametrize(
    "change",
    [
        _formatted('<c r="{c}{0}" s="1"/>'),
        _formatted('<c r="{c}{0}" s="1"></c>', '<row r="{0}" spans="1:2" s="1" customFormat="1">{1}</row>'),
        _formatted("<c s='1' r='{c}{0}' />", "<row r='{0}' ht='20'>\n{1}\n</row>\n"),
        _formatted("", '<row r="{0}" spans="1:16384" ht="20" customHeight="1"/>'),
        # Cells that state no place are counted by their order.
        lambda part: _formatted("<c/><c s='1'/>", "<row>{1}</row>", 60_000)(_without_places(part)),
        lambda part: re.sub(rb"<dimension[^>]*/>", b'<dimension ref="A1:XFD1048576"/>', part),
        lambda part: re.sub(rb"<dimension[^>]*/>", b'<dimension ref="A1:ZZZZZZ99999999999"/>', part),
        lambda part: re.sub(rb"<dimension[^>]*/>", b"", part),
        _after_rows(b"<x>" * 20_000 + b"</x>" * 20_000),
    ],
    ids=[
        "empty cells", "pairs of tags", "single quotes and line breaks", "rows without cells", "without places",
        "size too large", "size that is none", "without size", "nested elements",
    ],
)  # fmt: skip
def test_what_holds_nothing_costs_nothing(change: Change) -> None:
    found = read(STORES, workbook(change))
    assert (found.values("store_code"), found.faults) == (["A1", "A2", "A3"], [])
    assert found.rows == read(STORES, WORKBOOK).rows


def test_cells_after_a_formatted_area_keep_their_places() -> None:
    row = re.search(rb'<row r="7".*?</row>', zipfile.ZipFile(io.BytesIO(WORKBOOK)).read(SHEET))
    assert row
    moved = row[0].replace(b'r="7"', b'r="90000"').replace(b'7"', b'90000"').replace(b"A3", b"A4")
    gap = "".join(f'<row r="{n}"><c r="A{n}" s="1"/><c r="F{n}" s="1"/></row>' for n in range(8, 30_000))
    change = _after_rows(gap.encode() + moved)
    found = read(STORES, workbook(change))
    assert found.values("store_code") == ["A1", "A2", "A3", "A4"]
    assert found.rows[3] | {"store_code": "A3", "store_name": found.rows[2]["store_name"]} == found.rows[2]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (workbook(_after_rows(b"<x/>" * 5_000_000)), ("unpacked bytes for each packed byte: ",)),
        (workbook(_after_rows(b'<row r="9"><c r="ZZZZZZ9"><v>1</v></c></row>')), ("columns: 321,272,406 or more",)),
        (workbook(_after_rows(b'<row r="9"><c r="XFD9"><v>1</v></c></row>')), ("columns: 16,384 or more", "row 9")),
        (workbook(lambda part: part.replace(b"<cellXfs", b"<x/>" * 400_001 + b"<cellXfs"), "xl/styles.xml"),
         ("XML tags in a workbook: ",)),
    ],
    ids=["ratio", "no such column", "last column of Excel", "formats"],
)  # fmt: skip
def test_a_workbook_beyond_what_holds_for_all_stops(content: bytes, words: tuple[str, ...]) -> None:
    _stopped(read(STORES, content), *words)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (workbook(lambda part: part.replace(b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet')), "entities"),
        (workbook(lambda part: part.decode().encode("utf-16")), "not in UTF-8"),
        (workbook(lambda part: b"<?xml version='1.0' encoding='cp037'?>" + part), "not in UTF-8"),
        (workbook(**{f"x{number}": b"" for number in range(10_001)}), "parts"),
        (workbook(_after_rows(b"<row r=\"100000000\"><c r=\"A100000000\"><v>1</v></c></row>")), "outside rows 1 to"),
    ],
    ids=["entities", "utf-16", "ebcdic", "parts", "far row"],
)  # fmt: skip
def test_a_workbook_that_no_program_writes_stops(content: bytes, words: str) -> None:
    found = read(STORES, content)
    assert found.stop is not None
    assert found.stop.reason_code == "unreadable_file"
    assert words in found.words


@pytest.mark.parametrize(
    ("content", "limits", "words"),
    [
        (CSV + b"TR9," + b"x" * (1 << 20), {}, ("bytes of one line or cell: 1,048,577 or more", "at row 3")),
        (b"x" * (2 << 20), {}, ("bytes of one line or cell", "at row 1")),
        (CSV + b'"a\n",' * 300_000, {}, ("bytes of one line or cell", "at row 3")),
        (b"," * 100_000 + b"x\r\n" + CSV, {}, ("columns: 100,001 or more, the limit is 1,000, at row 1",)),
        (CSV * 40, {"rows": 50}, ("rows: 51 or more, the limit is 50, at row 51",)),
        (CSV + b"\r\n" * 60, {"rows": 50}, ("rows: 51 or more",)),
        (CSV * 40, {"cells": 100}, ("cells: 104 or more, the limit is 100, at row 13",)),
    ],
    ids=["one line", "no line", "lines within quotes", "columns", "rows", "empty rows", "cells"],
)  # fmt: skip
def test_a_csv_file_beyond_a_limit_stops(
    content: bytes, limits: dict[str, int], words: tuple[str, ...]
) -> None:
    _stopped(read(TRICYCLES, content, **limits), "Postal administration", *words)


def _numbered_keys() -> Iterator[dict[str, Any]]:
    return (order(number, **{f"Key{number}": 1}) for number in count())


@pytest.mark.parametrize(
    ("content", "limits", "words"),
    [
        (gzip.compress(b"[" * (3 << 20)), {}, ("bytes of one line or cell", "at row 1")),
        (gzip.compress(b'{"a":"' + b"x" * (2 << 20) + b'"}\n'), {}, ("bytes of one line or cell", "at row 1")),
        (gzip.compress(b"\0" * (17 << 20)), {"textBytes": 1 << 30}, ("unpacked bytes for each packed byte",)),
        (gzip.compress(b"\n" * 3_000), {"rows": 50}, ("rows: 3,000 or more, the limit is 50",)),
        (order_file([order(number) for number in range(1, 60)]), {"rows": 50}, ("rows: 59 or more",)),
        (order_file([order(1)] * 20), {"unpackedBytes": 2_000}, ("bytes after unpacking",)),
        (order_file([each for each, _ in zip(_numbered_keys(), range(80), strict=False)]), {"columns": 60},
         ("columns: 61 or more, the limit is 60",)),
    ],
    ids=["nothing but brackets", "one line", "zeros", "empty lines", "rows", "unpacked", "ever new keys"],
)  # fmt: skip
def test_an_order_file_beyond_a_limit_stops(
    content: bytes, limits: dict[str, int], words: tuple[str, ...]
) -> None:
    _stopped(read(ORDERS, content, DAY, **limits), "Power company", *words)


def test_a_long_line_of_orders_is_read_where_the_contract_allows_it() -> None:
    content = order_file([order(1), order(2, Remark="x" * (3 << 20)), order(3)])
    found = read(ORDERS, content, DAY, textBytes=4 << 20, unpackedRatio=2_000)
    assert (found.stop, len(found.rows)) == (None, 3)


def test_pages_with_more_rows_than_the_limit_stop() -> None:
    _stopped(read(OPERATIONS, pages([operation(n) for n in range(9)]), DAY, rows=8), "rows: 9 or more")


def test_a_body_of_a_million_brackets_stops_its_file() -> None:
    found = read(OPERATIONS, answers([({}, "[" * 1_000_000)]), DAY)
    assert found.stop is not None
    assert "nested more than 200 levels deep" in found.words


def test_a_limit_is_never_below_what_is_delivered() -> None:
    for contract in contracts().values():
        limits = contract.limits
        assert limits.rows >= 100_000
        assert limits.pages * 500 >= 1_000_000
        assert limits.columns >= 10 * len(contract.columns)
        assert limits.seconds >= limits.request_seconds


def test_every_limit_has_words_and_names_its_property() -> None:
    assert set(NAMES) == set(Limits.model_fields)
    for name in NAMES:
        error = LimitError(name, 2, 1, row=7)
        assert "契约中为 limits." in error.text("zh")
        assert "at row 7" in error.text("en")


def test_a_delivery_of_several_datasets_has_the_widest_of_their_limits() -> None:
    low, high = Limits.of("csv", {"rows": 5, "pages": 9_000}), Limits.of("csv", {"rows": 7})
    found = Limits.widest([low, high])
    assert (found.rows, found.pages, found.columns) == (7, 9_000, high.columns)
