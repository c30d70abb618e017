"""Superset on one machine: its own environment, its metadata database, the dashboards of `bi/`, and its server.

Its process is recorded in a folder of its own, so that it outlives a `run` beside it and is stopped by `down` alone.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
from green_freight import settings
from green_freight.cli import install
from green_freight.cli.airflow_metadata import make_metadata, sqlalchemy_url
from green_freight.cli.console import Steps
from green_freight.messages import message
from green_freight.warehouse import bootstrap, reader_logins
from psycopg import sql

from bi import bundle
from local_stack import database, launch, processes
from local_stack.home import Home
from local_stack.locks import waiting
from local_stack.postgres import free_port

NAME, LOGIN = install.SUPERSET, install.SUPERSET_LOGIN
USER = "engineer"
PORT = 8088
SOURCE = settings.PROJECT / "bi"
LOCK = SOURCE / "requirements.txt"
VENV = SOURCE / ".venv"
# Superset 6.1 needs a pandas that has no wheels for later versions of Python.
NEWEST_PYTHON = (3, 12)
READY_SECONDS = 120.0
_STAMP = "green-freight-lock"
# What decides the content of the metadata database.
_CONTENT = ("*.py", "*.yaml", "datasets/*.sql", "dashboards/*.yaml", "requirements.txt")


class SupersetError(RuntimeError):
    """Superset cannot be installed, filled or started; the message says why and what to do."""


@dataclass(frozen=True)
class Running:
    """Where Superset answers and who may log in."""

    address: str
    user: str
    password: str


def start(home: Home, admin_url: str, steps: Steps) -> Running:
    """Bring Superset up with the dashboards as the code has them; what is there already is left alone.

    Raises:
        SupersetError: the environment, the import or the server failed.
    """
    make_environment(steps)
    metadata_url = make_metadata(admin_url, home.secret("superset_database"), NAME)
    environment = _environment(home, metadata_url)
    if _load(home, admin_url, metadata_url, environment, steps) or running(home) is None:
        stop(home)
        port = free_port((home.noted("bi") or {}).get("port", PORT))
        with steps.step("Superset"):
            _serve(home, environment, port)
        home.note("bi", {"port": port})
    found = running(home)
    assert found is not None
    return found


def running(home: Home) -> Running | None:
    """Return the Superset that runs in this home, None where none does."""
    noted = home.noted("bi")
    if noted is None or not is_alive(home):
        return None
    return Running(f"http://127.0.0.1:{noted['port']}", USER, home.secret("superset_user"))


def is_alive(home: Home) -> bool:
    """Return whether its server runs."""
    return database.is_superset_alive(home)


def was_started(home: Home) -> bool:
    """Return whether `bi` was ever run in this home, so that `up` starts Superset too."""
    return home.noted("bi") is not None


def stop(home: Home) -> bool:
    """Stop its server and return whether one ran."""
    was_alive = is_alive(home)
    processes.stop(processes.recorded(home.superset), grace_seconds=10)
    return was_alive


def make_environment(steps: Steps) -> Path:
    """Make `bi/.venv` from its lock where it is not what the lock says; return its folder of programs.

    Raises:
        SupersetError: this Python is too new, the folder cannot be written, or a package cannot be installed.
    """
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    stamp, programs = VENV / _STAMP, VENV / "bin"
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted and (programs / "gunicorn").exists():
        return programs
    if sys.version_info[:2] > NEWEST_PYTHON:
        version = ".".join(map(str, NEWEST_PYTHON))
        raise SupersetError(
            message("superset_needs_older_python", version=version, used=sys.version.split()[0])
        )
    if not os.access(VENV if VENV.exists() else SOURCE, os.W_OK):
        raise SupersetError(message("superset_unwritable", folder=VENV))
    with waiting(SOURCE / ".lock"), steps.step("Superset 的 Python 环境 · Superset's Python environment"):
        environment = launch.installer_environment(Path(sys.prefix)) | {"UV_PYTHON": sys.executable}
        uv = [str(Path(sys.executable).parent / "uv"), "--quiet"]
        _run([*uv, "venv", "--clear", str(VENV)], environment)
        install = ["pip", "sync", "--python", str(programs / "python"), "--require-hashes", str(LOCK)]
        _run([*uv, *install], environment)
        stamp.write_text(wanted, encoding="ascii")
    return programs


def _run(command: list[str], environment: Mapping[str, str]) -> None:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        output = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise SupersetError(message("superset_not_installed", lock=LOCK, output=output))


def fixed_environment(source: Path, folder: Path) -> dict[str, str]:
    """Return what Superset finds in its environment wherever it runs: its settings in `source`, a folder of its own."""
    return {
        "SUPERSET_CONFIG_PATH": str(source / "superset_config.py"),
        "SUPERSET_HOME": str(folder),
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "SCARF_ANALYTICS": "false",
        "DO_NOT_TRACK": "1",
    }


def load_command(source: Path) -> list[str]:
    """Return the command that brings Superset's metadata to what `source` says."""
    return [str(source / ".venv" / "bin" / "python"), str(source / "load.py")]


