"""Scratch databases beside the warehouse: made, used and dropped by the role owner alone, for a replay or a dry run.

A scratch has the warehouse's schemas and its logins (the reader's excepted), so every step of the pipeline runs in it
unchanged. Its name begins with the warehouse's, and a comment on the database identifies it: only a database that has
both is ever dropped, or one that nobody could enter yet when the process that made it was killed.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict

from green_freight import settings
from green_freight.messages import message
from green_freight.warehouse import bootstrap
from green_freight.warehouse.connection import Session, Warehouse, scalar
from green_freight.warehouse.migrate import migrate

_MARK = "green_freight_scratch_of"
_PLAIN = re.compile(r"[a-z0-9_]{1,30}")

# Longer than any replay or dry run has taken: the run that made an older one and is not connected to it is dead.
LONGEST_USE = timedelta(hours=12)
# The server takes a moment to see that a client has gone.
_DISCONNECT_SECONDS = 2.0
# Held by the session that makes a scratch.
_SAME_NAME = "select pg_advisory_lock(hashtextextended(%s, 0))"
# Readers never see a scratch.
CONNECTING_ROLES = tuple(role for role in settings.ROLES if role != "reader")


@dataclass(frozen=True)
class Scratch:
    """One scratch database.

    `name` is what it was requested by, `database` the database's own name, `warehouse` the scratch as the pipeline
    works on it: the same logins, a folder of its own for state, and the landing store of the original.
    """

    name: str
    database: str
    created_at: datetime
    warehouse: Warehouse


def named(warehouse: Warehouse, name: str, created_at: datetime | None = None) -> Scratch:
    """Return the scratch of a name, also for another process than the one that made it; the server is not queried."""
    plain = _plain(name)
    database = f"{prefix(warehouse)}{plain}"
    path = f"/{quote(database, safe='')}"
    urls = {
        role: urlsplit(url)._replace(path=path, fragment="").geturl() for role, url in warehouse.urls.items()
    }
    beside = Warehouse(urls, warehouse.home / "scratch" / plain, warehouse.landing_url)
    return Scratch(name, database, created_at or datetime.now(UTC), beside)


def mark(warehouse: Warehouse, scratch: Scratch) -> str:
    """Return the comment on a scratch's database."""
    facts = {
        _MARK: database_name(warehouse),
        "name": scratch.name,
        "created_at": scratch.created_at.isoformat(),
        "note": "临时库，可随时删除 / a scratch database, may be dropped at any time",
    }
    return json.dumps(facts, ensure_ascii=False)


def marked(warehouse: Warehouse, database: str, comment: str | None) -> Scratch | None:
    """Return the scratch that a database's comment describes, None where it describes none of this warehouse."""
    try:
        facts = json.loads(comment or "")
    except ValueError:
        return None
    if not isinstance(facts, Mapping) or facts.get(_MARK) != database_name(warehouse):
        return None
    scratch = named(warehouse, str(facts["name"]), datetime.fromisoformat(facts["created_at"]))
    return scratch if database == scratch.database else None


def database_name(warehouse: Warehouse) -> str:
    """Return the name of a warehouse's database."""
    return str(conninfo_to_dict(warehouse.url("owner"))["dbname"])


def prefix(warehouse: Warehouse) -> str:
    """Return the beginning of the names of a warehouse's scratch databases."""
    # A server takes 63 bytes: 22 for the warehouse's name, 10 for the word between, 30 for the scratch's own.
    name = database_name(warehouse)
    beginning = name if len(name.encode()) <= 22 else _digested(name, 22, name)
    return f"{beginning}__scratch_"


def _plain(name: str) -> str:
    """Return the name in letters that databases and folders take, different names differently."""
    return name if _PLAIN.fullmatch(name) else _digested(re.sub(r"[^a-z0-9]+", "_", name.lower()), 30, name)


def _digested(beginning: str, most: int, whole: str) -> str:
    """Return the beginning with a digest of the whole text, in `most` bytes."""
    digest = hashlib.sha256(whole.encode()).hexdigest()[:8]
    return f"{beginning.encode()[: most - 9].decode(errors='ignore')}_{digest}"


class ScratchError(RuntimeError):
    """A scratch database cannot be made or dropped; the message says why and what to do."""


def create(warehouse: Warehouse, name: str) -> Scratch:
    """Make an empty scratch database with the warehouse's schemas; what a killed run left under the name goes first.

    `name` is what it is for, unique among those that run at a time, for example `replay_12`; any text is allowed.
    Raises ScratchError where the scratch of that name is in use, or the server has another database of that name.
    """
    scratch = create_bare(warehouse, name)
    with _staying(scratch) as owner:
        bootstrap.set_up_database(owner, scratch.database, CONNECTING_ROLES)
        migrate(owner)
    return scratch


def create_bare(warehouse: Warehouse, name: str) -> Scratch:
    """Make a scratch database without schemas, for a version of the code that makes its own; else as `create`."""
    scratch = named(warehouse, name)
    with warehouse.connect("owner", autocommit=True) as owner:
        # Two requests for the same name at once: the second one waits, then finds the first's database.
        owner.execute(_SAME_NAME, [scratch.database])
        _make_room(owner, warehouse, scratch)
        _create(owner, warehouse, scratch)
    return scratch


def drop(warehouse: Warehouse, name: str) -> None:
    """Drop a scratch database with its folder, ending connections to it; one that does not exist is no error.

    Raises ScratchError where the database of that name is no scratch of this warehouse.
    """
    with warehouse.connect("owner", autocommit=True) as owner:
        _drop(owner, warehouse, named(warehouse, name))


