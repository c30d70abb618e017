"""`backfill` and `revert`: corrections of the published past, the first through Airflow."""

from __future__ import annotations

import getpass
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

import typer

from green_freight import settings
from green_freight.agencies import AGENCIES
from green_freight.backfill import BackfillRequest
from green_freight.cli import run_issues
from green_freight.cli.airflow_client import DagRun
from green_freight.cli.console import AsJson, Steps, as_month, as_past_day, console, print_json
from green_freight.cli.dag_run import BACKFILL, RunResult, follow_run, make_ready
from green_freight.cli.errors import ApprovalPendingError
from green_freight.cli.installation import Installation, RunningAirflow
from green_freight.messages import message
from green_freight.periods import SHANGHAI, Period
from green_freight.revisions import rendering
from green_freight.warehouse import Warehouse

# Exit status of a backfill whose changes wait for an approval.
NEEDS_APPROVAL = 3

# The task that waits for a person, Airflow's name of its state, and the option that approves
# (green_freight.airflow_tasks.AskForApproval, which this process does not import: it would import Airflow).
APPROVE = "approve"
APPROVED = "批准 Approve"
WAITING = "awaiting_input"

_CHANGES = """
select
    count(indicator_code) as changes, count(table_name) as fact_months, count(*) filter (where approval_codes <> '{}')
from (
    select indicator_code, null as table_name, approval_codes from ops.figure_change where run_id = %(run_id)s
    union all
    select null, table_name, approval_codes from ops.fact_change where run_id = %(run_id)s
) as change
"""
_PUBLISHED = "select max(publication_no) from mart.publication where run_id = %s"


@dataclass
class BackfillResult(RunResult):
    """What a backfill came to: changes of figures and of months of large facts, how many of both need an approval, and
    the publication.
    """

    changes: int = 0
    fact_months: int = 0
    waiting: int = 0
    publication_no: int | None = None
    difference_file: str = ""
    fact_difference_file: str = ""

    @property
    def needs_approval(self) -> bool:
        """Return whether nothing was published because it has to be approved first."""
        return not self.is_success and self.waiting > 0

    def as_json(self) -> dict[str, Any]:
        """Return the result as plain data."""
        files = ("difference_file", "fact_difference_file")
        facts = ("changes", "fact_months", "waiting", "publication_no", *files)
        return super().as_json() | {name: getattr(self, name) for name in facts}


