"""The lease on the candidate: from the start of a build to the end of its publication it belongs to one run.

There is one candidate, so what a second run built in between would be published unaudited. The lease is a
row, not a lock, because build, audit and publish are processes of their own; it expires, so that a killed run
blocks nobody for ever.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from green_freight.errors import PermanentError
from green_freight.messages import message
from green_freight.warehouse.connection import Session, Warehouse
from green_freight.warehouse.statements import statements

_SQL = statements(__file__)

LASTS = timedelta(hours=1)
_POLL_SECONDS = 0.5


class CandidateLeasedError(PermanentError, RuntimeError):
    """Another run holds the candidate, also after the caller's wait; the message names it."""


@dataclass(frozen=True)
class Lease:
    """A run's hold on the candidate."""

    run_id: str
    acquired_at: datetime
    expires_at: datetime


def acquire(
    warehouse: Warehouse,
    run_id: str,
    *,
    role: str = "builder",
    wait: timedelta = timedelta(0),
    lasts: timedelta = LASTS,
) -> Lease:
    """Take the candidate for a run; a run that has it already keeps it and gets the full time again.

    `role` is that of the step that asks, `wait` how long to wait for another run to give it back before
    CandidateLeasedError is raised; after `lasts` another run may take it.
    """
    deadline = time.monotonic() + wait.total_seconds()
    while True:
        lease = _try_to_acquire(warehouse, run_id, role, lasts)
        if lease is None:  # its holder let go at this very moment
            continue
        if lease.run_id == run_id:
            return lease
        if time.monotonic() >= deadline:
            raise CandidateLeasedError(message("candidate_leased", lease=lease))
        time.sleep(_POLL_SECONDS)


def release(warehouse: Warehouse, run_id: str, *, role: str = "builder") -> None:
    """Give the candidate back; a run that does not hold it changes nothing."""
    with warehouse.connect(role) as session:
        release_within(session, run_id)


def release_within(session: Session, run_id: str) -> None:
    """Give the candidate back in the transaction of the caller."""
    session.execute("delete from ops.candidate_lease where run_id = %s", [run_id])


def _try_to_acquire(warehouse: Warehouse, run_id: str, role: str, lasts: timedelta) -> Lease | None:
    """Take the candidate if it is free, expired or ours, and return whose it is afterwards."""
    with warehouse.connect(role) as session:
        session.execute(_SQL["acquire"], [run_id, lasts])
        row = session.execute("select run_id, acquired_at, expires_at from ops.candidate_lease").fetchone()
    return Lease(*row) if row else None
