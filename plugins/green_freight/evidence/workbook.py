"""An indicator's workbook: the figure and its sums, the counted rows of each part, their files, and notes."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import quote

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from green_freight.contracts import contracts_of
from green_freight.entities import Value
from green_freight.evidence import contents as text
from green_freight.evidence import sheets
from green_freight.evidence.contents import SENTENCES, Contents, Proof, part_zh
from green_freight.evidence.evidence_rows import VerifiedRow
from green_freight.labels import label

SUMMARY, FILES, NOTES = "汇总", "来源文件", "说明"
# Where the sheet of a part adds its rows up.
_SUM_CELL = "C3"
_HEADER_ROW = 5
_WEIGHT, _ANSWER = "计入数量", "应答序号"
_FORMATS = {"元": "#,##0.00", "吨": "#,##0.000"}
_SUMMARY_WIDTHS = {"A": 20, "B": 20, "C": 22, "D": 20, "E": 18, "F": 24, "G": 40}
_SUM_TITLES = ("项目", "计入行数", "按行合计（公式）", "发布数值", "核对（公式）")
_REVISION_TITLES = ("发布号", "发布时间", "原值", "新值", "更改最终值", "变化原因", "发布原因")
_FILE_TITLES = (
    "序号", "报送单位", "报送内容", "报送期", "文件名", "字节数", "计入行数", "SHA-256", "原始文件位置",
)  # fmt: skip


@dataclass(frozen=True)
class Table:
    """Titles and rows, for the CSV and the workbook alike; every row is as long as the titles."""

    titles: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]

    def column(self, title: str) -> int:
        """Return a column's number, from 1."""
        return self.titles.index(title) + 1


def table_of(rows: Sequence[VerifiedRow], paths: Mapping[str, str]) -> Table:
    """Return the table of one part's rows; `paths` are the places of the original files in the pack by key."""
    # A part counts things of one kind; without any, none of their columns is known.
    details = rows[0].counted.kind.details if rows else ()
    titles = (
        "序号", "对象编号", *(detail.title_zh for detail in details), "区划", _WEIGHT, "计量单位", "报送单位",
        "报送内容", "报送期", "文件名", "工作表", "行号", _ANSWER, "SHA-256", "原始文件位置", "报送原文",
    )  # fmt: skip
    return Table(titles, tuple(_cells(number, row, paths) for number, row in enumerate(rows, start=1)))


def workbook_of(contents: Contents, proof: Proof, parts: Mapping[str, Table]) -> bytes:
    """Return the workbook; `parts` are the tables of the figure's parts."""
    book = sheets.new_book()
    [summary] = book.worksheets
    summary.title = SUMMARY
    _write_summary(summary, contents, proof)
    for part_code, table in parts.items():
        _write_part(book.create_sheet(part_zh(part_code)), contents, proof, part_code, table)
    _write_files(book.create_sheet(FILES), contents, proof)
    _write_notes(book.create_sheet(NOTES), contents, proof)
    book.properties.title, book.properties.creator = proof.title, contents.author
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _cells(number: int, row: VerifiedRow, paths: Mapping[str, str]) -> tuple[Value, ...]:
    counted, file = row.counted, row.file
    return (
        number, counted.entity_key, *counted.details, counted.region_name_zh, counted.weight, counted.kind.unit_zh,
        *text.delivery_names(file), file.period_label, file.file_name, counted.source_sheet, counted.source_row_number,
        row.answer, file.sha256, paths[file.source_file_key], row.content,
    )  # fmt: skip


