"""An evidence pack as the panel has it: read back from the zip alone, with the standard library and openpyxl."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

WEIGHT, ENTITY, PATH, SHEET, ROW, ANSWER, CHECKSUM, CONTENT = (
    "计入数量", "对象编号", "原始文件位置", "工作表", "行号", "应答序号", "SHA-256", "报送原文",
)  # fmt: skip
SHEETS = {"numerator": "分子", "denominator": "分母"}
# What identifies an entity in its file where that is not the end of its key.
_IDENTIFIERS = (
    "车辆识别代号（VIN）",
    "充电桩编码",
    "充电站编码",
    "门店编码",
    "证书编号",
    "市交通运输局企业编号",
)
_MICRO = Decimal("0.000001")

Row = dict[str, str]


class OpenedPack:
    """A zip's members, below its one folder."""

    def __init__(self, path: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            [folder] = {name.partition("/")[0] for name in archive.namelist()}
            self.folder = folder
            self.members = {
                name.removeprefix(f"{folder}/"): archive.read(name) for name in archive.namelist()
            }
            self.dates = {entry.date_time for entry in archive.infolist()}
        self._originals: dict[tuple[str, str, bool], list[tuple[str, str]]] = {}

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Return the manifest."""
        return dict(json.loads(self.members["manifest.json"]))

    def indicator(self, code: str) -> dict[str, Any]:
        """Return an indicator's entry in the manifest."""
        [entry] = [one for one in self.manifest["indicators"] if one["indicator_code"] == code]
        return dict(entry)

    def rows(self, code: str, part: str) -> list[Row]:
        """Return the rows of one part's CSV."""
        text = self.members[self.indicator(code)["tables"][part]].decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text, newline="")))

    def all_rows(self, code: str) -> Iterator[Row]:
        """Yield the rows of all parts."""
        for part in self.indicator(code)["tables"]:
            yield from self.rows(code, part)

    def added(self, code: str) -> tuple[Decimal, Decimal | None, Decimal | None]:
        """Return numerator, denominator and value from the rows of the CSV alone."""
        sums = {part: _sum(self.rows(code, part)) for part in self.indicator(code)["tables"]}
        numerator, denominator = sums["numerator"], sums.get("denominator")
        if denominator is None:
            return numerator, None, numerator
        value = (numerator / denominator).quantize(_MICRO, ROUND_HALF_UP) if denominator else None
        return numerator, denominator, value

    def sheet(self, code: str, part: str) -> Worksheet:
        """Return one part's sheet of an indicator's workbook."""
        book = load_workbook(io.BytesIO(self.members[self.indicator(code)["workbook"]]))
        return book[SHEETS[part]]

    def original_row(self, row: Row) -> str:
        """Return what stands in the original file at a counted row's number."""
        # What a .jsonl holds depends on what is counted: stations or their piles.
        key = (row[PATH], row[SHEET], "充电桩编码" in row)
        if key not in self._originals:
            content = self.members[row[PATH]]
            assert hashlib.sha256(content).hexdigest() == row[CHECKSUM]
            self._originals[key] = _lines(content, row)
        answer, text = self._originals[key][int(row[ROW]) - 1]
        assert row[ANSWER] == answer
        return text


def identifiers(row: Row) -> list[str]:
    """Return what must stand in the file of a counted thing."""
    found = [row[title] for title in _IDENTIFIERS if row.get(title)]
    return found or [row[ENTITY].rpartition(":")[2]]


def summed_cells(sheet: Worksheet) -> Decimal:
    """Return the sum of exactly those cells that the sheet's formula adds up."""
    formula = re.fullmatch(r"=ROUND\(SUM\(([A-Z]+\d+:[A-Z]+\d+)\),6\)", str(sheet["C3"].value))
    assert formula, sheet["C3"].value
    return sum((Decimal(str(cell.value or 0)) for (cell,) in sheet[formula[1]]), Decimal(0))


def _sum(rows: list[Row]) -> Decimal:
    return sum((Decimal(row[WEIGHT]) for row in rows), Decimal(0))


def _lines(content: bytes, row: Row) -> list[tuple[str, str]]:
    """Return the rows of an original file, each with the number of its answer (none but in a .jsonl)."""
    if row[PATH].endswith(".xlsx"):
        sheet = load_workbook(io.BytesIO(content), data_only=True)[row[SHEET]]
        return [("", " ".join(map(str, cells))) for cells in sheet.iter_rows(values_only=True)]
    if row[PATH].endswith(".csv"):
        return [("", line) for line in _text(content).split("\n")]
    answers = [json.loads(json.loads(line)["body"]) for line in content.splitlines()]
    return [
        (str(number), json.dumps(entry, ensure_ascii=False))
        for number, answer in enumerate(answers, start=1)
        for entry in _entries(answer, row)
    ]


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def _entries(answer: dict[str, Any], row: Row) -> list[Any]:
    if "items" in answer:
        return list(answer["items"])
    stations = answer["StationInfos"]
    return (
        [pile for one in stations for pile in one["EquipmentInfos"]]
        if "充电桩编码" in row
        else list(stations)
    )
