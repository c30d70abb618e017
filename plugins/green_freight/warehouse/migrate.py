"""Bringing a database's frame up to date: numbered SQL files, each applied once, in order."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from green_freight.messages import message
from green_freight.warehouse.connection import Session

MIGRATIONS = Path(__file__).with_name("migrations")
_NAME = re.compile(r"(\d{4})_[a-z_]+\.sql")

# Any number will do; it is the same for everyone who migrates this database.
_LOCK = 202_302_001

_VERSIONS = """
create table if not exists public.warehouse_version (
    migration_no int primary key,
    file_name text not null,
    sha256 text not null,
    applied_at timestamptz not null default clock_timestamp()
)
"""


class MigrationError(RuntimeError):
    """The database's frame and this code's migrations do not belong together; the message says why."""


@dataclass(frozen=True)
class Migration:
    """One file of SQL."""

    number: int
    file_name: str
    sql: str

    @property
    def sha256(self) -> str:
        """Return the checksum of the SQL."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


@cache
def known() -> tuple[Migration, ...]:
    """Return this code's migrations in order.

    Raises MigrationError where a file is not named `0001_what_it_does.sql`, or a number is missing or twice there.
    """
    found: list[Migration] = []
    for path in sorted(MIGRATIONS.glob("*.sql")):
        named = _NAME.fullmatch(path.name)
        if not named or int(named[1]) != len(found) + 1:
            raise MigrationError(f"{path.name} should be number {len(found) + 1:04d} of the migrations")
        found.append(Migration(int(named[1]), path.name, path.read_text(encoding="utf-8")))
    return tuple(found)


def fingerprint() -> str:
    """Return a short checksum of all migrations: the same frame has the same one."""
    return hashlib.sha256("".join(migration.sha256 for migration in known()).encode()).hexdigest()[:12]


def migrate(owner: Session) -> list[int]:
    """Apply what is missing, in one transaction, and return the numbers applied.

    Two that migrate at once are put in a row. Raises MigrationError where the database is newer than this code, or an
    applied file was changed afterwards.
    """
    with owner.transaction():
        owner.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        owner.execute(_VERSIONS)
        rows = owner.execute("select migration_no, sha256 from public.warehouse_version").fetchall()
        applied: dict[int, str] = dict(rows)
        _check(applied)
        missing = [migration for migration in known() if migration.number not in applied]
        for migration in missing:
            owner.execute(migration.sql.encode())
            owner.execute(
                "insert into public.warehouse_version (migration_no, file_name, sha256) values (%s, %s, %s)",
                [migration.number, migration.file_name, migration.sha256],
            )
    return [migration.number for migration in missing]


def _check(applied: dict[int, str]) -> None:
    newest = known()[-1].number
    if applied and max(applied) > newest:
        raise MigrationError(message("database_newer", applied=max(applied), known=newest))
    for migration in known():
        if applied.get(migration.number, migration.sha256) != migration.sha256:
            raise MigrationError(message("migration_changed", file=migration.file_name))
