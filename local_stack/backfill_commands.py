"""The subcommands that correct the published past: `backfill` and `revert`."""

from __future__ import annotations

import getpass
import json
import sys
import time
from datetime import date
from typing import Annotated

import typer
from green_freight.backfill import BackfillRequest
from green_freight.backfill.request import agencies_of
from green_freight.periods import Period
from rich.console import Console

from local_stack import backfill, run_issues
from local_stack.backfill import BackfillOrder, BackfillResult
from local_stack.home import Home
from local_stack.locks import sole_command
from local_stack.steps import Steps

# Exit status of a backfill whose changes wait for an approval.
NEEDS_APPROVAL = 3


def _month(value: str | Period) -> Period:
    return value if isinstance(value, Period) else Period(value).month


def _day(value: str | date) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def backfill_command(
    first: Annotated[
        Period, typer.Option("--from", parser=_month, metavar="YYYY-MM", help="起始月 · first month.")
    ],
    reason: Annotated[str, typer.Option(help="原因，随发布保存 · why; kept with the publication.")],
    last: Annotated[
        Period | None,
        typer.Option(
            "--to", parser=_month, metavar="YYYY-MM", help="截止月（含），默认同起始月 · last month."
        ),
    ] = None,
    agency: Annotated[
        list[str] | None, typer.Option(help="只取该单位，可重复；默认全部 · only this agency, repeatable.")
    ] = None,
    day: Annotated[
        date | None,
        typer.Option(
            parser=_day, metavar="YYYY-MM-DD", help="截至的业务日 · last business day that may be loaded."
        ),
    ] = None,
    only_missing: Annotated[
        bool, typer.Option("--only-missing", help="仅补缺失的时期 · only periods without a complete load.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="在副本上运行，只显示差异 · on a copy; show what would change.")
    ] = False,
    approve: Annotated[
        str | None,
        typer.Option(metavar="WHY", help="预先批准须批准的变化 · approve changes in advance, and why."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON · print JSON for programs.")] = False,
) -> None:
    """回补 · Load months again through Airflow: one build, audit, difference and publication for all of them.

    Exit status 0: published, or nothing differs, or the dry run is over; 3: changes wait for an approval; 1: failed.
    """
    home = Home.current()
    home.prepare()
    until = day or backfill.business_day(home)
    request = BackfillRequest(
        first, last or first, agencies_of(agency or []), reason.strip(), until, only_missing
    )
    request.check()
    console = _console(stderr=as_json)
    begun = time.monotonic()
    with sole_command(home.root, "backfill"):
        result = backfill.backfill(home, BackfillOrder(request, dry_run, approve), Steps(console))
    run_issues.print_issues(result.issues, console)
    if as_json:
        print(json.dumps(result.as_json(), ensure_ascii=False))
    console.print(
        f"{_verdict(result, dry_run)} {time.monotonic() - begun:.0f} s", highlight=False, soft_wrap=True
    )
    raise typer.Exit(NEEDS_APPROVAL if result.needs_approval else 0 if result.is_success else 1)


def revert_command(
    publication: Annotated[int, typer.Argument(help="恢复到哪次发布 · the publication to go back to.")],
    reason: Annotated[str, typer.Option(help="原因，随发布保存 · why; kept with the publication.")],
) -> None:
    """恢复旧发布 · Publish the state of an earlier publication again, as a new publication; nothing is lost.

    What it takes away does not come back by itself: a later run that brings it back needs an approval.
    """
    home = Home.current()
    home.prepare()
    with sole_command(home.root, "revert"):
        outcome = backfill.revert(home, publication, reason, getpass.getuser())
    _console().print(f"[green]✓[/] {outcome.sentence}", highlight=False, soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add these subcommands to the command line."""
    app.command("backfill")(backfill_command)
    app.command("revert")(revert_command)


def _verdict(result: BackfillResult, is_dry_run: bool) -> str:
    told = f"{result.changes} 项变化 changes"
    if result.difference_file:
        told += f"；差异 difference: {result.difference_file}"
    if result.needs_approval:
        return (
            f"[yellow]‖ {result.waiting} 项须批准，未发布[/] · {result.waiting} changes need an approval, nothing is"
            f' published: --approve "why", or the task approve in Airflow; {told}'
        )
    if not result.is_success:
        return "[red]✗ 失败 · failed[/]"
    if is_dry_run:
        return f"[green]✓ 试运行结束，未作任何改变 · dry run over, nothing was changed[/] {told}"
    if result.publication_no is None:
        return "[green]✓ 没有变化，沿用上一次发布 · nothing differs, the last publication stands[/]"
    return f"[green]✓ 已发布 · published {result.publication_no}[/] {told}"


def _console(stderr: bool = False) -> Console:
    return Console(file=sys.stderr if stderr else sys.stdout)
