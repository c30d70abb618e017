"""The databases of the local stack: the server, the warehouse, Airflow's metadata.

The server is the embedded one, or the one that GREEN_FREIGHT_POSTGRES_ADMIN_URL names. It starts when the
first command needs it and stops with the last one, unless `up` left the stack running.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from green_freight import settings
from green_freight.cli.signals import shielded
from green_freight.messages import message
from green_freight.warehouse import Warehouse, bootstrap

from local_stack import processes
from local_stack.home import Home
from local_stack.locks import HomeBusyError, UseCount, waiting
from local_stack.postgres import EmbeddedPostgres, PostgresError


@contextmanager
def serving(home: Home) -> Iterator[str]:
    """Give the administrator's URL of the server for as long as the block lasts, starting the server if it is down.

    Raises:
        PostgresError: the embedded server cannot be started.
        psycopg.OperationalError: the external server does not answer.
    """
    home.prepare()
    external = settings.current().postgres_admin_url
    if external:
        with psycopg.connect(external, connect_timeout=10):
            yield external
        return
    cluster = EmbeddedPostgres(home.postgres)
    admission = home.root / "postgres.admission"
    with waiting(admission):
        use = UseCount(home.root / "postgres.users")
        address = cluster.start()
    try:
        yield address.dsn()
    finally:
        with shielded(), waiting(admission):
            is_last = use.is_last() and left_running(home) is None and not is_superset_alive(home)
            if is_last:
                cluster.stop()
            use.release()


def left_running(home: Home) -> dict[str, Any] | None:
    """Return the note of the stack that `up` left running in this home, None where none runs."""
    up = home.noted("up")
    return up if any(one.is_alive() for one in processes.recorded(home.processes)) else None


def is_superset_alive(home: Home) -> bool:
    """Return whether Superset, which needs the server, runs in this home."""
    return any(one.is_alive() for one in processes.recorded(home.superset))


def require_running(home: Home) -> None:
    """Check that the embedded server runs; PostgresError where it does not. Of an external one nothing is known."""
    cluster = EmbeddedPostgres(home.postgres)
    if not settings.current().postgres_admin_url and not cluster.is_running():
        raise PostgresError(
            "内嵌的 PostgreSQL 服务器已停止运行；重新执行命令会启动它并从中断处继续，日志为 "
            f"{cluster.log} / The embedded PostgreSQL server has stopped; repeat the command, which starts it "
            f"and goes on where it was interrupted; its log is {cluster.log}"
        )


def require_unused(home: Home) -> None:
    """Check that no command uses the embedded server; HomeBusyError where one does."""
    with waiting(home.root / "postgres.admission"):
        use = UseCount(home.root / "postgres.users")
        is_last = use.is_last()
        use.release()
    if not is_last:
        raise HomeBusyError(message("server_in_use", home=home.root))


def stop_server(home: Home) -> None:
    """Stop the embedded server unless another command uses it (an external one is never stopped)."""
    if not (home.postgres / "port").exists():
        return
    with waiting(home.root / "postgres.admission"):
        use = UseCount(home.root / "postgres.users")
        if use.is_last():
            EmbeddedPostgres(home.postgres).stop()
        use.release()


def prepare_warehouse(home: Home, admin_url: str) -> Warehouse:
    """Make the home's warehouse, or bring it up to this code."""
    passwords = {role: home.secret(f"warehouse_{role}") for role in settings.ROLES}
    urls = bootstrap.prepare(admin_url, bootstrap.DATABASE, passwords)
    return Warehouse(urls, home.root, home.landing_url)


def warehouse(home: Home, admin_url: str) -> Warehouse:
    """Return the home's warehouse without preparing anything."""
    urls = {
        role: bootstrap.role_url(admin_url, bootstrap.DATABASE, role, home.secret(f"warehouse_{role}"))
        for role in settings.ROLES
    }
    return Warehouse(urls, home.root, home.landing_url)


def is_prepared(admin_url: str) -> bool:
    """Return whether the warehouse's database exists on the server."""
    with psycopg.connect(admin_url) as connection:
        found = connection.execute("select 1 from pg_database where datname = %s", [bootstrap.DATABASE])
        return found.fetchone() is not None


def release_orphaned_tasks(metadata_url: str) -> None:
    """Mark the jobs of killed schedulers failed, so that a new one takes their tasks up at once.

    Airflow itself waits 30 s for a silent scheduler and then looks only every 5 minutes. This stack runs one
    scheduler at most, so when it starts one, every job still marked running is dead.
    """
    with psycopg.connect(metadata_url, autocommit=True) as connection:
        connection.execute("update job set state = 'failed' where state = 'running'")
