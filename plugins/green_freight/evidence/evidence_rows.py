"""The counted rows behind a figure: which thing, with which weight, from which file, sheet and row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from psycopg import sql
from psycopg.rows import class_row

from green_freight.entities import EntityKind, Value, entity_kind
from green_freight.evidence.errors import RowDiffers
from green_freight.evidence.figures import Figure
from green_freight.evidence.publication import Session


@dataclass(frozen=True)
class SourceFile:
    """A delivered file as the publication knows it; `landing_url` and `recorded_sha256` are of `ops.source_file`,
    empty where that has no such file."""

    source_file_key: str
    agency_code: str
    delivery_name: str
    period_label: str
    file_name: str
    sha256: str
    bytes: int
    landing_url: str | None
    recorded_sha256: str | None


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
    def place(self) -> tuple[str, str, int]:
        """Return what tells the thing's row from others: its key, file and row."""
        return self.entity_key, self.source_file_key, self.source_row_number


@dataclass(frozen=True)
class CountedRow:
    """A counted thing: its evidence, the key that its row in the file carries, what a person knows it by."""

    evidence: Evidence
    row_key: str
    details: tuple[Value, ...]

    @property
    def kind(self) -> EntityKind:
        """Return what kind of thing it is."""
        return entity_kind(self.evidence.entity_kind_code)


@dataclass(frozen=True)
class Count:
    """A figure with the rows that were counted in each part, in the order of their keys."""

    figure: Figure
    rows: tuple[CountedRow, ...]

    def part(self, part_code: str) -> list[CountedRow]:
        """Return the rows of `numerator` or `denominator`."""
        return [row for row in self.rows if row.evidence.part_code == part_code]


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


def read_count(session: Session, city_code: str, figure: Figure) -> Count:
    """Return the rows that were counted in a figure.

    Raises:
        RowDiffers: a thing was counted that no delivered row stands behind.
    """
    with session.cursor(row_factory=class_row(Evidence)) as cursor:
        found = cursor.execute(_EVIDENCE, [city_code, figure.indicator_code, figure.period_month]).fetchall()
    for evidence in found:
        if evidence.source_file_key is None or evidence.source_row_number is None:
            raise RowDiffers(
                f"{figure.indicator_code} {figure.period_month:%Y-%m}：{evidence.entity_key} 已计入，但没有来源行；"
                "请交开发人员核查模型 / "
                f"{evidence.entity_key} is counted but has no row in any file; give this to the developers"
            )
    details = _read_details(session, city_code, found)
    rows = []
    for evidence in found:
        unknown = (None,) * len(entity_kind(evidence.entity_kind_code).details)
        row_key, values = details.get(evidence.place, (evidence.entity_key, unknown))
        rows.append(CountedRow(evidence, row_key, values))
    return Count(figure, tuple(rows))


def read_files(session: Session, city_code: str, keys: Iterable[str]) -> dict[str, SourceFile]:
    """Return the delivered files by their keys, in the order of agency, delivery, period and name."""
    with session.cursor(row_factory=class_row(SourceFile)) as cursor:
        found = cursor.execute(_FILES, [city_code, sorted(set(keys))]).fetchall()
    return {file.source_file_key: file for file in found}


def _read_details(
    session: Session, city_code: str, found: Sequence[Evidence]
) -> dict[tuple[str, str, int], tuple[str, tuple[Value, ...]]]:
    """Return row key and readable values of each counted thing by its place."""
    details = {}
    for code in sorted({evidence.entity_kind_code for evidence in found}):
        kind = entity_kind(code)
        files = sorted({one.source_file_key for one in found if one.entity_kind_code == code})
        for key, file_key, row_number, row_key, *values in session.execute(
            _details_query(kind), [city_code, files]
        ):
            readable = tuple(detail.read(value) for detail, value in zip(kind.details, values, strict=True))
            details[key, file_key, row_number] = (row_key, readable)
    return details


def _details_query(kind: EntityKind) -> sql.Composed:
    return sql.SQL(
        "select {key}, source_file_key, source_row_number, {row_key}, {details} from {relation} "
        "where city_code = %s and source_file_key = any(%s)"
    ).format(
        key=sql.SQL(kind.key),
        row_key=sql.SQL(kind.row_key),
        details=sql.SQL(", ".join(detail.column for detail in kind.details)),
        relation=sql.SQL(kind.relation),
    )
