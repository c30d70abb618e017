"""Airflow's environment: ours alone, on 127.0.0.1, with every connection the tasks ask for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local_stack import airflow_settings
from local_stack.airflow_settings import AirflowPlan, ConnectionMissingError
from local_stack.home import Home

PLAN = AirflowPlan(
    port=4321,
    metadata_url="postgresql://airflow:pa55@127.0.0.1:5000/airflow",
    role_urls={"reader": "postgresql://green_freight_reader:a%2Fb%20c@127.0.0.1:5000/green_freight"},
    connections={
        "power": {"host": "127.0.0.1", "port": 9, "login": "", "password": "x", "extra": {"a": "b"}}
    },
    is_scheduled=False,
)


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "SequentialExecutor")
    monkeypatch.setenv("PGPASSWORD", "of the caller")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("no_proxy", "example.org")
    return airflow_settings.environment(Home(tmp_path), PLAN)


def test_nothing_of_another_installation_leaks_in(environment: dict[str, str]) -> None:
    assert environment["AIRFLOW__CORE__EXECUTOR"] == airflow_settings.PACKAGE_PRELOADING_EXECUTOR
    assert not {"PGPASSWORD", "PYTHONDONTWRITEBYTECODE"} & environment.keys()


def test_the_folder_of_the_dag_processors_logs_is_that_of_the_home_as_it_is_now(
    environment: dict[str, str], tmp_path: Path
) -> None:
    folder = environment["AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY"]
    assert folder == str(tmp_path / "airflow" / "logs" / "dag_processor")


def test_it_listens_on_this_machine_only_and_no_proxy_stands_between(environment: dict[str, str]) -> None:
    assert environment["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:4321/execution/"
    assert environment["NO_PROXY"] == "example.org,127.0.0.1,localhost"


def test_the_warehouse_connection_is_the_url_taken_apart(environment: dict[str, str]) -> None:
    assert json.loads(environment["AIRFLOW_CONN_WAREHOUSE_READER"]) == {
        "conn_type": "postgres",
        "host": "127.0.0.1",
        "port": 5000,
        "login": "green_freight_reader",
        "password": "a/b c",
        "schema": "green_freight",
    }
    assert environment["GREEN_FREIGHT_READER_URL"] == PLAN.role_urls["reader"]


def test_an_agency_keeps_its_own_fields(environment: dict[str, str]) -> None:
    power = json.loads(environment["AIRFLOW_CONN_POWER"])
    assert power["conn_type"] == "http"
    assert power["extra"] == {"a": "b"}


def test_secrets_are_made_once_and_only_we_can_read_them(tmp_path: Path) -> None:
    home = Home(tmp_path)
    first = airflow_settings.environment(home, PLAN)
    assert airflow_settings.environment(home, PLAN) == first
    kept = list((tmp_path / "secrets").iterdir())
    assert kept
    assert {path.stat().st_mode & 0o077 for path in kept} == {0}


def test_a_real_agency_without_a_connection_is_named() -> None:
    known = {f"AIRFLOW_CONN_{name}": "x" for name in ("TRANSPORT", "COMMERCE", "POSTAL", "POWER")}
    with pytest.raises(ConnectionMissingError, match="AIRFLOW_CONN_POWER_FILES"):
        airflow_settings.require_connections(known)
    airflow_settings.require_connections(known | {"AIRFLOW_CONN_POWER_FILES": "x"})
