"""Open files: the readers' tables of one publication as Parquet and as CSV with a Frictionless data package.

A table is read in parts: one partitioned by months a month at a time, every part in the order of its key, so that
memory does not grow with the table and the same publication gives the same bytes.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy
from psycopg.rows import class_row

from green_freight import exports
from green_freight.documents import dictionary_files
from green_freight.documents.errors import NoSuchTableError, PlaceTakenError
from green_freight.evidence.contents import SYNTHETIC_SENTENCE
from green_freight.evidence.figures import Publication, choose_publication, read_session
from green_freight.landing import sha256_of
from green_freight.messages import message
from green_freight.periods import SHANGHAI, Period
from green_freight.programme import programme
from green_freight.warehouse import Session, Warehouse
from green_freight.warehouse.bootstrap import DETAIL, role_name

PACKAGE, CHECKSUMS = "datapackage.json", "SHA256SUMS"
DICTIONARY = "data_dictionary"
# Rows that are in memory at a time, and in one group of a Parquet file.
_CHUNK = 50_000
_TABLES = Path(__file__).with_name("open_files.sql").read_text(encoding="utf-8")
_COLUMNS = Path(__file__).with_name("open_columns.sql").read_text(encoding="utf-8")
_CODES = "select kind, code, label_zh, label_en from mart_asof.dim_label order by kind, sort_order, code"
_NUMERIC = re.compile(r"numeric\((\d+),(\d+)\)")
# By PostgreSQL's type: the type in Parquet, the type of Frictionless.
_TYPES: Mapping[str, tuple[pa.DataType, str]] = {
    "text": (pa.string(), "string"),
    "integer": (pa.int32(), "integer"),
    "bigint": (pa.int64(), "integer"),
    "smallint": (pa.int16(), "integer"),
    "boolean": (pa.bool_(), "boolean"),
    "date": (pa.date32(), "date"),
    "double precision": (pa.float64(), "number"),
    "timestamp with time zone": (pa.timestamp("us", tz=SHANGHAI.key), "datetime"),
    "text[]": (pa.list_(pa.string()), "array"),
}
_DATETIME = "%Y-%m-%dT%H:%M:%S.%f%z"


@dataclass(frozen=True)
class Column:
    """A column of a table: its type in PostgreSQL, and its description in Chinese / English."""

    name: str
    type: str
    is_required: bool
    description: str

    @property
    def arrow(self) -> pa.DataType:
        """Return its type in Parquet: numbers with decimals are exact."""
        if found := _NUMERIC.fullmatch(self.type):
            return pa.decimal128(int(found[1]), int(found[2]))
        return _TYPES.get(self.type, _TYPES["text"])[0]

    @property
    def open_type(self) -> str:
        """Return its type in a data package."""
        return "number" if _NUMERIC.fullmatch(self.type) else _TYPES.get(self.type, _TYPES["text"])[1]


@dataclass(frozen=True)
class OpenTable:
    """A table that is exported; `partition_columns` are those of the months, None where it is not partitioned."""

    name: str
    description: str
    key: list[str]
    foreign_keys: list[dict[str, Any]]
    partition_columns: list[str] | None
    columns: list[Column] = field(default_factory=list)

    @property
    def month_column(self) -> str | None:
        """Return the column by which it is partitioned into months."""
        return self.partition_columns[-1] if self.partition_columns else None

    @property
    def is_synthetic_marked(self) -> bool:
        """Tell whether each row says if it is synthetic."""
        return any(column.name == "is_synthetic" for column in self.columns)


@dataclass(frozen=True)
class _Written:
    """How many rows of a table were written, and in which columns one of them has no value."""

    rows: int
    incomplete: set[str]


@dataclass(frozen=True)
class Export:
    """An export that was written: where, of which publication, and how many rows each table has."""

    path: Path
    publication: Publication
    rows: Mapping[str, int]


def write_export(
    warehouse: Warehouse,
    output: Path,
    publication_no: int | None = None,
    tables: Sequence[str] = (),
    *,
    is_detail: bool = False,
) -> Export:
    """Write the tables of a level of readers into a folder below `output`, replacing an export of the same name.

    Raises NoSuchTableError: a table of `tables` is none of that level; EvidenceError: there is no such publication;
    PlaceTakenError: something else has the folder's name, or it cannot be written.
    """
    with read_session(warehouse) as session:
        publication = choose_publication(session, publication_no)
        found = _tables(session, role_name(DETAIL if is_detail else "reader"), tables)
        is_synthetic = session.execute(
            "select coalesce(bool_or(is_synthetic), false) from mart_asof.scorecard"
        ).fetchone() == (True,)
        codes = session.execute(_CODES).fetchall()
    level = "_detail" if is_detail else ""
    mark = "_synthetic" if is_synthetic else ""
    target = output / f"green_freight_publication_{publication.publication_no}{level}{mark}"
    if target.exists() and not (target / PACKAGE).exists():
        raise PlaceTakenError(message("folder_taken", path=target))
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True)
        rows = _write(warehouse, part, publication, found, codes, is_synthetic)
        shutil.rmtree(target, ignore_errors=True)
        part.rename(target)
    except OSError as error:
        raise PlaceTakenError(message("place_taken", path=target, error=error.strerror)) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Export(target, publication, rows)


def _tables(session: Session, role: str, wanted: Sequence[str]) -> list[OpenTable]:
    with session.cursor(row_factory=class_row(OpenTable)) as cursor:
        found = cursor.execute(_TABLES.encode(), {"role": role}).fetchall()
    names = {table.name for table in found}
    if unknown := sorted(set(wanted) - names):
        there = ", ".join(sorted(names))
        raise NoSuchTableError(message("no_table_of_level", tables=", ".join(unknown), there=there))
    chosen = [table for table in found if not wanted or table.name in wanted]
    for table in chosen:
        with session.cursor(row_factory=class_row(Column)) as columns:
            table.columns.extend(columns.execute(_COLUMNS.encode(), {"table": table.name}))
    return chosen


def _write(
    warehouse: Warehouse,
    folder: Path,
    publication: Publication,
    tables: Sequence[OpenTable],
    codes: Sequence[tuple[str, ...]],
    is_synthetic: bool,
) -> dict[str, int]:
    (folder / "csv").mkdir()
    engine = sqlalchemy.create_engine(
        warehouse.url("builder").replace("postgresql://", "postgresql+psycopg://", 1),
        connect_args={
            "options": f"-c green_freight.publication={publication.publication_no} -c timezone={SHANGHAI.key}"
        },
    )
    try:
        connection = engine.connect().execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True, stream_results=True
        )
        with connection:
            facts = {
                "publication_no": str(publication.publication_no),
                "published_at": publication.published_at.astimezone(SHANGHAI).isoformat(),
                "is_synthetic": str(is_synthetic).lower(),
            }
            written = {table.name: _write_table(connection, folder, table, facts) for table in tables}
    finally:
        engine.dispose()
    title = f"{programme().city_name_zh}绿色货运数据仓库，第{publication.publication_no}号发布"
    for suffix, content in (
        ("xlsx", dictionary_files.workbook(tables, codes, title, publication.published_at, is_synthetic)),
        ("html", dictionary_files.page(tables, codes, title, is_synthetic)),
    ):
        (folder / f"{DICTIONARY}.{suffix}").write_bytes(content)
    package = _package(folder, publication, tables, title, is_synthetic)
    for resource in package["resources"]:
        if references := _references(tables, resource["name"], written[resource["name"]].incomplete):
            resource["schema"]["foreignKeys"] = references
    (folder / PACKAGE).write_text(json.dumps(package, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    lines = [f"{_sha256(folder / name)}  {name}\n" for name in files]
    (folder / CHECKSUMS).write_text("".join(lines), encoding="utf-8")
    return {name: table.rows for name, table in written.items()}


def _write_table(
    connection: sqlalchemy.Connection, folder: Path, table: OpenTable, facts: Mapping[str, str]
) -> _Written:
    schema = pa.schema(
        [pa.field(column.name, column.arrow) for column in table.columns],
        metadata={**facts, "table": table.name},
    )
    count, incomplete = 0, set[str]()
    with (folder / "csv" / f"{table.name}.csv").open("w", encoding="utf-8", newline="") as target:
        exports.write_csv(target, [column.name for column in table.columns], [], line_end="\n")
        for place, condition, values in _parts(connection, table):
            path = folder / "parquet" / table.name / place / f"{table.name}.parquet"
            path.parent.mkdir(parents=True)
            with pq.ParquetWriter(path, schema, compression="zstd") as writer:
                for frame in _frames(connection, table, condition, values):
                    writer.write_table(pa.Table.from_pandas(frame, schema, preserve_index=False))
                    _as_text(frame, table).to_csv(target, header=False, index=False, lineterminator="\n")
                    count += len(frame)
                    incomplete.update(frame.columns[frame.isna().any()])
    return _Written(count, incomplete)


def _parts(connection: sqlalchemy.Connection, table: OpenTable) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield folder, condition and its values of each part of a table: a city's month, or all of it."""
    column = table.month_column
    if column is None:
        yield "", "", {}
        return
    # Names are those of the catalogue.
    listed = (
        f'select distinct city_code, date_trunc(\'month\', "{column}")::date from mart_asof."{table.name}"'  # noqa: S608
    )
    months: list[tuple[str, date]] = [
        (row[0], row[1]) for row in connection.execute(sqlalchemy.text(f"{listed} order by 1, 2"))
    ]
    for city, first_day in months:
        folder = f"city_code={city}/year={first_day.year}/month={first_day.month:02}"
        condition = f'where city_code = :city and "{column}" >= :first and "{column}" < :next'
        following = Period.month_of(first_day).next.first_day
        yield folder, condition, {"city": city, "first": first_day, "next": following}


