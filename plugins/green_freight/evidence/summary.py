"""The first sheet of an indicator's workbook: the figure, its definition and target, and the sums beside it."""

from __future__ import annotations

from decimal import Decimal

from openpyxl.worksheet.worksheet import Worksheet

from green_freight.evidence import formatting as fmt
from green_freight.evidence import sheets
from green_freight.evidence.contents import Material, Proof
from green_freight.evidence.figures import Revision
from green_freight.labels import label

# Where the sheet of a part adds its rows up.
SUM_CELL = "C3"
_FORMATS = {"元": "#,##0.00", "吨": "#,##0.000"}
_WIDTHS = {"A": 20, "B": 20, "C": 22, "D": 20, "E": 18, "F": 24, "G": 40}
_SUMS = ("项目", "计入行数", "按行合计（公式）", "发布数值", "核对（公式）")
_REVISIONS = ("发布号", "发布时间", "原值", "新值", "更改最终值", "变化原因", "发布原因")


def write_summary(sheet: Worksheet, material: Material, proof: Proof) -> None:
    """Write the sheet."""
    sheets.head(sheet, fmt.title(proof.figure), material.is_synthetic)
    row = 3
    for name, value in _facts(material, proof):
        row += 1
        sheets.put(sheet, row, 1, name, sheets.LABEL)
        for column in range(2, 6):
            sheets.put(sheet, row, column, value if column == 2 else None, sheets.WRAPPED)
        sheet.merge_cells(start_row=row, end_row=row, start_column=2, end_column=5)
        sheet.row_dimensions[row].height = sheets.height_of(value, 78)
    row = _write_sums(sheet, row + 2, proof)
    if proof.revisions:
        sheets.put(sheet, row + 2, 1, "本数值的历次变化", sheets.LABEL)
        sheets.put_table(sheet, row + 3, _REVISIONS, [_revision(proof, one) for one in proof.revisions])
    for letter, width in _WIDTHS.items():
        sheet.column_dimensions[letter].width = width


def part_format(proof: Proof, part_code: str) -> str:
    """Return Excel's format for what a part counts: tonnes to the kilogram, yuan to the fen."""
    return _FORMATS.get(proof.unit(part_code), "General")


def check_formula(added: str, published: str, value: Decimal | None) -> str:
    """Return the formula that says whether two cells agree; without a published number there is nothing to compare."""
    return '="无发布数值"' if value is None else f'=IF({added}={published},"一致","不一致")'


def _facts(material: Material, proof: Proof) -> list[tuple[str, str]]:
    figure, publication = proof.figure, material.publication
    facts = [
        ("指标", f"{figure.name_zh}（{figure.indicator_code}）"),
        ("重点工作", f"（{material.work.work_no}）{material.work.name_zh}"),
        ("年度", f"{figure.year}年，统计截止日 {fmt.day(figure.as_of_date)}"),
        ("数据发布", f"第{publication.publication_no}号，{fmt.minute(publication.published_at)}"),
        ("目标", fmt.target(figure)),
        ("实际", fmt.figure_value(figure, figure.actual_value)),
        ("状态", fmt.status(figure)),
        ("方案表述", figure.plan_words_zh),
        ("统计口径", figure.formula_zh),
        ("口径说明", figure.note_zh or fmt.EMPTY),
    ]
    if figure.null_reason_code:
        facts.insert(6, ("无数值的原因", label("null_reason", figure.null_reason_code).zh))
    return facts


def _write_sums(sheet: Worksheet, row: int, proof: Proof) -> int:
    """Write the sums of the parts and the figure they give; return the last row."""
    figure = proof.figure
    sheets.put_header(sheet, row, _SUMS)
    cells = []
    for part_code in proof.parts:
        row += 1
        formula, number = f"='{fmt.part(part_code)}'!{SUM_CELL}", part_format(proof, part_code)
        label = (
            f"{fmt.part(part_code)}（{proof.unit(part_code)}）"
            if proof.unit(part_code)
            else fmt.part(part_code)
        )
        _write_sum(
            sheet, row, label, (len(proof.part(part_code)), formula, proof.published(part_code)), number
        )
        cells.append(f"C{row}")
    value = f"={cells[0]}" if len(cells) == 1 else f'=IF({cells[1]}=0,"",ROUND({cells[0]}/{cells[1]},6))'
    number = (
        "0.00%" if figure.unit_zh == "%" else part_format(proof, "numerator") if len(cells) == 1 else "0.0000"
    )
    _write_sum(sheet, row + 1, "指标值", (len(proof.rows), value, figure.actual_value), number)
    return row + 1


def _write_sum(
    sheet: Worksheet, row: int, label: str, values: tuple[int, str, Decimal | None], number: str
) -> None:
    rows, formula, published = values
    sheets.put(sheet, row, 1, label, sheets.LABEL)
    sheets.put(sheet, row, 2, rows)
    sheets.put_formula(sheet, row, 3, formula).number_format = number
    sheets.put(sheet, row, 4, fmt.EMPTY if published is None else published).number_format = number
    sheets.put_formula(sheet, row, 5, check_formula(f"C{row}", f"D{row}", published))


def _revision(proof: Proof, revision: Revision) -> tuple[object, ...]:
    return (
        revision.publication_no,
        fmt.minute(revision.published_at),
        fmt.figure_value(proof.figure, revision.old_actual_value),
        fmt.figure_value(proof.figure, revision.new_actual_value),
        "是" if revision.is_restatement else "否",
        "、".join(label("cause", code).zh for code in revision.cause_codes),
        revision.reason,
    )
