"""The command line of one machine: the stack's own commands beside the product's."""

from __future__ import annotations

import os
import time
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from green_freight import settings
from green_freight.cli import app as product
from green_freight.cli import run_issues, scorecard
from green_freight.cli.console import AsJson, Steps, as_month, as_past_day, console, print_json
from green_freight.periods import Period
from green_freight.programme import programme
from green_freight.warehouse import bootstrap

from bench import benchmarks
from demo_city import DEMONSTRATION_DAY
from local_stack import (
    airflow_settings,
    backup,
    checks,
    client_programs,
    database,
    demonstration,
    run,
    stack,
    status,
    superset,
    truth_check,
)
from local_stack import logs as log_files
from local_stack.demonstration import Demonstration, OtherDemonstrationError
from local_stack.home import Home, HomeError
from local_stack.installation import LocalStack
from local_stack.locks import HomeBusyError, sole_command
from local_stack.postgres import PostgresError
from local_stack.processes import ProcessDiedError
from local_stack.stack import StackError, StackPlan
from local_stack.superset import SupersetError

FIRST_MONTH = Period.day(programme().first_day).month
# What a command of the stack may end in, besides the product's errors.
ERRORS = (
    HomeBusyError, HomeError, OtherDemonstrationError, PostgresError, ProcessDiedError, StackError,
    SupersetError,
    airflow_settings.ConnectionMissingError, backup.BackupError,
)  # fmt: skip
_PASS_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False}

app = product.make_app(
    LocalStack,
    "绿色货运数据仓库 · The green freight warehouse on one machine: PostgreSQL, four demonstration agencies and"
    " Airflow, started, run and stopped. State lies in .state (GREEN_FREIGHT_HOME).",
)

_UP = f"""启动并保持运行 · Start everything and leave it running, with Airflow's user interface.

The demonstration agencies stand still in the night after --day, so runs are started by hand. With --real there are
none: the connections come from your variables {", ".join(airflow_settings.CONNECTION_VARIABLES)}, and Airflow starts
nightly_refresh by itself at 02:00.
"""

Volume = Annotated[
    float | None,
    typer.Option(metavar="N", help="事件量 · event volume; 1 is the real size, 0.1 the default."),
]
Day = Annotated[date, typer.Option(parser=as_past_day, metavar="YYYY-MM-DD", help="业务日 · business day.")]


def main() -> None:
    """Run `./green-freight`."""
    product.start(app, "./green-freight", ERRORS)


