"""A Word document in the form of an official attachment, by GB/T 9704-2012 (党政机关公文格式).

A4 with the standard's type area; title 方正小标宋简体 at size 2, body 仿宋_GB2312 at size 3 with 28 points a line,
headings in 黑体 and 楷体_GB2312, page numbers in the footer. A computer without these fonts shows others instead.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph
from docx.text.run import Run

TITLE, BODY, HEADING, SUBHEADING = "方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312"
_WESTERN = "Times New Roman"
_RED = RGBColor(0xC0, 0x00, 0x00)
# 2号, 3号, 小4号 and 4号 in points; 5号 for the header, 小5号 for tables of many columns and rows.
_SIZE_TITLE, _SIZE_BODY, _SIZE_TABLE, _SIZE_PAGE = 22.0, 16.0, 12.0, 14.0
_SIZE_HEADER, _SIZE_LONG_TABLE = 10.5, 9.0


class OfficialDocument:
    """An attachment that is written from top to bottom."""

    def __init__(self, title: str, author: str) -> None:
        self._document = Document()
        self._document.core_properties.title, self._document.core_properties.author = title, author
        self._document.core_properties.comments = ""
        section = self._document.sections[0]
        section.orientation, section.page_width, section.page_height = WD_ORIENT.PORTRAIT, Mm(210), Mm(297)
        section.top_margin, section.bottom_margin = Mm(37), Mm(35)
        section.left_margin, section.right_margin = Mm(28), Mm(26)
        section.footer_distance = Mm(25)
        self._write_page_number(section.footer.paragraphs[0])

    def header(self, text: str) -> None:
        """Put a line in red on top of every page."""
        paragraph = self._document.sections[0].header.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _run(paragraph, text, HEADING, _SIZE_HEADER).font.color.rgb = _RED

    def label(self, text: str) -> None:
        """Write the word 附件 in the upper left corner."""
        _run(self._paragraph(), text, HEADING, _SIZE_BODY)

    def title(self, *lines: str) -> None:
        """Write the title, centred."""
        for line in lines:
            _run(self._paragraph(34, WD_ALIGN_PARAGRAPH.CENTER), line, TITLE, _SIZE_TITLE)

    def warning(self, text: str) -> None:
        """Write a sentence in red in a frame."""
        paragraph = self._paragraph(18, WD_ALIGN_PARAGRAPH.CENTER)
        paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(14)
        _run(paragraph, text, HEADING, _SIZE_TABLE).font.color.rgb = _RED
        _frame(paragraph)

    def heading(self, text: str, font: str = HEADING) -> None:
        """Write a heading of the first level (一、), or in SUBHEADING one of the second ((一))."""
        paragraph = self._indented()
        paragraph.paragraph_format.keep_with_next = True
        _run(paragraph, text, font, _SIZE_BODY)

    def body(self, text: str, label: str = "") -> None:
        """Write a paragraph of text, its beginning (a label) in 楷体."""
        paragraph = self._indented()
        if label:
            _run(paragraph, label, SUBHEADING, _SIZE_BODY)
        _run(paragraph, text, BODY, _SIZE_BODY)

    def closing(self, text: str) -> None:
        """Write a line at the end, to the right, on one page with the line before it."""
        self._document.paragraphs[-1].paragraph_format.keep_with_next = True
        paragraph = self._paragraph(alignment=WD_ALIGN_PARAGRAPH.RIGHT)
        paragraph.paragraph_format.right_indent = Pt(2 * _SIZE_BODY)
        _run(paragraph, text, BODY, _SIZE_BODY)

    def facts(self, rows: Sequence[tuple[str, str]]) -> None:
        """Write a table of labels and values."""
        table = self._table(len(rows), (34, 122))
        for row, (label, value) in enumerate(rows):
            _write(table.cell(row, 0), label, HEADING, _SIZE_TABLE, WD_ALIGN_PARAGRAPH.CENTER)
            _write(table.cell(row, 1), value, BODY, _SIZE_TABLE, WD_ALIGN_PARAGRAPH.LEFT)
        self._paragraph(line_points=12)

    def table(self, widths_mm: Mapping[str, float], rows: Sequence[Sequence[str]]) -> None:
        """Write a table with a header that is repeated on every page; the widths are by the columns' titles."""
        table = self._table(len(rows) + 1, [*widths_mm.values()])
        for column, title in enumerate(widths_mm):
            _write(table.cell(0, column), title, HEADING, _SIZE_LONG_TABLE, WD_ALIGN_PARAGRAPH.CENTER)
        cells = table._cells
        for number, row in enumerate(rows, start=1):
            for column, text in enumerate(row):
                where = WD_ALIGN_PARAGRAPH.LEFT if len(text) > 14 else WD_ALIGN_PARAGRAPH.CENTER
                _write(cells[number * len(row) + column], text, BODY, _SIZE_LONG_TABLE, where)
        repeated = OxmlElement("w:tblHeader")
        repeated.set(qn("w:val"), "true")
        table.rows[0]._tr.get_or_add_trPr().append(repeated)
        self._paragraph(line_points=12)

    def to_bytes(self) -> bytes:
        """Return the document as a file's content."""
        target = io.BytesIO()
        self._document.save(target)
        return target.getvalue()

    def _indented(self) -> Paragraph:
        paragraph = self._paragraph()
        # Two characters.
        paragraph.paragraph_format.first_line_indent = Pt(2 * _SIZE_BODY)
        return paragraph

    def _paragraph(self, line_points: float = 28, alignment: WD_ALIGN_PARAGRAPH | None = None) -> Paragraph:
        paragraph = self._document.add_paragraph()
        if alignment is not None:
            paragraph.alignment = alignment
        layout = paragraph.paragraph_format
        layout.line_spacing_rule, layout.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(line_points)
        layout.space_before = layout.space_after = Pt(0)
        return paragraph

    def _table(self, rows: int, widths_mm: Sequence[float]) -> Table:
        table: Table = self._document.add_table(rows, len(widths_mm), style="Table Grid")
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
        for column, width in zip(table.columns, widths_mm, strict=True):
            column.width = Mm(width)
        for place, cell in enumerate(table._cells):
            cell.width = Mm(widths_mm[place % len(widths_mm)])
        for row in table.rows:
            row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        return table

    def _write_page_number(self, paragraph: Paragraph) -> None:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _run(paragraph, "— ", "宋体", _SIZE_PAGE)
        run = _run(paragraph, "", "宋体", _SIZE_PAGE)
        for kind, text in (("begin", None), (None, "PAGE"), ("end", None)):
            part = OxmlElement("w:instrText" if text else "w:fldChar")
            if text:
                part.text = text
            else:
                part.set(qn("w:fldCharType"), str(kind))
            run._r.append(part)
        _run(paragraph, " —", "宋体", _SIZE_PAGE)


def _run(paragraph: Paragraph, text: str, font: str, size: float) -> Run:
    run = paragraph.add_run(text)
    run.font.name, run.font.size = _WESTERN, Pt(size)
    fonts = run._r.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), font)
    # Quotation marks are Chinese ones here, a whole character wide.
    fonts.set(qn("w:hint"), "eastAsia")
    return run


def _write(cell: _Cell, text: str, font: str, size: float, alignment: WD_ALIGN_PARAGRAPH) -> None:
    cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    paragraph = cell.paragraphs[0]
    paragraph.alignment = alignment
    layout = paragraph.paragraph_format
    layout.space_before = layout.space_after = Pt(2)
    layout.line_spacing = 1.0
    _run(paragraph, text, font, size)


def _frame(paragraph: Paragraph) -> None:
    borders = OxmlElement("w:pBdr")
    for side in ("top", "left", "bottom", "right"):
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", "12"), ("space", "4"), ("color", "C00000")):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    paragraph._p.get_or_add_pPr().insert_element_before(
        borders, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )
