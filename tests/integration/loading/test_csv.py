"""CSV in both encodings, with whatever text; and loaded + rejected = rows, whatever is in the file."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from green_freight.contracts import contract
from green_freight.loading import LoadStoppedError
from green_freight.loading.readers import Source, open_reading
from green_freight.loading.row_validation import Accepted, RowValidator
from green_freight.periods import Period
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.loading.deliveries import Deliveries

HEADER = ("编号", "企业", "区划代码", "启用日期", "停用日期", "检查日期", "统一标识", "备注")
MONTH = "2025-09"


def _csv(*rows: Any, encoding: str = "utf-8-sig", header: Any = HEADER, delimiter: str = ",") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(
        [header, *rows] if header else rows
    )
    return text.getvalue().encode(encoding)


def _tricycle(
    number: str = "TR1", company: str = "快递甲", region: Any = 320706, **more: Any
) -> tuple[Any, ...]:
    return (
        number,
        company,
        region,
        more.get("since", "2021-10-29"),
        "",
        "2025/9/21",
        more.get("marked", "是"),
        more.get("remark", ""),
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030"])
def test_both_encodings_are_read(warehouse: Any, deliveries: Deliveries, encoding: str) -> None:
    content = _csv(
        _tricycle(company="连云港㐀𠮷速递", remark="检查时“无”标识，已补"),
        _tricycle("TR2"),
        encoding=encoding,
    )
    deliveries.land("postal", "tricycles", MONTH, "postal_tricycles_202509_v1.csv", content)
    [outcome] = deliveries.load("postal", "tricycles", MONTH)
    assert (outcome.rows_in_file, outcome.rows_loaded, outcome.affected_months) == (2, 2, ())
    with warehouse.connect("loader") as connection:
        query = "select company_name, remark, region_code, in_use_from::text, _row_number from raw.postal_tricycle"
        found = connection.execute(query + " order by _row_number").fetchall()
    assert found[0] == ("连云港㐀𠮷速递", "检查时“无”标识，已补", "320706", "2021-10-29", 2)


@pytest.mark.usefixtures("every_share_tolerated")
def test_reasons_of_csv_rows(warehouse: Any, deliveries: Deliveries) -> None:
    rows = [
        _tricycle("TR1"),
        _tricycle("TR2", since="去年春天"),
        _tricycle("TR3", marked="看不清"),
        _tricycle("TR4", region="320799"),
        _tricycle("TR5", region="320705"),
        ("TR6", "快递甲", "320706"),
        (*_tricycle("TR7"), "多", "余"),
        (*_tricycle("TR8"), "", ""),
        _tricycle("TR9", since="2025-09-30", remark="第一行\n第二行"),
        _tricycle("TR1"),
    ]
    deliveries.land("postal", "tricycles", MONTH, "t.csv", _csv(*rows))
    [outcome] = deliveries.load("postal", "tricycles", MONTH)
    assert (outcome.rows_in_file, outcome.rows_loaded, outcome.rows_rejected) == (10, 4, 6)
    with warehouse.connect("loader") as connection:
        found = connection.execute(
            "select row_number, reason_code from ops.rejected_row order by 1"
        ).fetchall()
    assert found == [
        (3, "not_a_date"), (4, "not_a_boolean"), (5, "not_in_code_list"), (7, "wrong_field_count"),
        (8, "wrong_field_count"), (12, "duplicate_key"),
    ]  # fmt: skip


def test_numbers_with_separators_and_other_delimiters(warehouse: Any, deliveries: Deliveries) -> None:
    header = ("区划代码", "企业", "进港件量", "出港件量")
    content = _csv(
        ("320706", "甲", "1,234,567", "１２"), ("320707", "甲", -1, 2), header=header, delimiter=";"
    )
    deliveries.land("postal", "parcel_volumes", MONTH, "p.csv", content)
    [outcome] = deliveries.load("postal", "parcel_volumes", MONTH)
    assert (outcome.rows_loaded, outcome.rows_rejected) == (1, 1)
    with warehouse.connect("loader") as connection:
        assert connection.execute(
            "select inbound_parcels, outbound_parcels from raw.postal_parcel_volume"
        ).fetchall() == [(1_234_567, 12)]
        assert connection.execute("select reason_code from ops.rejected_row").fetchall() == [
            ("out_of_range",)
        ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "空文件"),
        (b"\xff\xff\x00\x81", "既不是 UTF-8 也不是 GB18030"),
        (_csv(_tricycle(), header=None), "找不到表头"),
        (_csv(_tricycle()[:3] + _tricycle()[4:], header=HEADER[:3] + HEADER[4:]), "启用日期"),
        (_csv(_tricycle()) + '"TR2,快递'.encode(), "无法按 CSV 读取"),
    ],
)
def test_a_file_that_cannot_be_read_stops(deliveries: Deliveries, content: bytes, words: str) -> None:
    deliveries.land("postal", "tricycles", MONTH, "t.csv", content)
    with pytest.raises(LoadStoppedError, match=words):
        deliveries.load("postal", "tricycles", MONTH)


def _validated(content: bytes) -> tuple[RowValidator, list[Any]]:
    found = contract("postal_tricycle")
    reading = open_reading(Source(found, Period(MONTH), "t.csv", lambda: io.BytesIO(content)))
    validator = RowValidator(found, Period(MONTH))
    return validator, list(validator.validate(reading.rows()))


CHINESE = st.text(
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF) | st.sampled_from("，。“”\"',;\n（）𠮷A1 "),
    min_size=1,
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(CHINESE.map(str.strip).filter(lambda text: text and "计" not in text), min_size=1, max_size=5)
)
def test_chinese_text_comes_back_from_gb18030_as_from_utf_8(names: list[str]) -> None:
    rows = [_tricycle(f"TR{at}", company=name) for at, name in enumerate(names)]
    for encoding in ("utf-8-sig", "gb18030"):
        validator, validated = _validated(_csv(*rows, encoding=encoding))
        assert [each.row[1] for each in validated if isinstance(each, Accepted)] == names
        assert validator.rejected == 0


CELL = st.one_of(
    # A cell with line breaks and separators may be several rows: tests/unit/loading/test_quotes.py.
    st.text(max_size=8).filter(lambda text: "\x00" not in text and "," not in text),
    st.sampled_from(["", "是", "2025-09-01", "320706", "合计", "TR1"]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(CELL, min_size=1, max_size=10), max_size=8))
def test_loaded_and_rejected_are_the_rows_whatever_they_hold(rows: list[list[str]]) -> None:
    rows = [[cell.encode("utf-8", "replace").decode() for cell in row] for row in rows]
    content = _csv(*rows)
    found = contract("postal_tricycle")
    reading = open_reading(Source(found, Period(MONTH), "t.csv", lambda: io.BytesIO(content)))
    data_rows = list(reading.rows())
    validator, validated = _validated(content)
    assert validator.accepted + validator.rejected == len(validated) == len(data_rows) <= len(rows)
    no_data = sum(
        warning.count or 0 for warning in reading.warnings() if warning.code == "rows_that_are_no_data"
    )
    assert (
        len(data_rows) + no_data
        == len(list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))) - 1
    )
