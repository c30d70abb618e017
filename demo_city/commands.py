"""`python -m demo_city`: prints what is true, runs the agencies, lists their defects and faults."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from green_freight import exports
from green_freight.contracts import contracts
from rich.console import Console
from rich.table import Table

from demo_city import DEFAULT_SEED, DEMONSTRATION_DAY, RUN_VOLUME
from demo_city.city import LAST_DAY, City
from demo_city.defects import REGISTRY, Defect
from demo_city.defects.contract_defects import contract_defects
from demo_city.monthly_events import FIRST_DAY
from demo_city.servers.credentials import CONNECTIONS
from demo_city.servers.demo_agencies import DemoAgencies
from demo_city.servers.faults import KINDS
from demo_city.truth import TrueValue, true_scorecard, true_values
from demo_city.truth_programme import TrueTotal, true_programme

app = typer.Typer(no_args_is_help=True, help="演示城市（演示数据）· the demonstration city (synthetic data)")
_DEFAULT_CLOCK = datetime.fromisoformat("2025-10-01T02:00:00+08:00")


def _day(given: str | date) -> date:
    # the option's default passes through here too, as a date
    day = date.fromisoformat(str(given))
    if not FIRST_DAY <= day <= LAST_DAY:
        raise typer.BadParameter(f"须在 must be within {FIRST_DAY} – {LAST_DAY}")
    return day


@app.command()
def truth(
    as_of: Annotated[
        date,
        typer.Option(parser=_day, metavar="YYYY-MM-DD", help="统计日 · the day whose end is looked from"),
    ] = DEMONSTRATION_DAY,
    seed: Annotated[int, typer.Option(help="城市种子 · the city's seed")] = DEFAULT_SEED,
    scope: Annotated[
        Literal["years", "months", "programme"],
        typer.Option(
            help="各年、各月或示范期累计 · the years' scorecard, every month, or the programme's totals"
        ),
    ] = "years",
    output: Annotated[
        Literal["table", "csv", "json"], typer.Option("--format", help="输出格式 · output format")
    ] = "table",
) -> None:
    """打印演示城市各指标的真值（演示数据）· Print the true value of every indicator (synthetic data)."""
    city = City(seed=seed)
    values = (
        true_programme(city, as_of)
        if scope == "programme"
        else (true_scorecard if scope == "years" else true_values)(city, as_of)
    )
    rows = [asdict(value) for value in values]
    if output == "csv":
        exports.write_csv(sys.stdout, rows[0], [[*row.values()] for row in rows], line_end="\n")
    elif output == "json":
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1, default=str))
    else:
        Console().print(_truth_table(values))


def _truth_table(values: Iterable[TrueValue | TrueTotal]) -> Table:
    table = Table(title="演示城市真值（演示数据）· true values of the demonstration city (synthetic)")
    for head in ("指标\nindicator", "月份\nmonth"):
        table.add_column(head, no_wrap=True)
    for head in ("目标\ntarget", "实际\nactual", "应达\nexpected"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("状态\nstatus", no_wrap=True)
    for v in values:
        figures = (
            (v.plan_total_value, v.cumulative_value, v.cumulative_expected_value)
            if isinstance(v, TrueTotal)
            else (v.target_value, v.actual_value, v.expected_value)
        )
        cells = ["–" if figure is None else f"{figure:f}" for figure in figures]
        table.add_row(v.indicator_code, f"{v.period_month:%Y-%m}", *cells, v.status_code)
    return table


def _moment(given: str | datetime) -> datetime:
    moment = datetime.fromisoformat(str(given))
    if moment.tzinfo is None:
        raise typer.BadParameter("须带时区 · needs an offset: 2025-10-01T02:00:00+08:00")
    return moment


def _pairs(given: list[str], what: str) -> dict[str, str]:
    pairs = dict(text.partition("=")[::2] for text in given)
    if not all(pairs.values()):
        raise typer.BadParameter(f"写成 {what} · write {what}")
    return pairs


@app.command()
def serve(
    home: Annotated[Path, typer.Option(help="状态目录（agencies.json、密钥、已生成文件）· folder for state")],
    clock: Annotated[
        datetime,
        typer.Option(
            parser=_moment,
            metavar="ISO8601",
            help="演示时刻，其后数据未交付 · the agencies' moment",
        ),
    ] = _DEFAULT_CLOCK,
    seed: Annotated[int, typer.Option(help="城市种子 · the city's seed")] = DEFAULT_SEED,
    volume: Annotated[float, typer.Option(help="事件规模，1 为全量 · scale of events")] = RUN_VOLUME,
    agency: Annotated[
        list[str] | None, typer.Option(help="只运行该单位，可重复 · run only this agency, repeatable")
    ] = None,
    plant: Annotated[
        list[str] | None,
        typer.Option(
            envvar="GREEN_FREIGHT_DEMO_DEFECTS",
            metavar="DEFECT=RATE",
            help="植入缺陷，可重复 · plant a defect, repeatable",
        ),
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            envvar="GREEN_FREIGHT_DEMO_FAULTS",
            metavar="AGENCY=FAULT",
            help=f"整体故障 · a fault: {', '.join(KINDS)}; slow:45, transient:3",
        ),
    ] = None,
) -> None:
    """运行四个演示单位的服务器，直到收到 SIGTERM 或 SIGINT · Run the agencies' servers until SIGTERM or SIGINT."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    try:
        rates = {name: float(rate) for name, rate in _pairs(plant or [], "defect=0.05").items()}
        agencies = DemoAgencies(
            City(seed=seed, volume=volume),
            home.absolute(),
            clock,
            rates,
            _pairs(fault or [], "power=down"),
            agencies=tuple(agency or CONNECTIONS.values()),
        )
    except ValueError as problem:
        raise typer.BadParameter(str(problem)) from problem
    with agencies:
        for name, connection in agencies.connections.items():
            typer.echo(f"{name:12} {connection.host}:{connection.port}")
        typer.echo(f"就绪 · ready: {home / 'agencies.json'}")
        stopped.wait()
    typer.echo("已停止 · stopped")


