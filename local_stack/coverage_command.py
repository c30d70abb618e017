"""`coverage`: what was due and what is there, dataset × month, and the command that fills the gaps."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import psycopg
import typer
from green_freight.agencies import AGENCIES

from local_stack import database, scorecard
from local_stack.home import Home, NothingThere
from local_stack.terminal import console

OLDER = (
    "数据仓库由旧版本建立，请先升级 · the warehouse was made by an older version: ./green-freight run (on servers:"
    " install) brings it up to date"
)


def _agency(value: str) -> str:
    if value not in AGENCIES:
        raise typer.BadParameter(f"没有单位 there is no agency {value!r}; {', '.join(AGENCIES)}")
    return value


def coverage_command(
    agency: Annotated[
        list[str] | None,
        typer.Option(
            parser=_agency, metavar="AGENCY", help="只看这些单位 · only these agencies; repeatable."
        ),
    ] = None,
    year: Annotated[list[int] | None, typer.Option(help="只看这些年 · only these years.")] = None,
    gaps: Annotated[
        bool, typer.Option("--gaps", help="只列缺口及缺少的日期 · only the gaps, with the days they lack.")
    ] = False,
    plan: Annotated[
        bool, typer.Option("--plan", help="打印补齐缺口的命令 · print the command that fills the gaps.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON · print JSON for programs.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="输出 CSV · print CSV.")] = False,
) -> None:
    """数据覆盖 · What every agency had to deliver and what is there: dataset × month, from the expected calendar.

    How to read it and what to do with each state: docs/coverage.md.
    """
    # The agencies' protocols and contracts are slow to read: not for every command.
    from green_freight.coverage import backfill_of, coverage

    from local_stack import coverage_table

    with _warehouse() as warehouse:
        found = coverage(warehouse, agency or [], year or [])
    chosen = [one for one in found if one.parts_missing] if gaps else found
    gap = backfill_of(chosen) if plan else None
    planned = [coverage_table.plan_row(gap)] if gap else []
    rows = planned if plan else [vars(each) for each in chosen]
    if as_json:
        scorecard.write_json(rows, sys.stdout)
    elif as_csv:
        scorecard.write_csv([coverage_table.csv_row(row) for row in rows], sys.stdout)
    elif plan:
        coverage_table.print_plan(gap, console())
    elif gaps:
        coverage_table.print_gaps(chosen, console())
    else:
        coverage_table.print_grid(found, console())


def register(app: typer.Typer) -> None:
    """Add this subcommand to the command line."""
    app.command("coverage")(coverage_command)


@contextmanager
def _warehouse() -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Give the warehouse, read-only, as a role that may read the record of loads; the server runs meanwhile.

    Where there is none yet it is made: everything is missing then. One that is there is left as it is.
    """
    home = Home.current()
    home.prepare()
    with database.serving(home) as databases:
        if database.is_prepared(databases):
            urls = database.role_urls(home, databases)
        else:
            urls = database.prepare_warehouse(home, databases)
        with psycopg.connect(urls["builder"]) as warehouse:
            warehouse.read_only = True
            try:
                yield warehouse
            except psycopg.errors.UndefinedTable as error:
                raise NothingThere(OLDER) from error
