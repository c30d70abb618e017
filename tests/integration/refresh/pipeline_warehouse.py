"""One test warehouse with its agencies: nightly runs through the pipeline's own steps, and what they published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from green_freight import loading, pipeline
from green_freight.agencies import AGENCIES
from green_freight.agencies.connector import Connection
from green_freight.agencies.fetch import fetch_agency
from green_freight.agencies.fetch_plan import requests_of_month
from green_freight.backfill import steps
from green_freight.contracts import Granularity
from green_freight.errors import AgencyUnavailableError, BrokenDeliveryError
from green_freight.loading import LoadStoppedError
from green_freight.periods import SHANGHAI, Period, months
from green_freight.warehouse import runs
from psycopg import sql
from psycopg.rows import dict_row

from demo_city.servers import DemoAgencies
from tests.conftest import Warehouse

# Registers and forms are loaded from the programme's first month, which every indicator needs; events only as far
# back as a night looks for missing ones.
EVENTS_FROM = date(2025, 7, 30)
LAST_LOADED, EVE, DAY = date(2025, 9, 28), date(2025, 9, 29), date(2025, 9, 30)
QUICK = {"attempts": "2", "first_wait_seconds": "0.01", "longest_wait_seconds": "0.02"}
# These differ between two ways to the same state: numbers and times of publications, builds and loads.
_NUMBERS = ("publication", "publication_table_change", "publication_file", "figure_revision")


@dataclass
class Night:
    """The result of a nightly run: errors by agency and step, publication number (None: nothing differed)."""

    run_id: str
    errors: dict[tuple[str, str], Exception] = field(default_factory=dict)
    publication_no: int | None = None
    report: str = ""


@dataclass
class PipelineWarehouse:
    """A test warehouse and the agencies that its runs fetch from."""

    demo: DemoAgencies
    database: Warehouse
    # Retry policy of single connections, by connection id.
    extra: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    # Another instance of an agency in place of the usual one, by connection id.
    replaced: Mapping[str, DemoAgencies] = field(default_factory=dict)
    run_count: int = 0
    # The agencies' clock never goes back: an older day that is run again is run later.
    newest_day: date = LAST_LOADED

    def connections(self) -> dict[str, Connection]:
        """Return the package's connections to the demonstration agencies."""
        found = {}
        for name, connection in self.demo.connections.items():
            source = self.replaced.get(name)
            facts = asdict(source.connections[name] if source else connection)
            extra = {**facts["extra"], **QUICK, **self.extra.get(name, {})}
            found[name] = Connection(**{**facts, "extra": extra})
        return found

    def begin(self, kind: str, day: date) -> str:
        """Begin a run with a name of its own, on the morning after its day or after the newest day until now."""
        self.run_count += 1
        self.move_clock(day)
        run_id = f"{kind}/{day}/{self.run_count}"
        runs.begin(self.database, run_id, kind, day, "test")
        return run_id

    def move_clock(self, day: date) -> None:
        """Let the agencies stand on the morning after a day, or after the newest day until now."""
        self.newest_day = max(self.newest_day, day)
        for demo in (self.demo, *self.replaced.values()):
            demo.set_clock(morning_after(self.newest_day))

    def load_history(self, until: date, events_from: date = EVENTS_FROM) -> None:
        """Load registers and forms of all months, and the events from a day on; publish them."""
        self.finish(self.load_past(until, events_from))

    def load_past(self, until: date, events_from: date = EVENTS_FROM) -> str:
        """Load registers and forms of all months, and the events from a day on; return the run."""
        run_id = self.begin("backfill", until)
        for agency in AGENCIES:
            work = [
                (name, period)
                for month in months(Period("2023-01"), Period.month_of(until))
                for name, period in requests_of_month(agency, month, until)
                if not _is_event(agency, name) or period.first_day >= events_from
            ]
            fetched = fetch_agency(self.database, agency, work, self.connections(), run_id, until)
            fetched.raise_for_failures()
            loading.load_agency(self.database, agency, work, run_id, progress=str).raise_if_stopped()
        return run_id

    def night(self, day: date = DAY, order: Iterable[str] = tuple(AGENCIES)) -> Night:
        """Run a night as Airflow does: agencies apart from each other, then build, audit, publish."""
        night = self.fetch_and_load(day, order)
        night.publication_no, night.report = self.finish(night.run_id)
        return night

    def fetch_and_load(self, day: date = DAY, order: Iterable[str] = tuple(AGENCIES)) -> Night:
        """Fetch and load what is due; a failing agency does not affect the others."""
        night = Night(self.begin("nightly", day))
        for agency in order:
            connections = {k: v for k, v in self.connections().items() if k.partition("_")[0] == agency}
            try:
                pipeline.fetch_due(self.database, night.run_id, agency, connections)
            except (AgencyUnavailableError, BrokenDeliveryError) as error:
                night.errors[agency, "fetch"] = error
            try:
                pipeline.load_landed(self.database, night.run_id, agency)
            except LoadStoppedError as error:
                night.errors[agency, "load"] = error
        return night

    def finish(self, run_id: str) -> tuple[int | None, str]:
        """Build, audit, compare, approve what has to be, publish; return publication number and report."""
        self.prepare(run_id)
        if pipeline.outstanding(self.database, run_id):
            pipeline.approve(self.database, run_id, "tester", "expected by the test")
        published = pipeline.publish(self.database, run_id)
        return published["publication_no"], pipeline.report(self.database, run_id)

    def prepare(self, run_id: str) -> dict[str, Any]:
        """Build, audit and compare, as far as a run gets without an approval; return the comparison's result."""
        pipeline.build(self.database, run_id)
        pipeline.audit(self.database, run_id)
        return pipeline.compare(self.database, run_id)

    def prepare_again(self, run_id: str) -> dict[str, Any]:
        """Build and compare what was audited before as it is; the audit is recorded as passed."""
        build_id = pipeline.build(self.database, run_id)["build_id"]
        self.rows("update ops.build set outcome_code = 'audited' where build_id = %s returning 1", build_id)
        self.rows(
            "insert into ops.verdict (build_id, run_id, table_name, expectation_code, expectation_type,"
            " severity_code, is_success, message_zh, message_en)"
            " values (%s, %s, 't', 'e', 'e', 'critical', true, '', '') returning 1",
            build_id,
            run_id,
        )
        return pipeline.compare(self.database, run_id)

    def backfill(self, parameters: Mapping[str, Any]) -> str:
        """Begin a backfill as its DAG does and run its parts; return its run, which is not built yet."""
        self.run_count += 1
        self.move_clock(date.fromisoformat(parameters["business_day"]))
        run_id = f"backfill_history/{self.run_count}"
        steps.begin_backfill(self.database, run_id, parameters)
        self.run_parts(run_id, parameters)
        return run_id

    def run_parts(self, run_id: str, parameters: Mapping[str, Any]) -> None:
        """Run the parts of every agency that a backfill asks for."""
        for agency in AGENCIES:
            for months_ in steps.backfill_months(self.database, run_id, agency, parameters):
                steps.load_months(self.database, run_id, agency, months_, self.connections(), parameters)

    def load_only(self, day: date) -> str:
        """Fetch and load the deliveries labelled with one day, none that were missed before it; return the run."""
        run_id = self.begin("nightly", day)
        for agency in AGENCIES:
            work = [
                (name, Period.day(day)) for name in AGENCIES[agency].deliveries if _is_daily(agency, name)
            ]
            report = fetch_agency(self.database, agency, work, self.connections(), run_id, day)
            report.raise_for_failures()
            loading.load_agency(self.database, agency, work, run_id, progress=str).raise_if_stopped()
        return run_id

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Return the rows of a query as the owner of the tables concerned sees them."""
        with self.database.admin() as admin, admin.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query.encode(), list(values)).fetchall()

    def rows_named(self, query: str, **values: Any) -> list[dict[str, Any]]:
        """Return the rows of a query with named parameters."""
        with self.database.admin() as admin, admin.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query.encode(), values).fetchall()

    def value(self, query: str, *values: Any) -> Any:
        """Return the only value of a query."""
        [row] = self.rows(query, *values)
        [value] = row.values()
        return value

    def tables(self, without: Sequence[str] = ("publication_no",), schema: str = "mart") -> dict[str, str]:
        """Return a hash of each published table's content, without the numbers of publications or other columns.

        With the schema `candidate` the same of what was built and may be published.
        """
        found = {}
        with self.database.admin() as admin:
            names = admin.execute(
                "select tablename from pg_tables where schemaname = %s and tablename not like '%%\\_p20%%'",
                [schema],
            ).fetchall()
            for (name,) in names:
                if name in _NUMBERS:
                    continue
                [found[name]] = admin.execute(
                    sql.SQL(
                        "select coalesce(sum(hashtextextended((to_jsonb(t) - %s::text[])::text, 0)), 0)"
                        " || ' ' || count(*) from {} t"
                    ).format(sql.Identifier(schema, name)),
                    [list(without)],
                ).fetchone() or [""]
        return found

    def raw(self, *without: str) -> dict[str, str]:
        """Return a hash of each raw table's content, without the numbers of loads and other columns."""
        tables = self.tables(without=("_load_id", *without), schema="raw")
        # Written by each build.
        return {name: content for name, content in tables.items() if name != "reference_calendar"}

    def contents(self, table: str) -> Counter[str]:
        """Return the rows of a published table as texts, without the number of the publication."""
        query = f"select (to_jsonb(t) - 'publication_no')::text as content from mart.{table} t"
        return Counter(row["content"] for row in self.rows(query))


def morning_after(day: date) -> datetime:
    """Return 02:00 Shanghai of the next day: when a nightly run begins."""
    return datetime.combine(day + timedelta(days=1), time(2), SHANGHAI)


def _is_event(agency: str, delivery: str) -> bool:
    return AGENCIES[agency].delivery(delivery).granularity is Granularity.DAY


def _is_daily(agency: str, delivery: str) -> bool:
    return AGENCIES[agency].delivery(delivery).granularity is not Granularity.MONTH
