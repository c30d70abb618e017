"""The warehouse that a piece of code works on: its roles' URLs, its folder for state, its landing store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.abc import Params
from psycopg.rows import TupleRow

from green_freight import settings
from green_freight.messages import message

Session = psycopg.Connection[TupleRow]

# A server that is gone without a word is noticed in this time, not in the minutes that TCP would wait.
_CONNECT_SECONDS = 10


def scalar(
    session: Session, query: LiteralString | bytes | sql.SQL | sql.Composed, parameters: Params | None = None
) -> Any:
    """Return the value in the first row of a query, None where it has no row."""
    row = session.execute(query, parameters).fetchone()
    return None if row is None else row[0]


@dataclass(frozen=True)
class Warehouse:
    """One warehouse, handed from the entry point (a task, a command, a test) to everything that works on it.

    `urls` are the libpq URLs by role (`settings.ROLES`), `home` is the folder for state (dbt's target, logs), and
    `landing_url` names the store of the delivered files.
    """

    urls: Mapping[str, str] = field(repr=False)
    home: Path
    landing_url: str

    @classmethod
    def from_settings(cls) -> Warehouse:
        """Return the warehouse that the settings name; for entry points only."""
        return cls(settings.warehouse_urls(), settings.home(), settings.landing_url())

    @property
    def dbt_target(self) -> Path:
        """Return the folder of dbt's artifacts and of its partial parse: state, not part of the project."""
        return self.home / "dbt_target"

    @property
    def manifest_path(self) -> Path:
        """Return where the build leaves dbt's manifest.json, which says what is published and how."""
        return self.dbt_target / "manifest.json"

    def url(self, role: str) -> str:
        """Return the libpq URL of one of `settings.ROLES`; SettingMissingError where this warehouse has none."""
        if role not in settings.ROLES:
            raise ValueError(f"{role!r} is none of the warehouse's roles {settings.ROLES}")
        if role not in self.urls:
            name = settings.url_variable(role)
            raise settings.SettingMissingError(message("url_missing", variable=name, role=role))
        return self.urls[role]

    def connect(self, role: str, *, autocommit: bool = False) -> Session:
        """Open a connection as one of `settings.ROLES`; its transaction is the caller's to commit.

        Used as a context manager it commits, or rolls back on an exception, and closes.
        """
        return psycopg.connect(
            self.url(role),
            autocommit=autocommit,
            application_name=f"green-freight {role}",
            connect_timeout=_CONNECT_SECONDS,
        )


def pin(session: Session, publication_no: int | None) -> None:
    """Let a session see every table of `mart_asof` as of one publication, None: the newest, until its transaction
    ends."""
    session.execute("select set_config('green_freight.publication', %s, true)", [str(publication_no or "")])
