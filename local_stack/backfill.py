"""`backfill` and `revert`: an engineer's corrections of the published past, from the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
from green_freight.backfill import BackfillRequest
from green_freight.publishing import PublicationOutcome
from green_freight.revisions import rendering

from demo_city import DEMONSTRATION_DAY
from local_stack import database, demonstration, run_issues, stack
from local_stack.airflow_client import DagRun
from local_stack.airflow_settings import QUICK
from local_stack.database import Databases
from local_stack.demonstration import Demonstration
from local_stack.home import Home, NothingThere
from local_stack.run import BACKFILL, Result, attach, follow_run, make_ready
from local_stack.stack import RunningStack, StackPlan
from local_stack.steps import Steps

# Somebody may answer in the user interface of a stack that stays; a command that stops its own waits for nobody.
WAIT_HOURS = 16

# The task that waits for a person, Airflow's word for its state, and the answer that lets it go on
# (green_freight.airflow_tasks.AskForApproval, which this process does not import: it would pull in Airflow).
APPROVE = "approve"
APPROVED = "批准 Approve"
WAITING = "awaiting_input"

_FOUND = """
select count(*) as changes, count(*) filter (where approval_codes <> '{}') as waiting
from ops.figure_change where run_id = %s
"""
_PUBLISHED = "select max(publication_no) from mart.publication where run_id = %s"


class BackfillWaits(RuntimeError):
    """Another backfill waits for an approval; the message says where to give it."""


@dataclass(frozen=True)
class BackfillOrder:
    """What the command line asks for.

    `approve` says why its changes are approved in advance; None: they are not.
    """

    request: BackfillRequest
    is_dry_run: bool = False
    approve: str | None = None

    def conf(self, wait_hours: float) -> dict[str, Any]:
        """Return the parameters of the DAG `backfill_history`."""
        request = self.request
        return {
            "from_month": request.first.label,
            "to_month": request.last.label,
            "agencies": list(request.agencies),
            "reason": request.reason,
            "business_day": request.until.isoformat(),
            "only_missing": request.is_only_missing,
            "dry_run": self.is_dry_run,
            "approve": self.approve,
            "approval_wait_hours": wait_hours,
        }


@dataclass
class BackfillResult(Result):
    """What a backfill came to: changes of figures, how many of them wait for an approval, and the publication."""

    changes: int = 0
    waiting: int = 0
    publication_no: int | None = None
    difference_file: str = ""

    @property
    def needs_approval(self) -> bool:
        """Tell whether nothing was published because somebody has to approve it first."""
        return not self.is_success and self.waiting > 0

    def as_json(self) -> dict[str, Any]:
        """Return the result as plain data."""
        facts = {
            "changes": self.changes,
            "waiting": self.waiting,
            "publication_no": self.publication_no,
            "difference_file": self.difference_file,
        }
        return super().as_json() | facts


def business_day(home: Home) -> date:
    """Return the last business day that a backfill may load: where the stack stands, else what was published last."""
    up = home.noted("up") if database.is_left_running(home) else None
    if up is not None:
        moment = datetime.fromisoformat(up["clock"]) if up["clock"] else demonstration.now()
        return moment.date() - timedelta(days=1)
    with database.serving(home) as databases:
        if not database.is_prepared(databases):
            return DEMONSTRATION_DAY
        with psycopg.connect(database.role_urls(home, databases)["reader"]) as reader:
            row = reader.execute("select max(as_of_date) from mart.publication").fetchone()
    return (row and row[0]) or DEMONSTRATION_DAY


def backfill(home: Home, order: BackfillOrder, steps: Steps) -> BackfillResult:
    """Backfill through Airflow, on the stack that `up` left running or on one of our own, and follow it to its end.

    A backfill that was interrupted, or that somebody else asked for, is brought to its end first.
    """
    result = BackfillResult(seconds=steps.seconds)
    with database.serving(home) as databases, _stack(home, databases, order, steps) as (running, wait_hours):
        make_ready(running, BACKFILL)
        begun = _going_on(home, running, order, steps, result)
        if begun is None:
            begun = running.airflow.trigger(BACKFILL, conf=order.conf(wait_hours))
            steps.say(order.request.sentence)
            follow_run(home, running, begun, "历史回补 · backfill_history", steps, result)
        _look_up(home, running, begun, result)
        running.airflow.close()
    return result


def _going_on(
    home: Home, running: RunningStack, order: BackfillOrder, steps: Steps, result: BackfillResult
) -> DagRun | None:
    """Bring the backfill that is not over to its end; return it where it is the one that is asked for.

    Raises:
        BackfillWaits: it waits for an approval, and this order does not give it.
    """
    begun = running.airflow.unfinished(BACKFILL)
    if begun is None:
        return None
    is_ours = not _asks_for_other(begun, order.conf(0))
    if any(task.state == WAITING for task in running.airflow.tasks(begun)):
        if not (is_ours and order.approve):
            raise BackfillWaits(
                f"回补 {begun.run_id} 正在等待批准（{begun.conf.get('reason')}）；请在 Airflow 的任务 {APPROVE} 中"
                f'批准或不批准，或以相同参数加 --approve "理由" 运行 / the backfill {begun.run_id} waits for an '
                f'approval: answer it at its task {APPROVE} in Airflow, or run the same command with --approve "why"'
            )
        running.airflow.answer(begun, APPROVE, APPROVED, {"approval_reason": order.approve})
    steps.say(f"↻ 先完成未结束的回补 · first the backfill that is not over: {begun.conf.get('reason')}")
    follow_run(home, running, begun, "未结束的回补 · unfinished backfill_history", steps, result)
    return begun if is_ours else None


@contextmanager
def _stack(
    home: Home, databases: Databases, order: BackfillOrder, steps: Steps
) -> Iterator[tuple[RunningStack, float]]:
    """Give a stack, and how long a run on it may wait for an approval."""
    up = home.noted("up") if database.is_left_running(home) else None
    if up is not None:
        yield attach(home, databases, up), WAIT_HOURS
        return
    clock = demonstration.night_after(order.request.until)
    plan = StackPlan(Demonstration.of(home, None), clock, executor=QUICK)
    with stack.stopping_afterwards(home, steps):
        yield stack.start(home, databases, plan, steps), 0


def _asks_for_other(begun: DagRun, conf: dict[str, Any]) -> bool:
    """Tell whether an unfinished run was another request than this one, whoever approves it."""
    of_approval = {"approve", "approval_wait_hours"}
    return any(begun.conf.get(name) != value for name, value in conf.items() if name not in of_approval)


def _look_up(home: Home, running: RunningStack, begun: DagRun, result: BackfillResult) -> None:
    run_id = f"{begun.dag_id}/{begun.run_id}"
    with psycopg.connect(running.role_urls["owner"]) as owner:
        found = owner.execute(_FOUND, [run_id]).fetchone()
        published = owner.execute(_PUBLISHED, [run_id]).fetchone()
    result.changes, result.waiting = found or (0, 0)
    result.publication_no = published[0] if published else None
    path = rendering.file_path(home.root, run_id)
    result.difference_file = str(path) if path.exists() else ""
    result.issues = run_issues.collect(running.role_urls["owner"], running.role_urls["reader"], [run_id])


def revert(home: Home, publication_no: int, reason: str, person: str) -> PublicationOutcome:
    """Publish the state of an earlier publication again, in a run of its own.

    Raises:
        PublishingError: there is no such publication, or nothing could be published.
        CandidateLeasedError: another run is between its build and its publication.
        NothingThere: there is no warehouse yet.
    """
    # The pipeline pulls in the agencies' clients, which no other command should wait for.
    from green_freight.backfill import revert

    with database.serving(home) as databases:
        if not database.is_prepared(databases):
            raise NothingThere("no warehouse here yet: ./green-freight run / 尚无数据仓库，请先 run")
        with database.entered(database.role_urls(home, databases)):
            run_id = f"revert/{demonstration.now():%Y-%m-%dT%H:%M:%S}"
            return revert.revert(run_id, publication_no, reason, person)