def _frames(
    connection: sqlalchemy.Connection, table: OpenTable, condition: str, values: Mapping[str, Any]
) -> Iterator[pd.DataFrame]:
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    order = ", ".join(f'"{name}"' for name in table.key or [column.name for column in table.columns])
    # Names are those of the catalogue.
    query = f'select {columns} from mart_asof."{table.name}" {condition} order by {order}'  # noqa: S608
    result = connection.execute(sqlalchemy.text(query), dict(values))
    for rows in result.partitions(_CHUNK):
        # As objects: pandas makes floats of whole numbers where a cell is empty.
        yield pd.DataFrame([tuple(row) for row in rows], columns=[*result.keys()], dtype="object")


def _as_text(frame: pd.DataFrame, table: OpenTable) -> pd.DataFrame:
    """Return the rows as a CSV has them: text that is like a formula is neutral, empty is empty."""
    return pd.DataFrame(
        {
            column.name: pd.Series([_text(value) for value in frame[column.name]], dtype="object")
            for column in table.columns
        }
    )


def _text(value: Any) -> str | None:
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).strftime(_DATETIME)
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return str(exports.neutral(value) if isinstance(value, str) else value)


def _package(
    folder: Path, publication: Publication, tables: Sequence[OpenTable], title: str, is_synthetic: bool
) -> dict[str, Any]:
    """Return the data package: a resource for each CSV with bytes, checksum, columns and keys."""
    return {
        "profile": "tabular-data-package",
        "name": f"green-freight-publication-{publication.publication_no}",
        "title": title,
        "description": SYNTHETIC_SENTENCE if is_synthetic else "",
        "created": publication.published_at.astimezone(SHANGHAI).isoformat(),
        "publication_no": publication.publication_no,
        "as_of_date": publication.as_of_date.isoformat(),
        "code_version": publication.code_version,
        "is_synthetic": is_synthetic,
        "resources": [_resource(folder, table) for table in tables],
    }


