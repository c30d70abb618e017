"""The evidence rows of a figure: which thing counts with which weight, and their verification: they add up to the
figure, and each is read again from the file, sheet and row that it names."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from psycopg import sql
from psycopg.rows import class_row

from green_freight.contracts import Contract, contracts_of
from green_freight.entities import EntityKind, Value, entity_kind
from green_freight.evidence.errors import RowDiffersError, SumDiffersError
from green_freight.evidence.figures import Figure
from green_freight.loading.outcomes import SourceRow, UnreadableFileError
from green_freight.loading.readers import Source, open_reading
from green_freight.periods import Period
from green_freight.warehouse import Session


@dataclass(frozen=True)
class SourceFile:
    """A delivered file as published; `landing_url` and `recorded_sha256` are of `ops.source_file`, if it has it."""

    source_file_key: str
    agency_code: str
    delivery_name: str
    period_label: str
    file_name: str
    sha256: str
    bytes: int
    landing_url: str | None
    recorded_sha256: str | None

    def __str__(self) -> str:
        return f"{self.agency_code} {self.delivery_name} {self.period_label} {self.file_name}"


@dataclass(frozen=True)
class Evidence:
    """A row of `fct_indicator_evidence`; weights are exact: 1, tonnes or yuan."""

    part_code: str
    entity_kind_code: str
    entity_key: str
    weight: Decimal
    region_name_zh: str | None
    source_file_key: str
    source_sheet: str | None
    source_row_number: int

    @property
    def kind(self) -> EntityKind:
        """Return what kind of thing it is."""
        return entity_kind(self.entity_kind_code)


@dataclass(frozen=True)
class CountedRow:
    """A counted thing: its evidence, the key that its row in the file carries, what a person knows it by."""

    evidence: Evidence
    row_key: str
    details: tuple[Value, ...]


@dataclass(frozen=True)
class Count:
    """A figure with its counted rows in the order of parts and keys."""

    figure: Figure
    rows: tuple[CountedRow, ...]

    def total(self, part_code: str) -> Decimal:
        """Return the exact sum of the weights of `numerator` or `denominator`."""
        weights = (row.evidence.weight for row in self.rows if row.evidence.part_code == part_code)
        return sum(weights, Decimal(0))


@dataclass(frozen=True)
class Delivered:
    """A row as it stands in its file; `answer` is the response it is in (files of HTTP exchanges), `content` JSON."""

    key: str
    sheet: str | None
    number: int
    answer: int | None
    content: str


@dataclass(frozen=True)
class VerifiedRow:
    """A counted row, the file it came in and what stands there."""

    counted: CountedRow
    file: SourceFile
    delivered: Delivered


_MICRO = Decimal("0.000001")
_EVIDENCE = """
select e.part_code, e.entity_kind_code, e.entity_key, e.weight, r.region_name_zh, e.source_file_key,
    e.source_sheet, e.source_row_number
from mart_asof.fct_indicator_evidence as e
left join mart_asof.dim_region as r using (city_code, region_code)
where e.city_code = %s and e.indicator_code = %s and e.period_month = %s
order by e.part_code desc, e.entity_key collate "C"
"""

_FILES = """
select f.source_file_key, f.agency_code, f.delivery_name, f.period_label, f.file_name, f.sha256, f.bytes,
    s.landing_url, s.sha256 as recorded_sha256
