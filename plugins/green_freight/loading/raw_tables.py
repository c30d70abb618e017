"""Raw tables: made and extended from the contracts, only ever added to."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from psycopg import sql

from green_freight.contracts import contracts
from green_freight.contracts.model import Column, Contract
from green_freight.loading.outcomes import UnreadableFileError
from green_freight.warehouse import Session

SYSTEM_COLUMNS = (
    ("_city_code", "text", "城市（GB/T 2260） / city, GB/T 2260"),
    ("_period", "text", "期：2025-09-30 或 2025-09 / the period's label"),
    ("_source_file_key", "text", "来源文件 / key of the file in ops.source_file"),
    ("_sheet", "text", "工作表 / sheet of a workbook"),
    ("_row_number", "integer", "文件中的行号 / number of the row in the file"),
    ("_received_at", "timestamptz", "首次收到时刻 / when the file was first received"),
    ("_load_id", "bigint", "ops.load 中的装载 / the load in ops.load"),
)
# format_type's words for the short names that contracts use.
_TYPE_NAMES = {"timestamp": "timestamp without time zone", "timestamptz": "timestamp with time zone"}
# Two loads that meet a missing table at once would both try to make it.
_DDL_LOCK = 4_705_102


# Per connection, the contracts whose tables it has seen in order. Tables are only added to.
_prepared: WeakKeyDictionary[Session, set[Contract]] = WeakKeyDictionary()


def prepare_table(connection: Session, contract: Contract) -> None:
    """Make the contract's raw table, or add the columns it lacks, in a transaction of its own.

    Each connection looks once. Raises UnreadableFileError `contract_not_additive` where a column has another type than
    the contract says.
    """
    prepared = _prepared.setdefault(connection, set())
    if contract not in prepared:
        _prepare(connection, contract)
        prepared.add(contract)


def table_name(contract: Contract) -> sql.Identifier:
    """Return the raw table of a contract."""
    return sql.Identifier("raw", contract.id)


def _prepare(connection: Session, contract: Contract) -> None:
    if not _differences(contract, _columns_there(connection, contract)):
        return
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(%s)", [_DDL_LOCK])
        there = _columns_there(connection, contract)
        if not there:
            _create(connection, contract)
        else:
            for column in _differences(contract, there):
                _add(connection, contract, column)


def _columns_there(connection: Session, contract: Contract) -> dict[str, str]:
    found = connection.execute(
        "select attname, format_type(atttypid, null) from pg_attribute "
        "where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped",
        [f'raw."{contract.id}"'],
    )
    return dict(found.fetchall())


def _differences(contract: Contract, there: dict[str, str]) -> list[Column]:
    for column in contract.columns:
        expected = _TYPE_NAMES.get(column.physical_type, column.physical_type)
        if there.get(column.name, expected) != expected:
            change = f"raw.{contract.id}.{column.name}: {there[column.name]} → {expected}"
            raise UnreadableFileError("contract_not_additive", change)
    return [column for column in contract.columns if column.name not in there]


def _create(connection: Session, contract: Contract) -> None:
    table = table_name(contract)
    types = [f"{c.physical_type} not null" if c.is_key else c.physical_type for c in contract.columns]
    columns = [(c.name, kind, c.description) for c, kind in zip(contract.columns, types, strict=True)]
    columns += SYSTEM_COLUMNS
    entries = [sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind, _ in columns]
    connection.execute(sql.SQL("create table {} ({})").format(table, sql.SQL(", ").join(entries)))
    connection.execute(sql.SQL("create index on {} (_period, _city_code)").format(table))
    words = f"{contract.title}。{contract.grain}"
    connection.execute(sql.SQL("comment on table {} is {}").format(table, sql.Literal(words)))
    for name, _, description in columns:
        _comment(connection, contract, name, description)


def _add(connection: Session, contract: Contract, column: Column) -> None:
    connection.execute(
        sql.SQL("alter table {} add column {} {}").format(
            table_name(contract), sql.Identifier(column.name), sql.SQL(column.physical_type)
        )
    )
    _comment(connection, contract, column.name, column.description)


def _comment(connection: Session, contract: Contract, name: str, words: str) -> None:
    connection.execute(
        sql.SQL("comment on column {}.{} is {}").format(
            table_name(contract), sql.Identifier(name), sql.Literal(words)
        )
    )


def prepare_raw_tables(loader: Session) -> None:
    """Make the raw table of every dataset, delivered or not, and refresh stale statistics, as the role loader.

    A dataset that was never delivered has an empty table, so the star is built without it. Statistics are not
    left to autovacuum, which comes a minute after the first load: plans made without them took minutes.
    """
    for contract in contracts().values():
        prepare_table(loader, contract)
    for (table,) in loader.execute(
        """
        select relname from pg_stat_user_tables
        where schemaname = 'raw' and n_mod_since_analyze > n_live_tup / 20
        """
    ).fetchall():
        loader.execute(sql.SQL("analyze {}").format(sql.Identifier("raw", table)))