def _references(tables: Sequence[OpenTable], name: str, incomplete: set[str]) -> list[dict[str, Any]]:
    """Return the references of a table to others that are exported.

    One with an empty value is left out: to Frictionless a key of several columns that lacks one of them refers to
    nothing, where the database does not ask.
    """
    names = {table.name for table in tables}
    [keys] = [table.foreign_keys for table in tables if table.name == name]
    return [
        # A table that refers to itself is called "".
        {
            "fields": key["columns"],
            "reference": {
                "resource": "" if key["table"] == name else key["table"],
                "fields": key["referenced"],
            },
        }
        for key in keys
        if key["table"] in names and not incomplete & {*key["columns"]}
    ]


def _resource(folder: Path, table: OpenTable) -> dict[str, Any]:
    path = f"csv/{table.name}.csv"
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "path": path,
        "description": table.description,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": (folder / path).stat().st_size,
        "hash": f"sha256:{_sha256(folder / path)}",
        "schema": {
            "fields": [_field(column, column.name in table.key) for column in table.columns],
            **({"primaryKey": table.key} if table.key else {}),
        },
    }


def _field(column: Column, is_key: bool) -> dict[str, Any]:
    described = {"name": column.name, "type": column.open_type, "description": column.description}
    if column.open_type == "datetime":
        described["format"] = _DATETIME
    return described | ({"constraints": {"required": True}} if column.is_required or is_key else {})


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return sha256_of(file)
