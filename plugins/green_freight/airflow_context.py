"""What a task gets from Airflow: its run and parameters, the agencies' connections, the warehouse; how errors are
reported to Airflow."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from airflow.sdk import BaseHook, get_current_context
from airflow.sdk.exceptions import AirflowFailException

from green_freight.agencies import agency_named
from green_freight.agencies.connector import Connection
from green_freight.errors import AgencyUnavailableError, PermanentError
from green_freight.loading import LoadStoppedError
from green_freight.settings import ROLES
from green_freight.warehouse import Warehouse, scratch

log = logging.getLogger(__name__)


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


@contextmanager
def permanent_errors() -> Iterator[None]:
    """Report to Airflow that a retry does not help."""
    try:
        yield
    except PermanentError as error:
        raise AirflowFailException(str(error)) from error


@contextmanager
def agency_errors(agency: str) -> Iterator[None]:
    """Report to Airflow which failures are worth a retry: an agency that did not respond is, a broken file is not."""
    try:
        yield
    except AgencyUnavailableError as error:
        log.warning("%s: %s", agency, error)
        raise
    except (PermanentError, LoadStoppedError) as error:
        raise AirflowFailException(str(error)) from error


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
