"""`coverage`: what was due and what is there, dataset × month, the gaps, and the command that fills them.

Signs differ by shape; colour only adds to it.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Annotated, Any, TypeVar

import psycopg
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from green_freight.agencies import AGENCIES
from green_freight.cli import scorecard
from green_freight.cli.console import AsCsv, AsJson, Years, console, print_json
from green_freight.cli.errors import NotAvailableError
from green_freight.cli.installation import Installation
from green_freight.contracts import contract
from green_freight.coverage import BackfillRange, Coverage, backfill_of, coverage
from green_freight.labels import label
from green_freight.messages import message
from green_freight.periods import Period

T = TypeVar("T")

STATES = {
    "complete": ("✓", "green"),
    "partial": ("29/30", "yellow"),
    "missing": ("✗", "red"),
    "not_due": ("·", "dim"),
}
PROVISIONAL = "~"
STOPPED, REJECTED, NOT_DELIVERED, RESTATED = "!", "r", "n", "↻"
MARKS = {
    STOPPED: "最近一次装载被整份拒收，原有数据不变 the newest file was rejected, the old rows stay",
    REJECTED: "有行被拒收 rows were rejected",
    NOT_DELIVERED: "单位答复未交付 asked for, and the agency had not delivered",
    RESTATED: "最终值后来改变 restated: a final figure was changed",
    PROVISIONAL: "月份暂定，其余为最终 the month is provisional, others are final",
}
NO_GAPS = "没有缺口 · no gaps: everything that was due is there"
REASON = "补齐缺口 / filling the gaps"


def _agency(value: str) -> str:
    if value not in AGENCIES:
        raise typer.BadParameter(message("no_such_agency", value=value, agencies=", ".join(AGENCIES)))
    return value


def coverage_command(
    context: typer.Context,
    agency: Annotated[
        list[str] | None,
        typer.Option(
            parser=_agency, metavar="AGENCY", help="只看这些单位 · only these agencies; repeatable."
        ),
    ] = None,
    year: Years = None,
    gaps: Annotated[
        bool, typer.Option("--gaps", help="只列缺口及缺少的日期 · only the gaps, with the days they lack.")
    ] = False,
    plan: Annotated[
        bool, typer.Option("--plan", help="打印补齐缺口的命令 · print the command that fills the gaps.")
    ] = False,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """数据覆盖 · What every agency had to deliver and what is there: dataset × month, from the expected calendar.

    How to read it and what to do with each state: docs/coverage.md.
    """
    installation: Installation = context.obj
    # As the builder, who may read the record of loads. Where there is no warehouse yet, everything is missing.
    with installation.warehouse(create=True) as warehouse, warehouse.connect("builder") as builder:
        builder.read_only = True
        try:
            found = coverage(builder, agency or [], year or [])
        except psycopg.errors.UndefinedTable as error:
            raise NotAvailableError(message("no_record_of_coverage")) from error
    chosen = [one for one in found if one.parts_missing] if gaps else found
    gap = backfill_of(chosen) if plan else None
    planned = [plan_row(gap)] if gap else []
    rows = planned if plan else [vars(each) for each in chosen]
    if as_json:
        print_json(rows)
    elif as_csv:
        scorecard.write_csv([csv_row(row) for row in rows], sys.stdout)
    elif plan:
        print_plan(gap, console())
    elif gaps:
        print_gaps(chosen, console())
    else:
        print_grid(found, console())


def print_grid(found: Sequence[Coverage], console: Console) -> None:
    """Print one table a year with a row a dataset and a column a month, then the legend and the totals."""
    by_year = sorted(found, key=lambda one: one.period_month.year)
    for year, of_year in groupby(by_year, key=lambda one: one.period_month.year):
        # Not the table's own title: that would be folded to the width of a year that has just begun.
        console.print(f"{year}（截至 as of {found[0].as_of_date}）", style="bold")
        console.print(_grid(list(of_year)), "")
    console.print(_legend())
    console.print(_totals(found))
    if any(one.parts_missing for one in found):
        console.print(
            "缺少的日期 · the days they lack: ./green-freight coverage --gaps；"
            "补齐的命令 · the command that fills them: ./green-freight coverage --plan"
        )


def print_gaps(gaps: Sequence[Coverage], console: Console) -> None:
    """Print a row for each dataset and month that lacks something; whole months in a row make one."""
    if not gaps:
        console.print(NO_GAPS)
        return
    console.print(f"截至 as of {gaps[0].as_of_date}", style="bold")
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("数据集 Dataset", overflow="fold")
    table.add_column("月份 Month", no_wrap=True)
    table.add_column("状态 State", no_wrap=True)
    table.add_column("缺少 Missing", overflow="fold")
    table.add_column("说明 Remark", overflow="fold")
    for alike in _together(gaps, _is_alike):
        first = alike[0]
        _, style = STATES[first.state_code]
        delivered, due = sum(one.parts_delivered for one in alike), sum(one.parts_due for one in alike)
        table.add_row(
            _name(first.dataset_id),
            "".join(stretches(one.month.label for one in alike)),
            Text(f"{_state(first.state_code)} {delivered}/{due}", style=style),
            ", ".join(stretches(label for one in alike for label in one.missing_labels)),
            _remark(alike),
        )
    console.print(table)


def print_plan(gap: BackfillRange | None, console: Console) -> None:
    """Print the command of the backfill that fills the gaps, ready to be run, or that there are none."""
    text = f"# {NO_GAPS}"
    if gap:
        words = ["./green-freight", "backfill", "--from", gap.first.label, "--to", gap.last.label]
        for agency in gap.agencies:
            words += ["--agency", agency]
        text = shlex.join([*words, "--only-missing", "--reason", REASON])
    console.print(text, markup=False, soft_wrap=True)


def plan_row(each: BackfillRange) -> dict[str, Any]:
    """Return a backfill as programs read it: the names are those of the DAG's parameters."""
    return {"from_month": each.first.label, "to_month": each.last.label, "agencies": list(each.agencies)}


