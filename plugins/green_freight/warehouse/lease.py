"""The lease on the candidate: from the start of a build to the end of its publication it belongs to one run.

There is one candidate, so what a second run built in between would be published unaudited. Build, audit, comparison
and publication are processes of their own, so the lease is a row that names the run. While a step works, its session
also holds a lock on the table of that row: PostgreSQL ends the session with its process, so that the candidate of a
killed step is free at once. Between two steps the row alone keeps it, for a short time.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from green_freight.errors import PermanentError
from green_freight.messages import message
from green_freight.warehouse.connection import Session, Warehouse, scalar
from green_freight.warehouse.statements import statements

_SQL = statements(__file__)

log = logging.getLogger(__name__)

# How long a run keeps the candidate between two of its steps: longer than a task takes to start on a busy machine.
BETWEEN_STEPS = timedelta(minutes=5)
# How long a step waits for an attempt at a step of its own run that Airflow has given up and that still works.
SAME_RUN_WAIT = timedelta(minutes=30)

_POLL_SECONDS = 0.5
_LOGGED_SECONDS = 60.0


class CandidateLeasedError(PermanentError, RuntimeError):
    """Another run holds the candidate, also after the caller's wait; the message names it."""


@dataclass(frozen=True)
class Holder:
    """Who has the candidate: a run, and the server's process of the step that works on it, None between two steps."""

    run_id: str
    acquired_at: datetime
    expires_at: datetime
    backend_pid: int | None

    @property
    def sentence(self) -> str:
        """Return who has the candidate and until when, in both languages."""
        if self.backend_pid:
            return message("candidate_leased", holder=self)
        return message("candidate_leased_between_steps", holder=self)


@contextmanager
def held(
    warehouse: Warehouse, run_id: str, *, role: str = "builder", wait: timedelta = timedelta(0)
) -> Iterator[None]:
    """Give the candidate to one step of a run; afterwards the run keeps it for BETWEEN_STEPS unless it gives it back.

    `role` is that of the step, `wait` how long to wait for another run before CandidateLeasedError is raised; another
    attempt at a step of the same run is waited for, for SAME_RUN_WAIT. The candidate of a step whose process has died
    is taken at once.
    """
    with warehouse.connect(role) as session:
        # Where the step's machine is gone without a word, the server notices in this time.
        session.execute("set tcp_keepalives_idle = 30; set tcp_keepalives_interval = 10")
        session.execute("set tcp_keepalives_count = 3; set idle_in_transaction_session_timeout = 0")
        session.commit()
        _acquire(warehouse, session, run_id, role, wait)
        try:
            yield
        finally:
            _write(warehouse, role, "reserve", BETWEEN_STEPS, run_id)


def release(warehouse: Warehouse, run_id: str, *, role: str = "builder") -> None:
    """Give the candidate back; a run that does not hold it changes nothing."""
    with warehouse.connect(role) as session:
        release_within(session, run_id)


def release_within(session: Session, run_id: str) -> None:
    """Give the candidate back in the transaction of the caller."""
    session.execute("delete from ops.candidate_lease where run_id = %s", [run_id])


def holder(session: Session) -> Holder | None:
    """Return who has the candidate now, None where a build may begin; for every role but the readers'."""
    row = session.execute(_SQL["holder"]).fetchone()
    return Holder(*row) if row else None


def _acquire(warehouse: Warehouse, session: Session, run_id: str, role: str, wait: timedelta) -> None:
    """Lock the lease's table in the session's transaction and write the run's name, once no other run has it."""
    began = time.monotonic()
    logged = float("-inf")
    while True:
        session.execute(_SQL["lock_if_free"])
        if scalar(session, _SQL["has_lock"]) and _write(warehouse, role, "take", run_id, BETWEEN_STEPS):
            return
        session.rollback()
        found = holder(session)
        session.rollback()
        # Without a row its holder is giving it back at this very moment.
        longest = SAME_RUN_WAIT if found and found.run_id == run_id else wait
        if found and time.monotonic() - began >= longest.total_seconds():
            raise CandidateLeasedError(found.sentence)
        if found and time.monotonic() - logged >= _LOGGED_SECONDS:
            logged = time.monotonic()
            log.info(found.sentence)
        time.sleep(_POLL_SECONDS)


def _write(warehouse: Warehouse, role: str, name: str, *values: object) -> int:
    """Run a statement in a transaction of its own, so that others see it, and return the number of its rows."""
    with warehouse.connect(role) as session:
        return session.execute(_SQL[name], values).rowcount
