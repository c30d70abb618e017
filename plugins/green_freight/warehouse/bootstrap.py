"""Making the warehouse on a server: its database, its roles, its schemas, what the agencies are to deliver.

Works with the administrator of the embedded server and with one of a real server who may only create roles
and databases. Everything is made where it is missing and left alone where it is there.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from green_freight.messages import message
from green_freight.settings import ROLES
from green_freight.warehouse.connection import Session, scalar
from green_freight.warehouse.migrate import migrate

log = logging.getLogger(__name__)

# The name of the warehouse's database in an installation.
DATABASE = "green_freight"
# Whose members the owner is.
WORKING_ROLES = ("loader", "builder", "publisher")
# The levels of readers, each a role; `DETAIL` reads what `reader` does, and the tables that name vehicles or persons.
DETAIL = "reader_detail"
READER_LEVELS = ("reader", DETAIL)
# Of the 200 sessions of the embedded server; a night needs fewer than 60.
READER_CONNECTIONS = 100
# Of one person's login.
LOGIN_CONNECTIONS = 20
# What a reader's session begins with in the warehouse's database.
READER_SETTINGS = {
    "search_path": "mart",
    "default_transaction_read_only": "on",
    "statement_timeout": "5min",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "5min",
}
# A superuser alone may set it, and a reader cannot change it.
SUPERUSER_SETTINGS = {"temp_file_limit": "4GB"}
_LOCK = 202_302_002
# Still everybody's to call: advisory locks and large objects.
_READER_LOGINS = """
select r.rolname, l.rolname
from pg_auth_members as m
inner join pg_roles as r on r.oid = m.member
inner join pg_roles as l on l.oid = m.roleid
where l.rolname = any(%s) and m.inherit_option and r.rolcanlogin and not r.rolsuper and not r.rolcreaterole
order by 1, l.rolname = %s desc
"""
_SHARED_FUNCTIONS = r"""
select p.oid::regprocedure::text
from pg_proc as p
where p.pronamespace = 'pg_catalog'::regnamespace
  and p.proname ~ '^(pg_(try_)?advisory_|lo_|loread$|lowrite$)'
  and exists (
      select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a where a.grantee = 0
  )
"""


def role_name(role: str) -> str:
    """Return the name on the server of one of `settings.ROLES` or READER_LEVELS."""
    return f"green_freight_{role}"


def database_url(admin_url: str, database: str, user: str, password: str) -> str:
    """Return the libpq URL of a database of the administrator's server, with another login."""
    parts = urlsplit(admin_url)
    server = parts.netloc.rpartition("@")[2]
    login = f"{user}:{quote(password, safe='')}"
    return urlunsplit((parts.scheme, f"{login}@{server}", f"/{quote(database)}", parts.query, ""))


def role_url(admin_url: str, database: str, role: str, password: str) -> str:
    """Return the libpq URL of a warehouse's database for one of `settings.ROLES`."""
    return database_url(admin_url, database, role_name(role), password)


def prepare(admin_url: str, database: str, passwords: Mapping[str, str]) -> dict[str, str]:
    """Make the warehouse or bring it up to date, and return each role's URL.

    `admin_url` is of a superuser, or of a role with CREATEROLE and CREATEDB, in a database that exists; always the same
    one, for it holds the lock that puts two preparations in a row. `passwords` has one for each of `settings.ROLES`; a
    changed one takes effect. Raises MigrationError where the database is newer than this code.
    """
    urls = {role: role_url(admin_url, database, role, passwords[role]) for role in ROLES}
    with psycopg.connect(admin_url, autocommit=True, application_name="green-freight bootstrap") as admin:
        admin.execute("select pg_advisory_lock(%s)", [_LOCK])
        _make_roles(admin, passwords)
        _make_database(admin, database)
        with psycopg.connect(urls["owner"], autocommit=True, application_name="green-freight owner") as owner:
            set_up_database(owner, database)
            migrate(owner)
            store_registry(owner)
        _limit_readers(admin, database)
    return urls


def _make_roles(admin: Session, passwords: Mapping[str, str]) -> None:
    there = {name for (name,) in admin.execute("select rolname from pg_roles")}
    for role in ROLES:
        name = role_name(role)
        if name not in there:
            admin.execute(sql.SQL("create role {} login nosuperuser").format(sql.Identifier(name)))
        secret = encrypted(admin, name, passwords[role])
        admin.execute(sql.SQL("alter role {} login password {}").format(sql.Identifier(name), secret))
    if role_name(DETAIL) not in there:
        admin.execute(sql.SQL("create role {} nologin").format(sql.Identifier(role_name(DETAIL))))
    add_to_level(admin, role_name(DETAIL), "reader")
    # Scratch databases, for replays and dry runs, are the owner's own affair.
    admin.execute(sql.SQL("alter role {} createdb").format(sql.Identifier(role_name("owner"))))
    members = [(role_name(role), role_name("owner")) for role in WORKING_ROLES]
    if not is_superuser(admin):
        # Only a member of the owner may give a database to it.
        members.append((role_name("owner"), scalar(admin, "select current_user")))
    for granted, member in members:
        admin.execute(sql.SQL("grant {} to {}").format(sql.Identifier(granted), sql.Identifier(member)))


