"""How fast files are loaded, end to end: landed file → validated rows → COPY → commit, on one connection.

    python -m bench.loading [--rows 200000] [--rejected 0.001] [--files 10]

`--rejected` is the share of bad rows, `--files` the number of days that the charge orders come in. It starts a server
of its own in a temporary folder and prints rows/s, seconds and the peak of memory. Beside each load stands what others
do with the same rows: PostgreSQL's COPY of the loaded rows into an empty table with the same index, without any check;
for the form, pandas with `to_sql`.
"""

from __future__ import annotations

import gzip
import io
import resource
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
import pandas
from green_freight import settings
from green_freight.landing import Exchange, LandingStore, Origin, write_exchanges
from green_freight.loading import load_agency
from green_freight.periods import Period
from green_freight.warehouse import Warehouse, bootstrap
from sqlalchemy import create_engine

from bench import results
from bench.results import Results
from bench.undisturbed_nights import temporary_home
from local_stack.postgres import EmbeddedPostgres

DAY = date(2025, 9, 30)
PAGE_ROWS = 500

Work = tuple[str, Period]


def main() -> None:
    """Load orders, operations of vehicles and a large form, and tell how it went beside what others do."""
    parser = results.parser(__doc__)
    parser.add_argument(
        "--rows", type=int, default=200_000, help="rows of each dataset (default: %(default)s)"
    )
    parser.add_argument(
        "--rejected", type=float, default=0.001, help="share of bad rows (default: %(default)s)"
    )
    parser.add_argument("--files", type=int, default=10, help="files of orders (default: %(default)s)")
    arguments = parser.parse_args()
    rows, rejected, files = arguments.rows, arguments.rejected, arguments.files
    found = Results(arguments.json)
    with temporary_home() as home:
        address = EmbeddedPostgres(home / "postgres").start()
        urls = bootstrap.prepare(address.dsn(), "bench", dict.fromkeys(settings.ROLES, "bench"))
        warehouse = Warehouse(urls, home, (home / "landing").as_uri())
        orders = []
        for number in range(files):
            day = DAY - timedelta(days=number)
            content = gzip.compress(b"".join(_orders(rows // files, rejected, day, number)), 3)
            orders.append(_land(warehouse, "power", "charge_orders", Period.day(day), content))
        pages, form = io.BytesIO(), "".join(_tricycles(rows)).encode("gb18030")
        write_exchanges(_operation_pages(rows, rejected), pages)
        period = Period.day(DAY)
        operations = _land(warehouse, "transport", "vehicle_operations", period, pages.getvalue())
        tricycles = _land(warehouse, "postal", "tricycles", period.month, form)
        _measure(warehouse, found, "power", orders)
        _measure(warehouse, found, "transport", [operations])
        _measure(warehouse, found, "postal", [tricycles])
        _measure_pandas(warehouse, found, form)


def _land(warehouse: Warehouse, agency: str, delivery: str, period: Period, content: bytes) -> Work:
    at = datetime.now(UTC)
    origin = Origin(agency, delivery, str(period), delivery, 1, at, at, period.last_day, "bench")
    landed = LandingStore(warehouse.landing_url).put(io.BytesIO(content), origin)
    with warehouse.connect("owner") as connection:
        connection.execute(
            "insert into ops.source_file values (%s, %s, %s, %s, %s, %s, %s, %s, 1, %s, %s, %s, %s, 'bench')",
            [
                *(
                    landed.source_file_key,
                    agency,
                    delivery,
                    str(period),
                    delivery,
                    landed.sha256,
                    landed.bytes,
                ),
                *(landed.url, at, at, at, period.last_day),
            ],
        )
    return delivery, period


def _measure(warehouse: Warehouse, found: Results, agency: str, work: list[Work]) -> None:
    before = _peak_megabytes()
    started, busy = time.perf_counter(), time.process_time()
    outcomes = load_agency(warehouse, agency, work, "bench", progress=str).outcomes
    seconds, busy = time.perf_counter() - started, time.process_time() - busy
    rows, rejected = (sum(getattr(o, name) for o in outcomes) for name in ("rows_in_file", "rows_rejected"))
    dataset = outcomes[0].dataset_id
    found.add(
        dataset,
        files=len(outcomes),
        rows=rows,
        rejected=rejected,
        seconds=seconds,
        python_seconds=busy,
        rows_per_second=rows / seconds,
        copy_rows_per_second=_copied(warehouse, dataset),
        memory_before_mb=before,
        memory_peak_mb=_peak_megabytes(),
    )


def _copied(warehouse: Warehouse, dataset: str) -> float:
    """Return how many rows a second COPY writes into an empty table like a dataset's."""
    with warehouse.connect("owner") as connection, tempfile.TemporaryFile() as file:
        connection.execute(f"create table public.copied (like raw.{dataset} including all)".encode())
        with connection.cursor() as cursor, cursor.copy(f"copy raw.{dataset} to stdout".encode()) as copy:
            file.writelines(copy)
        connection.commit()
        file.seek(0)
        started = time.perf_counter()
        with connection.cursor() as cursor:
            with cursor.copy("copy public.copied from stdin") as copy:
                while block := file.read(1 << 18):
                    copy.write(block)
            rows = cursor.rowcount
        connection.commit()
        seconds = time.perf_counter() - started
        connection.execute("drop table public.copied")
    return rows / seconds


def _measure_pandas(warehouse: Warehouse, found: Results, form: bytes) -> None:
    engine = create_engine(warehouse.urls["owner"].replace("postgresql://", "postgresql+psycopg://"))
    started = time.perf_counter()
    frame = pandas.read_csv(io.BytesIO(form), encoding="gb18030", dtype=str)
    frame.to_sql("by_pandas", engine, schema="public", index=False)
    seconds = time.perf_counter() - started
    engine.dispose()
    found.add(
        "the same form by pandas", rows=len(frame), seconds=seconds, rows_per_second=len(frame) / seconds
    )


def _orders(rows: int, rejected: float, day: date, file: int) -> Iterator[bytes]:
    bad_every = int(1 / rejected) if rejected else rows + 1
    for number in range(rows):
        start = datetime.combine(day, datetime.min.time()) + timedelta(seconds=number % 80_000)
        middle, end = start + timedelta(minutes=30), start + timedelta(minutes=55)
        details = [
            {
                "DetailStartTime": str(first),
                "DetailEndTime": str(last),
                "ElecPrice": 0.6246,
                "SevicePrice": 0.42,
                "DetailPower": power,
                "DetailElecMoney": 10.97,
                "DetailSeviceMoney": 7.38,
            }
            for first, last, power in ((start, middle, 17.57), (middle, end, 3))
        ]
        order: dict[str, Any] = {
            "OperatorID": "MAD000078",
            "StartChargeSeq": f"MAD000078{file:06d}{number:012d}",
            "ConnectorID": "320706000003005202",
            "StartTime": str(start),
            "EndTime": str(end),
            "TotalPower": 20.57,
            "TotalElecMoney": 11.9,
            "TotalSeviceMoney": 8.28,
            "TotalMoney": 99 if number % bad_every == bad_every - 1 else 20.18,
            "StopReason": 0,
            "SumPeriod": 2,
            "ChargeDetails": details,
            "Vin": "LX0V1RGJ1JD000252",
        }
        yield orjson.dumps(order) + b"\n"


def _tricycles(rows: int) -> Iterator[str]:
    yield "编号,企业,区划代码,启用时间,停用日期,检查日期,统一标识,备注\n"
    for number in range(rows):
        day = f"2024-{1 + number % 12:02d}-05"
        yield f"LYG-{number:07d},演示快递{number % 40}公司,320703,{day},,2025/1/{1 + number % 28},是,\n"


def _operation_pages(rows: int, rejected: float) -> Iterator[Exchange]:
    bad_every = int(1 / rejected) if rejected else rows + 1
    for first in range(0, rows, PAGE_ROWS):
        items = [
            {
                "vehicle_id": f"V{number:06d}",
                "operation_date": str(DAY),
                "distance_km": 99_999 if number % bad_every == bad_every - 1 else 96.6,
                "trip_count": 3,
                "turnover_tonne_km": 95.7,
                "electricity_kwh": 35.16,
                "fuel_litre": None,
            }
            for number in range(first, min(rows, first + PAGE_ROWS))
        ]
        page = {
            "code": 0,
            "message": "ok",
            "page": first // PAGE_ROWS + 1,
            "page_size": PAGE_ROWS,
            "items": items,
        }
        yield Exchange({"page": first // PAGE_ROWS + 1}, orjson.dumps(page).decode())


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
