"""The bulletin of a month: a Word document from a template that an office edits, and a workbook of the same numbers.

The wording stands in `templates/bulletin.docx`; an office that wants its own keeps a copy below the home, in
`templates/bulletin.docx`, or names one.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from docx.opc.exceptions import PackageNotFoundError
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined
from jinja2 import TemplateError as JinjaError
from jinja2.sandbox import SandboxedEnvironment
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from green_freight import figure_text
from green_freight.agencies import AGENCIES
from green_freight.documents.bulletin_data import (
    BulletinData,
    MonthFigure,
    ProgrammeFigure,
    read_bulletin,
)
from green_freight.documents.errors import TemplateError
from green_freight.documents.files import document_name, document_stem, write_document
from green_freight.documents.word_charts import Bars, add_chart
from green_freight.evidence import contents as text
from green_freight.evidence import sheets
from green_freight.evidence.figures import read_session
from green_freight.labels import label, labels
from green_freight.messages import message
from green_freight.periods import SHANGHAI, Period
from green_freight.programme import programme
from green_freight.warehouse import Warehouse
from green_freight.work_status import is_lagging

TEMPLATE = Path(__file__).with_name("templates") / "bulletin.docx"
TITLE, WORKING_TABLE = "通报", "通报工作表"
WORKS, PROGRAMME, UNITS, CHANGES, QUALITY = "重点工作", "示范期总目标", "责任单位", "重述", "数据质量"
# Fill by status, in the workbook and in the charts.
_COLOURS = {
    "met": "70AD47",
    "on_track": "A9D18E",
    "not_met": "E06666",
    "behind": "F4B183",
    "not_due": "D9D9D9",
    "no_target": "EDEDED",
    "no_data": "C9A0DC",
}
_WORK_TITLES = (
    "序号", "重点工作", "指标", "单位", "目标", "应达值", "实际", "完成率", "状态", "差额", "牵头单位", "数据状态",
)  # fmt: skip
_PROGRAMME_TITLES = (
    "序号", "重点工作", "指标", "单位", "示范期目标", "应达值", "累计完成", "完成率", "状态", "截至",
)  # fmt: skip
_UNIT_TITLES = ("责任单位", "责任", "重点工作数", "达到", "滞后", "未到期", "无目标", "无数据", "重点工作")
_CHANGE_TITLES = ("指标", "月份", "原值", "新值", "原状态", "新状态", "原因", "发布号", "发布原因")
_QUALITY_TITLES = ("报送单位", "数据集", "完整到", "完整度", "文件行数", "拒收行数", "数据未更新")
_HEADER_ROW, _FIRST_ROW = 4, 5
_STANDINGS = ("reached", "lagging", "not_due", "no_target", "no_data")


@dataclass(frozen=True)
class Bulletin:
    """A bulletin that was written: the document, the workbook, and what both say."""

    document: Path
    workbook: Path
    data: BulletinData


def write_bulletin(
    warehouse: Warehouse,
    month: Period,
    output: Path,
    publication_no: int | None = None,
    *,
    template: Path | None = None,
    may_be_provisional: bool = False,
) -> Bulletin:
    """Write the bulletin of a month into a folder, from one publication, the newest by default.

    Raises MonthNotClosedError, NothingOfPeriodError, EvidenceError: see `read_bulletin`; TemplateError: the template
    cannot be filled; PlaceTakenError: a file cannot be written.
    """
    with read_session(warehouse, "reader") as session:
        data = read_bulletin(session, month, publication_no, may_be_provisional=may_be_provisional)
    own = warehouse.home / "templates" / "bulletin.docx"
    document = _document(data, template or (own if own.exists() else TEMPLATE))
    output.mkdir(parents=True, exist_ok=True)
    moment = data.publication.published_at
    names = [
        document_name(title, data.publication, suffix, is_synthetic=data.is_synthetic)
        for title, suffix in zip(_titles(month), (".docx", ".xlsx"), strict=True)
    ]
    contents = (document, _workbook(data))
    written = [write_document(output, *one, moment) for one in zip(names, contents, strict=True)]
    return Bulletin(written[0], written[1], data)


def bulletin_stems(month: Period, publication_no: int) -> list[str]:
    """Return how the names of a bulletin's files begin: the document's, the workbook's."""
    return [document_stem(title, publication_no) for title in _titles(month)]