@app.command("run")
def run_command(
    volume: Volume = None,
    day: Day = DEMONSTRATION_DAY,
    first: Annotated[
        Period, typer.Option("--from", parser=as_month, metavar="YYYY-MM", help="历史起始月 · first month.")
    ] = FIRST_MONTH,
    events_from: Annotated[
        Period | None,
        typer.Option(
            "--events-from",
            parser=as_month,
            metavar="YYYY-MM",
            help="只载入该月起的每日数据，首次运行更快 · daily events from this month on only, a quicker first run.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """跑通全程 · Load the history, run the nightly refresh of one day, print the scorecard, stop.

    Exit status 0 only if every Airflow run succeeded. A second run is quick and changes nothing.
    """
    home = Home.prepared()
    output = console(stderr=as_json)
    request = run.Request(day, first, Demonstration.of(home, volume), events_from)
    begun = time.monotonic()
    with sole_command(home.root, "run"):
        result = run.run(home, request, Steps(output))
    run_issues.print_issues(result.issues, output, settings.home())
    if as_json:
        print_json(result.as_json())
    else:
        scorecard.print_table(result.scores, output)
    verdict = "[green]✓ 完成 · done[/]" if result.is_success else "[red]✗ 失败 · failed[/]"
    output.print(f"{verdict} {time.monotonic() - begun:.0f} s")
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
    output = console()
    begun = time.monotonic()
    outcomes = checks.run(checks.chosen(what or [], expression), output)
    checks.print_summary(outcomes, time.monotonic() - begun, output)
    raise typer.Exit(1 if any(one.status for one in outcomes) else 0)


@app.command("bench")
def bench_command(
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help=f"只运行 · only this one, may be repeated: {', '.join(benchmarks.NAMES)}."
        ),
    ] = None,
    volume: Annotated[
        float, typer.Option(metavar="X", min=0.001, help="规模倍数 · how large, compared with the default.")
    ] = 1,
    output: Annotated[
        Path, typer.Option(metavar="FOLDER", help="结果目录 · folder of benchmarks.json and benchmarks.md.")
    ] = Path("benchmarks"),
) -> None:
    """性能测量 · Measure speed: run the benchmarks of bench/ on servers of their own; write JSON and a Markdown table.

    `refresh` measures a copy of this home's warehouse and needs the stack to be down. Whole it takes hours:
    docs/benchmarks.md.
    """
    if unknown := sorted(set(only or ()) - set(benchmarks.NAMES)):
        names = ", ".join(unknown)
        raise typer.BadParameter(
            f"没有这项测量：{names} / there is no such benchmark: {names}", param_hint="--only"
        )
    raise typer.Exit(benchmarks.run(only or (), volume, output))


@app.command(help=_UP)
def up(
    volume: Volume = None,
    day: Day = DEMONSTRATION_DAY,
    real: Annotated[
        bool, typer.Option("--real", help="真实单位，每晚运行 · real agencies, refreshed nightly.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Start the stack and leave it running; its help names the variables of the agencies' connections."""
    home = Home.prepared()
    output = console(stderr=as_json)
    if real:
        airflow_settings.require_connections(os.environ)
        plan = StackPlan(None, None, is_scheduled=True, has_triggerer=True)
    else:
        clock = demonstration.night_after(day)
        plan = StackPlan(Demonstration.of(home, volume), clock, has_triggerer=True)
    with sole_command(home.root, "up"):
        if database.left_running(home):
            output.print("已在运行 · it is up already")
        else:
            run.bring_up(home, plan, Steps(output))
        if superset.was_started(home):
            with database.serving(home) as admin_url:
                superset.start(home, admin_url, Steps(output))
    status.show(home, output, as_json)


@app.command()
def bi(context: typer.Context, as_json: AsJson = False) -> None:
    """看板 · Start Superset with the dashboards and leave it running; prints its address and login.

    The first time it makes Superset's own environment (bi/.venv, 700 MB). From then on `up` starts it too.
    """
    home = Home.prepared()
    output = console(stderr=as_json)
    with sole_command(home.root, "bi"), context.obj.administrator() as admin_url:
        superset.start(home, admin_url, Steps(output))
    status.show(home, output, as_json)


@app.command()
def down() -> None:
    """停止 · Stop everything that runs in this home (also what a killed command left)."""
    home = Home.prepared()
    output = console()
    with sole_command(home.root, "down"):
        names = [name for name, is_alive in stack.alive(home).items() if is_alive]
        stack.stop(home)
        if superset.stop(home):
            names.append(superset.NAME)
        database.stop_server(home)
    output.print(f"[green]✓[/] 已停止 · stopped: {', '.join([*names, 'postgres'])}")


@app.command("status")
def status_command(as_json: AsJson = False) -> None:
    """现状 · What runs, where its user interface is, what was published last."""
    status.show(Home.prepared(), console(), as_json)


@app.command(context_settings=_PASS_ON)
def psql(
    context: typer.Context,
    ops: Annotated[
        bool,
        typer.Option("--ops", help="运行记录（模式 ops），只读 · the record of runs, schema ops, read only."),
    ] = False,
    arguments: Annotated[list[str] | None, typer.Argument(help="psql 的参数 · arguments of psql.")] = None,
) -> None:
    """以只读者身份查询 · Query the published figures as the reader (schema mart), or with --ops the record of runs.

    `psql -c 'select …'` prints unaligned rows without headers; without arguments it is interactive.
    """
    with context.obj.warehouse() as warehouse:
        exit_status = client_programs.psql(warehouse, arguments or [], is_ops=ops)
    raise typer.Exit(exit_status)


@app.command("check-truth")
def check_truth(context: typer.Context, volume: Volume = None, as_json: AsJson = False) -> None:
    """与真值比对 · Compare every published figure with the demonstration city's true value.

    Exit status 1 and a table if any differs.
    """
    home = Home.prepared()
    with context.obj.warehouse() as warehouse:
        comparison = truth_check.compare(warehouse.url("reader"), Demonstration.of(home, volume).city())
    if as_json:
        print_json(asdict(comparison))
    else:
        truth_check.print_comparison(comparison, console())
    raise typer.Exit(1 if comparison.differences else 0)


@app.command()
def logs(
    name: Annotated[str | None, typer.Argument(help="哪个进程 · which process; none: list them.")] = None,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="行数 · how many lines.")] = 40,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="持续显示 · go on as lines come.")] = False,
) -> None:
    """日志 · Show the log of one process, or list the logs."""
    home = Home.prepared()
    if name is None:
        log_files.print_list(home, console())
    else:
        log_files.print_tail(home, name, lines, follow)


