"""Rows of a file that have the key of another one: all but one are taken out again, and rejected."""

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
    """Delete the rows just loaded whose key another row has, and return them as rejected.

    The first row stays, or the newest version where the contract's rows are versions (`keepsNewest`): by their time of
    change, then by their place. One with other content than the row that stays is `superseded`.
    The database finds them: it sorts without filling this process's memory.
    """
    table = table_name(contract)
    key = sql.SQL(", ").join(sql.Identifier(column.name) for column in contract.key)
    # Keys alone are grouped first: to sort whole rows takes longer than to load them.
    found = connection.execute(
        sql.SQL(
            "with loaded as not materialized ("
            " select *, ctid as place from {table} where _period = %(period)s and _city_code = %(city)s"
            " and _load_id = %(load)s"
            "), repeated as materialized (select {key} from loaded group by {key} having count(*) > 1) "
            "select place::text, number, kept_number, to_jsonb(whole), to_jsonb(kept) from ("
            " select place, _row_number as number, loaded as whole,"
            " first_value(loaded) over same_key as kept, first_value(_row_number) over same_key as kept_number,"
            " row_number() over same_key as occurrence"
            " from loaded where ({key}) in (select {key} from repeated)"
            " window same_key as (partition by {key} order by {order}place)"
            ") as numbered where occurrence > 1 order by number"
        ).format(table=table, key=key, order=_order(contract)),
        {"period": period.label, "city": programme().city_code, "load": load_id},
    ).fetchall()
    if found:
        # By place, so that the rest of a large table is not read.
        connection.execute(
            sql.SQL("delete from {table} where ctid = any(%s::tid[])").format(table=table),
            [[place for place, *_ in found]],
        )
    return [_rejected(contract, number, kept, *contents) for _, number, kept, *contents in found]


def _order(contract: Contract) -> sql.Composable:
    """Return by what the rows of one key are ordered, the one that stays first."""
    if not contract.keeps_newest:
        return sql.SQL("_row_number, ")
    return sql.SQL(
        "changed_at desc, _row_number desc, " if "changed_at" in contract.names else "_row_number desc, "
    )


def _rejected(
    contract: Contract, number: int, kept_number: int, content: dict[str, object], kept: dict[str, object]
) -> Rejected:
    row = {name: content[name] for name in contract.names}
    is_other = contract.keeps_newest and row != {name: kept[name] for name in contract.names}
    value = ", ".join(str(row[column.name]) for column in contract.key)
    reason = "superseded" if is_other else "duplicate_key"
    issue = RowIssue(reason, contract.key[0], value, {"kept_row": kept_number})
    return Rejected(number, issue, json_text.written(row))
