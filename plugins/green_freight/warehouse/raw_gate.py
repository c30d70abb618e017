"""The raw gate: an advisory lock of the warehouse's database with which a reader of raw keeps it unchanged.

A load passes the gate (shared, for its transaction) before it takes its number. A process that needs one state of raw
closes the gate (exclusive, on a connection of its own): then no load is in flight, every number taken so far is
committed or void, and no other is given out until the gate opens again or that connection ends, however it ends.

Nothing dead-locks on it: a load passes before it takes any other lock, and who closes the gate waits for no load
after that.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from green_freight.messages import message
from green_freight.warehouse.connection import Session, scalar

log = logging.getLogger(__name__)

# Any number will do; it is the same for everyone who works on this database.
LOCK = 202_302_004
# PostgreSQL keeps so many bytes of an application's name.
_MOST_NAME_BYTES = 63
# A server that loses its client by a broken network notices within a minute and a half, not after two hours.
_KEEPALIVES = "-c tcp_keepalives_idle=60 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"

_HOLDERS = """
select coalesce(string_agg(distinct a.application_name || ' (pid ' || l.pid || ')', ', '), '?')
from pg_locks as l
inner join pg_stat_activity as a on a.pid = l.pid
where l.locktype = 'advisory' and l.granted and l.pid <> pg_backend_pid()
  and l.database = (select oid from pg_database where datname = current_database())
  and l.classid = 0 and l.objid = %s
"""


@contextmanager
def closed(url: str, purpose: str) -> Iterator[None]:
    """Keep loads out for the block: those in flight are waited for, then none begins.

    `purpose` says who closes it and for what, for example the run; who waits reads it in his log. Raises
    psycopg.OperationalError where the connection that held the gate was lost within the block: raw may have changed.
    """
    name = f"green-freight {purpose}".encode()[:_MOST_NAME_BYTES].decode(errors="ignore")
    with psycopg.connect(url, autocommit=True, application_name=name, options=_KEEPALIVES) as connection:
        if not _try(connection, "pg_try_advisory_lock"):
            log.info(message("gate_waits", sessions=holders(connection)))
            connection.execute("select pg_advisory_lock(%s)", [LOCK])
        yield
        connection.execute("select pg_advisory_unlock(%s)", [LOCK])


def pass_through(loader: Session) -> None:
    """Pass the gate for the rest of the load's transaction; where it is closed, wait and say once for whom."""
    if _try(loader, "pg_try_advisory_xact_lock_shared"):
        return
    log.info(message("load_waits", sessions=holders(loader)))
    loader.execute("select pg_advisory_xact_lock_shared(%s)", [LOCK])


def holders(session: Session) -> str:
    """Return who holds the gate, shared or not, by the names of their connections; `?` where nobody does."""
    return str(scalar(session, _HOLDERS, [LOCK]))


def _try(session: Session, function: str) -> bool:
    return bool(scalar(session, f"select {function}(%s)".encode(), [LOCK]))
