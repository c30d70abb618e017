"""`airflow`: Airflow's own command line, in the environment of the stack that `up` left running."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from urllib.parse import urlsplit

from green_freight.cli.airflow_metadata import program
from green_freight.cli.errors import NotAvailableError

from local_stack import airflow_settings, database
from local_stack.airflow_settings import AirflowPlan
from local_stack.home import Home
from local_stack.stack import dags_folder


def run(home: Home, arguments: Sequence[str]) -> int:
    """Run `airflow` with these arguments and return its exit status.

    Raises:
        NotAvailableError: nothing was left running in this home.
    """
    up = home.noted("up") if database.is_left_running(home) else None
    if up is None:
        raise NotAvailableError(
            "尚未启动，请先运行 ./green-freight up / nothing is running here: run ./green-freight up first"
        )
    with database.serving(home) as admin_url:
        plan = AirflowPlan(
            port=urlsplit(up["address"]).port or 0,
            metadata_url=database.prepare_metadata(home, admin_url),
            role_urls=database.warehouse(home, admin_url).urls,
            connections={},
            dags_folder=dags_folder(),
            is_scheduled=up["is_scheduled"],
        )
        command = [program(), *arguments]
        return subprocess.run(command, env=airflow_settings.environment(home, plan), check=False).returncode
