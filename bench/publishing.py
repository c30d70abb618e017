"""How long publishing takes: a first publication of a million sessions, then 100,000 that changed, then nothing.

    python -m bench.publishing [--sessions 1000000] [--months 12] [--without-reader-indexes]

Runs on an embedded server of its own in a temporary folder; the rows are synthetic.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import date

from green_freight import settings
from green_freight.publishing import ForeignKey, TableSpec, publish
from green_freight.settings import ROLES
from green_freight.warehouse import Warehouse, bootstrap, runs

from bench import results
from bench.results import Results
from bench.undisturbed_nights import temporary_home
from local_stack.postgres import EmbeddedPostgres

STATION = TableSpec(
    "dim_station",
    "充电站 / station",
    {"city_code": "", "station_key": "", "name": ""},
    ("city_code", "station_key"),
)
PILE = TableSpec(
    "dim_pile",
    "充电桩 / pile",
    {"city_code": "", "pile_key": ""},
    ("city_code", "pile_key"),
)
FILE = TableSpec(
    "dim_source_file",
    "文件 / file",
    {"city_code": "", "source_file_key": ""},
    ("city_code", "source_file_key"),
)
SESSION_COLUMNS = (
    "city_code", "period_month", "session_key", "station_key", "pile_key", "connector_id", "started_at", "ended_at",
    "business_date", "energy_kwh", "electricity_fee_yuan", "service_fee_yuan", "total_fee_yuan", "stop_reason_code",
    "vin", "source_file_key", "source_row_number",
)  # fmt: skip
SESSION = TableSpec(
    "fct_charging_session",
    "充电记录 / session",
    dict.fromkeys(SESSION_COLUMNS, ""),
    ("city_code", "period_month", "session_key"),
    (
        ForeignKey(("city_code", "station_key"), "dim_station", ("city_code", "station_key")),
        ForeignKey(("city_code", "pile_key"), "dim_pile", ("city_code", "pile_key")),
        ForeignKey(("city_code", "source_file_key"), "dim_source_file", ("city_code", "source_file_key")),
    ),
    "period_month",
    reader_indexes=(("pile_key", "started_at"), ("business_date",)),
)

CANDIDATE = """
create table candidate.dim_station as
select '320700'::text as city_code, 'power:' || n as station_key, '站' || n as name
from generate_series(0, 4) as n;
create table candidate.dim_pile as
select '320700'::text as city_code, 'pile' || n as pile_key from generate_series(0, 299) as n;
create table candidate.dim_source_file as
select '320700'::text as city_code, md5(n::text) as source_file_key from generate_series(0, {files}) as n;
create table candidate.fct_charging_session as
select
    '320700'::text as city_code,
    (date '2023-01-01' + make_interval(months => n % {months}))::date as period_month,
    'power:' || md5(n::text) as session_key,
    'power:' || n % 5 as station_key,
    'pile' || n % 300 as pile_key,
    'connector' || n % 300 as connector_id,
    timestamptz '2023-01-01' + make_interval(secs => n) as started_at,
    timestamptz '2023-01-01' + make_interval(secs => n + 3600) as ended_at,
    (date '2023-01-01' + make_interval(months => n % {months}, days => n / {months} % 28))::date as business_date,
    (n % 60)::numeric(14, 4) as energy_kwh,
    (n % 40)::numeric(16, 2) as electricity_fee_yuan,
    (n % 20)::numeric(16, 2) as service_fee_yuan,
    (n % 60)::numeric(16, 2) as total_fee_yuan,
    (n % 4)::text as stop_reason_code,
    case when n % 3 = 0 then 'LTEST' || n end as vin,
    md5((n % ({files} + 1))::text) as source_file_key,
    n as source_row_number
from generate_series(1, {sessions}) as n
"""


def main() -> None:
    """Measure on a fresh server and print a line a publication."""
    arguments = results.parser(__doc__)
    arguments.add_argument("--sessions", type=int, default=1_000_000)
    arguments.add_argument("--months", type=int, default=12)
    arguments.add_argument(
        "--without-reader-indexes", action="store_true", help="publish without them, to see what they cost"
    )
    chosen = arguments.parse_args()
    with temporary_home() as home:
        address = EmbeddedPostgres(home / "postgres").start()
        urls = bootstrap.prepare(address.dsn(), "bench", dict.fromkeys(ROLES, "bench"))
        # Nobody approves here.
        os.environ[settings.variable("fact_change_share")] = "1"
        warehouse = Warehouse(urls, home, f"file://{home / 'landing'}")
        session = replace(SESSION, reader_indexes=()) if chosen.without_reader_indexes else SESSION
        measure(
            warehouse, [STATION, PILE, FILE, session], chosen.sessions, chosen.months, Results(chosen.json)
        )


def measure(warehouse: Warehouse, specs: list[TableSpec], sessions: int, months: int, found: Results) -> None:
    """Publish the candidate first whole, then with a tenth changed, deleted or unchanged."""
    with warehouse.connect("builder") as builder:
        builder.execute(CANDIDATE.format(files=999, months=months, sessions=sessions))
    everything = [date(2023 + n // 12, n % 12 + 1, 1) for n in range(months)]
    publish_build(warehouse, specs, found, "first publication", everything)
    publish_build(warehouse, specs, found, "nothing differs", everything)
    change(
        warehouse,
        "update candidate.fct_charging_session set vin = 'Y' where business_date = date '2023-01-10'",
    )
    publish_build(warehouse, specs, found, "one day changed", everything)
    change(
        warehouse,
        "update candidate.fct_charging_session set energy_kwh = energy_kwh + 1 where source_row_number % 10 = 0",
    )
    publish_build(warehouse, specs, found, "a tenth changed", everything)
    change(warehouse, "delete from candidate.fct_charging_session where source_row_number % 100 = 7")
    publish_build(warehouse, specs, found, "a hundredth removed", everything)
    change(warehouse, "update candidate.fct_charging_session set vin = 'X' where source_row_number <= 24000")
    publish_build(warehouse, specs, found, "24,000 changed", everything)


def change(warehouse: Warehouse, statement: str) -> None:
    """Change the candidate as its builder."""
    with warehouse.connect("builder") as builder:
        builder.execute(statement)


def publish_build(
    warehouse: Warehouse, specs: list[TableSpec], found: Results, label: str, changed_months: list[date]
) -> None:
    """Record an audited build, publish it and print how long that took."""
    with warehouse.connect("builder") as builder:
        row = builder.execute(
            "insert into ops.build (run_id, as_of_date, changed_months, code_version, outcome_code) "
            "values ('bench', '2025-09-30', %s, 'bench', 'audited') returning build_id",
            [changed_months],
        ).fetchone()
        assert row
        builder.execute(
            "insert into ops.verdict (build_id, run_id, table_name, expectation_code, expectation_type, "
            "severity_code, is_success, message_zh, message_en) "
            "values (%s, 'bench', 't', 'e', 'e', 'critical', true, '', '')",
            row,
        )
    runs.begin(warehouse, "bench", "backfill", date(2025, 9, 30), "bench")
    begun = time.monotonic()
    outcome = publish(warehouse, "bench", row[0], specs)
    seconds = time.monotonic() - begun
    found.add(
        label, seconds=seconds, rows=outcome.rows_changed, rows_per_second=outcome.rows_changed / seconds
    )


if __name__ == "__main__":
    main()
