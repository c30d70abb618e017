"""The counted rows of one part of a figure as a table: for the CSV and the workbook alike."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from green_freight.entities import Value
from green_freight.evidence import formatting as fmt
from green_freight.evidence.verification import ProvenRow

# Beside these stand the readable columns of what is counted.
NUMBER, THING, WEIGHT, UNIT = "序号", "对象编号", "计入数量", "计量单位"
AGENCY, DELIVERY, PERIOD, FILE, SHEET, ROW = "报送单位", "报送内容", "报送期", "文件名", "工作表", "行号"
ANSWER, CHECKSUM, PATH, CONTENT = "应答序号", "SHA-256", "原始文件位置", "报送原文"


@dataclass(frozen=True)
class Table:
    """Titles and rows; every row is as long as the titles."""

    titles: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]

    def place(self, title: str) -> int:
        """Return a column's place, from 0."""
        return self.titles.index(title)


def table_of(rows: Sequence[ProvenRow], paths: Mapping[str, str]) -> Table:
    """Return the table of one part's rows; `paths` are the places of the original files in the pack by key."""
    # A part counts things of one kind; without any, none of their columns is known.
    details = rows[0].counted.kind.details if rows else ()
    titles = (
        NUMBER, THING, *(detail.title_zh for detail in details), "区划", WEIGHT, UNIT,
        AGENCY, DELIVERY, PERIOD, FILE, SHEET, ROW, ANSWER, CHECKSUM, PATH, CONTENT,
    )  # fmt: skip
    return Table(titles, tuple(_cells(number, row, paths) for number, row in enumerate(rows, start=1)))


def csv_of(table: Table) -> bytes:
    """Return a table as CSV in UTF-8 with a mark, which Excel needs to read Chinese; empty fields are empty."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(table.titles)
    writer.writerows(table.rows)
    return text.getvalue().encode("utf-8-sig")


def _cells(number: int, row: ProvenRow, paths: Mapping[str, str]) -> tuple[Value, ...]:
    counted, file, delivered = row.counted, row.file, row.delivered
    evidence = counted.evidence
    return (
        number,
        evidence.entity_key,
        *counted.details,
        evidence.region_name_zh,
        evidence.weight,
        counted.kind.unit_zh,
        fmt.agency(file.agency_code),
        fmt.delivery(file.agency_code, file.delivery_name),
        file.period_label,
        file.file_name,
        delivered.sheet,
        delivered.number,
        delivered.answer,
        file.sha256,
        paths[file.source_file_key],
        delivered.content,
    )