from mart_asof.dim_source_file as f
left join ops.source_file as s using (source_file_key)
where f.city_code = %s and f.source_file_key = any(%s)
order by f.agency_code, f.delivery_name, f.period_label, f.file_name, f.source_file_key
"""

_DETAILS = """
select {key}, source_file_key, source_row_number, {row_key}, {details} from {relation}
where city_code = %s and source_file_key = any(%s)
"""


def read_count(session: Session, city_code: str, figure: Figure) -> Count:
    """Return the rows that were counted in a figure.

    Raises:
        RowDiffersError: a thing was counted that no delivered row stands behind.
        UnknownEntityKindError: a thing is of a kind that `entities.yaml` does not have.
    """
    with session.cursor(row_factory=class_row(Evidence)) as cursor:
        found = cursor.execute(_EVIDENCE, [city_code, figure.indicator_code, figure.period_month]).fetchall()
    for one in found:
        if one.source_file_key is None or one.source_row_number is None:
            raise RowDiffersError(
                f"指标 {figure.indicator_code} {figure.period_month:%Y-%m} 计入的对象 {one.entity_key} 没有来源行，"
                "未生成佐证材料；请交开发人员核查模型。 / "
                f"The indicator {figure.indicator_code} {figure.period_month:%Y-%m} counts {one.entity_key}, which has "
                "no row in any file. No pack was written; the developers have to check the model."
            )
    details = _read_details(session, city_code, found)
    rows = []
    for one in found:
        place = (one.entity_key, one.source_file_key, one.source_row_number)
        unknown = (one.entity_key, (None,) * len(one.kind.details))
        rows.append(CountedRow(one, *details.get(place, unknown)))
    return Count(figure, tuple(rows))


def read_files(session: Session, city_code: str, keys: Iterable[str]) -> dict[str, SourceFile]:
    """Return the delivered files by their keys, in the order of agency, delivery, period and name.

    Raises:
        RowDiffersError: the publication does not list a file.
    """
    wanted = set(keys)
    with session.cursor(row_factory=class_row(SourceFile)) as cursor:
        found = cursor.execute(_FILES, [city_code, sorted(wanted)]).fetchall()
    files = {file.source_file_key: file for file in found}
    for key in sorted(wanted - files.keys()):
        raise RowDiffersError(
            f"该次发布的来源文件目录（dim_source_file）中没有 {key}，未生成佐证材料；请交开发人员核查。 / "
            f"The publication's source files (dim_source_file) lack {key}. No pack was written; the developers have "
            "to check it."
        )
    return files


def verify_sums(count: Count) -> None:
    """Add the weights of a figure's parts and compare them with the published ones, to the last decimal.

    A figure without data is skipped: things of one part may be there while the other never came.

    Raises:
        SumDiffersError: they differ.
    """
    figure = count.figure
    if figure.numerator is None:
        return
    numerator = count.total("numerator")
    denominator = None if figure.denominator is None else count.total("denominator")
    published = (figure.numerator, figure.denominator, figure.actual_value)
    added = (numerator, denominator, value_of(numerator, denominator))
    if published != added:
        sums, stated = (", ".join(map(str, parts)) for parts in (added, published))
        raise SumDiffersError(
            f"指标“{figure.name_zh}”{figure.period_month:%Y-%m}：佐证行合计所得分子、分母、数值为 {sums}，"
            f"发布的是 {stated}，未生成佐证材料；请交开发人员核查。 / "
            f"The evidence rows of {figure.indicator_code} {figure.period_month:%Y-%m} add up to numerator, "
            f"denominator and value {sums}, but {stated} were published. No pack was written; the developers have to "
            "check it."
        )


def value_of(numerator: Decimal, denominator: Decimal | None) -> Decimal | None:
    """Return an indicator's value from its parts: their ratio to six decimals (half up), the numerator where there is
    no denominator, None where it is zero."""
    if denominator is None:
        return numerator
    return (numerator / denominator).quantize(_MICRO, ROUND_HALF_UP) if denominator else None


def verify_rows(
    counts: Iterable[Count], files: Mapping[str, SourceFile], copies: Mapping[str, Path]
) -> list[VerifiedRow]:
    """Return the counted rows of all figures, in their order, each with what its file holds at its place.

    Every file is read once for each dataset in it. `copies` are the verified files by key.

    Raises:
        RowDiffersError: the file cannot be read, or another thing stands at the place.
    """
    rows = [row for count in counts for row in count.rows]
    numbers: defaultdict[str, set[int]] = defaultdict(set)
    for row in rows:
        numbers[row.evidence.source_file_key].add(row.evidence.source_row_number)
    found: dict[tuple[str, str], dict[int, Delivered]] = {}
    verified = []
    for row in rows:
        file = files[row.evidence.source_file_key]
        contract = _contract(row, file)
        key = file.source_file_key
        if (key, contract.id) not in found:
            found[key, contract.id] = _read(file, contract, copies[key], numbers[key])
        verified.append(_verified(row, file, found[key, contract.id]))
    return verified


def _contract(row: CountedRow, file: SourceFile) -> Contract:
    carried = contracts_of(file.agency_code, file.delivery_name)
    return next(one for one in carried if one.id in row.evidence.kind.datasets)


def _read(file: SourceFile, contract: Contract, copy: Path, numbers: set[int]) -> dict[int, Delivered]:
    """Return what stands at some rows of a file, by their numbers."""
    source = Source(contract, Period(file.period_label), file.file_name, lambda: copy.open("rb"))
    try:
        reading = open_reading(source)
        return {
            row.number: _delivered(contract, reading.sheet, row)
            for row in reading.rows()
            if row.number in numbers and row.fault is None
        }
    except UnreadableFileError as error:
        raise RowDiffersError(
            f"文件“{file}”无法再次读取（{error.detail_zh}），未生成佐证材料；请交开发人员核查读取程序是否变更。 / "
            f'The file "{file}" cannot be read again ({error.detail_en}). No pack was written; the developers have to '
            "check whether the reader has changed."
        ) from error


def _delivered(contract: Contract, sheet: str | None, row: SourceRow) -> Delivered:
    # The key as staging makes it: the agency and the contract's key.
    values = (row.values[contract.position(column.name)] for column in contract.key)
    # Numbers of a workbook's cells and of JSON are what the file holds; anything else (dates) as its text.
    content = json.dumps(row.raw, ensure_ascii=False, separators=(",", ":"), default=str)
    return Delivered(":".join([contract.agency, *map(str, values)]), sheet, row.number, row.answer, content)


def _verified(row: CountedRow, file: SourceFile, found: Mapping[int, Delivered]) -> VerifiedRow:
    evidence = row.evidence
    delivered = found.get(evidence.source_row_number)
    if delivered is None or delivered.key != row.row_key or delivered.sheet != evidence.source_sheet:
        sheet, number = evidence.source_sheet or "–", evidence.source_row_number
        read = (delivered.key if delivered else "") or "–"
        raise RowDiffersError(
            f"文件“{file}”，工作表 {sheet}，第 {number} 行：应为 {row.row_key}，读到的是 {read}，"
            "未生成佐证材料；请交开发人员核查。 / "
            f'The file "{file}", sheet {sheet}, row {number} should hold {row.row_key}, but {read} was read. '
            "No pack was written; the developers have to check it."
        )
    return VerifiedRow(row, file, delivered)


def _read_details(
    session: Session, city_code: str, found: Sequence[Evidence]
) -> dict[tuple[str, str, int], tuple[str, tuple[Value, ...]]]:
    """Return row key and readable values of each counted thing by its place."""
    details = {}
    for code in sorted({one.entity_kind_code for one in found}):
        kind = entity_kind(code)
        files = sorted({one.source_file_key for one in found if one.entity_kind_code == code})
        query = sql.SQL(_DETAILS).format(
            key=sql.SQL(kind.key),
            row_key=sql.SQL(kind.row_key),
            details=sql.SQL(", ".join(detail.column for detail in kind.details)),
            relation=sql.SQL(kind.relation),
        )
        for key, file_key, row_number, row_key, *values in session.execute(query, [city_code, files]):
            readable = tuple(detail.read(value) for detail, value in zip(kind.details, values, strict=True))
            details[key, file_key, row_number] = (row_key, readable)
    return details
