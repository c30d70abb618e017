"""Airflow's settings, all by environment: nothing to edit, nothing that depends on a file left from before."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from green_freight import settings
from green_freight.cli.airflow_metadata import CONNECTION_TYPES, sqlalchemy_url
from psycopg.conninfo import conninfo_to_dict

from local_stack.home import Home

USER = "engineer"
PARALLELISM = 4
# Where a real agency's connection is set, by the agency files.
CONNECTION_VARIABLES = tuple(f"AIRFLOW_CONN_{name.upper()}" for name in CONNECTION_TYPES)

PACKAGE_PRELOADING_EXECUTOR = "local_stack.preloading_executor.PackagePreloadingExecutor"
PRELOADING_EXECUTOR = "local_stack.preloading_executor.PreloadingExecutor"


class ConnectionMissingError(RuntimeError):
    """The connection of a real agency is not set; the message names the variables."""


@dataclass(frozen=True)
class AirflowPlan:
    """What one start of Airflow is given.

    `metadata_url` and `role_urls` are libpq URLs; `connections` are the agencies' connection fields by
    connection id; `is_scheduled` tells whether timetables create runs by themselves; `executor` is Airflow's name
    of the class that runs tasks; `clock` is the instant at which the
    demonstration agencies stand, None beside real ones.
    """

    port: int
    metadata_url: str = field(repr=False)
    role_urls: Mapping[str, str] = field(repr=False)
    connections: Mapping[str, Mapping[str, Any]] = field(repr=False)
    is_scheduled: bool
    executor: str = PACKAGE_PRELOADING_EXECUTOR
    clock: datetime | None = None


def environment(home: Home, plan: AirflowPlan) -> dict[str, str]:
    """Return the whole environment for Airflow's processes and the tasks they run."""
    return _inherited() | _airflow(home, plan) | _connections(plan) | _project(home, plan)


def require_connections(variables: Mapping[str, str]) -> None:
    """Check that every agency's connection is among the environment's variables.

    Raises:
        ConnectionMissingError: some are not.
    """
    missing = [name for name in CONNECTION_VARIABLES if name not in variables]
    if missing:
        raise ConnectionMissingError(
            f"未设置 {'、'.join(missing)}，未启动；请先设置各单位的连接 / {', '.join(missing)} is not set, "
            "so nothing was started; set the connections of the agencies first"
        )


def _inherited() -> dict[str, str]:
    # Settings of another Airflow or dbt of the caller's must not leak into ours; neither may a proxy stand
    # between two processes of the stack.
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("AIRFLOW_CONN_")
        or not (name.startswith(("AIRFLOW", "DBT_", "PG")) or name == "PYTHONDONTWRITEBYTECODE")
    }
    around = ",".join(filter(None, [kept.get("NO_PROXY") or kept.get("no_proxy"), "127.0.0.1", "localhost"]))
    return kept | {"NO_PROXY": around, "no_proxy": around}


def _airflow(home: Home, plan: AirflowPlan) -> dict[str, str]:
    address = f"http://127.0.0.1:{plan.port}"
    chosen = {
        "CORE__EXECUTOR": plan.executor,
        "CORE__PARALLELISM": str(PARALLELISM),
        "CORE__DAGS_FOLDER": str(settings.current().dags_folder.absolute()),
        "CORE__PLUGINS_FOLDER": str(settings.PROJECT / "plugins"),
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__DEFAULT_TIMEZONE": "Asia/Shanghai",
        "CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
        "CORE__FERNET_KEY": home.secret("airflow_fernet_key", _fernet_key),
        "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home.airflow / "passwords.json"),
        "DATABASE__SQL_ALCHEMY_CONN": sqlalchemy_url(plan.metadata_url),
        "API__HOST": "127.0.0.1",
        "API__PORT": str(plan.port),
        "API__BASE_URL": address,
        "API__SECRET_KEY": home.secret("airflow_api_key"),
        "API__INSTANCE_NAME": "Green Freight Warehouse",
        "API__MAXIMUM_PAGE_LIMIT": "1000",
        "API_AUTH__JWT_SECRET": home.secret("airflow_jwt"),
        # Each look for work takes a hundredth of a second of a processor, here and in PostgreSQL.
        "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
        "SCHEDULER__USE_JOB_SCHEDULE": str(plan.is_scheduled),
        # A file that is edited is read again at the next refresh; this is for those that are not.
        "DAG_PROCESSOR__REFRESH_INTERVAL": "10",
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",
        # A supervisor that misses the moment its task ends sleeps until the next heartbeat and holds its slot.
        "WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        # On a small machine that is starting up an answer may take longer than the 5 s of the default.
        "WORKERS__EXECUTION_API_TIMEOUT": "60",
        "LOGGING__BASE_LOG_FOLDER": str(home.task_logs),
        # Else airflow.cfg, which the first start writes, names the folder of a home that was moved since.
        "LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(home.airflow / "logs" / "dag_processor"),
        "LOGGING__COLORED_CONSOLE_LOG": "False",
        "USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    return {f"AIRFLOW__{name}": value for name, value in chosen.items()} | {
        "AIRFLOW_HOME": str(home.airflow),
        "SCARF_ANALYTICS": "false",
        "DO_NOT_TRACK": "1",
        "GX_ANALYTICS_ENABLED": "false",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def _connections(plan: AirflowPlan) -> dict[str, str]:
    described = {name: dict(fields) for name, fields in plan.connections.items()}
    for name, fields in described.items():
        fields.setdefault("conn_type", CONNECTION_TYPES.get(name, "generic"))
    described |= {f"warehouse_{role}": _postgres_fields(url) for role, url in plan.role_urls.items()}
    return {f"AIRFLOW_CONN_{name.upper()}": json.dumps(fields) for name, fields in described.items()}


def _project(home: Home, plan: AirflowPlan) -> dict[str, str]:
    settled = {settings.url_variable(role): url for role, url in plan.role_urls.items()}
    if plan.executor == PRELOADING_EXECUTOR:
        # It imported the code at its start and runs that; elsewhere a task finds the code as it is by then.
        settled["GREEN_FREIGHT_CODE_VERSION"] = settings.code_version()
    return settled | {
        "GREEN_FREIGHT_HOME": str(home.root),
        "GREEN_FREIGHT_LANDING_URL": home.landing_url,
        "GREEN_FREIGHT_SYNTHETIC": "1" if plan.clock else "0",
        settings.variable("clock"): plan.clock.isoformat() if plan.clock else "",
    }


def _postgres_fields(url: str) -> dict[str, Any]:
    parts = conninfo_to_dict(url)
    return {
        "conn_type": "postgres",
        "host": parts.get("host", ""),
        "port": int(parts.get("port") or 5432),
        "login": parts.get("user", ""),
        "password": parts.get("password", ""),
        "schema": parts.get("dbname", ""),
    }


def _fernet_key() -> str:
    from cryptography.fernet import Fernet

    return Fernet.generate_key().decode("ascii")