def backfill_command(
    context: typer.Context,
    first: Annotated[
        Period, typer.Option("--from", parser=as_month, metavar="YYYY-MM", help="起始月 · first month.")
    ],
    reason: Annotated[str, typer.Option(help="原因，随发布保存 · why; kept with the publication.")],
    last: Annotated[
        Period | None,
        typer.Option(
            "--to", parser=as_month, metavar="YYYY-MM", help="截止月（含），默认同起始月 · last month."
        ),
    ] = None,
    agency: Annotated[
        list[str] | None,
        typer.Option(help="只取该单位，可重复；默认全部 · only this agency; repeatable; all by default."),
    ] = None,
    day: Annotated[
        date | None,
        typer.Option(
            parser=as_past_day,
            metavar="YYYY-MM-DD",
            help="截至的业务日 · last business day that may be loaded.",
        ),
    ] = None,
    only_missing: Annotated[
        bool, typer.Option("--only-missing", help="仅补缺失的期次 · only periods without a complete load.")
    ] = False,
    events_from: Annotated[
        Period | None,
        typer.Option(
            "--events-from",
            parser=as_month,
            metavar="YYYY-MM",
            help="更早月份的每日数据不取 · no daily events of earlier months; registers and forms of all.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="在副本上运行，只显示差异 · on a copy; show what would change.")
    ] = False,
    approve: Annotated[
        str | None,
        typer.Option(metavar="WHY", help="预先批准须批准的变化 · approve changes in advance, and why."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """回补 · Load months again through Airflow: one build, audit, difference and publication for all of them.

    Exit status 0: published, or nothing differs, or the dry run is over; 3: changes wait for an approval; 1: failed.
    """
    installation: Installation = context.obj
    until, agencies = day or installation.business_day(), tuple(agency or AGENCIES)
    request = BackfillRequest(
        first, last or first, agencies, reason.strip(), until, only_missing, events_from
    )
    request.check(installation.newest_day())
    output = console(stderr=as_json)
    begun = time.monotonic()
    with installation.exclusive("backfill"):
        # Before Airflow starts, which takes a minute.
        with (
            installation.warehouse(create=True, upgrade=True) as warehouse,
            warehouse.connect("owner") as owner,
        ):
            request.check_history(owner)
        approval = {"dry_run": dry_run, "approve": approve}
        result = backfill(installation, request, {**request.parameters, **approval}, Steps(output))
    run_issues.print_issues(result.issues, output, settings.home())
    if as_json:
        print_json(result.as_json())
    seconds = time.monotonic() - begun
    output.print(f"{_outcome(result, dry_run)} {seconds:.0f} s", soft_wrap=True)
    raise typer.Exit(NEEDS_APPROVAL if result.needs_approval else 0 if result.is_success else 1)


def revert_command(
    context: typer.Context,
    publication: Annotated[int, typer.Argument(help="回退到哪次发布 · the publication to revert to.")],
    reason: Annotated[str, typer.Option(help="原因，随发布保存 · why; kept with the publication.")],
) -> None:
    """回退 · Publish the state of an earlier publication again, as a new publication; nothing is lost.

    What it takes away does not come back by itself: a later run that brings it back needs an approval.
    """
    # The pipeline imports the agencies' clients, which no other command should wait for.
    from green_freight.backfill.steps import revert

    installation: Installation = context.obj
    with installation.exclusive("revert"), installation.warehouse() as warehouse:
        run_id = f"revert/{datetime.now(SHANGHAI):%Y-%m-%dT%H:%M:%S}"
        outcome = revert(warehouse, run_id, publication, reason, getpass.getuser())
    console().print(f"[green]✓[/] {outcome.sentence}", soft_wrap=True)


def backfill(
    installation: Installation, request: BackfillRequest, conf: dict[str, Any], steps: Steps
) -> BackfillResult:
    """Backfill through Airflow and follow the run to its end; `conf` are the parameters of the DAG.

    An unfinished backfill, interrupted or requested by another person, is brought to its end first.
    """
    result = BackfillResult(seconds=steps.seconds)
    with installation.airflow(request.until, steps) as airflow:
        make_ready(airflow, BACKFILL)
        begun = _finish_unfinished(airflow, conf, steps, result)
        if begun is None:
            wait = {"approval_wait_hours": airflow.approval_wait_hours}
            begun = airflow.client.trigger(BACKFILL, conf=conf | wait)
            steps.print(request.sentence)
            follow_run(airflow, begun, "历史回补 · backfill_history", steps, result)
        read_outcome(airflow.warehouse, begun, result)
        airflow.client.close()
    return result


def _finish_unfinished(
    airflow: RunningAirflow, conf: Mapping[str, Any], steps: Steps, result: BackfillResult
) -> DagRun | None:
    """Bring the unfinished backfill to its end; return it where it has these parameters, approval aside.

    Raises ApprovalPendingError: it waits for an approval, which these parameters do not give.
    """
    begun = airflow.client.unfinished(BACKFILL)
    if begun is None:
        return None
    is_same = all(begun.conf.get(name) == value for name, value in conf.items() if name != "approve")
    if any(task.state == WAITING for task in airflow.client.tasks(begun)):
        if not (is_same and conf["approve"]):
            reason = begun.conf.get("reason")
            raise ApprovalPendingError(
                message("unfinished_backfill_waits", run=begun, reason=reason, task=APPROVE)
            )
        airflow.client.respond(begun, APPROVE, APPROVED, {"approval_reason": conf["approve"]})
    steps.print(f"↻ 先完成未结束的回补 · first the unfinished backfill: {begun.conf.get('reason')}")
    follow_run(airflow, begun, "未结束的回补 · unfinished backfill_history", steps, result)
    return begun if is_same else None


def read_outcome(warehouse: Warehouse, begun: DagRun, result: BackfillResult) -> None:
    """Read from the warehouse what a backfill's run found and published, and add it to its result."""
    run_id = f"{begun.dag_id}/{begun.run_id}"
    with warehouse.connect("owner") as owner:
        changes = owner.execute(_CHANGES, {"run_id": run_id}).fetchone()
        published = owner.execute(_PUBLISHED, [run_id]).fetchone()
    result.changes, result.fact_months, result.waiting = changes or (0, 0, 0)
    result.publication_no = published[0] if published else None
    path = rendering.file_path(warehouse.home, run_id)
    of_facts = rendering.fact_file_path(path)
    result.difference_file, result.fact_difference_file = (
        str(file) if file.exists() else "" for file in (path, of_facts)
    )
    result.issues = run_issues.collect(warehouse, [run_id])


def _outcome(result: BackfillResult, is_dry_run: bool) -> str:
    facts = f"{result.changes} 项变化 changes, {result.fact_months} 个大表月份 months of large tables"
    for file in filter(None, [result.difference_file, result.fact_difference_file]):
        facts += f"；差异 difference: {file}"
    if result.needs_approval:
        return (
            f"[yellow]‖ {result.waiting} 项须批准，未发布[/] · {result.waiting} changes need an approval, nothing is"
            f' published: --approve "why", or the task approve in Airflow; {facts}'
        )
    if not result.is_success:
        return "[red]✗ 失败 · failed[/]"
    if is_dry_run:
        return f"[green]✓ 试运行结束，未作任何改变 · dry run over, nothing was changed[/] {facts}"
    if result.publication_no is None:
        return "[green]✓ 没有变化，沿用上一次发布 · nothing differs, the last publication stands[/]"
    return f"[green]✓ 已发布 · published {result.publication_no}[/] {facts}"
