"""How fast files are loaded, end to end: landed file → validated rows → COPY → commit, on one connection.

    python -m bench.loading [--rows 200000] [--rejected 0.001]

`--rejected` is the share of bad rows. It starts a server of its own in a temporary folder and prints rows/s, seconds
and the peak of memory.
"""

from __future__ import annotations

import gzip
import io
import resource
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from green_freight import settings
from green_freight.landing import Exchange, LandingStore, Origin, write_exchanges
from green_freight.loading import load_agency
from green_freight.periods import Period
from green_freight.warehouse import Warehouse, bootstrap

from bench import results
from bench.results import Results
from bench.undisturbed_nights import temporary_home
from local_stack.postgres import EmbeddedPostgres

DAY = date(2025, 9, 30)
PAGE_ROWS = 500


def main() -> None:
    """Load one large file of orders and one of vehicle operations, and tell how it went."""
    parser = results.parser(__doc__)
    parser.add_argument("--rows", type=int, default=200_000, help="rows of each file (default: %(default)s)")
    parser.add_argument(
        "--rejected", type=float, default=0.001, help="share of bad rows (default: %(default)s)"
    )
    arguments = parser.parse_args()
    found = Results(arguments.json)
    with temporary_home() as home:
        address = EmbeddedPostgres(home / "postgres").start()
        urls = bootstrap.prepare(address.dsn(), "bench", dict.fromkeys(settings.ROLES, "bench"))
        warehouse = Warehouse(urls, home, (home / "landing").as_uri())
        orders, operations = home / "orders", home / "operations"
        with gzip.open(orders, "wb", compresslevel=3) as file:
            file.writelines(_orders(arguments.rows, arguments.rejected))
        with operations.open("wb") as file:
            write_exchanges(_operation_pages(arguments.rows, arguments.rejected), file)
        _measure(warehouse, found, "power", "charge_orders", orders)
        _measure(warehouse, found, "transport", "vehicle_operations", operations)


def _measure(warehouse: Warehouse, found: Results, agency: str, delivery: str, path: Path) -> None:
    at = datetime.now(UTC)
    with path.open("rb") as file:
        origin = Origin(agency, delivery, str(DAY), path.name, 1, at, at, DAY, "bench")
        landed = LandingStore(warehouse.landing_url).put(io.BufferedReader(file), origin)
    with warehouse.connect("owner") as connection:
        connection.execute(
            "insert into ops.source_file values (%s, %s, %s, %s, %s, %s, %s, %s, 1, %s, %s, %s, %s, 'bench')",
            [
                *(landed.source_file_key, agency, delivery, str(DAY), path.name, landed.sha256, landed.bytes),
                *(landed.url, at, at, at, DAY),
            ],
        )
    before = _peak_megabytes()
    started, busy = time.perf_counter(), time.process_time()
    [outcome] = load_agency(warehouse, agency, [(delivery, Period.day(DAY))], "bench").outcomes
    seconds, busy = time.perf_counter() - started, time.process_time() - busy
    found.add(
        str(outcome.dataset_id),
        rows=outcome.rows_in_file,
        rejected=outcome.rows_rejected,
        file_mb=landed.bytes / 1e6,
        seconds=seconds,
        python_seconds=busy,
        rows_per_second=outcome.rows_in_file / seconds,
        memory_before_mb=before,
        memory_peak_mb=_peak_megabytes(),
    )


def _orders(rows: int, rejected: float) -> Iterator[bytes]:
    bad_every = int(1 / rejected) if rejected else rows + 1
    for number in range(rows):
        start = datetime(2025, 9, 30) + timedelta(seconds=number % 80_000)  # noqa: DTZ001 (local time, as delivered)
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
            "StartChargeSeq": f"MAD000078{number:018d}",
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
