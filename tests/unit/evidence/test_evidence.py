"""What the demonstration city does not bring about: figures without data, approvals, reverts, names that collide."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from green_freight.evidence import archive
from green_freight.evidence.contents import Contents, exact, value_text
from green_freight.evidence.cover_page import cover_of
from green_freight.evidence.errors import SumDiffersError
from green_freight.evidence.evidence_rows import value_of, verify_sums
from openpyxl import Workbook

from .figures import contents, counted, figure, source_file

NO_DATA = {"numerator": None, "denominator": None, "actual_value": None, "null_reason_code": "no_data"}
ZERO = {
    "numerator": Decimal(0),
    "denominator": Decimal(0),
    "actual_value": None,
    "null_reason_code": "zero_denominator",
}


def test_rows_that_give_the_figure_pass() -> None:
    verify_sums(figure(), counted(2, 3))
    verify_sums(figure(**ZERO), counted(0, 0))
    # The vehicles came, the stations never did: there is no figure, whatever the vehicles are.
    verify_sums(figure(**NO_DATA), counted(0, 3))


@pytest.mark.parametrize(
    ("changed", "numerator", "denominator"),
    [
        ({}, 1, 3),
        ({}, 2, 2),
        ({"actual_value": Decimal("0.666666")}, 2, 3),
        (ZERO, 0, 1),
        ({"actual_value": None}, 2, 3),
    ],
)
def test_rows_that_do_not_give_the_figure_stop(
    changed: dict[str, Any], numerator: int, denominator: int
) -> None:
    with pytest.raises(SumDiffersError, match="pile_vehicle_ratio 2024-12"):
        verify_sums(figure(**changed), counted(numerator, denominator))


def test_a_ratio_is_rounded_half_up_to_six_decimals() -> None:
    assert value_of(Decimal(1), Decimal(2_000_000)) == Decimal("0.000001")
    assert value_of(Decimal(1), Decimal(0)) is None
    assert value_of(Decimal("1.5"), None) == Decimal("1.5")


def test_the_cover_says_why_there_is_no_figure() -> None:
    text = _text(contents(figure(**NO_DATA, status_code="no_data"), figure(**ZERO, status_code="no_data")))
    for told in (
        "没有收到所需的交付",
        "分母为零",
        "没有发布数值，无从相加",
        "没有计入行，也没有来源文件",
        "无数据\n（最终）",
    ):
        assert told in text
    assert "与发布数值一致" not in text
    assert "附表" not in text


def test_the_cover_names_approval_revert_and_late_agencies() -> None:
    approved = datetime(2025, 1, 9, 10, 30, tzinfo=UTC)
    text = _text(
        contents(
            figure(),
            approved_by="operator",
            approved_at=approved,
            approval_reason="已核对登记",
            reverted_to=3,
            stale_agencies=["postal"],
        )
    )
    assert "operator，2025年1月9日18:30：已核对登记" in text
    assert "回退到第3号发布" in text
    assert "市邮政管理局（发布时最近一次报送失败或缺失）" in text
    assert "方案未列" in text


def test_the_cover_states_what_the_programme_has_reached() -> None:
    node = {
        "unit_zh": "个", "decimals": 0, "measure_kind_code": "count", "plan_total_value": Decimal(3),
        "cumulative_value": Decimal(2), "remaining_value": Decimal(1),
        "cumulative_completion_ratio": Decimal("0.666667"), "cumulative_expected_value": Decimal(3),
        "yearly_targets_due_value": Decimal(1), "cumulative_status_code": "behind",
    }  # fmt: skip
    told = (
        "自示范期首日至2024年12月31日累计2个，方案总数3个，剩余1个，完成66.7%；"
        "到该日按天折算应达3个，滞后；到期的年度目标合计1个。"
    )
    assert told in _text(contents(figure(**node)))
    unknown = {"cumulative_value": None, "remaining_value": None, "cumulative_completion_ratio": None}
    text = _text(contents(figure(**node | unknown | {"cumulative_status_code": "no_data"})))
    assert "累计—，方案总数3个，剩余—，完成—" in text and "无数据" in text
    assert "示范期累计" not in _text(contents(figure()))


def test_the_cover_says_when_a_milestone_was_reported() -> None:
    milestone = {
        "unit_zh": "是/否", "decimals": 0, "measure_kind_code": "milestone", "year": 2023,
        "milestone_achieved_on": date(2024, 1, 18), "milestone_reported_on": date(2024, 1, 19),
    }  # fmt: skip
    late = _text(contents(figure(**milestone, is_reported_after_year=True)))
    assert "完成日期2024年1月18日，报送日期2024年1月19日，在2023年度结束之后报送。" in late
    timely = _text(contents(figure(**milestone, is_reported_after_year=False)))
    assert "报送日期2024年1月19日。" in timely and "结束之后" not in timely
    assert "报送日期" not in _text(contents(figure()))


def test_values_read_as_the_card_says() -> None:
    share = figure(unit_zh="%", decimals=2)
    amount = figure(unit_zh="元", decimals=2, measure_kind_code="amount")
    milestone = figure(unit_zh="是/否", decimals=0, measure_kind_code="milestone")
    assert value_text(share, Decimal("0.499999")) == "50.00%"
    assert value_text(amount, Decimal("1234567.5")) == "1,234,567.50元"
    assert [value_text(milestone, Decimal(n)) for n in (0, 1)] == ["否", "是"]
    assert value_text(share, None) == exact(None) == "—"
    assert [exact(Decimal(n)) for n in ("1000.000000", "0.500000", "13627.108")] == [
        "1,000",
        "0.5",
        "13,627.108",
    ]


def test_files_of_one_name_are_told_apart_by_their_checksum() -> None:
    alone, one, other = source_file("a" * 64, "b.xlsx"), source_file("b" * 64), source_file("c" * 64)
    folder = "原始文件/commerce/monthly_report/2024-01"
    assert archive.original_paths([alone, one, other]) == {
        "a" * 20: f"{folder}/b.xlsx",
        "b" * 20: f"{folder}/{'b' * 16}-月报_1月.xlsx",
        "c" * 20: f"{folder}/{'c' * 16}-月报_1月.xlsx",
    }


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\\b", "c:d", "e\nf", "...", ""])
def test_a_name_never_leaves_its_folder(name: str) -> None:
    safe = archive.safe_name(name)
    assert safe
    assert not set(safe) & set('/\\:\n"')
    assert safe not in (".", "..")


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "pack.zip"
    target.write_bytes(b"earlier")
    with pytest.raises(FileNotFoundError):
        archive.write(target, "folder", {"a": b"1", "b": tmp_path / "gone"}, datetime.now(UTC))
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("pack.zip", b"earlier")]


def test_a_settled_document_tells_nothing_of_the_clock() -> None:
    moment = datetime(2025, 1, 10, 2, tzinfo=UTC)
    book, target = Workbook(), io.BytesIO()
    book.save(target)
    with zipfile.ZipFile(io.BytesIO(archive.without_clock(target.getvalue(), moment))) as settled:
        assert {entry.date_time for entry in settled.infolist()} == {(2025, 1, 10, 10, 0, 0)}
        assert settled.read("docProps/core.xml").count(b"2025-01-10T02:00:00Z") == 2


def _text(of: Contents) -> str:
    document = Document(io.BytesIO(cover_of(of)))
    cells = [cell.text for table in document.tables for cell in table._cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])