def encrypted(admin: Session, role: str, password: str) -> sql.Literal:
    """Return the password of a role as the server keeps it: encrypted on this side, no server log ever shows it."""
    secret = admin.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    return sql.Literal(secret.decode())


def add_to_level(admin: Session, login: str, level: str) -> None:
    """Let a role read what a level of READER_LEVELS may read. It cannot become that role, so it changes neither the
    password nor the settings that others share."""
    admin.execute(
        sql.SQL("grant {} to {} with inherit true, set false").format(
            sql.Identifier(role_name(level)), sql.Identifier(login)
        )
    )


def reader_logins(admin: Session) -> dict[str, str]:
    """Return the personal logins of the server with the level of READER_LEVELS of each."""
    levels = {role_name(level): level for level in READER_LEVELS}
    rows = admin.execute(_READER_LOGINS, [list(levels), role_name("reader")]).fetchall()
    # Of two levels the second one counts, which includes the first.
    return {name: levels[granted] for name, granted in rows if name not in levels}


def _limit_readers(admin: Session, database: str) -> None:
    """Limit the sessions of every reading login, and take from everybody what would stop loads or fill the disk.

    Advisory locks order loads, builds and publications; the working roles keep them. Where the administrator is no
    superuser, functions and temp_file_limit stay as the server has them: message `reader_limits_need_superuser`.
    """
    limit_login(admin, database, role_name("reader"), READER_CONNECTIONS)
    for name in reader_logins(admin):
        limit_login(admin, database, name, LOGIN_CONNECTIONS)
    if not is_superuser(admin):
        log.info(message("reader_limits_need_superuser"))
        return
    working = sql.SQL(", ").join(sql.Identifier(role_name(role)) for role in WORKING_ROLES)
    with psycopg.connect(
        admin.info.dsn, password=admin.info.password, dbname=database, autocommit=True
    ) as inside:
        for (function,) in inside.execute(_SHARED_FUNCTIONS).fetchall():
            inside.execute(sql.SQL("revoke execute on function {} from public").format(sql.SQL(function)))
            inside.execute(sql.SQL("grant execute on function {} to {}").format(sql.SQL(function), working))


def limit_login(admin: Session, database: str, login: str, connections: int) -> None:
    """Limit the sessions of one reading login; its settings are its own, membership of a level passes none on."""
    reader = sql.Identifier(login)
    admin.execute(sql.SQL("alter role {} connection limit {}").format(reader, sql.Literal(connections)))
    # In one transaction: a session that begins meanwhile has the limits too.
    with admin.transaction():
        # What a reader has changed of its own settings lasts until here.
        admin.execute(sql.SQL("alter role {} reset all").format(reader))
        set_reader_settings(admin, database, login)


def set_reader_settings(admin: Session, database: str, login: str | None = None) -> None:
    """Set what the sessions of a reading login (the shared one by default) in a database begin with."""
    reader, place = sql.Identifier(login or role_name("reader")), sql.Identifier(database)
    admin.execute(sql.SQL("alter role {} in database {} reset all").format(reader, place))
    for name, value in (READER_SETTINGS | (SUPERUSER_SETTINGS if is_superuser(admin) else {})).items():
        admin.execute(
            sql.SQL("alter role {} in database {} set {} = {}").format(
                reader, place, sql.Identifier(name), sql.Literal(value)
            )
        )


def is_superuser(admin: Session) -> bool:
    """Tell whether the administrator is a superuser of its server."""
    return bool(scalar(admin, "select rolsuper from pg_roles where rolname = current_user"))


def _make_database(admin: Session, database: str) -> None:
    if admin.execute("select 1 from pg_database where datname = %s", [database]).fetchone():
        return
    admin.execute(
        sql.SQL("create database {} owner {} template template0 encoding 'UTF8'").format(
            sql.Identifier(database), sql.Identifier(role_name("owner"))
        )
    )


def set_up_database(owner: Session, database: str, entering: Iterable[str] = ROLES) -> None:
    """Say who may enter a database (`entering`, nobody else), in which time zone it thinks, and that a statement ends
    with its client, as its owner.
    """
    name = sql.Identifier(database)
    everyone = sql.SQL(", ").join(sql.Identifier(role_name(role)) for role in entering)
    working = sql.SQL(", ").join(sql.Identifier(role_name(role)) for role in WORKING_ROLES)
    owner.execute(sql.SQL("revoke all on database {} from public").format(name))
    owner.execute(sql.SQL("grant connect on database {} to {}").format(name, everyone))
    owner.execute(sql.SQL("grant temporary on database {} to {}").format(name, working))
    # Days are days of Asia/Shanghai, whatever the server around thinks.
    owner.execute(sql.SQL("alter database {} set timezone = 'Asia/Shanghai'").format(name))
    # Otherwise the server would finish the statement of a killed process first, and keep its locks until then.
    owner.execute(sql.SQL("alter database {} set client_connection_check_interval = '2s'").format(name))


def store_registry(owner: Session) -> None:
    """Write what the database knows of agency files, contracts and programme, as the owner."""
    # Contracts are slow to import, and most of this module's users need only its URLs.
    from green_freight.agencies.agency import store_agencies
    from green_freight.coverage import update_expected_datasets
    from green_freight.programme import write_programme

    write_programme(owner)
    store_agencies(owner)
    update_expected_datasets(owner)
