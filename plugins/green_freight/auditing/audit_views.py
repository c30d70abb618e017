"""Views that the suites and their queries read, created again for every audit, so that the queries stay the same.

`intermediate.audited_<table>` is what is evaluated of a table: the whole of it, or the months of this build where the
table is partitioned by months. `intermediate.published_<table>` shows the same part of `mart.<table>`, or nothing,
with the candidate's columns, before the first publication of that table: one query serves the first audit and every
later one. `intermediate.audited_build` is the row of `ops.build` under audit: its as-of day, its months, the newest
load that it has seen, and whether the agencies are the demonstration's.

The months stand in the views as constants: with a subquery in their place, every expectation of a large fact read all
of it, however few months a night had changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from psycopg import sql

from green_freight.auditing.expectations import Suite
from green_freight.settings import is_synthetic
from green_freight.warehouse import Session, Warehouse, scalar

SCHEMA = "intermediate"

# How the audit's sessions run. A merge join would sort 200,000 rows of text on both sides to compare them; the planner
# prefers it where it takes few rows for many.
SESSION_OPTIONS = f"-csearch_path={SCHEMA} -cenable_mergejoin=off"


def refresh(warehouse: Warehouse, suites: Iterable[Suite], build_id: int) -> None:
    """Create the views for the tables of these suites and this build (as the role builder)."""
    with warehouse.connect("builder") as builder:
        months = _show_build(builder, build_id)
        for suite in suites:
            condition = _condition(suite, months)
            candidate, published = (sql.Identifier(schema, suite.table) for schema in ("candidate", "mart"))
            _show(builder, f"audited_{suite.table}", candidate, condition)
            if scalar(builder, "select to_regclass(%s) is not null", [f"mart.{suite.table}"]):
                _show(builder, f"published_{suite.table}", published, condition)
            else:
                _show(builder, f"published_{suite.table}", candidate, sql.SQL("false"))


def _show_build(builder: Session, build_id: int) -> Sequence[date]:
    """Show the build under audit and return its months."""
    builder.execute("drop view if exists intermediate.audited_build")
    # A view takes no parameters.
    statement = sql.SQL(
        "create view intermediate.audited_build as "
        "select build_id, as_of_date, changed_months, through_load_id, cast({} as boolean) as is_synthetic"
        " from ops.build where build_id = {}"
    )
    builder.execute(statement.format(sql.Literal(is_synthetic()), sql.Literal(build_id)))
    months: list[date] | None = scalar(builder, "select changed_months from intermediate.audited_build")
    return months or ()


def _condition(suite: Suite, months: Sequence[date]) -> sql.Composable:
    """Return the condition of the evaluated rows; a row without a month is evaluated in every build."""
    if suite.month_column is None:
        return sql.SQL("true")
    return sql.SQL("({column} is null or {column} = any({months}::date[]))").format(
        column=sql.Identifier(suite.month_column), months=sql.Literal(list(months))
    )


def _show(builder: Session, view: str, relation: sql.Composable, condition: sql.Composable) -> None:
    name = sql.Identifier(SCHEMA, view)
    # Dropped first: `create or replace` refuses a table that has got a column in between.
    builder.execute(sql.SQL("drop view if exists {}").format(name))
    statement = sql.SQL("create view {} as select * from {} where {}").format(name, relation, condition)
    builder.execute(statement)
