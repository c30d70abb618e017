"""`demo-connections`: tells Airflow how to reach the demonstration agencies that run beside an installation.

They draw ports, passwords and keys at their first start and write them into `agencies.json`; this puts them into
Airflow's metadata database. A connection of a real agency (AIRFLOW_CONN_*) is found first and wins.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from pathlib import Path

from local_stack import install
from local_stack.airflow_settings import CONNECTION_TYPES
from local_stack.home import Home, NothingThere

DEADLINE_SECONDS = 120.0


def import_connections(home: Home, agencies: Path) -> list[str]:
    """Put the connections of `agencies`/agencies.json into Airflow and return their ids.

    The metadata database is the one that AIRFLOW__DATABASE__SQL_ALCHEMY_CONN names.

    Raises:
        NothingThere: the agencies did not write the file within two minutes.
        InstallError: Airflow refused it.
    """
    described = json.loads(_written(agencies / "agencies.json"))["connections"]
    for name, fields in described.items():
        fields["conn_type"] = CONNECTION_TYPES[name]
    # Secrets: a file of our own, gone when Airflow has read it.
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(described, file)
        file.flush()
        environment = {"AIRFLOW_HOME": str(home.airflow)} | os.environ
        install.run_airflow(environment, "connections", "import", "--overwrite", file.name)
    return sorted(described)


def _written(directory: Path) -> str:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not directory.exists():
        if time.monotonic() > deadline:
            raise NothingThere(f"{directory}: 演示部门未启动 / the demonstration agencies have not started")
        time.sleep(0.2)
    return directory.read_text(encoding="utf-8")
