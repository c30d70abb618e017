"""`install`: what a real installation needs once, before its services start; done again it changes nothing.

The warehouse with its roles, Airflow's metadata database, the pools, the operator's login. Everything it needs
to know is in the environment, as docker-compose.yml passes it on from .env.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
from green_freight import settings
from green_freight.warehouse import bootstrap
from green_freight.warehouse.migrate import MigrationError

from local_stack import airflow_settings, database
from local_stack.database import Databases
from local_stack.home import Home
from local_stack.stack import airflow_version
from local_stack.steps import Steps

OPERATOR = "operator"
ADMIN_URL = "GREEN_FREIGHT_POSTGRES_ADMIN_URL"
METADATA_PASSWORD = "AIRFLOW_DATABASE_PASSWORD"
OPERATOR_PASSWORD = "AIRFLOW_OPERATOR_PASSWORD"

# The passwords are put into URLs as they are, here and in docker-compose.yml.
_PLAIN = re.compile(r"[A-Za-z0-9._~-]+")


class InstallError(RuntimeError):
    """The installation cannot be made or completed; the message says which setting or step."""


@dataclass(frozen=True)
class Answers:
    """What the operator has decided: the administrator's libpq URL and the passwords."""

    admin_url: str
    role_passwords: Mapping[str, str]
    metadata_password: str
    operator_password: str


def role_variable(role: str) -> str:
    """Return the variable that holds the password of one of `settings.ROLES`."""
    return f"GREEN_FREIGHT_{role.upper()}_PASSWORD"


def read_answers(environment: Mapping[str, str]) -> Answers:
    """Return the answers that the environment gives.

    Raises:
        InstallError: variables are missing or cannot be used; the message names every one.
    """
    roles = {role: role_variable(role) for role in settings.ROLES}
    passwords = [*roles.values(), METADATA_PASSWORD, OPERATOR_PASSWORD]
    problems = [
        f"{name} 未设置 / is not set" for name in (ADMIN_URL, *passwords) if not environment.get(name)
    ]
    problems += [
        f"{name} 只能含字母、数字和 . _ ~ - / may hold letters, digits and . _ ~ - only"
        for name in passwords
        if environment.get(name) and not _PLAIN.fullmatch(environment[name])
    ]
    key = environment.get("AIRFLOW__CORE__FERNET_KEY")
    if key and not _is_fernet_key(key):
        problems.append("AIRFLOW_FERNET_KEY 不是 32 字节的 base64 / is not 32 bytes in base64")
    if problems:
        raise InstallError(
            "\n".join([*problems, "请在 .env 中填写（说明见 .env.example） / fill it in in .env"])
        )
    return Answers(
        environment[ADMIN_URL],
        {role: environment[name] for role, name in roles.items()},
        environment[METADATA_PASSWORD],
        environment[OPERATOR_PASSWORD],
    )


def install(home: Home, answers: Answers, steps: Steps) -> None:
    """Make or complete the installation.

    Raises:
        InstallError: the administrator lacks a right, or a step of Airflow's failed.
        psycopg.OperationalError: the server does not answer or refuses the login.
    """
    home.prepare()
    databases = Databases(answers.admin_url)
    try:
        with steps.step("数据仓库与角色 · warehouse and roles"):
            bootstrap.prepare(answers.admin_url, database.WAREHOUSE, answers.role_passwords)
        metadata_url = database.make_metadata(databases, answers.metadata_password)
    except psycopg.errors.InsufficientPrivilege as error:
        raise InstallError(
            f"{ADMIN_URL} 中的管理员须能创建角色和数据库 / its administrator must be allowed to create roles and "
            f"databases (CREATEROLE, CREATEDB): {error}"
        ) from error
    except MigrationError as error:
        raise InstallError(str(error)) from error
    environment = airflow_environment(home, metadata_url)
    if database.metadata_version(metadata_url) != airflow_version():
        with steps.step("Airflow 元数据库 · Airflow's metadata database"):
            run_airflow(environment, "db", "migrate")
        database.mark_metadata_version(metadata_url, airflow_version())
    with steps.step("资源池 · pools"):
        _make_pools(environment)
    _write_login(home, answers.operator_password)
    steps.say(f"登录 Airflow · log in to Airflow: {OPERATOR}")


def airflow_environment(home: Home, metadata_url: str) -> dict[str, str]:
    """Return the environment for Airflow's own commands: the caller's, with home and metadata database."""
    return {"AIRFLOW_HOME": str(home.airflow)} | os.environ | {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": airflow_settings.sqlalchemy_url(metadata_url)
    }  # fmt: skip


def run_airflow(environment: Mapping[str, str], *arguments: str) -> str:
    """Run one of Airflow's commands and return what it printed on standard output.

    Raises:
        InstallError: it failed; the message carries the end of its output.
    """
    command = [str(Path(sys.executable).parent / "airflow"), *arguments]
    done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False)
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
        raise InstallError(f"airflow {' '.join(arguments)} 失败 / failed:\n{said}")
    return done.stdout


def _is_fernet_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text.translate(str.maketrans("-_", "+/")), validate=True)) == 32
    except ValueError:
        return False


def _make_pools(environment: Mapping[str, str]) -> None:
    """Make the pools that are missing; the slots of one that is there may have been changed by the operator."""
    there = {
        pool["pool"] for pool in json.loads(run_airflow(environment, "pools", "list", "--output", "json"))
    }
    missing = {
        name: {"slots": slots, "description": description, "include_deferred": False}
        for name, (slots, description) in airflow_settings.POOLS.items()
        if name not in there
    }
    if missing:
        with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
            json.dump(missing, file)
            file.flush()
            run_airflow(environment, "pools", "import", file.name)


def _write_login(home: Home, password: str) -> None:
    """Give Airflow's simple auth manager the operator's password, in a file that only this account reads."""
    kept = home.airflow / "passwords.json"
    half = kept.with_name(f"passwords.json.{os.getpid()}")
    half.touch(mode=0o600)
    half.write_text(json.dumps({OPERATOR: password}) + "\n", encoding="ascii")
    half.replace(kept)
