"""`demo-connections`: gives Airflow the connections of the demonstration agencies that run beside an installation.

They draw ports, passwords and keys at their first start and write them into `agencies.json`; this imports them into
Airflow's metadata database. A connection of a real agency (AIRFLOW_CONN_*) is found first and wins.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Annotated

import typer

from green_freight import settings
from green_freight.cli.airflow_metadata import CONNECTION_TYPES, import_entries
from green_freight.cli.errors import NotAvailableError

DEADLINE_SECONDS = 120.0


def demo_connections_command(
    agencies: Annotated[Path, typer.Argument(help="agencies.json 所在目录 · the folder of agencies.json.")],
) -> None:
    """演示连接 · Give an installation's Airflow the connections of the demonstration agencies beside it."""
    names = import_connections(settings.home() / "airflow", agencies)
    typer.echo(f"连接 · connections: {', '.join(names)}")


def import_connections(airflow_home: Path, agencies: Path) -> list[str]:
    """Import the connections of `agencies`/agencies.json into Airflow and return their ids.

    The metadata database is the one that AIRFLOW__DATABASE__SQL_ALCHEMY_CONN names.

    Raises:
        NotAvailableError: the agencies did not write the file within two minutes.
        InstallError: Airflow rejected it.
    """
    described = json.loads(_written(agencies / "agencies.json"))["connections"]
    for name, fields in described.items():
        fields["conn_type"] = CONNECTION_TYPES[name]
    environment = {"AIRFLOW_HOME": str(airflow_home)} | os.environ
    import_entries(environment, described, "connections", "import", "--overwrite")
    return sorted(described)


def _written(directory: Path) -> str:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not directory.exists():
        if time.monotonic() > deadline:
            raise NotAvailableError(
                f"演示单位未启动，未导入连接：没有文件 {directory} / the demonstration agencies have not started, no "
                f"connection was imported: there is no file {directory}"
            )
        time.sleep(0.2)
    return directory.read_text(encoding="utf-8")
