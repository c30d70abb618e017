"""`python -m demo_city truth`: prints what is true about the city, for people (a table), csv or json."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from demo_city import DEFAULT_SEED, DEMONSTRATION_DAY
from demo_city.city import LAST_DAY, City
from demo_city.monthly_events import FIRST_DAY
from demo_city.truth import TrueValue, true_scorecard, true_values


class Format(StrEnum):
    """How the values are printed."""

    table = "table"
    csv = "csv"
    json = "json"


class Scope(StrEnum):
    """Which values are printed."""

    years = "years"
    months = "months"


def _day(given: str | date) -> date:
    """Read a day of the city; the option's default passes through here too, as a date.

    Raises:
        typer.BadParameter: it is no date, or outside the city's dates.
    """
    day = date.fromisoformat(str(given))
    if not FIRST_DAY <= day <= LAST_DAY:
        raise typer.BadParameter(f"须在 must be within {FIRST_DAY} – {LAST_DAY}")
    return day


def truth(
    as_of: Annotated[
        date,
        typer.Option(parser=_day, metavar="YYYY-MM-DD", help="统计日 · the day whose end is looked from"),
    ] = DEMONSTRATION_DAY,
    seed: Annotated[int, typer.Option(help="城市种子 · the city's seed")] = DEFAULT_SEED,
    scope: Annotated[
        Scope, typer.Option(help="各年或各月 · the years' scorecard, or every month")
    ] = Scope.years,
    output: Annotated[Format, typer.Option("--format", help="输出格式 · output format")] = Format.table,
) -> None:
    """打印演示城市各指标的真值（演示数据）· Print the true value of every indicator (synthetic data)."""
    compute = {Scope.years: true_scorecard, Scope.months: true_values}[scope]
    values = compute(City(seed=seed), as_of)
    _PRINTERS[output](values)


def _print_csv(values: Sequence[TrueValue]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(asdict(values[0])), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _plain(cell) for name, cell in asdict(value).items()} for value in values)
    typer.echo(text.getvalue(), nl=False)


def _print_json(values: Sequence[TrueValue]) -> None:
    rows = [{name: _plain(cell) for name, cell in asdict(value).items()} for value in values]
    typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))


def _print_table(values: Sequence[TrueValue]) -> None:
    title = "演示城市真值（演示数据）· true values of the demonstration city (synthetic)"
    table = Table(title=title)
    for head in ("重点工作\nwork", "指标\nindicator", "月份\nmonth"):
        table.add_column(head, no_wrap=True)
    for head in ("目标\ntarget", "实际\nactual", "应达\nexpected"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("状态\nstatus", no_wrap=True)
    for v in values:
        figures = (v.target_value, v.actual_value, v.expected_value)
        cells = ["–" if figure is None else f"{figure:f}" for figure in figures]
        table.add_row(f"({v.work_no})", v.indicator_code, f"{v.period_month:%Y-%m}", *cells, v.status_code)
    Console().print(table)


def _plain(cell: Any) -> Any:
    """Return a value as CSV and JSON carry it: exact numbers and dates as text, None as it is."""
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    return cell.isoformat() if isinstance(cell, date) else cell


_PRINTERS: dict[Format, Callable[[Sequence[TrueValue]], None]] = {
    Format.csv: _print_csv,
    Format.json: _print_json,
    Format.table: _print_table,
}
