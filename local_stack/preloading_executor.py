"""The executor of `run`: Airflow's LocalExecutor that imports the tasks' code once, before it forks its workers.

A task process otherwise imports that code again, which costs more than loading a small month does. Code that is
edited meanwhile is not seen until the next start, so `up`, where people edit, uses the plain executor.
"""

from __future__ import annotations

from importlib import import_module

from airflow.executors.local_executor import LocalExecutor

# What reading a DAG file and fetching and loading a month import. Neither dbt nor Great Expectations: one task a
# run needs them, and their seconds would come before the first task instead.
TASK_MODULES = ("green_freight.airflow_tasks", "openpyxl", "paramiko", "psycopg", "httpx")


class PreloadingExecutor(LocalExecutor):  # type: ignore[misc, unused-ignore]
    """LocalExecutor whose workers are born with the tasks' modules."""

    def start(self) -> None:
        """Import the modules, then fork the workers."""
        for name in TASK_MODULES:
            import_module(name)
        super().start()