@app.command("backup")
def backup_command(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="备份目录 · folder of the backup.")],
) -> None:
    """备份 · Write the warehouse's database and the delivered files into a folder; repeat it into the same folder."""
    home = Home.prepared()
    with context.obj.warehouse(), database.serving(home) as admin_url:
        size = backup.back_up(admin_url, bootstrap.DATABASE, home.landing_url, folder)
    console().print(
        f"[green]✓[/] 已备份 · backed up: {folder}, {backup.DUMP} {size / 1e6:.1f} MB", soft_wrap=True
    )


@app.command("restore")
def restore_command(
    folder: Annotated[Path, typer.Argument(help="备份目录 · folder that `backup` wrote.")],
) -> None:
    """恢复 · Bring a backup back, over what is there or into a new home; stop the stack by `down` before.

    What was there is kept as a database of its own until the next restore.
    """
    home = Home.prepared()
    with sole_command(home.root, "restore"):
        database.require_unused(home)
        if database.left_running(home) or superset.is_alive(home):
            raise backup.BackupError(
                "仍在运行，未恢复；请先运行 ./green-freight down / the stack is running, so nothing was restored; "
                "run ./green-freight down first"
            )
        with database.serving(home) as admin_url:
            database.prepare_warehouse(home, admin_url)
            passwords = {role: home.secret(f"warehouse_{role}") for role in settings.ROLES}
            before = backup.restore(admin_url, bootstrap.DATABASE, passwords, home.landing_url, folder)
    console().print(
        f"[green]✓[/] 已恢复 · restored; 原数据库保留为 · the database before it is kept as {before}"
    )


@app.command()
def clean(yes: Annotated[bool, typer.Option("--yes", "-y", help="不询问 · do not ask.")] = False) -> None:
    """清空 · Remove this home: warehouse, landing store, logs. Asks first."""
    output = console()
    if not Home.current().root.exists():
        output.print("已是空的 · nothing to remove")
        return
    home = Home.prepared()
    with sole_command(home.root, "clean"):
        if not yes:
            typer.confirm(f"删除 · remove {home.root}?", abort=True)
        database.require_unused(home)
        stack.stop(home)
        superset.stop(home)
        home.remove()
    output.print(f"[green]✓[/] 已删除 · removed {home.root}", soft_wrap=True)


@app.command(context_settings=_PASS_ON)
def airflow(
    arguments: Annotated[
        list[str] | None, typer.Argument(help="airflow 的参数 · arguments of airflow.")
    ] = None,
) -> None:
    """Airflow 命令行 · Airflow's own command line, on the stack that `up` left running.

    For example: airflow backfill create --dag-id nightly_refresh --from-date 2025-09-28 --to-date 2025-09-30
    """
    raise typer.Exit(client_programs.airflow(Home.prepared(), arguments or ["--help"]))


product.add_commands(app)
