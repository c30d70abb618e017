"""Raw tables of datasets that were never delivered: empty ones, so that the star can be built without them."""

from __future__ import annotations

from typing import Any

from psycopg import Connection, sql

from green_freight.contracts import Contract, contracts

SYSTEM_COLUMNS = {
    "_city_code": "text",
    "_period": "text",
    "_source_file_key": "text",
    "_sheet": "text",
    "_row_number": "integer",
    "_received_at": "timestamptz",
    "_load_id": "bigint",
}


def create_absent_tables(loader: Connection[Any]) -> None:
    """Create the raw table of every contract that has none yet, as the role loader."""
    for contract in contracts().values():
        loader.execute(_definition(contract))


def _definition(contract: Contract) -> sql.Composed:
    types = {column.name: column.physical_type for column in contract.columns} | SYSTEM_COLUMNS
    columns = [sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in types.items()]
    return sql.SQL("create table if not exists {} ({})").format(
        sql.Identifier("raw", contract.id), sql.SQL(", ").join(columns)
    )
