"""The evidence rows of a figure: which thing counts with which weight, and their verification: they add up to the
figure, and each is read again from the file, sheet and row that it names."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import NamedTuple

from psycopg import sql

from green_freight.contracts import Contract, contracts_of
from green_freight.contracts.row_model import key_text
from green_freight.entities import EntityKind, Value, entity_kind
from green_freight.evidence.errors import RowDiffersError, SumDiffersError
from green_freight.evidence.figures import Figure, read
from green_freight.loading.outcomes import UnreadableFileError
from green_freight.loading.readers import Source, open_reading
from green_freight.messages import message
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
class CountedRow:
    """A counted thing, a row of `fct_indicator_evidence`; weights are exact: 1, tonnes or yuan.

    `row_key` is the key that its row in the file carries, `details` what a person knows it by.
    """

    part_code: str
    entity_kind_code: str
    entity_key: str
    weight: Decimal
    region_name_zh: str | None
    source_file_key: str
    source_sheet: str | None
    source_row_number: int
    row_key: str = ""
    details: tuple[Value, ...] = ()

    @property
    def kind(self) -> EntityKind:
        """Return what kind of thing it is."""
        return entity_kind(self.entity_kind_code)


@dataclass(frozen=True)
class VerifiedRow:
    """A counted row, the file it came in, and what stands there as JSON; `answer` is the response that holds it (files
    of HTTP exchanges)."""

    counted: CountedRow
    file: SourceFile
    answer: int | None
    content: str


class _Delivered(NamedTuple):
    key: str
    sheet: str | None
    answer: int | None
    content: str


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


def read_rows(session: Session, city_code: str, figure: Figure) -> list[CountedRow]:
    """Return the rows that were counted in a figure, in the order of parts and keys.

    Raises RowDiffersError: a thing was counted that no delivered row stands behind; UnknownEntityKindError: a thing is
    of a kind that `entities.yaml` does not have.
    """
    found = read(session, CountedRow, _EVIDENCE, city_code, figure.indicator_code, figure.period_month)
    for one in found:
        if one.source_file_key is None or one.source_row_number is None:
            raise RowDiffersError(message("counted_without_row", figure=figure, entity_key=one.entity_key))
    details = _read_details(session, city_code, found)
    rows = []
    for one in found:
        unknown = (one.entity_key, (None,) * len(one.kind.details))
        place = (one.entity_key, one.source_file_key, one.source_row_number)
        row_key, readable = details.get(place, unknown)
        rows.append(replace(one, row_key=row_key, details=readable))
    return rows


def read_files(session: Session, city_code: str, keys: Iterable[str]) -> dict[str, SourceFile]:
    """Return the delivered files by key, in the order of their places; RowDiffersError where one is not published."""
    wanted = set(keys)
    found = read(session, SourceFile, _FILES, city_code, sorted(wanted))
    files = {file.source_file_key: file for file in found}
    for key in sorted(wanted - files.keys()):
        raise RowDiffersError(message("source_file_not_published", key=key))
    return files


def total(rows: Iterable[CountedRow], part_code: str) -> Decimal:
    """Return the exact sum of the weights of `numerator` or `denominator`."""
    return sum((row.weight for row in rows if row.part_code == part_code), Decimal(0))


def verify_sums(figure: Figure, rows: Sequence[CountedRow]) -> None:
    """Add the weights of a figure's parts and compare them with the published ones, to the last decimal.

    A figure without data is skipped: things of one part may be there while the other never came. Raises
    SumDiffersError: they differ.
    """
    if figure.numerator is None:
        return
    numerator = total(rows, "numerator")
    denominator = None if figure.denominator is None else total(rows, "denominator")
    published = (figure.numerator, figure.denominator, figure.actual_value)
    added = (numerator, denominator, value_of(numerator, denominator))
    if published != added:
        sums, stated = (", ".join(map(str, parts)) for parts in (added, published))
        raise SumDiffersError(message("evidence_sums_differ", figure=figure, sums=sums, stated=stated))


def value_of(numerator: Decimal, denominator: Decimal | None) -> Decimal | None:
    """Return an indicator's value from its parts: their ratio to six decimals (half up), the numerator where there is
    no denominator, None where it is zero."""
    if denominator is None:
        return numerator
    return (numerator / denominator).quantize(_MICRO, ROUND_HALF_UP) if denominator else None


def verify_rows(
    rows: Sequence[CountedRow], files: Mapping[str, SourceFile], copies: Mapping[str, Path]
) -> list[VerifiedRow]:
    """Return counted rows, in their order, each with what its file holds at its place.

    Every file is read once for each dataset in it. `copies` are the verified files by key. Raises RowDiffersError: the
    file cannot be read, or another thing stands at the place.
    """
    numbers: defaultdict[str, set[int]] = defaultdict(set)
    for row in rows:
        numbers[row.source_file_key].add(row.source_row_number)
    found: dict[tuple[str, str], dict[int, _Delivered]] = {}
    verified = []
    for row in rows:
        key = row.source_file_key
        file = files[key]
        carried = contracts_of(file.agency_code, file.delivery_name)
        contract = next(one for one in carried if one.id in row.kind.datasets)
        if (key, contract.id) not in found:
            found[key, contract.id] = _delivered(file, contract, copies[key], numbers[key])
        verified.append(_verified(row, file, found[key, contract.id].get(row.source_row_number)))
    return verified


def _delivered(file: SourceFile, contract: Contract, copy: Path, numbers: set[int]) -> dict[int, _Delivered]:
    """Return what stands at some rows of a file, by their numbers."""
    source = Source(contract, Period(file.period_label), file.file_name, lambda: copy.open("rb"))
    # The key as staging makes it: the agency and the contract's key.
    places = [contract.position(column.name) for column in contract.key]
    found = {}
    try:
        reading = open_reading(source)
        for row in reading.rows():
            if row.number in numbers and row.fault is None:
                key = ":".join(
                    [
                        contract.agency,
                        *(key_text(contract.columns[place], row.values[place]) for place in places),
                    ]
                )
                # Numbers of a workbook's cells and of JSON are what the file holds; anything else (dates) as its text.
                content = json.dumps(row.raw, ensure_ascii=False, separators=(",", ":"), default=str)
                found[row.number] = _Delivered(key, reading.sheet, row.answer, content)
    except UnreadableFileError as error:
        raise RowDiffersError(message("original_unreadable_again", file=file, error=error)) from error
    return found


def _verified(row: CountedRow, file: SourceFile, found: _Delivered | None) -> VerifiedRow:
    if found is None or (found.key, found.sheet) != (row.row_key, row.source_sheet):
        there = (found.key if found else "") or "–"
        sheet = row.source_sheet or "–"
        raise RowDiffersError(message("counted_row_differs", file=file, sheet=sheet, row=row, found=there))
    return VerifiedRow(row, file, found.answer, found.content)


def _read_details(
    session: Session, city_code: str, found: Sequence[CountedRow]
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
