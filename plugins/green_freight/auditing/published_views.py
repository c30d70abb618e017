"""Views of what is published now, for the expectations that compare the candidate with it.

`intermediate.published_<table>` shows `mart.<table>`, or nothing, with the candidate's columns, before the first
publication of that table: so one query serves the first audit and every later one.
"""

from __future__ import annotations

from collections.abc import Iterable

from psycopg import sql

from green_freight.warehouse import connect


def refresh(tables: Iterable[str]) -> None:
    """Make the views anew for these tables (as the role builder)."""
    with connect("builder") as warehouse:
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
