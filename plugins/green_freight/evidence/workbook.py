"""An indicator's workbook: what is added up, the counted rows of each part, the files they stand in, and notes."""

from __future__ import annotations

import io
from collections.abc import Mapping
from urllib.parse import quote

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from green_freight.evidence import archive, sheets, tables
from green_freight.evidence import formatting as fmt
from green_freight.evidence.contents import Material, Proof
from green_freight.evidence.notes import notes
from green_freight.evidence.summary import SUM_CELL, check_formula, part_format, write_summary
from green_freight.evidence.tables import Table

SUMMARY, FILES, NOTES = "汇总", "来源文件", "说明"
_HEADER_ROW = 5
_FILE_TITLES = (
    "序号",
    "报送单位",
    "报送内容",
    "报送期",
    "文件名",
    "字节数",
    "计入行数",
    "SHA-256",
    "原始文件位置",
)


def workbook_of(material: Material, proof: Proof, parts: Mapping[str, Table]) -> bytes:
    """Return the workbook; `parts` are the tables of the figure's parts. Equal contents give equal bytes."""
    book = sheets.new_book()
    [summary] = book.worksheets
    summary.title = SUMMARY
    write_summary(summary, material, proof)
    for part_code, table in parts.items():
        _write_part(book.create_sheet(fmt.part(part_code)), material, proof, part_code, table)
    _write_files(book.create_sheet(FILES), material, proof)
    _write_notes(book.create_sheet(NOTES), material, proof)
    book.properties.title = fmt.title(proof.figure)
    book.properties.creator = f"{material.city_zh}绿色货运数据仓库"
    target = io.BytesIO()
    book.save(target)
    return archive.settled(target.getvalue(), material.publication.published_at)


def _write_part(sheet: Worksheet, material: Material, proof: Proof, part_code: str, table: Table) -> None:
    title = f"{fmt.title(proof.figure)}：{fmt.part(part_code)}"
    sheets.head(sheet, title, material.is_synthetic)
    last = sheets.put_table(sheet, _HEADER_ROW, table.titles, table.rows)
    place = table.place(tables.WEIGHT) + 1
    column, number = get_column_letter(place), part_format(proof, part_code)
    for row in range(_HEADER_ROW + 1, last + 1):
        sheet.cell(row, place).number_format = number
    first = _HEADER_ROW + 1
    # Without rows the range is the empty row below the header, and the sum 0.
    _write_sum(sheet, proof, part_code, f"{column}{first}:{column}{max(last, first)}")
    sheets.fit(sheet, table.titles, table.rows)
    sheet.freeze_panes = f"C{first}"
    sheet.auto_filter.ref = f"A{_HEADER_ROW}:{get_column_letter(len(table.titles))}{last}"
    # On paper without checksum, path and content, which would leave the rest unreadable.
    sheet.print_area = f"A1:{get_column_letter(table.place(tables.ANSWER) + 1)}{last}"
    sheet.print_title_rows = f"{_HEADER_ROW}:{_HEADER_ROW}"
    sheet.page_setup.paperSize = Worksheet.PAPERSIZE_A3


def _write_sum(sheet: Worksheet, proof: Proof, part_code: str, summed: str) -> None:
    """Write the sum of a range as a formula into SUM_CELL, beside the published number."""
    published, number = proof.published(part_code), part_format(proof, part_code)
    sheets.put(sheet, 3, 2, "按行合计（公式）", sheets.LABEL)
    sheets.put_formula(sheet, 3, 3, f"=ROUND(SUM({summed}),6)").number_format = number
    sheets.put(sheet, 3, 4, "发布数值", sheets.LABEL)
    sheets.put(sheet, 3, 5, fmt.EMPTY if published is None else published).number_format = number
    sheets.put_formula(sheet, 3, 6, check_formula(SUM_CELL, "E3", published))


def _write_files(sheet: Worksheet, material: Material, proof: Proof) -> None:
    sheets.head(sheet, f"{fmt.title(proof.figure)}：来源文件", material.is_synthetic)
    counted = proof.rows_by_file()
    rows = [
        (
            number, fmt.agency(file.agency_code), fmt.delivery(file.agency_code, file.delivery_name),
            file.period_label, file.file_name, file.bytes, counted[file.source_file_key], file.sha256,
            material.paths[file.source_file_key],
        )
        for number, file in enumerate(material.files_of(proof), start=1)
    ]  # fmt: skip
    last = sheets.put_table(sheet, 4, _FILE_TITLES, rows)
    for row in range(5, last + 1):
        cell = sheet.cell(row, len(_FILE_TITLES))
        # Workbooks lie one folder deep; a link's Chinese has to be written in percent signs.
        cell.hyperlink = quote(f"../{cell.value}")
        cell.style = sheets.LINK
    sheets.fit(sheet, _FILE_TITLES, rows)
    sheet.freeze_panes = "A5"


def _write_notes(sheet: Worksheet, material: Material, proof: Proof) -> None:
    sheets.head(sheet, f"{fmt.title(proof.figure)}：说明", material.is_synthetic)
    for row, sentence in enumerate(notes(proof.figure, material.files_of(proof)), start=4):
        sheets.put(sheet, row, 1, row - 3, sheets.WRAPPED)
        sheets.put(sheet, row, 2, sentence, sheets.WRAPPED)
        sheet.row_dimensions[row].height = sheets.height_of(sentence, 110)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 6, 110
