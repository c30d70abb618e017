"""Scratch databases beside the warehouse: made, used and dropped by the role owner alone, for a replay or a dry run.

A scratch has the warehouse's frame and its logins (the reader's excepted, who has no business there), so every
step of the pipeline runs in it unchanged. Its name begins with the warehouse's, and a comment on the database says
whose scratch it is: only what bears both is ever dropped.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from green_freight import settings
from green_freight.warehouse import bootstrap
from green_freight.warehouse.connection import connect
from green_freight.warehouse.migrate import migrate

_MARK = "green_freight_scratch_of"
_PLAIN = re.compile(r"[a-z0-9_]{1,30}")
# Longer than any replay or dry run has taken: whoever made an older one and is not connected to it is dead.
LONGEST_USE = timedelta(hours=12)
# The server takes a moment to see that a client has gone.
_GOODBYE_SECONDS = 2.0
# Readers have no business in a scratch.
_ENTERING = tuple(role for role in settings.ROLES if role != "reader")


class ScratchError(RuntimeError):
    """A scratch database cannot be made or dropped; the message says why and what to do."""


@dataclass(frozen=True)
class Scratch:
    """One scratch database.

    `name` is what it was asked for by, `database` the database's own name, `urls` each role's libpq URL (the
    warehouse's with another database), `home` the folder for the state of what runs in it.
    """

    name: str
    database: str
    created_at: datetime
    urls: Mapping[str, str]
    home: Path


def create(name: str) -> Scratch:
    """Make an empty scratch database with the warehouse's frame; what a killed run left under the name goes first.

    Args:
        name: what it is for, unique among those who work at a time, for example `replay_12`; any text will do.

    Raises:
        ScratchError: somebody is using it, or the server has another database of that name.
        SettingMissing: the URL of a role is not set.
    """
    scratch = _scratch(name, datetime.now(UTC))
    with connect("owner", autocommit=True) as owner:
        # Two that ask for the same name at once: the second one finds the first's database in use.
        owner.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [scratch.database])
        _make_room(owner, scratch)
        _create(owner, scratch)
        with _staying(scratch) as inside:
            bootstrap.set_up_database(inside, scratch.database, _ENTERING)
            migrate(inside)
    return scratch


def named(name: str) -> Scratch:
    """Return the scratch of a name, for another process than the one that made it; the server is not asked."""
    return _scratch(name, datetime.now(UTC))


def drop(name: str) -> None:
    """Drop a scratch database with its folder, whoever is still connected to it; one that is not there is no error.

    Raises:
        ScratchError: the database of that name is no scratch of this warehouse.
    """
    with connect("owner", autocommit=True) as owner:
        _drop(owner, _scratch(name, datetime.now(UTC)))


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
            [_prefix()],
        ).fetchall()
    found = [scratch for database, comment in rows if (scratch := _marked(database, comment))]
    latest = datetime.now(UTC) - older_than
    return sorted((s for s in found if s.created_at <= latest), key=lambda s: s.created_at)


@contextmanager
def entered(scratch: Scratch) -> Iterator[Scratch]:
    """Point this process's GREEN_FREIGHT_<ROLE>_URL and GREEN_FREIGHT_HOME to the scratch for the block.

    GREEN_FREIGHT_LANDING_URL is set to the warehouse's own landing store, so that files are read where they lie.
    """
    wanted = {f"GREEN_FREIGHT_{role.upper()}_URL": url for role, url in scratch.urls.items()}
    wanted |= {"GREEN_FREIGHT_HOME": str(scratch.home), "GREEN_FREIGHT_LANDING_URL": settings.landing_url()}
    before = {variable: os.environ.get(variable) for variable in wanted}
    scratch.home.mkdir(parents=True, exist_ok=True)
    os.environ.update(wanted)
    try:
        yield scratch
    finally:
        for variable, value in before.items():
            if value is None:
                os.environ.pop(variable, None)
            else:
                os.environ[variable] = value


@contextmanager
def scratch_database(name: str) -> Iterator[Scratch]:
    """Make a scratch, point this process to it for the block, and drop it however the block ends.

    What killed runs left is dropped before. While the block lasts a connection stays open, so that nobody takes
    the scratch for left over.

    Raises:
        ScratchError: as `create`.
    """
    for old in left_over():
        drop(old.name)
    scratch = create(name)
    try:
        with _staying(scratch), entered(scratch):
            yield scratch
    finally:
        drop(name)


def _create(owner: psycopg.Connection[TupleRow], scratch: Scratch) -> None:
    collate, ctype = _locale(owner)
    database = sql.Identifier(scratch.database)
    owner.execute(
        sql.SQL("create database {} template template0 encoding 'UTF8' lc_collate {} lc_ctype {}").format(
            database, sql.Literal(collate), sql.Literal(ctype)
        )
    )
    facts = {
        _MARK: _warehouse_database(),
        "name": scratch.name,
        "created_at": scratch.created_at.isoformat(),
        "note": "临时库，可随时删除 / a scratch database, may be dropped at any time",
    }
    mark = json.dumps(facts, ensure_ascii=False)
    owner.execute(sql.SQL("comment on database {} is {}").format(database, sql.Literal(mark)))


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
        if _marked(database, row[0]) is None:
            raise ScratchError(
                f"数据库 {database} 没有临时库标记，不予删除；若确属残留，请由管理员删除 / the database {database} "
                "does not bear the mark of a scratch and is left alone; is it a remnant, the administrator may drop it"
            )
        owner.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(database)))
    shutil.rmtree(scratch.home, ignore_errors=True)


def _marked(database: str, comment: str | None) -> Scratch | None:
    """Return the scratch that a database's comment says it is, None where it says nothing of the kind."""
    try:
        facts = json.loads(comment or "")
    except ValueError:
        return None
    if not isinstance(facts, Mapping) or facts.get(_MARK) != _warehouse_database():
        return None
    scratch = _scratch(str(facts["name"]), datetime.fromisoformat(facts["created_at"]))
    return scratch if database == scratch.database else None


def _scratch(name: str, created_at: datetime) -> Scratch:
    """Return the scratch of a name: what follows from the name and the settings."""
    plain = _plain(name)
    database = f"{_prefix()}{plain}"
    urls = {role: _with_database(settings.warehouse_url(role), database) for role in settings.ROLES}
    return Scratch(name, database, created_at, urls, settings.home() / "scratch" / plain)


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


def _warehouse_database() -> str:
    return unquote(urlsplit(settings.warehouse_url("owner")).path.lstrip("/"))


def _with_database(url: str, database: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, f"/{quote(database, safe='')}", parts.query, ""))


def _prefix() -> str:
    # A server takes 63 bytes: 22 for the warehouse's name, 10 for the word between, 30 for the scratch's own.
    warehouse = _warehouse_database()
    beginning = warehouse if len(warehouse.encode()) <= 22 else _digested(warehouse, 22, warehouse)
    return f"{beginning}__scratch_"


def _plain(name: str) -> str:
    """Return the name in letters that databases and folders take, different names differently."""
    return name if _PLAIN.fullmatch(name) else _digested(re.sub(r"[^a-z0-9]+", "_", name.lower()), 30, name)


def _digested(beginning: str, most: int, whole: str) -> str:
    """Return the beginning with a digest of the whole text, in `most` bytes."""
    digest = hashlib.sha256(whole.encode()).hexdigest()[:8]
    return f"{beginning.encode()[: most - 9].decode(errors='ignore')}_{digest}"
