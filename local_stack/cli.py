"""The command line: reads arguments, calls one function, prints, and sets the exit status."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Annotated, Any

import typer
from green_freight.periods import Period
from green_freight.programme import programme
from rich.console import Console

from demo_city import DEMONSTRATION_DAY
from local_stack import (
    airflow_settings,
    backfill_commands,
    checks,
    coverage_command,
    database,
    demonstration,
    evidence_command,
    installation_commands,
    replay_command,
    run,
    run_issues,
    scorecard,
    signals,
    stack,
    status,
    truth_check,
)
from local_stack import logs as log_files
from local_stack import psql as psql_client
from local_stack.demonstration import Demonstration
from local_stack.expected_errors import EXPECTED_ERRORS
from local_stack.home import Home, NothingThere
from local_stack.locks import sole_command
from local_stack.stack import StackPlan
from local_stack.steps import Steps
from local_stack.terminal import console as _console

FIRST_MONTH = Period.day(programme().first_day).month
NOTHING_PUBLISHED = "nothing is published yet: ./green-freight run / 尚未发布任何数据"

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    # A trace would show local variables, passwords among them.
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="绿色货运数据仓库 · The green freight warehouse on one machine: PostgreSQL, four demonstration"
    " agencies and Airflow, started, run and stopped. State lies in .state (GREEN_FREIGHT_HOME).",
)

AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON · print JSON for programs.")]
Volume = Annotated[
    float | None,
    typer.Option(metavar="N", help="事件量 · event volume; 1 is the real size, 0.1 the default."),
]


def _day(value: str | date) -> date:
    # typer hands the default through the parser too.
    return value if isinstance(value, date) else date.fromisoformat(value)


def _month(value: str | Period) -> Period:
    return value if isinstance(value, Period) else Period(value).month


Day = Annotated[date, typer.Option(parser=_day, metavar="YYYY-MM-DD", help="业务日 · business day.")]


def main() -> None:
    """Run the command line; what can go wrong as a matter of course ends in a sentence, not in a trace."""
    signals.install()
    errors = Console(stderr=True, soft_wrap=True)
    try:
        app(prog_name="./green-freight")
    except signals.Interrupted as interrupted:
        errors.print("中断，已停止 · interrupted, everything is stopped", highlight=False)
        sys.exit(interrupted.status)
    except EXPECTED_ERRORS as error:
        errors.print(f"[red]✗[/] {type(error).__name__}: ", end="")
        errors.print(str(error), highlight=False, markup=False)
        sys.exit(1)


@app.command("run")
def run_command(
    volume: Volume = None,
    day: Day = DEMONSTRATION_DAY,
    first: Annotated[
        Period, typer.Option("--from", parser=_month, metavar="YYYY-MM", help="历史起始月 · first month.")
    ] = FIRST_MONTH,
    as_json: AsJson = False,
) -> None:
    """跑通全程 · Load the history, run the nightly refresh of one day, print the scorecard, stop.

    Exit status 0 only if every Airflow run succeeded. A second run is quick and changes nothing.
    """
    home = _prepared_home()
    console = _console(stderr=as_json)
    request = run.Request(day, first, Demonstration.of(home, volume))
    begun = time.monotonic()
    with sole_command(home.root, "run"):
        result = run.run(home, request, Steps(console))
    run_issues.print_issues(result.issues, console)
    if as_json:
        print(json.dumps(result.as_json(), ensure_ascii=False))
    else:
        scorecard.print_table(result.scores, console)
    verdict = "[green]✓ 完成 · done[/]" if result.is_success else "[red]✗ 失败 · failed[/]"
    console.print(f"{verdict} {time.monotonic() - begun:.0f} s", highlight=False)
    raise typer.Exit(0 if result.is_success else 1)


@app.command("test")
def test_command(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            parser=checks.argument,
            metavar="[CHECK|PATH]...",
            help=f"检查项或测试路径 · checks ({checks.NAMES}), or paths of tests, also file.py::test_name.",
        ),
    ] = None,
    expression: Annotated[
        str,
        typer.Option(
            "-k", metavar="EXPRESSION", help="名称匹配的测试 · tests whose names match, as pytest's -k."
        ),
    ] = "",
) -> None:
    """全部检查 · Run every check: lint, types, SQL, unit, integration, one end-to-end run; time each.

    For one file: `test tests/unit/contracts/test_contracts.py`, for some tests by name: `test -k scorecard`.
    """
    console = _console()
    begun = time.monotonic()
    outcomes = checks.run(checks.chosen(what or [], expression), console)
    checks.print_summary(outcomes, time.monotonic() - begun, console)
    raise typer.Exit(1 if any(one.status for one in outcomes) else 0)


@app.command()
def up(
    volume: Volume = None,
    day: Day = DEMONSTRATION_DAY,
    real: Annotated[
        bool, typer.Option("--real", help="真实部门，每晚运行 · real agencies, refreshed nightly.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """启动并保持运行 · Start everything and leave it running, with Airflow's user interface.

    The demonstration agencies stand still in the night after --day, so runs are started by hand. With --real there
    are none: the connections come from your variables AIRFLOW_CONN_TRANSPORT, _COMMERCE, _POSTAL, _POWER and
    _POWER_FILES, and Airflow starts nightly_refresh by itself at 02:00.
    """
    home = _prepared_home()
    console = _console(stderr=as_json)
    if real:
        airflow_settings.insist_on_connections(os.environ)
        plan = StackPlan(None, None, is_scheduled=True, has_triggerer=True)
    else:
        clock = demonstration.night_after(day)
        plan = StackPlan(Demonstration.of(home, volume), clock, has_triggerer=True)
    with sole_command(home.root, "up"):
        if database.is_left_running(home):
            console.print("已在运行 · it is up already", highlight=False)
        else:
            run.bring_up(home, plan, Steps(console))
    status.show(home, console, as_json)


@app.command()
def down() -> None:
    """停止 · Stop everything that runs in this home (also what a killed command left)."""
    home = _prepared_home()
    console = _console()
    with sole_command(home.root, "down"):
        names = [name for name, is_alive in stack.alive(home).items() if is_alive]
        stack.stop(home)
        database.stop_server(home)
    console.print(f"[green]✓[/] 已停止 · stopped: {', '.join([*names, 'postgres'])}", highlight=False)


@app.command("status")
def status_command(as_json: AsJson = False) -> None:
    """现状 · What runs, where its user interface is, what was published last."""
    status.show(_prepared_home(), _console(), as_json)


@app.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
def psql(
    arguments: Annotated[list[str] | None, typer.Argument(help="psql 的参数 · arguments of psql.")] = None,
) -> None:
    """以只读者身份查询 · Query the published figures as the reader (schema mart).

    `psql -c 'select …'` prints unaligned rows without headers; without arguments it is interactive.
    """
    with _reader() as url:
        exit_status = psql_client.run(url, arguments or [])
    raise typer.Exit(exit_status)


@app.command("scorecard")
def scorecard_command(
    year: Annotated[list[int] | None, typer.Option(help="只看这些年 · only these years.")] = None,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="输出 CSV · print CSV.")] = False,
) -> None:
    """计分卡 · The published scorecard: work × year with target, actual, completion and status."""
    with _reader() as url:
        found = scorecard.rows(url, year or [])
    if not found:
        raise NothingThere(NOTHING_PUBLISHED)
    if as_json:
        scorecard.write_json(found, sys.stdout)
    elif as_csv:
        scorecard.write_csv(found, sys.stdout)
    else:
        scorecard.print_table(found, _console())


@app.command("check-truth")
def check_truth(volume: Volume = None, as_json: AsJson = False) -> None:
    """与真值比对 · Compare every published figure with the demonstration city's true value.

    Exit status 1 and a table if any differs.
    """
    home = _prepared_home()
    with _reader() as url:
        comparison = truth_check.compare(url, Demonstration.of(home, volume).city())
    if as_json:
        body: dict[str, Any] = {"as_of": comparison.as_of.isoformat(), "figures": comparison.figures}
        body |= {
            "scores": comparison.scores,
            "differences": [one.as_json() for one in comparison.differences],
        }
        print(json.dumps(body, ensure_ascii=False))
    else:
        truth_check.print_comparison(comparison, _console())
    raise typer.Exit(1 if comparison.differences else 0)


@app.command()
def logs(
    name: Annotated[str | None, typer.Argument(help="哪个进程 · which process; none: list them.")] = None,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="行数 · how many lines.")] = 40,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="持续显示 · go on as lines come.")] = False,
) -> None:
    """日志 · Show the log of one process, or list the logs."""
    home = _prepared_home()
    if name is None:
        log_files.print_list(home, _console())
    else:
        log_files.print_tail(home, name, lines, follow)


@app.command()
def clean(yes: Annotated[bool, typer.Option("--yes", "-y", help="不询问 · do not ask.")] = False) -> None:
    """清空 · Remove this home: warehouse, landing store, logs. Asks first."""
    home = Home.current()
    console = _console()
    if not home.root.exists():
        console.print("已是空的 · nothing to remove", highlight=False)
        return
    with sole_command(home.root, "clean"):
        if not yes:
            typer.confirm(f"删除 · remove {home.root}?", abort=True)
        stack.stop(home)
        home.remove()
    console.print(f"[green]✓[/] 已删除 · removed {home.root}", highlight=False, soft_wrap=True)


backfill_commands.register(app)
coverage_command.register(app)
evidence_command.register(app)
installation_commands.register(app)
replay_command.register(app)


@contextmanager
def _reader() -> Iterator[str]:
    """Give the warehouse's URL as the reader, with the server running meanwhile."""
    home = _prepared_home()
    with database.serving(home) as databases:
        if not database.is_prepared(databases):
            raise NothingThere("no warehouse here yet: ./green-freight run / 尚无数据仓库，请先 run")
        yield database.role_urls(home, databases)["reader"]


def _prepared_home() -> Home:
    home = Home.current()
    home.prepare()
    return home
