"""Views that the expectations' queries read beside the candidate, so that their text stays the same every night.

`intermediate.published_<table>` shows `mart.<table>`, or nothing, with the candidate's columns, before the first
publication of that table: one query serves the first audit and every later one. `intermediate.audited_build` is
the row of `ops.build` under audit: its as-of day and the months that it built.
"""

from __future__ import annotations

from collections.abc import Iterable

from psycopg import sql

from green_freight.warehouse import connect


def refresh(tables: Iterable[str], build_id: int) -> None:
    """Make the views anew for these tables and this build (as the role builder)."""
    with connect("builder") as warehouse:
        warehouse.execute(
            # A view takes no parameters.
            sql.SQL(
                "create or replace view intermediate.audited_build as "
                "select build_id, as_of_date, changed_months from ops.build where build_id = {}"
            ).format(sql.Literal(build_id))
        )
        for table in tables:
            is_published = warehouse.execute(
                "select to_regclass(%s) is not null", [f"mart.{table}"]
            ).fetchone() == (True,)
            query = (
                sql.SQL("select * from mart.{}")
                if is_published
                else sql.SQL("select * from candidate.{} where false")
            )
            view = sql.Identifier("intermediate", f"published_{table}")
            # Dropped first: `create or replace` refuses a table that has got a column in between.
            warehouse.execute(sql.SQL("drop view if exists {}").format(view))
            warehouse.execute(
                sql.SQL("create view {} as ").format(view) + query.format(sql.Identifier(table))
            )
