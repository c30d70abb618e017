"""`install`: what a real installation needs once, before its services start; done again it changes nothing.

The warehouse with its roles, the metadata databases of Airflow and Superset with Superset's login in the warehouse, the
pools, the operator's login. All its settings are in the environment, as docker-compose.yml passes them on from .env.
`demo-connections` adds the demonstration agencies.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from rich.console import Console

from green_freight import settings
from green_freight.cli.airflow_metadata import (
    CONNECTION_TYPES,
    POOLS,
    import_entries,
    make_metadata,
    migrate_metadata,
    run_airflow,
    sqlalchemy_url,
    write_login,
)
from green_freight.cli.console import Steps
from green_freight.cli.errors import InstallError, NotAvailableError
from green_freight.messages import message
from green_freight.warehouse import bootstrap, reader_logins
from green_freight.warehouse.migrate import MigrationError

OPERATOR = "operator"
ADMIN_URL = "GREEN_FREIGHT_POSTGRES_ADMIN_URL"
# Names of variables.
METADATA_PASSWORD = "AIRFLOW_DATABASE_PASSWORD"  # nosec B105
OPERATOR_PASSWORD = "AIRFLOW_OPERATOR_PASSWORD"  # nosec B105
SUPERSET_DATABASE_PASSWORD = "SUPERSET_DATABASE_PASSWORD"  # nosec B105
SUPERSET_READER_PASSWORD = "SUPERSET_READER_PASSWORD"  # nosec B105

# Superset's metadata database and its owner; its login in the warehouse, in the list of `reader list`.
SUPERSET = "superset"
SUPERSET_LOGIN = "superset_reader"

DEMONSTRATION_SECONDS = 120.0

# The passwords are put into URLs as they are, here and in docker-compose.yml.
_PLAIN = re.compile(r"[A-Za-z0-9._~-]+")


@dataclass(frozen=True)
class InstallSettings:
    """What the operator has chosen: the administrator's libpq URL and the passwords."""

    admin_url: str = field(repr=False)
    role_passwords: Mapping[str, str] = field(repr=False)
    metadata_password: str = field(repr=False)
    operator_password: str = field(repr=False)
    superset_database_password: str = field(repr=False)
    superset_reader_password: str = field(repr=False)


def install_command() -> None:
    """安装 · Prepare an installation: warehouse, roles, Airflow's database, pools, login. Safe to repeat.

    Everything is read from the environment; .env.example explains each variable.
    """
    install(
        settings.home() / "airflow",
        read_settings(os.environ),
        Steps(Console(soft_wrap=True, highlight=False)),
    )


def role_variable(role: str) -> str:
    """Return the variable that holds the password of one of `settings.ROLES`."""
    return f"GREEN_FREIGHT_{role.upper()}_PASSWORD"


def read_settings(environment: Mapping[str, str]) -> InstallSettings:
    """Return the settings of the environment; InstallError names every variable that is missing or cannot be used."""
    roles = {role: role_variable(role) for role in settings.ROLES}
    others = [METADATA_PASSWORD, OPERATOR_PASSWORD, SUPERSET_DATABASE_PASSWORD, SUPERSET_READER_PASSWORD]
    passwords = [*roles.values(), *others]
    problems = [
        message("variable_not_set", name=name)
        for name in (ADMIN_URL, *passwords)
        if not environment.get(name)
    ]
    problems += [
        message("password_not_plain", name=name)
        for name in passwords
        if environment.get(name) and not _PLAIN.fullmatch(environment[name])
    ]
    key = environment.get("AIRFLOW__CORE__FERNET_KEY")
    if key and not _is_fernet_key(key):
        problems.append(message("fernet_key_invalid"))
    if problems:
        raise InstallError("\n".join([*problems, message("fill_in_settings")]))
    return InstallSettings(
        environment[ADMIN_URL],
        {role: environment[name] for role, name in roles.items()},
        *(environment[name] for name in others),
    )


def install(airflow_home: Path, chosen: InstallSettings, steps: Steps) -> None:
    """Make or complete the installation.

    Raises InstallError: the administrator lacks a right, or a step of Airflow's failed; psycopg.OperationalError: the
    server does not answer or refuses the login.
    """
    airflow_home.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with steps.step("数据仓库与角色 · warehouse and roles"):
            bootstrap.prepare(chosen.admin_url, bootstrap.DATABASE, chosen.role_passwords)
        metadata_url = make_metadata(chosen.admin_url, chosen.metadata_password)
        make_metadata(chosen.admin_url, chosen.superset_database_password, SUPERSET)
        reader_logins.provide(chosen.admin_url, SUPERSET_LOGIN, chosen.superset_reader_password)
    except psycopg.errors.InsufficientPrivilege as error:
        raise InstallError(message("administrator_lacks_rights", variable=ADMIN_URL, error=error)) from error
    except MigrationError as error:
        raise InstallError(str(error)) from error
    environment = {"AIRFLOW_HOME": str(airflow_home)} | os.environ
    environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = sqlalchemy_url(metadata_url)
    migrate_metadata(environment, metadata_url, steps)
    with steps.step("资源池 · pools"):
        _make_pools(environment)
    write_login(airflow_home, OPERATOR, chosen.operator_password)
    steps.print(f"登录 Airflow · log in to Airflow: {OPERATOR}")


def demo_connections_command(
    agencies: Annotated[Path, typer.Argument(help="agencies.json 所在目录 · the folder of agencies.json.")],
) -> None:
    """演示连接 · Give an installation's Airflow the connections of the demonstration agencies beside it."""
    # They draw ports, passwords and keys at their first start and write them into the file. A connection of a real
    # agency (AIRFLOW_CONN_*) is found first and wins.
    described = agencies / "agencies.json"
    deadline = time.monotonic() + DEMONSTRATION_SECONDS
    while not described.exists():
        if time.monotonic() > deadline:
            raise NotAvailableError(message("demonstration_not_started", path=described))
        time.sleep(0.2)
    connections = json.loads(described.read_text(encoding="utf-8"))["connections"]
    for name, fields in connections.items():
        fields["conn_type"] = CONNECTION_TYPES[name]
    environment = {"AIRFLOW_HOME": str(settings.home() / "airflow")} | os.environ
    import_entries(environment, connections, "connections", "import", "--overwrite")
    typer.echo(f"连接 · connections: {', '.join(sorted(connections))}")


def _is_fernet_key(text: str) -> bool:
    from cryptography.fernet import Fernet

    try:
        # While it is exchanged, the new key stands before the old one.
        for key in text.split(","):
            Fernet(key)
    except ValueError:
        return False
    return True


def _make_pools(environment: Mapping[str, str]) -> None:
    """Make the pools that are missing; the slots of one that is there may have been changed by the operator."""
    listed = json.loads(run_airflow(environment, "pools", "list", "--output", "json"))
    there = {pool["pool"] for pool in listed}
    missing = {
        name: {"slots": slots, "description": description, "include_deferred": False}
        for name, (slots, description) in POOLS.items()
        if name not in there
    }
    if missing:
        import_entries(environment, missing, "pools", "import")
