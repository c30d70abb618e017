"""`coverage`: what was due and what is there, dataset × month, and the command that fills the gaps."""

from __future__ import annotations

import sys
from typing import Annotated

import psycopg
import typer

from green_freight.agencies import AGENCIES
from green_freight.cli import scorecard
from green_freight.cli.console import AsJson, console
from green_freight.cli.errors import NotAvailableError
from green_freight.cli.installation import Installation


def _agency(value: str) -> str:
    if value not in AGENCIES:
        raise typer.BadParameter(
            f"没有单位 {value!r}，可选 / there is no agency {value!r}, choose one of {', '.join(AGENCIES)}"
        )
    return value


def coverage_command(
    context: typer.Context,
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
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="输出 CSV · print CSV.")] = False,
) -> None:
    """数据覆盖 · What every agency had to deliver and what is there: dataset × month, from the expected calendar.

    How to read it and what to do with each state: docs/coverage.md.
    """
    # The agencies' protocols and contracts are slow to read: not for every command.
    from green_freight.cli import coverage_table
    from green_freight.coverage import backfill_of, coverage

    installation: Installation = context.obj
    # As the builder, who may read the record of loads. Where there is no warehouse yet, everything is missing.
    with installation.warehouse(create=True) as warehouse, warehouse.connect("builder") as builder:
        builder.read_only = True
        try:
            found = coverage(builder, agency or [], year or [])
        except psycopg.errors.UndefinedTable as error:
            raise NotAvailableError(
                "数据仓库由旧版本建立，无法查询覆盖情况；请先运行 ./green-freight run（服务器上运行 "
                "green-freight install）升级 / the warehouse was made by an older version and has no record of "
                "coverage; bring it up to date by ./green-freight run, on servers by green-freight install"
            ) from error
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