def left_over(warehouse: Warehouse, older_than: timedelta = LONGEST_USE) -> list[Scratch]:
    """Return the scratch databases of a warehouse that nobody uses any more, oldest first: without a connection, and
    old, or of a run that is over, or never finished.
    """
    with warehouse.connect("owner") as owner:
        rows = owner.execute(
            """
            select d.datname, shobj_description(d.oid, 'pg_database'), d.datallowconn from pg_database as d
            where starts_with(d.datname, %s)
              and not exists (
                  select from pg_stat_activity as a
                  where a.datname = d.datname and a.backend_type = 'client backend'
              )
            """,
            [prefix(warehouse)],
        ).fetchall()
        found = [
            scratch for database, comment, _ in rows if (scratch := marked(warehouse, database, comment))
        ]
        unfinished = [
            named(warehouse, database.removeprefix(prefix(warehouse)))
            for database, comment, is_open in rows
            if _is_unfinished(comment, is_open) and _is_free(owner, database)
        ]
        over = owner.execute(
            "select run_id from ops.run where run_id = any(%s) and finished_at is not null",
            [[scratch.name for scratch in found]],
        ).fetchall()
    latest = datetime.now(UTC) - older_than
    unused = [s for s in found if s.created_at <= latest or (s.name,) in over]
    return sorted([*unused, *unfinished], key=lambda s: s.created_at)


@contextmanager
def dropped_afterwards(warehouse: Warehouse, scratch: Scratch) -> Iterator[Scratch]:
    """Drop the scratch however the block ends.

    A connection stays open meanwhile, so that `left_over` does not report it.
    """
    try:
        with _staying(scratch):
            yield scratch
    finally:
        drop(warehouse, scratch.name)


def drop_left_over(warehouse: Warehouse) -> None:
    """Drop what `left_over` finds."""
    for scratch in left_over(warehouse):
        drop(warehouse, scratch.name)


def _create(owner: Session, warehouse: Warehouse, scratch: Scratch) -> None:
    # Text must sort in the scratch as it does in the warehouse.
    row = owner.execute(
        "select datcollate, datctype from pg_database where datname = current_database()"
    ).fetchone()
    assert row is not None
    database, (collate, ctype) = sql.Identifier(scratch.database), map(sql.Literal, row)
    owner.execute(
        sql.SQL(
            "create database {} template template0 encoding 'UTF8' lc_collate {} lc_ctype {} allow_connections false"
        ).format(database, collate, ctype)
    )
    comment = sql.Literal(mark(warehouse, scratch))
    owner.execute(sql.SQL("comment on database {} is {}").format(database, comment))
    owner.execute(sql.SQL("alter database {} allow_connections true").format(database))


def _make_room(owner: Session, warehouse: Warehouse, scratch: Scratch) -> None:
    deadline = time.monotonic() + _DISCONNECT_SECONDS
    while _is_in_use(owner, scratch.database):
        if time.monotonic() > deadline:
            raise ScratchError(message("scratch_in_use", database=scratch.database))
        time.sleep(0.05)
    _drop(owner, warehouse, scratch)


def _is_unfinished(comment: str | None, is_open: bool) -> bool:
    """Tell whether a database was made and never marked: nobody can have entered it."""
    return comment is None and not is_open


def _is_free(owner: Session, database: str) -> bool:
    """Tell whether no session is making a scratch database at this moment."""
    return bool(scalar(owner, "select pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [database]))


def _is_in_use(owner: Session, database: str) -> bool:
    # Autovacuum comes and goes.
    query = "select count(*) from pg_stat_activity where datname = %s and backend_type = 'client backend'"
    return bool(scalar(owner, query, [database]))


def _drop(owner: Session, warehouse: Warehouse, scratch: Scratch) -> None:
    database = scratch.database
    row = owner.execute(
        "select shobj_description(oid, 'pg_database'), datallowconn from pg_database where datname = %s",
        [database],
    ).fetchone()
    if row is not None:
        if not _is_unfinished(*row) and marked(warehouse, database, row[0]) is None:
            raise ScratchError(message("scratch_not_marked", database=database))
        try:
            _disconnect_all(owner, database)
            # The folder goes first: what a killed process leaves is found by its database.
            shutil.rmtree(scratch.warehouse.home, ignore_errors=True)
            owner.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(database)))
        except errors.InvalidCatalogName:
            pass  # another run that clears up was quicker
        except errors.ObjectInUse as used:
            raise ScratchError(message("scratch_with_administrator", database=database)) from used
    shutil.rmtree(scratch.warehouse.home, ignore_errors=True)


def _disconnect_all(owner: Session, database: str) -> None:
    """End the sessions of the warehouse's roles in a database and admit no other.

    Not `drop database ... with (force)`: that also insists on ending autovacuum's worker, which the owner may not;
    a plain one asks it to leave, and waits.
    """
    owner.execute(sql.SQL("alter database {} allow_connections false").format(sql.Identifier(database)))
    owner.execute(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
        "where datname = %s and backend_type = 'client backend' and pg_has_role(usesysid, 'USAGE')",
        [database],
    )


def _staying(scratch: Scratch) -> Session:
    """Open a connection that shows that the scratch is in use."""
    url = scratch.warehouse.url("owner")
    return psycopg.connect(url, autocommit=True, application_name="green-freight scratch")