def _titles(month: Period) -> list[str]:
    return [f"{title}_{month.first_day:%Y年%m月}" for title in (TITLE, WORKING_TABLE)]


def context_of(data: BulletinData) -> dict[str, Any]:
    """Return what a template may name, all of it text but the lists and the conditions."""
    publication, month = data.publication, data.month
    return {
        "city": programme().city_name_zh,
        "month": _month_name(data),
        "year": str(month.first_day.year),
        "issue": str(month.first_day.month),
        "issuer": data.issuer,
        "date": text.day_text(publication.published_at.astimezone(SHANGHAI).date()),
        "as_of": text.day_text(data.figures[0].as_of_date),
        "publication_no": str(publication.publication_no),
        "published_at": text.minute_text(publication.published_at),
        "code_version": publication.code_version,
        "last_publication_no": str(data.last_publication_no),
        "is_provisional": not data.is_closed,
        "is_synthetic": data.is_synthetic,
        "indicator_count": str(len(data.figures)),
        "statuses": [
            {"name": label("status", code).zh, "count": str(count)}
            for code, count in data.status_counts().items()
        ],
        "figures": [_figure(figure) for figure in data.figures],
        "programme_years": _programme_years(),
        "programme_as_of": text.day_text(data.programme[0].as_of_date) if data.programme else text.EMPTY,
        "programme": [_programme_figure(figure) for figure in data.programme],
        "behind": [
            _figure(figure)
            | {"number": str(number), "leads": "、".join(data.leads(figure.work_no)) or text.EMPTY}
            for number, figure in enumerate(_lagging(data), start=1)
        ],
        "units": [
            {
                "name": unit.unit_name_zh,
                "role": label("responsibility", unit.role_code).zh,
                "works": str(len(unit.works)),
                **{standing: str(unit.standing[standing]) for standing in _STANDINGS},
                "other": str(unit.standing["not_due"] + unit.standing["no_target"]),
            }
            for unit in data.units()
        ],
        "restatements": [
            {
                "name": one.indicator_name_zh,
                "month": f"{one.period_month:%Y-%m}",
                "old": text.value_text(one, one.old_actual_value, one.new_actual_value),
                "new": text.value_text(one, one.new_actual_value, one.old_actual_value),
                "causes": "、".join(label("cause", code).zh for code in one.cause_codes),
                "publication_no": str(one.publication_no),
                "reason": text.reason_text(one.reason),
            }
            for one in data.restatements
        ],
        "qualities": _qualities(data),
        "stale": "、".join(one.subject_name_zh for one in data.qualities if one.is_stale),
    }


def _lagging(data: BulletinData) -> list[MonthFigure]:
    return [figure for figure in data.figures if is_lagging(figure.status_code)]


def _figure(figure: MonthFigure) -> dict[str, str]:
    ratio = figure.completion_ratio
    return {
        "work_no": str(figure.work_no),
        "work": figure.work_name_zh,
        "name": figure.indicator_name_zh,
        "target": (figure.target_text_zh or text.EMPTY).replace("–", text.EMPTY),
        "expected": text.value_text(figure, figure.expected_value, figure.expected_value),
        "actual": text.value_text(figure, figure.actual_value, figure.aim),
        "completion": text.EMPTY if ratio is None else figure_text.completion(ratio, 1),
        "status": label("status", figure.status_code).zh,
        # A difference of shares is in percentage points.
        "gap": text.value_text(figure, figure.gap, Decimal(0)).replace("%", "个百分点"),
    }