def csv_row(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with its lists as words, separated by spaces."""
    return {name: " ".join(value) if isinstance(value, list) else value for name, value in row.items()}


def stretches(labels: Iterable[str]) -> list[str]:
    """Return labels of periods with neighbours drawn together: `2025-08-13 … 2025-08-15`."""
    found = _together(sorted(map(Period, labels)), lambda before, one: before.next == one)
    return [each[0].label if len(each) == 1 else f"{each[0]} … {each[-1]}" for each in found]


def _together(items: Iterable[T], continues: Callable[[T, T], bool]) -> list[list[T]]:
    """Return items in stretches, in which each continues the one before it."""
    found: list[list[T]] = []
    for one in items:
        if found and continues(found[-1][-1], one):
            found[-1].append(one)
        else:
            found.append([one])
    return found


def _grid(of_year: Sequence[Coverage]) -> Table:
    provisional = {one.period_month for one in of_year if one.revision_state_code == "provisional"}
    table = Table(header_style="bold", box=None, padding=(0, 1, 0, 0))
    table.add_column("数据集 Dataset", overflow="fold")
    for month in sorted({one.period_month for one in of_year}):
        table.add_column(f"{month:%m}" + PROVISIONAL * (month in provisional), no_wrap=True)
    for agency, of_agency in groupby(of_year, key=lambda one: one.agency_code):
        table.add_row(Text(f"{AGENCIES[agency].name_zh} {agency}", style="bold"))
        for dataset, of_dataset in groupby(of_agency, key=lambda one: one.dataset_id):
            table.add_row(f"  {_name(dataset)}", *(_cell(one) for one in of_dataset))
    return table


def _state(code: str) -> str:
    return label("coverage_state", code).both


def _name(dataset: str) -> str:
    return f"{dataset} {contract(dataset).title_zh}"


def _cell(one: Coverage) -> Text:
    sign, style = STATES[one.state_code]
    text = f"{one.parts_delivered}/{one.parts_due}" if one.state_code == "partial" else sign
    return Text(text, style=style) + Text(_marks(one), style="bold yellow")


def _marks(one: Coverage) -> str:
    marks = {
        STOPPED: one.loads_stopped,
        REJECTED: one.rows_rejected,
        NOT_DELIVERED: one.parts_not_delivered,
        RESTATED: one.revision_state_code == "restated",
    }
    return "".join(mark for mark, count in marks.items() if count)


def _is_alike(before: Coverage, one: Coverage) -> bool:
    """Tell whether a whole month follows another one of its dataset and is alike in every mark."""
    same = (before.dataset_id, before.state_code, _marks(before)) == (one.dataset_id, "missing", _marks(one))
    return same and before.month.next == one.month


def _remark(alike: Sequence[Coverage]) -> str:
    counts = {
        "单位答复未交付 not delivered": sum(one.parts_not_delivered for one in alike),
        "整份拒收 files rejected": sum(one.loads_stopped for one in alike),
    }
    return "；".join(f"{words}: {count}" for words, count in counts.items() if count)


def _legend() -> Table:
    table = Table(box=None, show_header=False, padding=(0, 1, 0, 0))
    signs = [(Text(sign, style=style), _state(code)) for code, (sign, style) in STATES.items()]
    signs += [(Text(mark, style="bold yellow"), words) for mark, words in MARKS.items()]
    for row in signs:
        table.add_row(*row)
    return table


def _totals(found: Sequence[Coverage]) -> Text:
    text = Text()
    for code, (_, style) in STATES.items():
        text.append(f"{_state(code)} {sum(one.state_code == code for one in found)}   ", style=style)
    rejected, stopped = sum(one.rows_rejected for one in found), sum(one.loads_stopped for one in found)
    text.append(f"拒收行 rows rejected {rejected:,}   整份拒收 files rejected {stopped}")
    return text
