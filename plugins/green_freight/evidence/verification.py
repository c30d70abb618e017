"""The proof of counted rows: each is read again from its original file, by the reader that loaded it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from green_freight.contracts import Contract, contracts_of
from green_freight.evidence.errors import DoesNotAddUp, RowDiffers
from green_freight.evidence.evidence_rows import Count, CountedRow, SourceFile
from green_freight.evidence.originals import describe
from green_freight.loading.issues import SourceRow, UnreadableFileError
from green_freight.loading.readers import Source, open_reading
from green_freight.periods import Period

_MICRO = Decimal("0.000001")

# A file's key and one of its datasets.
_Content = tuple[str, str]


@dataclass(frozen=True)
class Delivered:
    """A row as it stands in its file: sheet, number, the answer it is in (files of HTTP exchanges), its content as
    JSON text."""

    sheet: str | None
    number: int
    answer: int | None
    content: str


@dataclass(frozen=True)
class ProvenRow:
    """A counted row, the file it came in and what stands there."""

    counted: CountedRow
    file: SourceFile
    delivered: Delivered


def prove(
    counts: Iterable[Count], files: Mapping[str, SourceFile], copies: Mapping[str, Path]
) -> list[ProvenRow]:
    """Return the counted rows of all figures, in their order, each with what its file holds at its place.

    Every file is read once for each dataset in it. `copies` are the verified files by key.

    Raises:
        RowDiffers: the file cannot be read, or another thing stands at the place.
    """
    rows = [row for count in counts for row in count.rows]
    wanted: defaultdict[_Content, set[int]] = defaultdict(set)
    for row in rows:
        wanted[_content(row, files)].add(row.evidence.source_row_number)
    found = {
        content: _read(files[content[0]], _contract_of(content, files), copies[content[0]], numbers)
        for content, numbers in wanted.items()
    }
    return [_proven(row, files, found[_content(row, files)]) for row in rows]


def insist_on_sums(count: Count) -> None:
    """Add the weights of a figure's parts and insist that they are the published ones, to the last decimal.

    A figure without data has nothing to add up to: things of one part may be there while the other never came.

    Raises:
        DoesNotAddUp: they are not.
    """
    figure = count.figure
    if figure.numerator is None:
        return
    numerator = sum_of(count.part("numerator"))
    denominator = None if figure.denominator is None else sum_of(count.part("denominator"))
    published = (figure.numerator, figure.denominator, figure.actual_value)
    added = (numerator, denominator, value_of(numerator, denominator))
    if published != added:
        zh, en = (" / ".join(map(str, parts)) for parts in (added, published))
        raise DoesNotAddUp(
            f"{figure.name_zh} {figure.period_month:%Y-%m}：计入行合计得分子、分母、数值 {zh}，发布的是 {en}；"
            "未生成佐证材料，请交开发人员核查 / "
            f"{figure.indicator_code} {figure.period_month:%Y-%m}: the counted rows give numerator, denominator and "
            f"value {zh}, published are {en}; no pack was written, give this to the developers"
        )


def sum_of(rows: Iterable[CountedRow]) -> Decimal:
    """Return the exact sum of the weights."""
    return sum((row.evidence.weight for row in rows), Decimal(0))


def value_of(numerator: Decimal, denominator: Decimal | None) -> Decimal | None:
    """Return an indicator's value from its parts: their ratio to six decimals (half up), the numerator where there is
    no denominator, None where it is zero."""
    if denominator is None:
        return numerator
    return (numerator / denominator).quantize(_MICRO, ROUND_HALF_UP) if denominator else None


def _content(row: CountedRow, files: Mapping[str, SourceFile]) -> _Content:
    evidence = row.evidence
    file = files.get(evidence.source_file_key)
    if file is None:
        raise RowDiffers(
            f"{evidence.entity_key}：该次发布的来源文件目录中没有 {evidence.source_file_key}；请交开发人员核查 / "
            f"{evidence.entity_key}: the publication's files lack {evidence.source_file_key}; give this to "
            "the developers"
        )
    carried = [one.id for one in contracts_of(file.agency_code, file.delivery_name)]
    [dataset] = [name for name in row.kind.datasets if name in carried]
    return file.source_file_key, dataset


def _contract_of(content: _Content, files: Mapping[str, SourceFile]) -> Contract:
    file = files[content[0]]
    return next(one for one in contracts_of(file.agency_code, file.delivery_name) if one.id == content[1])


def _read(
    file: SourceFile, contract: Contract, copy: Path, numbers: set[int]
) -> dict[int, tuple[str, Delivered]]:
    """Return what stands at some rows of a file, by their numbers: the key of the thing, and the row."""
    source = Source(contract, Period(file.period_label), file.file_name, lambda: copy.open("rb"))
    found = {}
    try:
        reading = open_reading(source)
        for row in reading.rows():
            if row.number in numbers and row.fault is None:
                found[row.number] = (_key(contract, row), _delivered(reading.sheet, row))
    except UnreadableFileError as error:
        zh, en = describe(file)
        raise RowDiffers(
            f"{zh}：无法再次读取（{error.detail_zh}），请交开发人员核查读取程序是否变更 / "
            f"{en}: it cannot be read again ({error.detail_en}); give this to the developers, the reader may "
            "have changed"
        ) from error
    return found


def _key(contract: Contract, row: SourceRow) -> str:
    # As staging makes it: the agency and the contract's key.
    values = (row.values[contract.position(column.name)] for column in contract.key)
    return ":".join([contract.agency, *map(str, values)])


def _delivered(sheet: str | None, row: SourceRow) -> Delivered:
    return Delivered(sheet, row.number, row.answer, _text(row.raw))


def _text(raw: Any) -> str:
    # Numbers of a workbook's cells and of JSON are what the file holds; anything else (dates) as its text.
    return json.dumps(raw, ensure_ascii=False, separators=(",", ":"), default=str)


def _proven(
    row: CountedRow, files: Mapping[str, SourceFile], found: Mapping[int, tuple[str, Delivered]]
) -> ProvenRow:
    evidence, file = row.evidence, files[row.evidence.source_file_key]
    key, delivered = found.get(evidence.source_row_number, (None, None))
    if delivered is None or key != row.row_key or delivered.sheet != evidence.source_sheet:
        zh, en = describe(file)
        place = f"{evidence.source_sheet or ''} {evidence.source_row_number}".strip()
        raise RowDiffers(
            f"{zh} {place} 行：应为 {row.row_key}，读到的是 {key}；未生成佐证材料，请交开发人员核查 / "
            f"{en}, row {place}: it should hold {row.row_key}, read is {key}; no pack was written, give this to the "
            "developers"
        )
    return ProvenRow(row, file, delivered)
