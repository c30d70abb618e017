"""Scratch databases beside the warehouse: made, used and dropped by the role owner alone, for a replay or a dry run.

A scratch has the warehouse's frame and its logins (the reader's excepted, who has no business there), so every
step of the pipeline runs in it unchanged. Its name begins with the warehouse's, and a comment on the database says
whose scratch it is: only what bears both is ever dropped.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg import errors, sql
from psycopg.rows import TupleRow

from green_freight import settings
from green_freight.warehouse import bootstrap
from green_freight.warehouse.connection import connect
from green_freight.warehouse.migrate import migrate
from green_freight.warehouse.scratch_name import Scratch, mark, marked, prefix, scratch_of

__all__ = [
    "ENTERING", "LONGEST_USE", "Scratch", "ScratchError", "create", "create_bare", "drop", "drop_left_over",
    "dropped_afterwards", "entered", "left_over", "scratch_database",
]  # fmt: skip

# Longer than any replay or dry run has taken: whoever made an older one and is not connected to it is dead.
LONGEST_USE = timedelta(hours=12)
# The server takes a moment to see that a client has gone.
_GOODBYE_SECONDS = 2.0
# Readers have no business in a scratch.
ENTERING = tuple(role for role in settings.ROLES if role != "reader")


class ScratchError(RuntimeError):
    """A scratch database cannot be made or dropped; the message says why and what to do."""


def create(name: str) -> Scratch:
    """Make an empty scratch database with the warehouse's frame; what a killed run left under the name goes first.

    Args:
        name: what it is for, unique among those who work at a time, for example `replay_12`; any text will do.

    Raises:
        ScratchError: somebody is using it, or the server has another database of that name.
        SettingMissing: the URL of a role is not set.
    """
    scratch = create_bare(name)
    with _staying(scratch) as owner:
        bootstrap.set_up_database(owner, scratch.database, ENTERING)
        migrate(owner)
    return scratch


def create_bare(name: str) -> Scratch:
    """Make a scratch database without any frame, for a version of the code that brings its own; else as `create`."""
    scratch = scratch_of(name, datetime.now(UTC))
    with connect("owner", autocommit=True) as owner:
        # Two that ask for the same name at once: the second one waits, then finds the first's database.
        owner.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [scratch.database])
        _make_room(owner, scratch)
        _create(owner, scratch)
    return scratch


def named(name: str) -> Scratch:
    """Return the scratch of a name, for another process than the one that made it; the server is not asked."""
    return scratch_of(name, datetime.now(UTC))


def drop(name: str) -> None:
    """Drop a scratch database with its folder, whoever is still connected to it; one that is not there is no error.

    Raises:
        ScratchError: the database of that name is no scratch of this warehouse.
    """
    with connect("owner", autocommit=True) as owner:
        _drop(owner, scratch_of(name, datetime.now(UTC)))


def left_over(older_than: timedelta = LONGEST_USE) -> list[Scratch]:
    """Return the scratch databases of this warehouse that are old and have nobody connected, oldest first."""
    with connect("owner") as owner:
        rows = owner.execute(
            """
            select d.datname, shobj_description(d.oid, 'pg_database') from pg_database as d
            where starts_with(d.datname, %s)
              and not exists (
                  select from pg_stat_activity as a
                  where a.datname = d.datname and a.backend_type = 'client backend'
              )
            """,
            [prefix()],
        ).fetchall()
    found = [scratch for database, comment in rows if (scratch := marked(database, comment))]
    latest = datetime.now(UTC) - older_than
    return sorted((s for s in found if s.created_at <= latest), key=lambda s: s.created_at)


@contextmanager
def entered(scratch: Scratch) -> Iterator[Scratch]:
    """Point this process's GREEN_FREIGHT_<ROLE>_URL and GREEN_FREIGHT_HOME to the scratch for the block.

    GREEN_FREIGHT_LANDING_URL is set to the warehouse's own landing store, so that files are read where they lie.
    """
    wanted = {f"GREEN_FREIGHT_{role.upper()}_URL": url for role, url in scratch.urls.items()}
    wanted |= {"GREEN_FREIGHT_HOME": str(scratch.home), "GREEN_FREIGHT_LANDING_URL": settings.landing_url()}
    scratch.home.mkdir(parents=True, exist_ok=True)
    with settings.environment(wanted):
        yield scratch


@contextmanager
def scratch_database(name: str) -> Iterator[Scratch]:
    """Make a scratch, point this process to it for the block, and drop it however the block ends.

    What killed runs left is dropped before.

    Raises:
        ScratchError: as `create`.
    """
    drop_left_over()
    with dropped_afterwards(create(name)) as scratch, entered(scratch):
        yield scratch


@contextmanager
def dropped_afterwards(scratch: Scratch) -> Iterator[Scratch]:
    """Drop the scratch however the block ends.

    While it lasts a connection stays open, so that nobody takes the scratch for left over.
    """
    try:
        with _staying(scratch):
            yield scratch
    finally:
        drop(scratch.name)


def drop_left_over() -> None:
    """Drop what `left_over` finds."""
    for scratch in left_over():
        drop(scratch.name)


def _create(owner: psycopg.Connection[TupleRow], scratch: Scratch) -> None:
    collate, ctype = _locale(owner)
    database = sql.Identifier(scratch.database)
    owner.execute(
        sql.SQL("create database {} template template0 encoding 'UTF8' lc_collate {} lc_ctype {}").format(
            database, sql.Literal(collate), sql.Literal(ctype)
        )
    )
    owner.execute(sql.SQL("comment on database {} is {}").format(database, sql.Literal(mark(scratch))))


def _make_room(owner: psycopg.Connection[TupleRow], scratch: Scratch) -> None:
    deadline = time.monotonic() + _GOODBYE_SECONDS
    while _is_in_use(owner, scratch.database):
        if time.monotonic() > deadline:
            raise ScratchError(
                f"临时库 {scratch.database} 正在使用，请等其结束 / the scratch database {scratch.database} is in "
                "use: wait until its user has ended"
            )
        time.sleep(0.05)
    _drop(owner, scratch)


def _is_in_use(owner: psycopg.Connection[TupleRow], database: str) -> bool:
    # Autovacuum comes and goes as it likes.
    users = owner.execute(
        "select count(*) from pg_stat_activity where datname = %s and backend_type = 'client backend'",
        [database],
    ).fetchone()
    return users != (0,)


def _drop(owner: psycopg.Connection[TupleRow], scratch: Scratch) -> None:
    database = scratch.database
    row = owner.execute(
        "select shobj_description(oid, 'pg_database') from pg_database where datname = %s", [database]
    ).fetchone()
    if row is not None:
        if marked(database, row[0]) is None:
            raise ScratchError(
                f"数据库 {database} 没有临时库标记，不予删除；若确属残留，请由管理员删除 / the database {database} "
                "does not bear the mark of a scratch and is left alone; is it a remnant, the administrator may drop it"
            )
        try:
            _send_away(owner, database)
            owner.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(database)))
        except errors.InvalidCatalogName:
            pass  # another run that clears up was quicker
        except errors.ObjectInUse as used:
            raise ScratchError(
                f"临时库 {database} 仍有管理员会话，请其断开后重试 / an administrator is connected to the scratch "
                f"database {database}: let him leave it, and try again"
            ) from used
    shutil.rmtree(scratch.home, ignore_errors=True)


def _send_away(owner: psycopg.Connection[TupleRow], database: str) -> None:
    """End the sessions of the warehouse's roles in a database and let no other in.

    Not `drop database ... with (force)`: that also insists on ending autovacuum's worker, which the owner may not;
    a plain one asks it to leave, and waits.
    """
    owner.execute(sql.SQL("alter database {} allow_connections false").format(sql.Identifier(database)))
    owner.execute(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
        "where datname = %s and backend_type = 'client backend' and pg_has_role(usesysid, 'USAGE')",
        [database],
    )


def _staying(scratch: Scratch) -> psycopg.Connection[TupleRow]:
    """Open a connection that shows that the scratch is in use."""
    return psycopg.connect(scratch.urls["owner"], autocommit=True, application_name="green-freight scratch")


def _locale(owner: psycopg.Connection[TupleRow]) -> tuple[str, str]:
    """Return the warehouse's collation and character classes: text must sort there as it does here."""
    row = owner.execute(
        "select datcollate, datctype from pg_database where datname = current_database()"
    ).fetchone()
    assert row is not None
    return row[0], row[1]
