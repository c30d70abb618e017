"""The raw gate: an advisory lock of the warehouse's database that tells whoever reads raw that it stands still.

A load passes the gate (shared, for its transaction) before it takes its number. Whoever needs one state of raw
closes the gate (exclusive, for a connection of its own): then no load is in flight, every number taken so far is
committed or void, and none is given out until the gate opens again, or the connection dies.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

# Any number will do; it is the same for everyone who works on this database.
LOCK = 202_302_004


@contextmanager
def closed(owner_url: str, purpose: str) -> Iterator[None]:
    """Keep loads out for the block: waits for those in flight, then none begins.

    Args:
        owner_url: the warehouse, as any role that may enter it.
        purpose: who closes it, in a few words; a load that waits reads it as the connection's application name.

    Raises:
        psycopg.OperationalError: the server does not answer or refuses the login.
    """
    with psycopg.connect(owner_url, autocommit=True, application_name=purpose[:63]) as connection:
        connection.execute("select pg_advisory_lock(%s)", [LOCK])
        yield