def _programme_figure(figure: ProgrammeFigure) -> dict[str, str]:
    total, expected, ratio = (
        figure.plan_total_value,
        figure.cumulative_expected_value,
        figure.completion_ratio,
    )
    return {
        "work_no": str(figure.work_no),
        "work": figure.work_name_zh,
        "name": figure.indicator_name_zh,
        "target": text.value_text(figure, total, total),
        "expected": text.value_text(figure, expected, expected),
        "actual": text.value_text(figure, figure.cumulative_value, total, expected),
        "completion": text.EMPTY if ratio is None else figure_text.completion(ratio, 1),
        "status": label("status", figure.status_code).zh,
    }


def _programme_years() -> str:
    return f"{programme().first_day.year}—{programme().last_day.year}年"


def _qualities(data: BulletinData) -> list[dict[str, str]]:
    found = []
    for code, agency in AGENCIES.items():
        of_agency = [one for one in data.qualities if one.agency_code == code]
        days = [one.complete_through for one in of_agency if one.complete_through is not None]
        ratios = [one.completeness_ratio for one in of_agency if one.completeness_ratio is not None]
        if of_agency:
            found.append(
                {
                    "agency": agency.name_zh,
                    "datasets": str(len(of_agency)),
                    "through": text.day_text(min(days)) if len(days) == len(of_agency) else text.EMPTY,
                    "completeness": figure_text.completion(min(ratios), 1) if ratios else text.EMPTY,
                    "rows": f"{sum(one.rows_in_file for one in of_agency):,}",
                    "rejected": f"{sum(one.rows_rejected for one in of_agency):,}",
                }
            )
    return found


def _document(data: BulletinData, path: Path) -> bytes:
    try:
        template = DocxTemplate(path)
        template.init_docx()
        charts = {
            "chart_completion": add_chart(template.docx, 1, _completion_bars(data)),
            "chart_course": add_chart(template.docx, 2, _course_bars(data)),
        }
        # A template is written by an office, not by this project: it sees the facts and nothing else.
        environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=True)
        template.render(context_of(data) | charts, environment, autoescape=True)
        target = io.BytesIO()
        template.save(target)
    except (JinjaError, PackageNotFoundError, BadZipFile, KeyError, ValueError, OSError) as error:
        raise TemplateError(message("template_unusable", path=path, error=error)) from error
    return target.getvalue()


def _completion_bars(data: BulletinData) -> Bars:
    counted = [figure for figure in data.figures if figure.completion_ratio is not None]
    ratios = [float(figure.completion_ratio or 0) for figure in counted]
    names = [figure.indicator_name_zh for figure in counted]
    return Bars(names, {"完成率": ratios}, ["4472C4"], True, 150, "0%")


def _course_bars(data: BulletinData) -> Bars:
    months = sorted({one.period_month for one in data.course})
    counts = {(one.period_month, one.status_code): one.count for one in data.course}
    codes = [code for code in labels("status") if any(one.status_code == code for one in data.course)]
    series = {label("status", code).zh: [counts.get((month, code)) for month in months] for code in codes}
    return Bars(
        [f"{month.month}月" for month in months], series, [_COLOURS[code] for code in codes], False, 75
    )


