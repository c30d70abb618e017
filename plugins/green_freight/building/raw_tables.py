"""Raw tables made ready for dbt: none is absent, and the planner knows how large each is."""

from __future__ import annotations

from psycopg import sql

from green_freight.contracts import contracts
from green_freight.loading.raw_tables import prepare_table
from green_freight.warehouse import Session


def prepare_raw_tables(loader: Session) -> None:
    """Make the raw table of every dataset, delivered or not, and refresh stale statistics, as the role loader.

    A dataset that was never delivered has an empty table, so the star is built without it. Statistics are not
    left to autovacuum, which comes a minute after the first load: plans made without them took minutes.

    Raises:
        UnreadableFileError: a raw table has a column of another type than its contract says.
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
