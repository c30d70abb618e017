"""What Airflow holds of an installation: its metadata database, the pools, the types of the agencies' connections."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from packaging.version import Version
from psycopg import sql

from green_freight.agencies.agency import AGENCIES, CONNECTIONS
from green_freight.cli.console import Steps
from green_freight.cli.errors import InstallError
from green_freight.messages import message
from green_freight.redaction import redacted
from green_freight.warehouse import bootstrap

METADATA = "airflow"

# An agency's pool limits its simultaneous requests; the warehouse's keeps two loads off the small machine's both cores
# at once.
POOLS: dict[str, tuple[int, str]] = {
    code: (agency.pool.slots, f"{agency.pool.zh} / {agency.pool.en}") for code, agency in AGENCIES.items()
} | {"warehouse": (4, "数据仓库装载与构建 / loads and builds in the warehouse")}

CONNECTION_TYPES = {
    name: "sftp" if entry.protocol == "sftp" else "http" for name, entry in CONNECTIONS.items()
}


def program() -> str:
    """Return the path of Airflow's command line."""
    return str(Path(sys.executable).parent / "airflow")


def run_airflow(environment: Mapping[str, str], *arguments: str) -> str:
    """Return what one of Airflow's commands prints; where it fails, InstallError carries the end of its output."""
    done = subprocess.run(
        [program(), *arguments], env=dict(environment), capture_output=True, text=True, check=False
    )
    if done.returncode:
        output = redacted("\n".join((done.stdout + done.stderr).splitlines()[-20:]))
        command = f"airflow {' '.join(arguments)}"
        raise InstallError(message("airflow_command_failed", command=command, output=output))
    return done.stdout


def import_entries(environment: Mapping[str, str], entries: Mapping[str, Any], *command: str) -> None:
    """Let one of Airflow's import commands read entries, from a file that is removed: they may hold secrets.

    Raises InstallError: Airflow rejected them.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(entries, file)
        file.flush()
        run_airflow(environment, *command, file.name)


def write_login(airflow_home: Path, user: str, password: str) -> None:
    """Give Airflow's simple auth manager a login, in a file that only this account reads."""
    kept = airflow_home / "passwords.json"
    half = kept.with_name(f"passwords.json.{os.getpid()}")
    half.touch(mode=0o600)
    half.write_text(json.dumps({user: password}) + "\n", encoding="ascii")
    half.replace(kept)


def sqlalchemy_url(libpq_url: str) -> str:
    """Return SQLAlchemy's form of a libpq URL."""
    return libpq_url.replace("postgresql://", "postgresql+psycopg2://", 1)


def make_metadata(admin_url: str, password: str, name: str = METADATA) -> str:
    """Make a program's role with this password and its empty database where absent; return the libpq URL.

    The administrator may be a superuser or a role with CREATEROLE and CREATEDB.
    """
    with psycopg.connect(admin_url, autocommit=True) as connection:
        role = sql.Identifier(name)
        known = connection.execute("select 1 from pg_roles where rolname = %s", [name]).fetchone()
        verb = sql.SQL("alter" if known else "create")
        secret = bootstrap.encrypted(connection, name, password)
        connection.execute(sql.SQL("{} role {} login password {}").format(verb, role, secret))
        # Only a member of a role may give a database to it.
        connection.execute(sql.SQL("grant {} to current_user").format(role))
        if not connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
            connection.execute(sql.SQL("create database {} owner {}").format(role, role))
        # Readers of the warehouse are on the same server.
        connection.execute(sql.SQL("revoke all on database {} from public").format(role))
    return bootstrap.database_url(admin_url, name, name, password)


def migrate_metadata(environment: Mapping[str, str], metadata_url: str, steps: Steps) -> None:
    """Bring the metadata database up to the installed version of Airflow; InstallError where that fails, or where a
    newer version has migrated it."""
    version = importlib.metadata.version("apache-airflow")
    # On the database itself stands the version of a finished migration, so that a restored database has its own.
    with psycopg.connect(metadata_url, autocommit=True) as connection:
        [(migrated,)] = connection.execute(
            "select shobj_description(oid, 'pg_database') from pg_database where datname = current_database()"
        )
        if migrated == version:
            return
        if migrated and Version(migrated) > Version(version):
            raise InstallError(message("metadata_newer", found=migrated, version=version))
        with steps.step("Airflow 元数据库 · Airflow's metadata database"):
            run_airflow(environment, "db", "migrate")
        statement = sql.SQL("comment on database {} is {}")
        connection.execute(statement.format(sql.Identifier(METADATA), sql.Literal(version)))
