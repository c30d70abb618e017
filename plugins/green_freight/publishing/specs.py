"""What is published: the tables of the star with their keys, as dbt's manifest describes them, and as the database has
them at this moment.

A model is published when it declares a primary key among its `constraints`. Its foreign keys stand there too; a large
fact names the column of months by which it is partitioned in `config.meta.partition_month_column`. A table whose rows
name a vehicle or a person says so by `config.meta.reader_level: reader_detail`. `config.meta.reader_indexes` lists the
columns of each index that readers' queries need beside the keys.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from green_freight.messages import message
from green_freight.publishing.errors import InvalidSpecError
from green_freight.warehouse import Session
from green_freight.warehouse.bootstrap import READER_LEVELS
from green_freight.warehouse.statements import statements

_SQL = statements(__file__)


@dataclass(frozen=True)
class ForeignKey:
    """A reference to the primary key of another published table."""

    columns: tuple[str, ...]
    references: str
    referenced_columns: tuple[str, ...]


@dataclass(frozen=True)
class TableSpec:
    """One published table; `columns` maps each column to its description, in order, `reader_level` is who reads it."""

    name: str
    description: str
    columns: Mapping[str, str]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...] = ()
    partition_month_column: str | None = None
    reader_level: str = "reader"
    reader_indexes: tuple[tuple[str, ...], ...] = ()


def from_manifest_file(path: Path) -> list[TableSpec]:
    """Read the specs from a dbt manifest.json; InvalidSpecError where it is missing or cannot be published."""
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidSpecError(message("no_manifest", file=path.name)) from None
    return from_manifest(manifest)


def from_manifest(manifest: Mapping[str, Any]) -> list[TableSpec]:
    """Return the published tables of a dbt manifest, referenced tables first; InvalidSpecError where it has none."""
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    specs = [_spec(model) for model in models if _constraints(model, "primary_key")]
    if not specs:
        raise InvalidSpecError(message("no_published_model"))
    return in_order(specs)


def in_order(specs: Sequence[TableSpec]) -> list[TableSpec]:
    """Check the specs against each other and return them with referenced tables first, else by name.

    InvalidSpecError lists all that is wrong: a key's column is unknown, a reference does not meet a primary key, or
    references run in a circle.
    """
    by_name = {spec.name: spec for spec in specs}
    problems = [problem for spec in specs for problem in _problems(spec, by_name)]
    if problems:
        raise InvalidSpecError("\n".join(problems))
    # A table may refer to itself: its rows come in one statement, which is checked at its end.
    parents = {
        name: sorted({key.references for key in by_name[name].foreign_keys} - {name})
        for name in sorted(by_name)
    }
    try:
        return [by_name[name] for name in TopologicalSorter(parents).static_order()]
    except CycleError as circle:
        names = " → ".join(circle.args[1])
        raise InvalidSpecError(message("circular_keys", tables=names)) from None


def _constraints(model: Mapping[str, Any], kind: str) -> list[Mapping[str, Any]]:
    return [constraint for constraint in model.get("constraints") or () if constraint["type"] == kind]


def _spec(model: Mapping[str, Any]) -> TableSpec:
    name = model.get("alias") or model["name"]
    primary_key, *others = _constraints(model, "primary_key")
    if others:
        raise InvalidSpecError(message("several_primary_keys", model=name))
    meta = model["config"].get("meta", {})
    return TableSpec(
        name=name,
        description=model.get("description", ""),
        columns={column["name"]: column.get("description", "") for column in model["columns"].values()},
        primary_key=tuple(primary_key["columns"]),
        foreign_keys=tuple(_foreign_key(key) for key in _constraints(model, "foreign_key")),
        partition_month_column=meta.get("partition_month_column"),
        reader_level=meta.get("reader_level", "reader"),
        reader_indexes=tuple(tuple(columns) for columns in meta.get("reader_indexes", ())),
    )


def _foreign_key(constraint: Mapping[str, Any]) -> ForeignKey:
    """Return a reference as dbt knows it: `to` with `to_columns`, or an `expression` "table (column, column)".

    After parsing `to` is "ref('dim_station')", after a build '"database"."candidate"."dim_station"'.
    """
    target, _, listed = (constraint.get("expression") or "").partition("(")
    referenced = re.findall(r"\w+", listed) or constraint["to_columns"]
    name = re.findall(r"\w+", target or constraint["to"])[-1]
    return ForeignKey(tuple(constraint["columns"]), name, tuple(referenced))


def _problems(spec: TableSpec, by_name: Mapping[str, TableSpec]) -> Iterable[str]:
    partition = [spec.partition_month_column] if spec.partition_month_column else []
    used = {*spec.primary_key, *partition, *(name for key in spec.foreign_keys for name in key.columns)}
    if not spec.primary_key:
        yield message("no_primary_key", model=spec.name)
    for column in sorted(used - spec.columns.keys()):
        yield message("unknown_key_column", model=spec.name, column=column)
    indexed = {column for columns in spec.reader_indexes for column in columns}
    for column in sorted(indexed - spec.columns.keys()):
        yield message("unknown_index_column", model=spec.name, column=column)
    if spec.reader_level not in READER_LEVELS:
        yield message("unknown_reader_level", model=spec.name, level=spec.reader_level)
    if not set(partition) <= set(spec.primary_key):
        yield message("partition_column_not_in_key", model=spec.name, column=partition[0])
    for key in spec.foreign_keys:
        target = by_name.get(key.references)
        if target is None:
            yield message("reference_not_published", model=spec.name, table=key.references)
        elif sorted(target.primary_key) != sorted(key.referenced_columns):
            yield message("reference_to_no_primary_key", model=spec.name, table=key.references)
        elif len(key.columns) != len(key.referenced_columns):
            yield message("reference_unequal", model=spec.name, table=key.references)


@dataclass
class Shape:
    """One relation; `columns` maps names to types in order, `foreign_keys` keys to their constraint's name."""

    name: str
    comment: str | None
    partition_column: str | None
    columns: dict[str, str] = field(default_factory=dict)
    column_comments: dict[str, str | None] = field(default_factory=dict)
    primary_key: tuple[str, ...] = ()
    foreign_keys: dict[ForeignKey, str] = field(default_factory=dict)


def read_indexes(session: Session, schema: str) -> Mapping[str, frozenset[str]]:
    """Return the names of the indexes of each table of a schema."""
    return {
        table: frozenset(indexes) for table, indexes in session.execute(_SQL["indexes"], {"schema": schema})
    }


def read_shapes(session: Session, schema: str) -> Mapping[str, Shape]:
    """Return the tables and views of a schema by name."""
    where = {"schema": schema}
    shapes = {row[0]: Shape(*row) for row in session.execute(_SQL["tables"], where)}
    for table, column, type_name, comment in session.execute(_SQL["columns"], where):
        shapes[table].columns[column] = type_name
        shapes[table].column_comments[column] = comment
    for table, kind, name, references, columns, referenced in session.execute(_SQL["keys"], where):
        if kind == "p":
            shapes[table].primary_key = tuple(columns)
        else:
            shapes[table].foreign_keys[ForeignKey(tuple(columns), references, tuple(referenced))] = name
    return shapes
