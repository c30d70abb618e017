"""`airflow`: Airflow's own command line, in the environment of the stack that `up` left running."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from local_stack import airflow_settings, database
from local_stack.airflow_settings import AirflowPlan
from local_stack.home import Home, NothingThere
from local_stack.stack import dags_folder


def run(home: Home, arguments: Sequence[str]) -> int:
    """Run `airflow` with these arguments and return its exit status.

    Raises:
        NothingThere: nothing was left running in this home.
    """
    up = home.noted("up") if database.is_left_running(home) else None
    if up is None:
        raise NothingThere("nothing is up here: ./green-freight up / 尚未启动，请先 up")
    with database.serving(home) as databases:
        plan = AirflowPlan(
            port=urlsplit(up["address"]).port or 0,
            metadata_url=database.prepare_metadata(home, databases),
            role_urls=database.role_urls(home, databases),
            connections={},
            dags_folder=dags_folder(),
            is_scheduled=up["is_scheduled"],
        )
        command = [str(Path(sys.executable).parent / "airflow"), *arguments]
        return subprocess.run(command, env=airflow_settings.environment(home, plan), check=False).returncode
