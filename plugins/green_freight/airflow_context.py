"""What a task gets from Airflow: its run and parameters, the agencies' connections, the warehouse's URLs; how errors
are reported to Airflow."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from airflow.sdk import BaseHook, get_current_context
from airflow.sdk.exceptions import AirflowFailException

from green_freight.agencies import agency_named
from green_freight.agencies.connection import Connection
from green_freight.errors import AgencyUnavailableError, PermanentError
from green_freight.loading import LoadStoppedError
from green_freight.settings import ROLES, url_variable
from green_freight.warehouse import Warehouse, scratch
from green_freight.warehouse.connection import entered

log = logging.getLogger(__name__)


@contextmanager
def run_warehouse() -> Iterator[Mapping[str, Any]]:
    """Work on the warehouse, or on a dry run's copy of it, for the block; give the run's parameters."""
    params = run_params()
    if not params.get("dry_run"):
        yield params
        return
    with entered(scratch.named(Warehouse.from_settings(), run_id()).warehouse):
        yield params


@contextmanager
def permanent_errors() -> Iterator[None]:
    """Report to Airflow that a retry does not help."""
    try:
        yield
    except PermanentError as error:
        raise AirflowFailException(str(error)) from error


class agency_errors:
    """Report to Airflow which failures are worth a retry: an agency that did not respond is, a broken file is not."""

    def __init__(self, agency: str) -> None:
        self.agency = agency

    def __enter__(self) -> None:
        set_warehouse_urls()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, AgencyUnavailableError):
            log.warning("%s: %s", self.agency, error)
        elif isinstance(error, PermanentError | LoadStoppedError):
            raise AirflowFailException(str(error)) from error


def run_params() -> Mapping[str, Any]:
    """Return the parameters of the run."""
    params: Mapping[str, Any] = current_context()["params"]
    return params


def person_behind(context: Any) -> str:
    """Return who started the run, as Airflow knows it."""
    run = context["dag_run"]
    return getattr(run, "triggering_user_name", None) or str(run.run_type)


def current_context() -> Any:
    """Return the context of the running task, with the warehouse's URLs set."""
    set_warehouse_urls()
    return get_current_context()


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


def set_warehouse_urls() -> None:
    """Set the warehouse's URLs from the Airflow connections `warehouse_<role>` where the environment has none."""
    for role in ROLES:
        name = url_variable(role)
        if name not in os.environ:
            connection = BaseHook.get_connection(f"warehouse_{role}")
            os.environ[name] = connection.get_uri().replace("postgres://", "postgresql://", 1)
