"""Rows that repeat a key of their file: found by the database, which sorts without filling this process's memory."""

from __future__ import annotations

from psycopg import Connection, sql
from psycopg.rows import TupleRow

from green_freight import settings
from green_freight.contracts.model import Contract
from green_freight.loading.findings import Finding
from green_freight.loading.judging import Rejected, as_json
from green_freight.loading.tables import table_name
from green_freight.periods import Period


def take_out_duplicates(
    connection: Connection[TupleRow], contract: Contract, period: Period, load_id: int
) -> list[Rejected]:
    """Delete the rows just loaded whose key an earlier row has, and return them as rejected; the first one stays."""
    key = sql.SQL(", ").join(sql.Identifier(column.name) for column in contract.key)
    found = connection.execute(
        sql.SQL(
            "with numbered as ("
            " select ctid as place, first_value(_row_number) over same_key as first_number,"
            " row_number() over same_key as occurrence"
            " from {table} where _period = %s and _city_code = %s and _load_id = %s"
            " window same_key as (partition by {key} order by _row_number, ctid)) "
            "delete from {table} as loaded using numbered "
            "where loaded.ctid = numbered.place and numbered.occurrence > 1 "
            "returning loaded._row_number, numbered.first_number, to_jsonb(loaded)"
        ).format(table=table_name(contract), key=key),
        [period.label, settings.city().code, load_id],
    )
    return [_rejected(contract, *row) for row in sorted(found.fetchall(), key=lambda row: row[0])]


def _rejected(contract: Contract, number: int, first_number: int, content: dict[str, object]) -> Rejected:
    row = {name: content[name] for name in contract.names}
    value = ", ".join(str(row[column.name]) for column in contract.key)
    expected_zh, expected_en = (
        f"未在第 {first_number} 行出现过的键",
        f"a key that row {first_number} does not have",
    )
    return Rejected(
        number, Finding("duplicate_key", contract.key[0], value, expected_zh, expected_en), as_json(row)
    )
