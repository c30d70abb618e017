"""How long build, audit and publication take over a home's raw data: everything for the first time, then a night.

    python -m bench.refresh [--home HOME] [--nights 3]

HOME, by default that of the settings, is the home of a local stack that has loaded its history
(`GREEN_FREIGHT_HOME=HOME ./green-freight run --volume 1`) and is down. A copy of its warehouse is measured and dropped;
the home itself is not changed. A night corrects one day's sessions and operations in raw. Each step runs in a process
of its own, as Airflow's tasks do. Beside the seconds stand those of CPU that the step and the server used, which a busy
machine changes little.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import psycopg
from green_freight import settings
from green_freight.publishing.plan import RECORDS, VERSION_COLUMN
from green_freight.settings import ROLES
from green_freight.warehouse import Warehouse, bootstrap, runs
from psycopg import sql

from bench import results
from bench.results import Results
from local_stack import database
from local_stack.home import Home

COPY = "bench_refresh"
STEPS = ("build", "audit", "publish")
_RECORDS_OF_RUNS = ("verdict", "build", "candidate_lease", "fact_revision")
_STEP = """
import logging
logging.basicConfig(level="INFO", format="%(message)s")
from green_freight import pipeline
from green_freight.warehouse import Warehouse
pipeline.{step}(Warehouse.from_settings(), {run_id!r})
"""

_CORRECTED_DAY = """
with corrected as (
    select dataset_id, max(period_label) as period_label from ops.load
    where dataset_id in ('power_charge_order', 'transport_vehicle_operation') and outcome_code = 'loaded'
    group by dataset_id
)
insert into ops.load (
    run_id, agency_code, dataset_id, delivery_name, period_label, source_file_key, outcome_code, rows_in_file,
    rows_loaded, rows_rejected, rows_replaced, affected_months, complete_through, finished_at
)
select
    'bench', agency_code, dataset_id, delivery_name, period_label, source_file_key, outcome_code, rows_in_file,
    rows_loaded, rows_rejected, rows_replaced, affected_months, complete_through, clock_timestamp()
from ops.load inner join corrected using (dataset_id, period_label)
where outcome_code = 'loaded'
returning dataset_id, period_label
"""


def main() -> None:
    """Copy the home's warehouse, measure, drop the copy."""
    parser = results.parser(__doc__)
    parser.add_argument("--home", type=Path, default=settings.home())
    parser.add_argument("--nights", type=int, default=3)
    chosen = parser.parse_args()
    home, found = Home(chosen.home.absolute()), Results(chosen.json)
    with (
        database.serving(home) as admin_url,
        _copied(admin_url),
        tempfile.TemporaryDirectory() as state,
    ):
        passwords = {role: home.secret(f"warehouse_{role}") for role in ROLES}
        urls = bootstrap.prepare(admin_url, COPY, passwords)
        os.environ.update({f"GREEN_FREIGHT_{role.upper()}_URL": url for role, url in urls.items()})
        os.environ.update(GREEN_FREIGHT_HOME=state, GREEN_FREIGHT_SYNTHETIC="1")
        day = _business_day(urls["owner"])
        _forget_publications(admin_url)
        _measure(found, "first", day, admin_url)
        for number in range(1, chosen.nights + 1):
            _correct_a_day(urls["loader"], number)
            _measure(found, f"night {number}", day, admin_url)


@contextmanager
def _copied(admin_url: str) -> Iterator[None]:
    drop = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(COPY))
    copy = sql.SQL("create database {} owner green_freight_owner template {} strategy file_copy")
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(drop)
        admin.execute(copy.format(sql.Identifier(COPY), sql.Identifier(bootstrap.DATABASE)))
        try:
            yield
        finally:
            admin.execute(drop)


def _business_day(owner_url: str) -> date:
    with psycopg.connect(owner_url) as owner:
        row = owner.execute("select max(business_day) from ops.run").fetchone()
    assert row
    return date.fromisoformat(str(row[0]))


def _forget_publications(admin_url: str) -> None:
    """Take out of the copy whatever was built and published."""
    with psycopg.connect(admin_url.rpartition("/")[0] + f"/{COPY}") as admin:
        for (table,) in admin.execute(
            "select table_name from information_schema.columns where table_schema = 'mart' and column_name = %s"
            " and table_name <> all(%s)",
            [VERSION_COLUMN, list(RECORDS)],
        ).fetchall():
            name = sql.Identifier(table)
            admin.execute(
                sql.SQL(
                    "drop view mart_asof.{0}; drop table mart_history.{0}; drop table mart.{0} cascade"
                ).format(name)
            )
        tables = admin.execute(
            "select tablename from pg_tables where schemaname = 'mart' and tablename = any(%s)",
            [list(RECORDS)],
        ).fetchall()
        written = [*(("mart", name) for (name,) in tables), *(("ops", name) for name in _RECORDS_OF_RUNS)]
        names = sql.SQL(", ").join(sql.Identifier(*name) for name in written)
        admin.execute(sql.SQL("truncate {}").format(names))


def _correct_a_day(loader_url: str, number: int) -> None:
    with psycopg.connect(loader_url) as loader:
        for dataset, day in loader.execute(_CORRECTED_DAY).fetchall():
            change = "stop_reason_code = %s" if dataset == "power_charge_order" else "trip_count = 1 + %s"
            loader.execute(f"update raw.{dataset} set {change} where _period = %s", [number, day])  # noqa: S608


def _measure(found: Results, name: str, day: date, admin_url: str) -> None:
    run_id = f"bench/{name}"
    runs.begin(Warehouse.from_settings(), run_id, "nightly", day, "bench")
    for step in STEPS:
        before = _cpu_seconds(admin_url)
        begun = time.monotonic()
        subprocess.run([sys.executable, "-c", _STEP.format(step=step, run_id=run_id)], check=True)
        seconds = time.monotonic() - begun
        wait_until_alone(admin_url, COPY)
        used = {who: value - before[who] for who, value in _cpu_seconds(admin_url).items()}
        cpu = {f"{who}_cpu_seconds": value for who, value in used.items()}
        found.add(f"{name}: {step}", seconds=seconds, **cpu)


def wait_until_alone(admin_url: str, database: str) -> None:
    """Wait until the server has ended the processes of a step: only then does it count their seconds."""
    query = (
        "select count(*) from pg_stat_activity"
        " where datname = %s and backend_type = 'client backend' and pid <> pg_backend_pid()"
    )
    with psycopg.connect(admin_url, autocommit=True) as admin:
        while admin.execute(query, [database]).fetchone() != (0,):
            time.sleep(0.1)


def _cpu_seconds(admin_url: str) -> Mapping[str, float]:
    """Return the CPU seconds of ended children and of the server's ended processes."""
    own = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"step": own.ru_utime + own.ru_stime, "server": server_cpu_seconds(admin_url)}


def server_cpu_seconds(admin_url: str) -> float:
    """Return the CPU seconds of the server's ended processes."""
    with psycopg.connect(admin_url) as admin:
        [folder] = admin.execute("show data_directory").fetchone() or [""]
    postmaster = (Path(folder) / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0]
    fields = Path(f"/proc/{postmaster}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    ticks = sum(int(fields[at]) for at in (11, 12, 13, 14))
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
