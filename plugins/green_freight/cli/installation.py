"""Where the commands work: an installation on servers, or (in local_stack) the stack of one machine."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

from green_freight import business_days, settings
from green_freight.cli.airflow_client import AirflowClient
from green_freight.cli.console import Steps
from green_freight.messages import message
from green_freight.settings import SettingMissingError
from green_freight.warehouse import Warehouse


@dataclass(frozen=True)
class RunningAirflow:
    """An Airflow that answers: its REST client, the warehouse that its tasks work on, the folder of their logs.

    DAG files read before `started_at` are read again before a run begins; a run may wait `approval_wait_hours` for
    an approval. `require_alive` raises where it is certain that a part of it has ended.
    """

    client: AirflowClient
    warehouse: Warehouse
    task_logs: Path
    started_at: datetime
    approval_wait_hours: float
    require_alive: Callable[[], None] = lambda: None


class Installation(Protocol):
    """What a command needs of the place where it runs."""

    def warehouse(self, *, create: bool = False, upgrade: bool = False) -> AbstractContextManager[Warehouse]:
        """Give the warehouse, its server running meanwhile; NotAvailableError where there is none.

        It is made with `create`; with `upgrade` its schemas are brought up to this code first.
        """

    def administrator(self) -> AbstractContextManager[str]:
        """Give the libpq URL of the server's administrator, its server running meanwhile."""

    def airflow(self, until: date, steps: Steps) -> AbstractContextManager[RunningAirflow]:
        """Give an Airflow that can load deliveries up to a business day."""

    def business_day(self) -> date:
        """Return the last business day whose deliveries can be there."""

    def newest_day(self) -> date:
        """Return the newest business day that a command may name: it is over."""

    def exclusive(self, command: str) -> AbstractContextManager[None]:
        """Keep other commands that start or stop processes out for the block."""


class ServerInstallation:
    """The installation whose settings are in the environment, as docker-compose.yml makes it."""

    @contextmanager
    def warehouse(self, *, create: bool = False, upgrade: bool = False) -> Iterator[Warehouse]:
        """Give the warehouse of the settings; `green-freight install` makes and upgrades it."""
        yield Warehouse.from_settings()

    @contextmanager
    def administrator(self) -> Iterator[str]:
        """Give the administrator's URL of the settings; SettingMissingError where it is not set."""
        url = settings.current().postgres_admin_url
        if not url:
            raise SettingMissingError(message("administrator_not_set"))
        yield url

    @contextmanager
    def airflow(self, until: date, steps: Steps) -> Iterator[RunningAirflow]:
        """Give the Airflow of the installation, logged in as its operator."""
        address, user, password = airflow_login(os.environ)
        client = AirflowClient(address, user, password)
        logs = Path(os.environ.get("AIRFLOW__LOGGING__BASE_LOG_FOLDER", ""))
        yield RunningAirflow(client, Warehouse.from_settings(), logs, datetime.min.replace(tzinfo=UTC), 16)

    def business_day(self) -> date:
        """Return yesterday, by the city's clock."""
        return business_days.yesterday()

    def newest_day(self) -> date:
        """Return yesterday, by the city's clock."""
        return business_days.yesterday()

    def exclusive(self, command: str) -> AbstractContextManager[None]:
        """Exclude no other command: none starts or stops a service."""
        return nullcontext()


def airflow_login(environment: Mapping[str, str]) -> tuple[str, str, str]:
    """Return address, user and password of Airflow's API as its services have them; SettingMissingError without."""
    names = ("AIRFLOW__CORE__EXECUTION_API_SERVER_URL", "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE")
    missing = [name for name in names if not environment.get(name)]
    if missing:
        raise SettingMissingError(
            message("airflow_login_not_set", names_zh="、".join(missing), names_en=", ".join(missing))
        )
    server = urlsplit(environment[names[0]])
    logins: dict[str, str] = json.loads(Path(environment[names[1]]).read_text(encoding="utf-8"))
    user, password = next(iter(logins.items()))
    return urlunsplit((server.scheme, server.netloc, "", "", "")), user, password
