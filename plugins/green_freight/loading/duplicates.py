"""Rows of a file that repeat the key of an earlier one: taken out again, and rejected."""

from __future__ import annotations

from psycopg import sql

from green_freight import json_text
from green_freight.contracts.model import Contract
from green_freight.loading.outcomes import RowIssue
from green_freight.loading.raw_tables import table_name
from green_freight.loading.row_validation import Rejected
from green_freight.periods import Period
from green_freight.programme import programme
from green_freight.warehouse import Session


def take_out_duplicates(
    connection: Session, contract: Contract, period: Period, load_id: int
) -> list[Rejected]:
    """Delete the rows just loaded whose key an earlier row has, and return them as rejected; the first one stays.

    The database finds them: it sorts without filling this process's memory.
    """
    table = table_name(contract)
    key = sql.SQL(", ").join(sql.Identifier(column.name) for column in contract.key)
    found = connection.execute(
        sql.SQL(
            "select place::text, number, first_number, to_jsonb(whole) from ("
            " select loaded.ctid as place, _row_number as number, loaded as whole,"
            " first_value(_row_number) over same_key as first_number, row_number() over same_key as occurrence"
            " from {table} as loaded where _period = %s and _city_code = %s and _load_id = %s"
            " window same_key as (partition by {key} order by _row_number, loaded.ctid)"
            ") as numbered where occurrence > 1 order by number"
        ).format(table=table, key=key),
        [period.label, programme().city_code, load_id],
    ).fetchall()
    if found:
        # By place, so that the rest of a large table is not read.
        connection.execute(
            sql.SQL("delete from {table} where ctid = any(%s::tid[])").format(table=table),
            [[place for place, _, _, _ in found]],
        )
    return [_rejected(contract, number, first, content) for _, number, first, content in found]


def _rejected(contract: Contract, number: int, first_number: int, content: dict[str, object]) -> Rejected:
    row = {name: content[name] for name in contract.names}
    value = ", ".join(str(row[column.name]) for column in contract.key)
    issue = RowIssue("duplicate_key", contract.key[0], value, {"first_row": first_number})
    return Rejected(number, issue, json_text.written(row))
