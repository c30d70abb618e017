"""The stack of one machine as the product's commands use it: servers start for a command and stop after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime

from green_freight import business_days, settings
from green_freight.cli.console import Steps
from green_freight.cli.errors import NotAvailableError
from green_freight.cli.installation import RunningAirflow
from green_freight.warehouse import Warehouse

from demo_city import DEMONSTRATION_DAY
from local_stack import database, demonstration, run
from local_stack.demonstration import Demonstration
from local_stack.home import Home
from local_stack.locks import sole_command


class LocalStack:
    """The installation in the home folder."""

    @contextmanager
    def warehouse(self, *, create: bool = False, upgrade: bool = False) -> Iterator[Warehouse]:
        """Give the home's warehouse; where the environment names the roles' URLs, the warehouse that they name."""
        if settings.warehouse_urls():
            yield Warehouse.from_settings()
            return
        home = Home.prepared()
        with database.serving(home) as admin_url:
            exists = database.is_prepared(admin_url)
            if not exists and not create:
                raise _no_warehouse()
            give = database.prepare_warehouse if upgrade or not exists else database.warehouse
            yield give(home, admin_url)

    @contextmanager
    def administrator(self) -> Iterator[str]:
        """Give the administrator's URL of the home's server; NotAvailableError where it has no warehouse yet."""
        home = Home.prepared()
        with database.serving(home) as admin_url:
            if not database.is_prepared(admin_url):
                raise _no_warehouse()
            yield admin_url

    @contextmanager
    def airflow(self, until: date, steps: Steps) -> Iterator[RunningAirflow]:
        """Give the Airflow that `up` left running, else one that stands in the night after the business day."""
        home = Home.prepared()
        city, clock = Demonstration.of(home, None), demonstration.night_after(until)
        with (
            database.serving(home) as admin_url,
            run.running(home, admin_url, city, clock, steps) as airflow,
        ):
            yield airflow

    def business_day(self) -> date:
        """Return the day before the clock of the running stack, else the day of the last publication."""
        home = Home.prepared()
        if (before := _day_before_clock(home)) is not None:
            return before
        with database.serving(home) as admin_url:
            if not database.is_prepared(admin_url):
                return DEMONSTRATION_DAY
            with database.warehouse(home, admin_url).connect("reader") as reader:
                row = reader.execute("select max(as_of_date) from mart.publication").fetchone()
        return (row and row[0]) or DEMONSTRATION_DAY

    def newest_day(self) -> date:
        """Return the day before the clock of the running stack, else yesterday: a stack can be started at its clock."""
        return _day_before_clock(Home.prepared()) or business_days.yesterday()

    def exclusive(self, command: str) -> AbstractContextManager[None]:
        """Hold the home for a command that starts or stops processes in it."""
        return sole_command(Home.prepared().root, command)


def _no_warehouse() -> NotAvailableError:
    return NotAvailableError(
        "尚无数据仓库，请先运行 ./green-freight run / there is no warehouse yet: run ./green-freight run first"
    )


def _day_before_clock(home: Home) -> date | None:
    """Return the newest business day of the stack that `up` left running, None where none runs."""
    up = database.left_running(home)
    if up is None:
        return None
    return business_days.yesterday(datetime.fromisoformat(up["clock"]) if up["clock"] else None)
