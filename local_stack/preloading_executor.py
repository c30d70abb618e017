"""Airflow's LocalExecutor that imports what tasks import once, before it forks its workers.

A task process otherwise imports it again, which costs more than loading a small month does. Code of the project that
is edited meanwhile is not seen until the next start, so `up`, where people edit, preloads other packages alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from airflow.executors.local_executor import LocalExecutor

# What reading a DAG file and fetching and loading a month import. Neither dbt nor Great Expectations: one task a
# run needs them, and their seconds would come before the first task instead.
PACKAGES = (
    "airflow.sdk",
    "asgiref.sync",
    "httpx",
    "open_data_contract_standard.model",
    "openpyxl",
    "paramiko",
    "psycopg",
    "pydantic_settings",
)
TASK_MODULES = ("green_freight.airflow_tasks",)


class PackagePreloadingExecutor(LocalExecutor):  # type: ignore[misc, unused-ignore]
    """LocalExecutor whose workers are born with the packages that tasks import; the executor of `up`."""

    modules: Sequence[str] = PACKAGES

    def start(self) -> None:
        """Import the modules, then fork the workers."""
        for name in self.modules:
            import_module(name)
        super().start()


class PreloadingExecutor(PackagePreloadingExecutor):
    """LocalExecutor whose workers are born with the tasks' own modules too; the executor of `run`."""

    modules = (*PACKAGES, *TASK_MODULES)