def _workbook(data: BulletinData) -> bytes:
    book = sheets.new_book()
    [works] = book.worksheets
    works.title = WORKS
    _write_sheet(works, data, _WORK_TITLES, _work_rows(data))
    _format_figures(works, data.figures, (5, 6, 7, 10))
    programme_rows = [
        (
            one.work_no, one.work_name_zh, one.indicator_name_zh, one.unit_zh, one.plan_total_value,
            one.cumulative_expected_value, one.cumulative_value, one.completion_ratio,
            label("status", one.status_code).zh, one.as_of_date,
        )
        for one in data.programme
    ]  # fmt: skip
    totals = book.create_sheet(PROGRAMME)
    _write_sheet(totals, data, _PROGRAMME_TITLES, programme_rows)
    _format_figures(totals, data.programme, (5, 6, 7))
    standing_rows = [
        (
            unit.unit_name_zh, label("responsibility", unit.role_code).zh, len(unit.works),
            *(unit.standing[standing] for standing in _STANDINGS), "、".join(map(str, unit.works)),
        )
        for unit in data.units()
    ]  # fmt: skip
    _write_sheet(book.create_sheet(UNITS), data, _UNIT_TITLES, standing_rows)
    changes = [
        (
            one.indicator_name_zh, one.period_month, one.old_actual_value, one.new_actual_value,
            *(label("status", code).zh if code else None for code in (one.old_status_code, one.new_status_code)),
            "、".join(label("cause", code).zh for code in one.cause_codes), one.publication_no,
            text.reason_text(one.reason),
        )
        for one in data.restatements
    ]  # fmt: skip
    _write_sheet(book.create_sheet(CHANGES), data, _CHANGE_TITLES, changes)
    qualities = [
        (
            AGENCIES[one.agency_code].name_zh, one.subject_name_zh, one.complete_through, one.completeness_ratio,
            one.rows_in_file, one.rows_rejected, label("timeliness", "stale").zh if one.is_stale else None,
        )
        for one in data.qualities
    ]  # fmt: skip
    _write_sheet(book.create_sheet(QUALITY), data, _QUALITY_TITLES, qualities)
    for row in range(_FIRST_ROW, _FIRST_ROW + len(qualities)):
        book[QUALITY].cell(row, 4).number_format = "0.0%"
    book.properties.title, book.properties.creator = WORKING_TABLE, data.issuer
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _month_name(data: BulletinData) -> str:
    month = data.month.first_day
    return f"{month.year}年{month.month}月"


def _write_sheet(
    sheet: Worksheet, data: BulletinData, titles: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    number = data.publication.publication_no
    sheets.head(sheet, f"{_month_name(data)}{sheet.title}（第{number}号发布）", data.is_synthetic)
    last = sheets.put_table(sheet, _HEADER_ROW, titles, rows)
    sheets.fit(sheet, titles, rows)
    for cells in sheet.iter_rows(min_row=_FIRST_ROW, max_row=last):
        for cell in cells:
            if isinstance(cell.value, date):
                cell.number_format = "yyyy-mm-dd"
    sheet.freeze_panes, sheet.print_title_rows = f"D{_FIRST_ROW}", f"{_HEADER_ROW}:{_HEADER_ROW}"
    sheet.print_area = f"A1:{get_column_letter(len(titles))}{max(last, _HEADER_ROW)}"


def _work_rows(data: BulletinData) -> list[tuple[Any, ...]]:
    return [
        (
            figure.work_no, figure.work_name_zh, figure.indicator_name_zh, figure.unit_zh, figure.target_value,
            figure.expected_value, figure.actual_value, figure.completion_ratio,
            label("status", figure.status_code).zh, figure.gap, "、".join(data.leads(figure.work_no)),
            label("revision_state", figure.revision_state_code).zh,
        )
        for figure in data.figures
    ]  # fmt: skip


def _format_figures(
    sheet: Worksheet, figures: Sequence[MonthFigure | ProgrammeFigure], columns: Sequence[int]
) -> None:
    """Give figures their decimals, completion in column H, and the status in column I its colour."""
    for row, figure in enumerate(figures, start=_FIRST_ROW):
        for column in columns:
            sheet.cell(row, column).number_format = _number_format(figure)
        sheet.cell(row, 8).number_format = "0.0%"
    last = max(_FIRST_ROW, _FIRST_ROW + len(figures) - 1)
    for code, colour in _COLOURS.items():
        fill = PatternFill(bgColor=colour)
        rule = FormulaRule([f'$I{_FIRST_ROW}="{label("status", code).zh}"'], fill=fill)  # type: ignore[no-untyped-call]
        sheet.conditional_formatting.add(f"I{_FIRST_ROW}:I{last}", rule)


def _number_format(figure: MonthFigure | ProgrammeFigure) -> str:
    if figure.unit_zh == "%":
        return "0.00%"
    return "#,##0" if figure.decimals == 0 else f"#,##0.{'0' * figure.decimals}"
