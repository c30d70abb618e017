"""What Airflow's own services take from the package: the deadline of a nightly run, and the record of how runs end."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin
from green_freight import airflow_runs


class GreenFreightPlugin(AirflowPlugin):
    """Registers both under one name."""

    name = "green_freight"
    deadline_references = [airflow_runs.PublicationDeadline]  # noqa: RUF012
    listeners = [airflow_runs.RunListener()]  # noqa: RUF012
