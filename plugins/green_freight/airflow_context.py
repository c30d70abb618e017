"""What a task gets from Airflow: its run and parameters, the agencies' connections, the warehouse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from airflow.sdk import BaseHook, get_current_context

from green_freight import business_days
from green_freight.agencies import agency_named
from green_freight.agencies.connector import Connection
from green_freight.settings import ROLES
from green_freight.warehouse import Warehouse, scratch


def installed_warehouse() -> Warehouse:
    """Return the warehouse of the settings; a role's URL may also be in the Airflow connection `warehouse_<role>`."""
    found = Warehouse.from_settings()
    missing = [role for role in ROLES if role not in found.urls]
    connections = {role: BaseHook.get_connection(f"warehouse_{role}").get_uri() for role in missing}
    urls = {role: uri.replace("postgres://", "postgresql://", 1) for role, uri in connections.items()}
    return replace(found, urls={**found.urls, **urls})


def run_warehouse() -> Warehouse:
    """Return the warehouse that the run works on: a dry run has a copy of the installed one."""
    installed = installed_warehouse()
    return scratch.named(installed, run_id()).warehouse if run_params().get("dry_run") else installed


def business_day_of(context: Any) -> date:
    """Return the business day that a nightly run stands for; BusinessDayError where what was typed is no date.

    A run that was started by hand has no logical date and no data interval, and its context lacks their keys.
    """
    run, asked = context["dag_run"], context["params"].get("business_day")
    names = ("logical_date", "data_interval_start", "run_after")
    return business_days.of_run(asked, *(getattr(run, name, None) for name in names))


def run_params() -> Mapping[str, Any]:
    """Return the parameters of the run."""
    params: Mapping[str, Any] = get_current_context()["params"]
    return params


def person_behind(context: Any) -> str:
    """Return who started the run, as Airflow knows it."""
    run = context["dag_run"]
    return getattr(run, "triggering_user_name", None) or str(run.run_type)


def run_id() -> str:
    """Return the run as `ops` names it: `<dag>/<run>`."""
    run = get_current_context()["dag_run"]
    return f"{run.dag_id}/{run.run_id}"


def connections_of(agency: str) -> dict[str, Connection]:
    """Return the agency's Airflow connections in the package's own plain form."""
    found = {}
    for name in agency_named(agency).connections:
        connection = BaseHook.get_connection(name)
        found[name] = Connection(
            host=connection.host or "",
            port=connection.port or 0,
            login=connection.login or "",
            password=connection.password or "",
            extra={key: str(value) for key, value in connection.extra_dejson.items()},
        )
    return found
