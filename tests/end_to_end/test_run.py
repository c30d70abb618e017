"""The README's commands as a new user types them: real scheduler, real agencies, the city's own truth.

One scenario in one home, in this order, because a start of Airflow and a load take their time: the whole run, killed in
its middle and resumed; on the stack that `up` leaves running a night with a dead agency by `airflow backfill`, a
restatement that a person approves and reverts, the same night with all agencies, and that again; a replay of what it
published and a pack of its evidence, after the home was moved. Registers and forms are loaded for the whole programme,
daily events as `--events-from` says.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from green_freight.agencies import AGENCIES
from green_freight.cli.airflow_client import AirflowClient
from green_freight.cli.dag_run import NIGHTLY, make_ready
from green_freight.cli.installation import RunningAirflow
from green_freight.contracts import Granularity
from green_freight.operator_pages.pages import MENU
from green_freight.periods import Period, months
from green_freight.settings import PROJECT, ROLES
from green_freight.warehouse import Warehouse

from bi.bundle import dashboards
from local_stack import database, demonstration, processes, stack
from local_stack.demonstration import Demonstration
from local_stack.home import Home
from local_stack.postgres import EmbeddedPostgres, PostgresError
from tests.end_to_end import browser, chart_rows

pytestmark = pytest.mark.end_to_end

DEADLINE_SECONDS = 1500
# More than the 62 days in which a night looks for missing ones.
EVENTS_FROM = Period("2025-07")
RUN = ("run", "--events-from", EVENTS_FROM.label)
BACKFILL = ("airflow", "backfill", "create", "--dag-id", "nightly_refresh")
BACKFILL += ("--from-date", "2025-10-01T02:00:00+08:00", "--to-date", "2025-10-01T02:00:00+08:00")

# What the readers see, without the numbers of publications: equal texts are equal warehouses.
STATE = """
select md5(string_agg(line, '|' order by line)) from (
    select (to_jsonb(value) - 'publication_no')::text from mart.fct_indicator_value as value union all
    select (to_jsonb(score) - 'publication_no')::text from mart.scorecard as score union all
    select count(*) || ' ' || sum(energy_kwh) from mart.fct_charging_session union all
    select count(*) || ' ' || sum(distance_km) from mart.fct_vehicle_operation
) as content (line)
"""


LOADED = """
select agency_code, delivery_name, period_label from ops.load group by 1, 2, 3
having count(distinct dataset_id) = case delivery_name when 'monthly_report' then 3 when 'stations' then 3 else 1 end
"""
FETCHED_TWICE = """
select agency_code, delivery_name, period_label from ops.fetch where run_id like 'backfill_history/%'
group by 1, 2, 3 having count(*) > 1
"""
BACKFILLED = """
select run_id, state from dag_run
where dag_id = 'nightly_refresh' and run_id like 'backfill\\_\\_%' and state in ('success', 'failed')
"""
TASKS = "select task_id, state from task_instance where dag_id = 'nightly_refresh' and run_id = %s"
PARTS_BEFORE_KILL = 250
NIGHT = date(2025, 10, 1)
# The daily events that were not asked for, by dataset and month.
LEFT_OUT = {
    (dataset, month.label)
    for agency in AGENCIES.values()
    for delivery in agency.deliveries.values()
    if delivery.granularity is Granularity.DAY
    for dataset in delivery.datasets
    for month in months(Period("2023-01"), EVENTS_FROM)
    if month < EVENTS_FROM
}


class Installation:
    """A home of its own and the launcher's commands in it."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def start(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run `./green-freight` with these arguments and return how it ended."""
        environment = {**os.environ, "GREEN_FREIGHT_HOME": str(self.home)} | variables
        return subprocess.run(
            [str(PROJECT / "green-freight"), *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=DEADLINE_SECONDS,
            check=False,
        )

    @contextmanager
    def connected(self, role: str) -> Iterator[psycopg.Connection[Any]]:
        """Connect to the warehouse as a role; the server runs meanwhile."""
        home = Home(self.home)
        with (
            database.serving(home) as admin_url,
            database.warehouse(home, admin_url).connect(role) as session,
        ):
            yield session

    def ask(self, query: str) -> str:
        """Return what a reader gets: the columns of the only row as text."""
        with self.connected("reader") as reader:
            [row] = reader.execute(query.encode())
        return "|".join(map(str, row))

    def state(self) -> str:
        """Return a hash of what the readers of both levels see."""
        with self.connected("publisher") as publisher:
            [row] = publisher.execute(STATE.encode())
        return "|".join(map(str, row))

    def change(self, statement: str) -> list[str]:
        """Change raw rows directly, as their owner; return what the statement returns."""
        with self.connected("loader") as loader:
            return [value for (value,) in loader.execute(statement.encode())]

    def killed_in_the_middle(self, *arguments: str) -> set[tuple[str, ...]]:
        """Start a command, kill -9 everything when it has loaded a third of a history, and return what it had loaded.

        Everything is the command, the scheduler with its workers, Airflow's other parts, the agencies and PostgreSQL.
        """
        environment = {**os.environ, "GREEN_FREIGHT_HOME": str(self.home)}
        log = self.home.with_name("killed.log")
        with log.open("wb") as output:
            command = subprocess.Popen(
                [str(PROJECT / "green-freight"), *arguments], env=environment, stdout=output, stderr=output
            )
        try:
            while len(loaded := self.loaded()) < PARTS_BEFORE_KILL:
                assert command.poll() is None, log.read_text(encoding="utf-8")
                time.sleep(0.5)
        finally:
            command.kill()
        stack.kill(Home(self.home))
        [pid_file] = self.home.glob("postgres/**/postmaster.pid")
        os.kill(int(pid_file.read_text(encoding="ascii").split()[0]), signal.SIGKILL)
        command.wait()
        return loaded

    def loaded(self) -> set[tuple[str, ...]]:
        """Return agency, delivery and period of what has been loaded so far; nothing before there is a warehouse."""
        home = Home(self.home)
        # Asking for a password that is not there yet would make another one than the command's.
        if not all((self.home / "secrets" / f"warehouse_{role}").exists() for role in ROLES):
            return set()
        try:
            address = EmbeddedPostgres(home.postgres).address().dsn()
            owner = database.warehouse(home, address).url("owner")
            with psycopg.connect(owner) as connection:
                return set(connection.execute(LOADED))
        except (PostgresError, OSError, psycopg.OperationalError, psycopg.errors.UndefinedTable):
            return set()

    def fetched_twice(self) -> set[tuple[str, ...]]:
        """Return agency, delivery and period of what the backfill has asked for more than once."""
        with self.connected("owner") as owner:
            return set(owner.execute(FETCHED_TWICE))

    def gaps(self) -> set[tuple[str, str]]:
        """Return the datasets and months that `coverage` calls gaps."""
        asked = self.start("coverage", "--gaps", "--json")
        assert asked.returncode == 0, asked.stderr
        return {(cell["dataset_id"], cell["period_month"][:7]) for cell in json.loads(asked.stdout)}

    def night(self) -> dict[str, str]:
        """Return the tasks of the backfilled night with their states, once it is over."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        # A call of Airflow's command line takes seconds of a processor, so its database is asked.
        with (
            database.serving(Home(self.home)) as admin_url,
            psycopg.connect(admin_url, dbname="airflow", autocommit=True) as airflow,
        ):
            while not (ended := airflow.execute(BACKFILLED).fetchall()):
                assert time.monotonic() < deadline
                time.sleep(1)
            [(run_id, state)] = ended
            return {"run": state} | dict(airflow.execute(TASKS, [run_id]).fetchall())

    def repair_agencies(self, day: date) -> None:
        """Start the agencies again, at the same addresses and instant, with whatever of them failed repaired."""
        home = Home(self.home)
        processes.stop(one for one in processes.recorded(home.processes) if one.name == "agencies")
        serving = demonstration.serve(home, Demonstration.of(home, None), demonstration.night_after(day))
        demonstration.connections(home, serving)

    def ended_by_hand(self, **conf: str) -> dict[str, str | None]:
        """Start a nightly run without a logical date and return its tasks with their states, once it is over."""
        home = Home(self.home)
        up = home.noted("up")
        assert up is not None
        client = AirflowClient(up["address"], *stack.login(home))
        airflow = RunningAirflow(
            client, Warehouse({}, self.home, ""), home.task_logs, datetime.fromisoformat(up["started_at"]), 0
        )
        make_ready(airflow, NIGHTLY)
        run = client.trigger(NIGHTLY, conf=conf)
        while not client.run(run.dag_id, run.run_id).is_finished:
            time.sleep(0.2)
        states = {task.task_id: task.state for task in client.tasks(run)}
        client.close()
        return states


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """Give a home with a space in its path; whatever runs in it at the end is stopped."""
    with tempfile.TemporaryDirectory(prefix="green freight ") as folder:
        Path(folder).chmod(0o755)
        made = Installation(Path(folder) / "home")
        yield made
        made.start("clean", "--yes")


def test_a_first_run_that_is_killed_goes_on_and_publishes_the_citys_truth(installation: Installation) -> None:
    loaded = installation.killed_in_the_middle(*RUN, "--volume", "0.02")
    first = installation.start(*RUN, "--volume", "0.02")
    print(first.stdout)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "continuing the interrupted backfill" in first.stdout
    assert not any(stack.alive(Home(installation.home)).values())
    # What was loaded before is not asked for again.
    assert not loaded & installation.fetched_twice()
    truth = installation.start("check-truth")
    assert truth.returncode == 0, truth.stdout
    assert "演示数据" in first.stdout
    shown = installation.start("psql", "-c", "select max(as_of_date) from publication")
    assert (shown.returncode, shown.stdout.strip()) == (0, "2025-09-30")
    reported = installation.ask("select count(*) from scorecard where year = 2025 and status_code = 'behind'")
    assert int(reported) > 0
    # Of the newest month that was closed on 2025-09-30.
    written = sorted(path.name for path in (installation.home / "bulletins").glob("*2025年07月_第1号发布*"))
    assert [Path(name).suffix for name in written] == [".docx", ".xlsx"], written
    # The morning of 2025-10-01 is long over, so the alert's function was called: it has to understand Airflow.
    called = [log for log in installation.home.glob("logs/tasks/executor_callbacks/**/*") if log.is_file()]
    assert called
    assert installation.gaps() == LEFT_OUT
    assert not [log for log in called if "Callback failed" in log.read_text(encoding="utf-8")]


@pytest.fixture(scope="class")
def running(installation: Installation) -> Iterator[Installation]:
    """Leave the stack running, at first with a dead power company."""
    quickly = {"GREEN_FREIGHT_RETRY_DELAY_SECONDS": "1", "GREEN_FREIGHT_DEMO_FAULTS": "power=down"}
    up = installation.start("up", "--day", NIGHT.isoformat(), **quickly)
    assert up.returncode == 0, up.stdout
    yield installation
    installation.start("down")


class TestOnARunningStack:
    """What is done while the stack that `up` left stands, beginning with a night without the power company."""

    def test_a_dead_agency_is_marked_in_the_publication(self, running: Installation) -> None:
        installation = running
        created = installation.start(*BACKFILL)
        assert created.returncode == 0, created.stdout + created.stderr
        tasks = installation.night()
        assert tasks["run"] == "success"
        assert (tasks["power.fetch"], tasks["publish"], tasks["warn_stale"]) == (
            "failed",
            "success",
            "success",
        )
        newest = "from publication order by publication_no desc limit 1"
        assert installation.ask(f"select as_of_date, stale_agencies {newest}") == "2025-10-01|['power']"
        stale = installation.ask(
            "select string_agg(distinct indicator_code, ',') from scorecard where is_stale and year = 2025"
        )
        assert stale == "charging_pile_added,charging_station_added,pile_vehicle_ratio"
        gaps = {(dataset.partition("_")[0], month) for dataset, month in installation.gaps() - LEFT_OUT}
        assert gaps == {("power", "2025-10")}

    def test_a_day_that_is_not_over_is_refused_by_begin_alone(self, running: Installation) -> None:
        states = running.ended_by_hand(business_day="2025-10-02")
        assert states.pop("begin") == "failed"
        assert set(states.values()) == {"upstream_failed"}
        newest = (
            "select business_day, outcome_code, failed_tasks from ops.run order by started_at desc limit 1"
        )
        with running.connected("owner") as owner:
            assert owner.execute(newest).fetchall() == [(None, "failed", ["begin"])]

    def test_a_restatement_waits_for_approval_and_can_be_reverted(self, running: Installation) -> None:
        installation = running
        state, number = (
            installation.state(),
            int(installation.ask("select max(publication_no) from publication")),
        )
        # A row that no load explains: only a person may approve it.
        [place] = installation.change(
            "update raw.transport_stopping_place set in_service_on = in_service_on - 365 where place_id = "
            "(select min(place_id) from raw.transport_stopping_place where in_service_on >= '2024-01-01') "
            "returning place_id"
        )
        order = ("backfill", "--from", "2025-09", "--agency", "transport", "--reason", "核对 / checking")
        waiting = installation.start(*order)
        assert waiting.returncode == 3, waiting.stdout + waiting.stderr
        assert installation.state() == state
        approved = installation.start(*order, "--approve", "已核实 / verified", "--json")
        assert approved.returncode == 0, approved.stdout + approved.stderr
        result = json.loads(approved.stdout[approved.stdout.index("{") :])
        assert result["publication_no"] == number + 1
        assert Path(result["difference_file"]).read_text("utf-8-sig").count("unexplained") > 0
        approval = installation.ask(
            f"select approved_by, approval_reason from publication where publication_no = {number + 1}"
        )
        assert approval == "engineer|已核实 / verified"
        back = installation.start("revert", str(number), "--reason", "核对完毕 / done checking")
        assert back.returncode == 0, back.stdout + back.stderr
        assert installation.state() == state
        installation.change(
            "update raw.transport_stopping_place set in_service_on = in_service_on + 365 "
            f"where place_id = '{place}' returning place_id"
        )

    def test_the_same_night_with_all_agencies_repairs_it(self, running: Installation) -> None:
        installation = running
        installation.repair_agencies(NIGHT)
        good = installation.start(*RUN, "--day", NIGHT.isoformat())
        assert good.returncode == 0, good.stdout + good.stderr
        assert installation.ask("select count(*) from scorecard where is_stale") == "0"
        assert installation.gaps() == LEFT_OUT
        assert installation.start("check-truth").returncode == 0

    def test_the_pages_are_for_those_who_logged_in_to_airflow(self, running: Installation) -> None:
        home = Home(running.home)
        up = home.noted("up")
        assert up is not None
        number = running.ask("select max(publication_no) from publication")
        run_id = running.ask(f"select run_id from publication where publication_no = {number}")
        username, password = stack.login(home)
        with httpx.Client(base_url=up["address"], trust_env=False, timeout=60) as client:
            login = client.post("/auth/token", json={"username": username, "password": password})
            token = login.json()["access_token"]
            runs = client.get("/api/v2/dags/~/dagRuns", headers={"Authorization": f"Bearer {token}"}).json()
            events = client.get("/api/v2/assets/events", headers={"Authorization": f"Bearer {token}"}).json()
            pages = [*MENU, f"publication?number={number}", f"run/{run_id}"]
            for page in ["", *pages, "data-docs/index.html"]:
                address = f"/green-freight/{page}"
                assert client.get(address).status_code == 401, page
                assert client.get(address, headers={"Cookie": "_token=a.b.c"}).status_code == 403, page
                for given in ({"Authorization": f"Bearer {token}"}, {"Cookie": f"_token={token}"}):
                    shown = client.get(address, headers=given)
                    assert shown.status_code == 200, (page, shown.text)
                    assert "default-src 'none'" in shown.headers["content-security-policy"]
        [note] = [run["note"] for run in runs["dag_runs"] if f"{run['dag_id']}/{run['dag_run_id']}" == run_id]
        assert f"Publication {number} was published" in note
        announced = {event["extra"]["publication_no"] for event in events["asset_events"]}
        # The command `revert` is no run of Airflow.
        by_runs = (
            "select string_agg(publication_no::text, ',') from publication where run_id not like 'revert/%'"
        )
        assert announced == set(map(int, running.ask(by_runs).split(",")))

    def test_a_second_run_changes_nothing(self, running: Installation) -> None:
        installation = running
        before = installation.state(), installation.ask("select max(publication_no) from publication")
        second = installation.start(*RUN, "--day", NIGHT.isoformat(), "--json")
        assert second.returncode == 0, second.stdout + second.stderr
        result = json.loads(second.stdout[second.stdout.index("{") :])
        assert [run["dag_id"] for run in result["runs"]] == ["nightly_refresh"]
        assert (
            installation.state(),
            installation.ask("select max(publication_no) from publication"),
        ) == before

    def test_each_dashboard_shows_what_is_published(self, running: Installation) -> None:
        program = browser.chromium()
        if program is None:
            pytest.skip("there is no Chromium, and this account may not install it")
        started = running.start("bi", "--json")
        assert started.returncode == 0, started.stdout + started.stderr
        login = json.loads(started.stdout[started.stdout.index("{") :])["superset"]
        problems = []
        with (
            running.connected("owner") as owner,
            browser.logged_in(program, login["address"], login["user"], login["password"]) as page,
        ):
            for dashboard in dashboards():
                opened = browser.open_dashboard(page, login["address"], dashboard)
                problems += [f"{dashboard.slug}: {problem}" for problem in opened.problems]
                for chart in dashboard.charts:
                    if chart.title not in opened.answers:
                        continue
                    wanted = chart_rows.published(owner, dashboard, chart)
                    shown = chart_rows.answered(chart, opened.answers[chart.title])
                    problems += [
                        f"{dashboard.slug}, {chart.title}: {difference}"
                        for difference in chart_rows.differences(shown, wanted, chart.is_paged)
                    ]
        assert problems == []


def test_what_the_last_night_published_follows_from_the_landed_files_alone(
    installation: Installation,
) -> None:
    number, state = installation.ask("select max(publication_no) from publication"), installation.state()
    # Of the files and of the database nothing is known by the home's place.
    installation.home = installation.home.rename(installation.home.with_name("moved home"))
    packed = installation.start(
        "evidence", "--work", "4", "--year", "2024", "--output", str(installation.home)
    )
    assert packed.returncode == 0, packed.stdout + packed.stderr
    replayed = installation.start("replay", number, "--json")
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    outcome = json.loads(replayed.stdout)
    rows = {table["table"]: table["rows_rebuilt"] for table in outcome["tables"] if table["is_equal"]}
    assert len(rows) == len(outcome["tables"])
    assert "figure_revision" not in rows
    with installation.connected("publisher") as publisher:
        for table, rebuilt in rows.items():
            assert publisher.execute(f"select count(*) from mart.{table}".encode()).fetchone() == (
                rebuilt,
            ), table
    assert installation.state() == state
    assert "重放 · Rebuild a publication" in installation.start("replay", "--help").stdout
    assert installation.start("replay", "1000").returncode == 1
