"""Personal logins of readers: made, listed and removed, and what a BI tool asks for to use one."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql

from green_freight.messages import message, printable
from green_freight.warehouse import bootstrap
from green_freight.warehouse.connection import Session

# What a person types into a BI tool, and no name of PostgreSQL's own or of the warehouse's roles.
_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
_RESERVED = ("pg_", "green_freight", "airflow")
_RESERVED_NAMES = {
    "public",
    "none",
    "postgres",
    "current_user",
    "current_role",
    "session_user",
    "user",
    "all",
}
SCHEMA = "mart"
_LOCK = 202_302_007


class ReaderLoginError(RuntimeError):
    """A personal login cannot be made, changed or removed; the message says why and what to do."""


@dataclass(frozen=True)
class ReaderAccess:
    """What a BI tool asks for. Without a password it is known to somebody else, and stands as a placeholder."""

    host: str
    port: int
    database: str
    user: str
    password: str | None = None
    schema: str = SCHEMA

    @property
    def sqlalchemy(self) -> str:
        """Return the URI for Superset and SQLAlchemy."""
        secret = quote(self.password, safe="") if self.password else "PASSWORD"
        return f"postgresql+psycopg2://{self.user}:{secret}@{self._server}/{quote(self.database)}"

    @property
    def jdbc(self) -> str:
        """Return the URL for JDBC, to which user and password are added as fields of their own."""
        return f"jdbc:postgresql://{self._server}/{quote(self.database)}?currentSchema={self.schema}"

    @property
    def power_bi(self) -> str:
        """Return what Power BI asks for as its server."""
        return self._server

    @property
    def _server(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def as_json(self) -> dict[str, str | int | None]:
        """Return everything for programs."""
        return vars(self) | {"sqlalchemy": self.sqlalchemy, "jdbc": self.jdbc}


def access(
    server_url: str,
    user: str,
    password: str | None = None,
    database: str | None = None,
    host: str | None = None,
    port: int | None = None,
) -> ReaderAccess:
    """Return what a BI tool asks for on the server of a libpq URL; `host` and `port` are those that clients see."""
    parts = urlsplit(server_url)
    return ReaderAccess(
        host or parts.hostname or "127.0.0.1",
        port or parts.port or 5432,
        database or bootstrap.DATABASE,
        user,
        password,
    )


def add(
    admin_url: str,
    name: str,
    *,
    is_detail: bool = False,
    database: str | None = None,
    password: str | None = None,
) -> str:
    """Make a personal login and return its password, which is stored nowhere else: a new one, unless one is given.

    Raises ReaderLoginError: the name cannot be used, or a role of that name exists.
    """
    if not _NAME.fullmatch(name) or name.startswith(_RESERVED) or name in _RESERVED_NAMES:
        raise ReaderLoginError(message("reader_name_invalid", name=printable(name)))
    password = password or secrets.token_urlsafe(18)
    with _administrator(admin_url) as admin, admin.transaction():
        _take_turn(admin)
        if not _exists(admin, bootstrap.role_name(bootstrap.DETAIL)):
            raise ReaderLoginError(message("reader_levels_missing"))
        if name in bootstrap.reader_logins(admin):
            raise ReaderLoginError(message("reader_exists", name=name))
        if _exists(admin, name):
            raise ReaderLoginError(message("role_exists", name=name))
        admin.execute(
            sql.SQL("create role {} login nosuperuser nocreatedb nocreaterole inherit password {}").format(
                sql.Identifier(name), bootstrap.encrypted(admin, name, password)
            )
        )
        bootstrap.add_to_level(admin, name, bootstrap.DETAIL if is_detail else "reader")
        bootstrap.limit_login(admin, database or bootstrap.DATABASE, name, bootstrap.LOGIN_CONNECTIONS)
    return password


def logins(admin_url: str) -> dict[str, str]:
    """Return the personal logins by name, with the level of each."""
    with _administrator(admin_url) as admin:
        return bootstrap.reader_logins(admin)


def provide(admin_url: str, name: str, password: str) -> None:
    """Make the login of a program, which has its password from its settings, of the level `reader`; or correct it."""
    level = logins(admin_url).get(name)
    if level not in (None, "reader"):
        remove(admin_url, name)
        level = None
    if level is None:
        add(admin_url, name, password=password)
    else:
        renew_password(admin_url, name, password=password)


def renew_password(
    admin_url: str, name: str, database: str | None = None, *, password: str | None = None
) -> str:
    """Give a personal login a new password, or the given one, and return it; the old one is refused, and its limits
    are set again.

    Raises ReaderLoginError where there is no such login.
    """
    password = password or secrets.token_urlsafe(18)
    with _administrator(admin_url) as admin, admin.transaction():
        _require(admin, name)
        secret = bootstrap.encrypted(admin, name, password)
        admin.execute(sql.SQL("alter role {} login password {}").format(sql.Identifier(name), secret))
        bootstrap.limit_login(admin, database or bootstrap.DATABASE, name, bootstrap.LOGIN_CONNECTIONS)
    return password


def remove(admin_url: str, name: str) -> None:
    """End the sessions of a personal login and remove it.

    Raises ReaderLoginError where there is no such login, or the role owns something or was granted more by hand.
    """
    with _administrator(admin_url) as admin:
        _require(admin, name)
        role = sql.Identifier(name)
        if not bootstrap.is_superuser(admin):
            # Only a member may end a role's sessions; the creator of a role may make itself one.
            admin.execute(sql.SQL("grant {} to current_user with inherit true").format(role))
        admin.execute(sql.SQL("alter role {} nologin").format(role))
        admin.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = %s", [name]
        )
        try:
            admin.execute(sql.SQL("drop role {}").format(role))
        except psycopg.errors.DependentObjectsStillExist as error:
            detail = error.diag.message_detail
            raise ReaderLoginError(message("reader_has_objects", name=name, detail=detail)) from error


def _administrator(admin_url: str) -> Session:
    return psycopg.connect(
        admin_url, autocommit=True, connect_timeout=10, application_name="green-freight reader logins"
    )


def _take_turn(admin: Session) -> None:
    """Wait for another command that makes a login: of two of the same name the second one gets the sentence."""
    admin.execute("select pg_advisory_xact_lock(%s)", [_LOCK])


def _exists(admin: Session, name: str) -> bool:
    return admin.execute("select from pg_roles where rolname = %s", [name]).fetchone() is not None


def _require(admin: Session, name: str) -> None:
    if name not in bootstrap.reader_logins(admin):
        raise ReaderLoginError(message("no_such_reader", name=printable(name)))