def _write_summary(sheet: Worksheet, contents: Contents, proof: Proof) -> None:
    sheets.head(sheet, proof.title, contents.is_synthetic)
    for row, (name, value) in enumerate(_facts(contents, proof), start=4):
        sheets.put(sheet, row, 1, name, sheets.LABEL)
        for column in range(2, 6):
            sheets.put(sheet, row, column, value if column == 2 else None, sheets.WRAPPED)
        sheet.merge_cells(start_row=row, end_row=row, start_column=2, end_column=5)
        sheet.row_dimensions[row].height = sheets.height_of(value, 78)
    row = _write_sums(sheet, row + 2, proof)
    if proof.revisions:
        sheets.put(sheet, row + 2, 1, "本数值的历次变化", sheets.LABEL)
        revisions = [
            (
                one.publication_no, text.minute_text(one.published_at),
                text.value_text(proof.figure, one.old_actual_value, one.new_actual_value),
                text.value_text(proof.figure, one.new_actual_value, one.old_actual_value),
                "是" if one.is_restatement else "否",
                "、".join(label("cause", code).zh for code in one.cause_codes), text.reason_text(one.reason),
            )
            for one in proof.revisions
        ]  # fmt: skip
        sheets.put_table(sheet, row + 3, _REVISION_TITLES, revisions)
    for letter, width in _SUMMARY_WIDTHS.items():
        sheet.column_dimensions[letter].width = width


def _facts(contents: Contents, proof: Proof) -> list[tuple[str, str]]:
    figure, publication = proof.figure, contents.publication
    facts = [
        ("指标", f"{figure.name_zh}（{figure.indicator_code}）"),
        ("重点工作", f"（{contents.work.work_no}）{contents.work.name_zh}"),
        ("年度", f"{figure.year}年，统计截止日 {text.day_text(figure.as_of_date)}"),
        ("数据发布", f"第{publication.publication_no}号，{text.minute_text(publication.published_at)}"),
        ("目标", text.target_text(figure)),
        ("实际", proof.value),
        ("状态", text.status_text(figure)),
        *[("示范期累计", sentence) for sentence in [text.programme_text(figure)] if sentence],
        *[("里程碑报告", sentence) for sentence in [text.report_text(figure)] if sentence],
        ("方案表述", figure.plan_words_zh),
        ("统计口径", figure.formula_zh),
        ("口径说明", figure.note_zh or text.EMPTY),
    ]
    if figure.null_reason_code:
        facts.insert(6, ("无数值的原因", label("null_reason", figure.null_reason_code).zh))
    return facts


def _write_sums(sheet: Worksheet, row: int, proof: Proof) -> int:
    """Write the sums of the parts and the figure they give; return the last row."""
    sheets.put_header(sheet, row, _SUM_TITLES)
    cells = []
    for part_code in proof.parts:
        row += 1
        unit = proof.unit(part_code)
        name = f"{part_zh(part_code)}（{unit}）" if unit else part_zh(part_code)
        formula = f"='{part_zh(part_code)}'!{_SUM_CELL}"
        sheets.put(sheet, row, 1, name, sheets.LABEL)
        sheets.put(sheet, row, 2, len(proof.part(part_code)))
        _put_check(sheet, row, formula, proof.published(part_code), _number_format(proof, part_code))
        cells.append(f"C{row}")
    row += 1
    if len(cells) == 1:
        formula, number = f"={cells[0]}", _number_format(proof, "numerator")
    else:
        formula, number = f'=IF({cells[1]}=0,"",ROUND({cells[0]}/{cells[1]},6))', "0.0000"
    if proof.figure.unit_zh == "%":
        number = "0.00%"
    sheets.put(sheet, row, 1, "指标值", sheets.LABEL)
    sheets.put(sheet, row, 2, len(proof.rows))
    _put_check(sheet, row, formula, proof.figure.actual_value, number)
    return row


