"""`scorecard`: the published scorecard, work × year for people, the whole rows for programs."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, LiteralString, TextIO

import psycopg
import typer
from psycopg.rows import dict_row
from rich.console import Console
from rich.table import Table
from rich.terminal_theme import DEFAULT_TERMINAL_THEME
from rich.text import Text

from green_freight import exports, figure_text
from green_freight.cli.console import AsCsv, AsJson, Years, console, print_json
from green_freight.cli.errors import NotAvailableError
from green_freight.cli.installation import Installation
from green_freight.labels import label, labels

Row = dict[str, Any]

STYLES = {
    "met": "green",
    "not_met": "red",
    "on_track": "green",
    "behind": "yellow",
    "not_due": "dim",
    "no_target": "dim",
    "no_data": "magenta",
}
# Columns of a picture: at GitHub's width its letters stay readable.
PICTURE_WIDTH = 132
RATIO_KINDS = ("stock_ratio", "period_to_date_ratio", "cumulative_ratio", "yearly_ratio")
# Columns of mart.programme_scorecard that a row of the scorecard carries, with the prefix `programme_`.
OF_PROGRAMME = (
    "plan_total_value",
    "cumulative_value",
    "remaining_value",
    "completion_ratio",
    "cumulative_expected_value",
    "yearly_targets_due_value",
    "status_code",
)
EMPTY = "–"
NOTHING_PUBLISHED = (
    "尚未发布任何数据，请先运行 ./green-freight run / nothing is published yet: ./green-freight run"
)
SYNTHETIC = " 演示数据，不是本市的真实数据 · synthetic demonstration data, not the city's own"


def scorecard_command(
    context: typer.Context,
    year: Years = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    svg: Annotated[
        Path | None, typer.Option("--svg", help="另存为图片 · also write the table as a picture (SVG).")
    ] = None,
) -> None:
    """计分卡 · The published scorecard: work × year with target, actual, completion and status; programme totals."""
    installation: Installation = context.obj
    with installation.warehouse() as warehouse:
        found = rows(warehouse.url("reader"), year or [])
    if not found:
        raise NotAvailableError(NOTHING_PUBLISHED)
    if as_json:
        print_json(found)
    elif as_csv:
        write_csv(found, sys.stdout)
    else:
        print_table(found, console())
    if svg:
        write_picture(found, svg)


def rows(reader_url: str, years: Sequence[int] = ()) -> list[Row]:
    """Return the published scorecard's rows in the plan's order, of all years unless some are named.

    Each has the programme's total of its indicator as of the same month, `programme_` before its columns' names; None
    where the plan has no total.
    """
    query = """
        select * from mart.scorecard
        where cardinality(%(years)s::int[]) = 0 or year = any(%(years)s::int[])
        order by city_code, year, display_order, indicator_code
    """
    totals = {_key(row): row for row in published(reader_url, "select * from mart.programme_scorecard")}
    return [
        row | {f"programme_{name}": totals.get(_key(row), {}).get(name) for name in OF_PROGRAMME}
        for row in published(reader_url, query, {"years": list(years)})
    ]


def published(reader_url: str, query: LiteralString, values: Mapping[str, Any] | None = None) -> list[Row]:
    """Return rows of the published tables, none while nothing has been published."""
    with psycopg.connect(reader_url, row_factory=dict_row) as connection:
        try:
            return connection.execute(query, values).fetchall()
        except psycopg.errors.UndefinedTable:
            return []


def print_table(found: Sequence[Row], console: Console) -> None:
    """Print one table a year: work, indicator, target, actual, completion, status; below it when milestones were
    reported, and below the last year what the programme has reached of the plan's totals."""
    for year in sorted({row["year"] for row in found}):
        of_year = [row for row in found if row["year"] == year]
        as_of = max(row["as_of_date"] for row in of_year)
        origin = SYNTHETIC if any(row["is_synthetic"] for row in of_year) else ""
        table = Table(
            title=f"{year}（截至 as of {as_of}）{origin}", title_justify="left", header_style="bold", box=None
        )
        table.add_column("工作 Work", no_wrap=True)
        table.add_column("指标 Indicator", overflow="fold")
        for heading in ("目标 Target", "实际 Actual", "完成 Done"):
            table.add_column(heading, justify="right", no_wrap=True)
        table.add_column("状态 Status", no_wrap=True)
        for before, row in zip([None, *of_year], of_year, strict=False):
            table.add_row(*_cells(row, before))
        console.print(table)
        console.print(_summary(of_year), "")
        _print_reports(of_year, console)
    _print_programme(found, console)