def serve_command(source: Path, address: str) -> list[str]:
    """Return the command that serves Superset at an address."""
    command = [str(source / ".venv" / "bin" / "gunicorn"), "--bind", address, "--workers", "2"]
    command += ["--worker-class", "gthread", "--threads", "8", "--timeout", "120", "--graceful-timeout", "5"]
    return [*command, "--no-control-socket", "superset.app:create_app()"]


def _environment(home: Home, metadata_url: str) -> dict[str, str]:
    foreign = ("SUPERSET", "FLASK", "AIRFLOW", "PG", "PYTHON", "GUNICORN")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return kept | {
        **fixed_environment(SOURCE, home.superset_files),
        "NO_PROXY": "127.0.0.1,localhost",
        "GREEN_FREIGHT_SUPERSET_METADATA_URL": sqlalchemy_url(metadata_url),
        "GREEN_FREIGHT_SUPERSET_SECRET_KEY": home.secret("superset_key"),
    }


def _load(
    home: Home, admin_url: str, metadata_url: str, environment: Mapping[str, str], steps: Steps
) -> bool:
    """Bring the metadata database to what the code says, and return whether that was necessary."""
    variables = {
        "GREEN_FREIGHT_SUPERSET_WAREHOUSE_URL": _warehouse_url(home, admin_url),
        "GREEN_FREIGHT_SUPERSET_USER": USER,
        "GREEN_FREIGHT_SUPERSET_PASSWORD": home.secret("superset_user"),
    }
    wanted = _fingerprint(variables)
    # On the database itself, so that a restored one has its own.
    with psycopg.connect(metadata_url, autocommit=True) as connection:
        [(loaded,)] = connection.execute(
            "select shobj_description(oid, 'pg_database') from pg_database where datname = current_database()"
        )
        if loaded == wanted:
            return False
        with (
            steps.step("看板 · dashboards"),
            home.log("superset-load").open("ab") as output,
        ):
            done = subprocess.run(
                load_command(SOURCE),
                env={**environment, **variables},
                cwd=home.root,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode:
            log = home.log("superset-load")
            raise SupersetError(message("superset_not_loaded", log=log, tail=processes.log_tail(log)))
        statement = sql.SQL("comment on database {} is {}")
        connection.execute(statement.format(sql.Identifier(NAME), sql.Literal(wanted)))
    return True


def _warehouse_url(home: Home, admin_url: str) -> str:
    """Return the warehouse's URL for Superset's own login, made where it is absent or of another level."""
    password = home.secret(LOGIN)
    reader_logins.provide(admin_url, LOGIN, password)
    return bootstrap.database_url(admin_url, bootstrap.DATABASE, LOGIN, password)


def _fingerprint(variables: Mapping[str, str]) -> str:
    files = [*sorted(path for pattern in _CONTENT for path in SOURCE.glob(pattern)), bundle.SHARED_COLUMNS]
    content = [f"{name}={value}".encode() for name, value in sorted(variables.items())]
    return hashlib.sha256(b"\0".join([*content, *(path.read_bytes() for path in files)])).hexdigest()


def _serve(home: Home, environment: Mapping[str, str], port: int) -> None:
    command = serve_command(SOURCE, f"127.0.0.1:{port}")
    [process] = [processes.start(NAME, command, environment, home.superset, home.log(NAME), home.root)]
    deadline = time.monotonic() + READY_SECONDS
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10, trust_env=False) as http:
        while not _is_healthy(http):
            if not process.is_alive():
                raise SupersetError(processes.died_message(NAME, home.log(NAME)))
            if time.monotonic() > deadline:
                stop(home)
                raise SupersetError(message("superset_not_ready", seconds=READY_SECONDS, log=home.log(NAME)))
            time.sleep(0.5)


def _is_healthy(http: httpx.Client) -> bool:
    try:
        return http.get("/health").is_success
    except httpx.HTTPError:
        return False
