"""Formulas without stored results: named, in required columns rejected, in optional ones warned of."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.loading.workbooks import (
    CODES,
    COLD,
    COLD_ROWS,
    PHARMA,
    PHARMA_ROWS,
    TITLE,
    book,
    report,
    store,
    stores_above,
)
from tests.unit.loading.reading import read

STORES, PHARMACY, COLD_CHAIN = (
    "commerce_store_delivery",
    "commerce_pharma_enterprise",
    "commerce_cold_chain_enterprise",
)


def _with_xml(content: bytes, sheet: int, change: Callable[[str], str]) -> bytes:
    """Return a workbook whose sheet has other XML, as programs other than openpyxl write it."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(target, "w") as after:
        for name in before.namelist():
            part = before.read(name)
            if name == f"xl/worksheets/sheet{sheet}.xml":
                changed = change(part.decode())
                assert changed != part.decode()
                part = changed.encode()
            after.writestr(name, part)
    return target.getvalue()


@pytest.mark.parametrize(
    ("number", "formula"),
    [(5, "=G3+H3"), (6, "=SUM(H5:I5)"), (8, "=F5/1000")],
    ids=["total", "joint", "joint and night"],
)
def test_a_required_formula_without_a_result_is_rejected_and_named(number: int, formula: str) -> None:
    row = list(store("02"))
    row[number] = formula
    found = read(STORES, report(stores_above(store("01"), row, store("03"))))
    assert found.values("store_code") == ["01", "03"]
    [(at, _, reason)] = found.faults
    assert (at, reason) == (6, "formula_without_result")
    assert formula in found.words and "没有保存其计算结果" in found.words


def test_a_row_of_nothing_but_formulas_is_a_row() -> None:
    formulas = [f"=A{number}" for number in range(1, 10)]
    found = read(STORES, report(stores_above(store("01"), formulas)))
    assert (len(found.rows), [fault[2] for fault in found.faults]) == (1, ["formula_without_result"])


def test_optional_ones_are_empty_with_a_warning_each() -> None:
    pharma = [(TITLE,), PHARMA, (CODES[1], "医药甲", '="GSP-"&1', "=DATE(2012,6,18)", "=0.8+0.05")]
    found = read(PHARMACY, book({"医药配送企业": pharma}))
    assert (found.values("gsp_certificate_no"), found.values("informatization_pct")) == ([None], [None])
    assert found.codes == ["formula_without_result"] * 3
    told = {warning.column: warning.message_zh for warning in found.warnings}
    assert "=DATE(2012,6,18)" in told["first_operated_on"] and "第 3 行" in told["first_operated_on"]


def test_the_cold_chain_form_names_each_column() -> None:
    cold = [(TITLE,), COLD, (CODES[0], "冷链甲", "=1000+200", "=1+2", "=DATE(2014,3,9)")]
    found = read(COLD_CHAIN, book({"冷链企业": cold}))
    named = {warning.column for warning in found.warnings if warning.code == "formula_without_result"}
    assert named | {fault[1] for fault in found.faults} >= {"cold_storage_m3"}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('<c r="F5"><f>G5+H5</f><v>12</v></c>', Decimal(12)),
        ('<c r="F5" t="str"><f>TEXT(12,"0")</f><v>12</v></c>', Decimal(12)),
        ('<c r="F5"><f t="shared" ref="F5:F6" si="0">G5+H5</f></c>', None),
        ('<c r="F5"><f t="array" ref="F5">SUM(G5:H5)</f><v/></c>', None),
        ('<c r="F5" t="str"><f>IF(G5=0,"",G5)</f><v></v></c>', "missing_value"),
    ],
    ids=["with a result", "with a text as result", "shared", "array", "an empty text as result"],
)
def test_what_other_programs_write(written: str, expected: Any) -> None:
    content = _with_xml(
        report(stores_above(store("01", 12))), 1, lambda xml: re.sub(r'<c r="F5".*?</c>', written, xml)
    )
    found = read(STORES, content)
    if isinstance(expected, Decimal):
        assert found.values("total_tonnes") == [expected]
    else:
        assert [fault[2] for fault in found.faults] == [expected or "formula_without_result"]


def test_totals_without_results_are_no_fault() -> None:
    total = ("合计", None, None, None, None, "=SUM(F5:F5)", "=SUM(G5:G5)", "=SUM(H5:H5)", "=SUM(I5:I5)")
    found = read(STORES, report(stores_above(store("01"), total), cold=COLD_ROWS, pharma=PHARMA_ROWS))
    assert (len(found.rows), found.faults, found.codes) == (1, [], [])