@app.command()
def defects(
    dataset: Annotated[
        str | None,
        typer.Argument(help="数据集，列出契约所含的全部行缺陷 · a dataset: all row defects of its contract"),
    ] = None,
    markdown: Annotated[
        bool,
        typer.Option(
            "--markdown", help="输出 docs/demonstration.md 的表格 · print the tables of docs/demonstration.md"
        ),
    ] = False,
) -> None:
    """列出可植入的缺陷 · List the defects that can be planted."""
    if markdown:
        typer.echo(reference_tables())
        return
    if dataset is not None and dataset not in contracts():
        raise typer.BadParameter(f"没有数据集 {dataset} · there is no dataset {dataset}")
    head, *rows = defect_table(contract_defects(dataset) if dataset else REGISTRY)
    table = Table(*head)
    for row in rows:
        table.add_row(*row)
    Console(width=160).print(table)


def defect_table(listed: Mapping[str, Defect]) -> list[tuple[str, ...]]:
    """Return a title row and a row for each defect: name, agency, effect, reason code, description."""
    head = ("缺陷 / defect", "单位 / agency", "效果 / effect", "原因码 / reason", "说明 / description")
    return [
        head,
        *((d.name, d.agency, d.effect, d.reason_code or "", f"{d.zh} / {d.en}") for d in listed.values()),
    ]


def reference_tables() -> str:
    """Return the faults and the named defects as Markdown, as `docs/demonstration.md` holds them."""
    faults = [("故障 / fault", "说明 / description"), *((f"`{kind}`", text) for kind, text in KINDS.items())]
    listed = [(f"`{name}`" if n else name, *rest) for n, (name, *rest) in enumerate(defect_table(REGISTRY))]
    return f"{_markdown(faults)}\n\n{_markdown(listed)}"


def _markdown(rows: Sequence[tuple[str, ...]]) -> str:
    head, *others = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([head, "|" + "---|" * len(rows[0]), *others])