def _print_reports(of_year: Sequence[Row], console: Console) -> None:
    reported = [row for row in of_year if row.get("milestone_reported_on")]
    if not reported:
        return
    title = f"{reported[0]['year']} 里程碑报告 Milestone reports"
    table = Table(title=title, title_justify="left", header_style="bold", box=None)
    for heading in ("指标 Indicator", "完成 Achieved", "报送 Reported", "说明 Remark"):
        table.add_column(heading, overflow="fold")
    for row in reported:
        remark = Text("年度结束后报送 reported after the year" if row["is_reported_after_year"] else "")
        remark.stylize("yellow")
        dates = (str(row["milestone_achieved_on"]), str(row["milestone_reported_on"]))
        table.add_row(f"{row['indicator_name_zh']} {row['indicator_name_en']}", *dates, remark)
    console.print(table, "")


def _print_programme(found: Sequence[Row], console: Console) -> None:
    totals = [row for row in found if row.get("programme_plan_total_value") is not None]
    if not totals:
        return
    as_of = max(row["as_of_date"] for row in totals)
    totals = [row for row in totals if row["year"] == as_of.year]
    origin = SYNTHETIC if any(row["is_synthetic"] for row in totals) else ""
    title = f"示范期累计 Programme totals（截至 as of {as_of}）{origin}"
    table = Table(title=title, title_justify="left", header_style="bold", box=None)
    table.add_column("指标 Indicator", overflow="fold")
    for heading in (
        "方案总数 Total",
        "累计 To date",
        "剩余 Left",
        "应达 Expected",
        "到期目标 Due",
        "完成 Done",
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("状态 Status", no_wrap=True)
    for row in totals:
        figures = [name for name in OF_PROGRAMME if name.endswith("_value")]
        completion, status = row["programme_completion_ratio"], row["programme_status_code"]
        table.add_row(
            f"{row['indicator_name_zh']} {row['indicator_name_en']}",
            *(number(row[f"programme_{name}"], row, *_programme_comparisons(row, name)) for name in figures),
            EMPTY if completion is None else figure_text.completion(completion),
            Text(label("status", status).both, style=STYLES[status]),
        )
    console.print(table, "")


def write_picture(found: Sequence[Row], path: Path) -> None:
    """Write the tables as an SVG picture that loads nothing from the internet."""
    recorded = Console(record=True, file=io.StringIO(), width=PICTURE_WIDTH, highlight=False)
    print_table(found, recorded)
    picture = recorded.export_svg(title="green-freight scorecard", theme=DEFAULT_TERMINAL_THEME)
    # Rich names a font on a server; without it a viewer takes its own monospaced font.
    path.write_text(re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL), encoding="utf-8")


def write_csv(found: Sequence[Row], output: TextIO) -> None:
    """Write the rows as CSV with a header; an empty field is NULL."""
    if found:
        exports.write_csv(output, found[0], [[*row.values()] for row in found])


def number(value: Decimal | None, row: Row, *compared: Decimal | None) -> str:
    """Return a figure of an indicator as people read it: a share in per cent, other ratios and counts plain.

    `compared` are the values that decide its status: the figure is shown with the decimals that tell it from them.
    """
    if value is None:
        return EMPTY
    unit = row.get("unit_zh") or ""
    decimals = 1 if unit == figure_text.PER_CENT else 3 if row["target_kind"] in RATIO_KINDS else 0
    return figure_text.figure(value, decimals, *compared, unit=unit)


def _programme_comparisons(row: Row, name: str) -> list[Decimal | None]:
    """Return what a column of the programme's totals is compared with; a total or an expected value with itself."""
    own = row[f"programme_{name}"]
    of_total = (row["programme_plan_total_value"], row["programme_cumulative_expected_value"])
    return [*of_total] if name == "cumulative_value" else [own] if own in of_total else []


def _key(row: Row) -> tuple[str, str, int]:
    return row["city_code"], row["indicator_code"], row["year"]


def _cells(row: Row, before: Row | None) -> list[Text]:
    is_new_work = before is None or before["work_no"] != row["work_no"]
    work = f"{row['work_no']:>2} {_shortened(row['work_name_zh'])}" if is_new_work else ""
    completion = row["completion_ratio"]
    status = label("status", row["status_code"]).both
    remark = f"（{label('timeliness', 'stale').both}）" if row["is_stale"] else ""
    return [
        Text(work),
        Text(f"{row['indicator_name_zh']} {row['indicator_name_en']}"),
        Text(number(row["target_value"], row, row["target_value"])),
        Text(number(row["actual_value"], row, row["target_value"])),
        Text(EMPTY if completion is None else figure_text.completion(completion)),
        Text(status + remark, style=STYLES[row["status_code"]]),
    ]


def _shortened(name: str | None, length: int = 12) -> str:
    name = name or ""
    return name if len(name) <= length else name[: length - 1] + "…"


def _summary(of_year: Sequence[Row]) -> Text:
    text = Text("  ")
    for code, status in labels("status").items():
        count = sum(row["status_code"] == code for row in of_year)
        if count:
            text.append(f"{status.both} {count}   ", style=STYLES[code])
    return text