def _write_part(sheet: Worksheet, contents: Contents, proof: Proof, part_code: str, table: Table) -> None:
    """Write the rows of a part, and above them their sum as a formula beside the published number."""
    sheets.head(sheet, f"{proof.title}：{part_zh(part_code)}", contents.is_synthetic)
    first, last = _HEADER_ROW + 1, sheets.put_table(sheet, _HEADER_ROW, table.titles, table.rows)
    column, number = table.column(_WEIGHT), _number_format(proof, part_code)
    for row in range(first, last + 1):
        sheet.cell(row, column).number_format = number
    # Without rows the range is the empty row below the header, and the sum 0.
    letter = get_column_letter(column)
    sheets.put(sheet, 3, 2, "按行合计（公式）", sheets.LABEL)
    formula = f"=ROUND(SUM({letter}{first}:{letter}{max(last, first)}),6)"
    sheets.put_formula(sheet, 3, 3, formula).number_format = number
    sheets.put(sheet, 3, 4, "发布数值", sheets.LABEL)
    _put_published(sheet, 3, 5, _SUM_CELL, proof.published(part_code), number)
    sheets.fit(sheet, table.titles, table.rows)
    sheet.freeze_panes = f"C{first}"
    sheet.auto_filter.ref = f"A{_HEADER_ROW}:{get_column_letter(len(table.titles))}{last}"
    # On paper without checksum, path and content, which would leave the rest unreadable.
    sheet.print_area = f"A1:{get_column_letter(table.column(_ANSWER))}{last}"
    sheet.print_title_rows = f"{_HEADER_ROW}:{_HEADER_ROW}"
    sheet.page_setup.paperSize = Worksheet.PAPERSIZE_A3


def _put_check(sheet: Worksheet, row: int, formula: str, published: Decimal | None, number: str) -> None:
    """Write a formula into column C, the published number beside it, and whether they agree."""
    sheets.put_formula(sheet, row, 3, formula).number_format = number
    _put_published(sheet, row, 4, f"C{row}", published, number)


def _put_published(
    sheet: Worksheet, row: int, column: int, added: str, published: Decimal | None, number: str
) -> None:
    sheets.put(sheet, row, column, text.EMPTY if published is None else published).number_format = number
    cell = f"{get_column_letter(column)}{row}"
    agree = '="无发布数值"' if published is None else f'=IF({added}={cell},"一致","不一致")'
    sheets.put_formula(sheet, row, column + 1, agree)


def _number_format(proof: Proof, part_code: str) -> str:
    """Return Excel's format for what a part counts: tonnes to the kilogram, yuan to the fen."""
    return _FORMATS.get(proof.unit(part_code), "General")


def _write_files(sheet: Worksheet, contents: Contents, proof: Proof) -> None:
    sheets.head(sheet, f"{proof.title}：来源文件", contents.is_synthetic)
    counted = proof.rows_by_file()
    rows = [
        (
            number, *text.delivery_names(file), file.period_label, file.file_name, file.bytes,
            counted[file.source_file_key], file.sha256, contents.paths[file.source_file_key],
        )
        for number, file in enumerate(contents.files_of(proof), start=1)
    ]  # fmt: skip
    last = sheets.put_table(sheet, 4, _FILE_TITLES, rows)
    for row in range(5, last + 1):
        cell = sheet.cell(row, len(_FILE_TITLES))
        # Workbooks lie one folder deep; a link's Chinese has to be written in percent signs.
        cell.hyperlink = quote(f"../{cell.value}")
        cell.style = sheets.LINK
    sheets.fit(sheet, _FILE_TITLES, rows)
    sheet.freeze_panes = "A5"


def _write_notes(sheet: Worksheet, contents: Contents, proof: Proof) -> None:
    sheets.head(sheet, f"{proof.title}：说明", contents.is_synthetic)
    for row, sentence in enumerate(_notes(contents, proof), start=4):
        sheets.put(sheet, row, 1, row - 3, sheets.WRAPPED)
        sheets.put(sheet, row, 2, sentence, sheets.WRAPPED)
        sheet.row_dimensions[row].height = sheets.height_of(sentence, 110)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 6, 110


def _notes(contents: Contents, proof: Proof) -> Iterator[str]:
    """Yield how to add the rows up, how to find a row, how to check the files."""
    files = contents.files_of(proof)
    yield SENTENCES["measures"][proof.figure.measure_kind_code]
    deliveries = {file.delivery_name for file in files}
    yield from (sentence for delivery, sentence in SENTENCES["deliveries"].items() if delivery in deliveries)
    yield SENTENCES["sum"]
    containers = {
        one.container for file in files for one in contracts_of(file.agency_code, file.delivery_name)
    }
    yield from (
        sentence for container, sentence in SENTENCES["containers"].items() if container in containers
    )
    yield from (SENTENCES["content"], SENTENCES["original"])
