"""The databases of the local stack: the server, the warehouse's roles, Airflow's metadata.

The server is the embedded one, or the one that GREEN_FREIGHT_POSTGRES_ADMIN_URL names. It starts when the
first command needs it and stops with the last one, unless `up` left the stack running.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import psycopg
from green_freight import settings
from green_freight.warehouse import Warehouse
from psycopg import sql

from local_stack import processes
from local_stack.home import Home
from local_stack.locks import UseCount, waiting
from local_stack.postgres import EmbeddedPostgres
from local_stack.signals import shielded

WAREHOUSE = "green_freight"
METADATA = "airflow"


@dataclass(frozen=True)
class Databases:
    """Where the server is and how to administer it (libpq URL of its `postgres` database)."""

    admin_url: str

    def url(self, database: str, user: str, password: str) -> str:
        """Return the libpq URL of a database for one user of the same server."""
        parts = urlsplit(self.admin_url)
        host = f"{parts.hostname}:{parts.port or 5432}"
        return urlunsplit((parts.scheme, f"{user}:{password}@{host}", f"/{database}", parts.query, ""))


@contextmanager
def serving(home: Home) -> Iterator[Databases]:
    """Give the server for as long as the block lasts, starting it if it is down.

    Raises:
        PostgresError: the embedded server cannot be started.
        psycopg.OperationalError: the external server does not answer.
    """
    home.prepare()
    external = os.environ.get("GREEN_FREIGHT_POSTGRES_ADMIN_URL")
    if external:
        with psycopg.connect(external, connect_timeout=10):
            yield Databases(external)
        return
    cluster = EmbeddedPostgres(home.postgres)
    admission = home.root / "postgres.admission"
    with waiting(admission):
        use = UseCount(home.root / "postgres.users")
        address = cluster.start()
    try:
        yield Databases(address.dsn())
    finally:
        with shielded(), waiting(admission):
            is_last = use.is_last() and not is_left_running(home)
            if is_last:
                cluster.stop()
            use.release()


def is_left_running(home: Home) -> bool:
    """Tell whether `up` left the stack running in this home."""
    return home.noted("up") is not None and any(one.is_alive() for one in processes.recorded(home.processes))


def stop_server(home: Home) -> None:
    """Stop the embedded server if nobody uses it any more (an external one is never stopped)."""
    if not (home.postgres / "port").exists():
        return
    with waiting(home.root / "postgres.admission"):
        use = UseCount(home.root / "postgres.users")
        if use.is_last():
            EmbeddedPostgres(home.postgres).stop()
        use.release()


def prepare_warehouse(home: Home, databases: Databases) -> dict[str, str]:
    """Make or upgrade the warehouse and return the URL of each of its roles."""
    from green_freight.warehouse import bootstrap

    passwords = {role: home.secret(f"warehouse_{role}") for role in settings.ROLES}
    return dict(bootstrap.prepare(databases.admin_url, WAREHOUSE, passwords))


def role_urls(home: Home, databases: Databases) -> dict[str, str]:
    """Return the URL of each warehouse role without preparing anything."""
    from green_freight.warehouse import bootstrap

    return {
        role: bootstrap.role_url(databases.admin_url, WAREHOUSE, role, home.secret(f"warehouse_{role}"))
        for role in settings.ROLES
    }


def warehouse_of(home: Home, urls: Mapping[str, str]) -> Warehouse:
    """Return the home's warehouse as the pipeline's code works on it."""
    return Warehouse(urls, home.root, settings.landing_url())


@contextmanager
def entered(urls: Mapping[str, str]) -> Iterator[None]:
    """Let this process enter the warehouse by these roles' URLs for the block, as the pipeline's own code does."""
    with settings.environment({settings.url_variable(role): url for role, url in urls.items()}):
        yield


def is_prepared(databases: Databases) -> bool:
    """Tell whether the warehouse's database exists on the server."""
    with psycopg.connect(databases.admin_url) as connection:
        found = connection.execute("select 1 from pg_database where datname = %s", [WAREHOUSE])
        return found.fetchone() is not None


def prepare_metadata(home: Home, databases: Databases) -> str:
    """Make Airflow's role and empty database if they are absent and return the libpq URL."""
    return make_metadata(databases, home.secret("airflow_database"))


def make_metadata(databases: Databases, password: str) -> str:
    """Make Airflow's role with this password and its empty database where absent; return the libpq URL.

    The administrator may be a superuser or a role with CREATEROLE and CREATEDB.
    """
    with psycopg.connect(databases.admin_url, autocommit=True) as connection:
        role = sql.Identifier(METADATA)
        known = connection.execute("select 1 from pg_roles where rolname = %s", [METADATA]).fetchone()
        verb = sql.SQL("alter" if known else "create")
        connection.execute(sql.SQL("{} role {} login password {}").format(verb, role, password))
        # Only a member of a role may give a database to it.
        connection.execute(sql.SQL("grant {} to current_user").format(role))
        if not connection.execute("select 1 from pg_database where datname = %s", [METADATA]).fetchone():
            connection.execute(sql.SQL("create database {} owner {}").format(role, role))
    return databases.url(METADATA, METADATA, password)


def metadata_version(metadata_url: str) -> str | None:
    """Return the version of Airflow that the metadata database was migrated to, None if it never was."""
    with psycopg.connect(metadata_url) as connection:
        row = connection.execute(
            "select shobj_description(oid, 'pg_database') from pg_database where datname = current_database()"
        ).fetchone()
        return row[0] if row else None


def mark_metadata_version(metadata_url: str, version: str) -> None:
    """Keep the version of a finished migration in the database itself, where it shares the data's fate."""
    with psycopg.connect(metadata_url, autocommit=True) as connection:
        statement = sql.SQL("comment on database {} is {}")
        connection.execute(statement.format(sql.Identifier(METADATA), sql.Literal(version)))


def release_orphaned_tasks(metadata_url: str) -> None:
    """Mark the jobs of killed schedulers failed, so that a new one takes their tasks up at once.

    Airflow itself waits 30 s for a silent scheduler and then looks only every 5 minutes. This stack runs one
    scheduler at most, so when it starts one, every job still marked running is dead.
    """
    with psycopg.connect(metadata_url, autocommit=True) as connection:
        connection.execute("update job set state = 'failed' where state = 'running'")
