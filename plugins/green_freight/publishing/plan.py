"""What a publication will do to the tables of mart, and what it must not do because readers would break."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from green_freight.publishing.catalog import Shape
from green_freight.publishing.errors import BreakingChangeError, InvalidCandidateError
from green_freight.publishing.specs import ForeignKey, TableSpec

# Written by publishing itself into every table: the publication that wrote the row's version.
VERSION_COLUMN = "publication_no"
VERSION_COMMENT = "写入此行的发布号 / publication that wrote the row"

# Kept in mart beside the star; not models.
RECORDS = frozenset({"publication", "publication_table_change", "publication_file", "figure_revision"})


@dataclass(frozen=True)
class PlannedTable:
    """One table to publish: `columns` with types in the candidate's order, `source` what its rows come from."""

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]
    source: sql.Composable
    partition_column: str | None = None
    foreign_keys: tuple[ForeignKey, ...] = ()
    descriptions: Mapping[str, str] | None = None
    description: str = ""
    is_new: bool = False
    added_columns: tuple[str, ...] = ()
    added_foreign_keys: tuple[ForeignKey, ...] = ()
    dropped_constraints: tuple[str, ...] = ()

    @property
    def values(self) -> tuple[str, ...]:
        """Return the columns that are not in the key."""
        return tuple(column for column in self.columns if column not in self.key)


def plan(
    specs: Sequence[TableSpec], candidate: Mapping[str, Shape], published: Mapping[str, Shape]
) -> list[PlannedTable]:
    """Return the tables to publish in the order of `specs`.

    Raises:
        InvalidCandidateError: the candidate lacks a table or column of the specs, or has one they do not describe.
        BreakingChangeError: a table or column would vanish or change under its readers; the message lists every one.
    """
    missing = [problem for spec in specs for problem in _candidate_problems(spec, candidate.get(spec.name))]
    if missing:
        raise InvalidCandidateError("; ".join(missing))
    ours = {n: s for n, s in published.items() if VERSION_COLUMN in s.columns and n not in RECORDS}
    breaking = [*_lost_tables(specs, ours)]
    for spec in specs:
        if spec.name in ours:
            breaking += _lost_columns(spec, candidate[spec.name], ours[spec.name])
    if breaking:
        raise BreakingChangeError(
            "\n".join(breaking)
            + "\n什么都没有改变。请保留旧的、在旁边新增，或由所有者先迁移 mart / nothing was changed. "
            "Keep the old one and add the new beside it, or let the owner migrate mart first"
        )
    return [_planned(spec, candidate[spec.name], ours.get(spec.name)) for spec in specs]


def _planned(spec: TableSpec, candidate: Shape, published: Shape | None) -> PlannedTable:
    known = published.foreign_keys if published else {}
    return PlannedTable(
        name=spec.name,
        columns=candidate.columns,
        key=spec.primary_key,
        source=sql.Identifier("candidate", spec.name),
        partition_column=spec.partition_month_column,
        foreign_keys=spec.foreign_keys,
        descriptions=spec.columns,
        description=spec.description,
        is_new=published is None,
        added_columns=tuple(c for c in candidate.columns if published and c not in published.columns),
        added_foreign_keys=tuple(k for k in spec.foreign_keys if published and k not in known),
        dropped_constraints=tuple(name for key, name in known.items() if key not in spec.foreign_keys),
    )


def _candidate_problems(spec: TableSpec, candidate: Shape | None) -> Iterable[str]:
    if candidate is None:
        yield f"candidate.{spec.name} 不存在，请重新构建 / does not exist: build again"
        return
    for column in spec.columns.keys() - candidate.columns.keys():
        yield f"candidate.{spec.name}.{column} 不存在 / is described but not there"
    for column in candidate.columns.keys() - spec.columns.keys():
        yield f"candidate.{spec.name}.{column} 没有说明 / is there but not described in its model's file"
    if VERSION_COLUMN in candidate.columns:
        yield f"candidate.{spec.name}.{VERSION_COLUMN}：此列名由发布保留 / the name is publishing's own"


def _lost_tables(specs: Sequence[TableSpec], published: Mapping[str, Shape]) -> Iterable[str]:
    for name in sorted(published.keys() - {spec.name for spec in specs}):
        yield f"mart.{name}：新模型中没有此表 / the models have no such table any more"


def _lost_columns(spec: TableSpec, candidate: Shape, published: Shape) -> Iterable[str]:
    added = [column for column in candidate.columns if column not in published.columns]
    for column, type_name in published.columns.items():
        if column == VERSION_COLUMN:
            continue
        now = candidate.columns.get(column)
        if now is None:
            alike = [name for name in added if candidate.columns[name] == type_name]
            hint = f"（改名为 {alike[0]}？ / renamed to {alike[0]}?）" if len(alike) == 1 else ""
            yield f"mart.{spec.name}.{column}：列已消失 / the column is gone{hint}"
        elif now != type_name:
            yield (
                f"mart.{spec.name}.{column}：类型由 {type_name} 变为 {now} / "
                f"the type changed from {type_name} to {now}"
            )
    for what_zh, what_en, then, now_is in (
        ("主键", "primary key", published.primary_key, spec.primary_key),
        ("分区列", "partition column", published.partition_column, spec.partition_month_column),
    ):
        if then != now_is:
            yield f"mart.{spec.name}：{what_zh}由 {then} 变为 {now_is} / the {what_en} changed from {then} to {now_is}"
