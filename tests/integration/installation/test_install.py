"""`install` against a real server: what a real installation has afterwards, and that doing it again changes nothing."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from green_freight.cli import airflow_metadata, install
from green_freight.cli.console import Steps, console
from green_freight.cli.errors import InstallError
from green_freight.settings import ROLES
from psycopg.rows import TupleRow

from local_stack.postgres import EmbeddedPostgres

PASSWORDS = {
    **{install.role_variable(role): f"{role}-word" for role in ROLES},
    install.METADATA_PASSWORD: "metadata.word",
    install.OPERATOR_PASSWORD: "operator~word",
    install.SUPERSET_DATABASE_PASSWORD: "dashboards-word",
    install.SUPERSET_READER_PASSWORD: "dashboards-reader",
}
AGENCIES = {
    "clock": "2025-10-01T02:00:00+08:00",
    "connections": {
        name: {
            "host": "127.0.0.1",
            "port": 18000 + number,
            "login": "green-freight",
            "password": "a word",
            "extra": {"host_key": "ssh-ed25519 AAAA"},
        }
        for number, name in enumerate(airflow_metadata.CONNECTION_TYPES)
    },
}


@pytest.fixture(scope="module")
def admin_url() -> Iterator[str]:
    """Give a fresh server's administrator who may create roles and databases but is no superuser."""
    home = Path(tempfile.mkdtemp(prefix="green-freight-tests-"))
    home.chmod(0o755)
    postgres = EmbeddedPostgres(home)
    try:
        address = postgres.start()
        with psycopg.connect(address.dsn(), autocommit=True) as superuser:
            superuser.execute("create role office login password 'office' createrole createdb")
            # The embedded server lets nobody else in; a server of others does.
            superuser.execute("grant connect on database postgres to office")
        yield f"postgresql://office:office@127.0.0.1:{address.port}/postgres"
    finally:
        postgres.stop()
        for folder in (home, postgres.run_home):
            shutil.rmtree(folder, ignore_errors=True)


def test_an_installation_is_made_once_and_completed_again(admin_url: str, tmp_path: Path) -> None:
    environment = _environment(tmp_path) | PASSWORDS | {install.ADMIN_URL: admin_url}

    said = _run(environment, "install")
    assert "Airflow's metadata database" in said
    with _connect(admin_url, "green_freight", "green_freight_reader", "reader-word") as reader:
        assert reader.execute("select count(*) from mart.publication").fetchone() == (0,)
    dashboards = PASSWORDS[install.SUPERSET_READER_PASSWORD]
    with _connect(admin_url, "green_freight", install.SUPERSET_LOGIN, dashboards) as reader:
        assert reader.execute("select count(*) from mart.publication").fetchone() == (0,)
    own = PASSWORDS[install.SUPERSET_DATABASE_PASSWORD]
    with _connect(admin_url, install.SUPERSET, install.SUPERSET, own) as superset:
        superset.execute("create table mine (n int)")
    metadata = _connect(admin_url, "airflow", "airflow", PASSWORDS[install.METADATA_PASSWORD])
    with metadata:
        pools = dict(metadata.execute("select pool, slots from slot_pool").fetchall())
        assert {name: slots for name, (slots, _) in airflow_metadata.POOLS.items()}.items() <= pools.items()
        metadata.execute("update slot_pool set slots = 7 where pool = 'power'")
    kept = tmp_path / "airflow" / "passwords.json"
    assert json.loads(kept.read_text()) == {install.OPERATOR: PASSWORDS[install.OPERATOR_PASSWORD]}
    assert kept.stat().st_mode & 0o777 == 0o600

    changed = {install.OPERATOR_PASSWORD: "another", install.SUPERSET_READER_PASSWORD: "changed"}
    again = _run(environment | changed, "install")
    _connect(admin_url, "green_freight", install.SUPERSET_LOGIN, "changed").close()
    assert "Airflow's metadata database" not in again
    assert json.loads(kept.read_text()) == {install.OPERATOR: "another"}
    with _connect(admin_url, "airflow", "airflow", PASSWORDS[install.METADATA_PASSWORD]) as metadata:
        assert metadata.execute("select slots from slot_pool where pool = 'power'").fetchone() == (7,)

    (tmp_path / "agencies.json").write_text(json.dumps(AGENCIES))
    url = f"{admin_url.replace('office:office', 'airflow:metadata.word').removesuffix('postgres')}airflow"
    urls = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": airflow_metadata.sqlalchemy_url(url)}
    fernet = {"AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(bytes(32)).decode()}
    said = _run(environment | urls | fernet, "demo-connections", str(tmp_path))
    assert "power_files" in said
    with _connect(admin_url, "airflow", "airflow", PASSWORDS[install.METADATA_PASSWORD]) as metadata:
        rows = metadata.execute("select conn_id, conn_type, port, password from connection").fetchall()
    assert {row[:3] for row in rows} == {
        (name, kind, AGENCIES["connections"][name]["port"])  # type: ignore[index]
        for name, kind in airflow_metadata.CONNECTION_TYPES.items()
    }
    assert all("a word" not in password for *_, password in rows)


def _environment(home: Path) -> dict[str, str]:
    foreign = ("AIRFLOW", "GREEN_FREIGHT_", "PG")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept | {
        "GREEN_FREIGHT_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
    }


def _run(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "green-freight"), *arguments],
        env=environment,
        cwd=environment["GREEN_FREIGHT_HOME"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _connect(admin_url: str, database: str, user: str, password: str) -> psycopg.Connection[TupleRow]:
    return psycopg.connect(admin_url, dbname=database, user=user, password=password)


def test_the_metadata_of_a_newer_airflow_are_refused(admin_url: str) -> None:
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute("create database newer")
        admin.execute("comment on database newer is '99.0.0'")
    url = admin_url.removesuffix("/postgres") + "/newer"
    with pytest.raises(InstallError, match=r"newer Airflow 99\.0\.0"):
        airflow_metadata.migrate_metadata({}, url, Steps(console()))
