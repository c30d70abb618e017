"""Real files for the loader's tests: landed in a store, known to ops.source_file."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
from green_freight.landing import Exchange, LandingStore, Origin, write_exchanges
from green_freight.loading import LoadOutcome, load_agency
from green_freight.periods import Period
from green_freight.warehouse import Warehouse

RECEIVED_AT = datetime(2025, 10, 1, 2, tzinfo=UTC)


class Deliveries:
    """Lands files as fetching does and loads them."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse

    def land(
        self, agency: str, delivery: str, period: str, file_name: str, content: bytes, version: int = 1
    ) -> str:
        """Land a file and note it; return its key."""
        at = RECEIVED_AT + timedelta(minutes=version)
        through = Period(period).last_day
        origin = Origin(agency, delivery, period, file_name, version, at, at, through, "run-1")
        landed = LandingStore(self.warehouse.landing_url).put(io.BytesIO(content), origin)
        with self.warehouse.connect("owner") as connection:
            connection.execute(
                "insert into ops.source_file values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'run-1') "
                "on conflict (source_file_key) do update set complete_through = excluded.complete_through",
                [
                    *(
                        landed.source_file_key,
                        agency,
                        delivery,
                        period,
                        file_name,
                        landed.sha256,
                        landed.bytes,
                    ),
                    *(landed.url, version, at, at, at, through),
                ],
            )
        return landed.source_file_key

    def complete_through(self, key: str, day: date) -> None:
        """Say that a file is complete through a later day."""
        with self.warehouse.connect("owner") as connection:
            connection.execute(
                "update ops.source_file set complete_through = %s where source_file_key = %s", [day, key]
            )

    def load(self, agency: str, delivery: str, period: str) -> list[LoadOutcome]:
        """Load what was landed.

        Raises:
            LoadStoppedError: a dataset could not be loaded.
        """
        report = load_agency(self.warehouse, agency, [(delivery, Period(period))], "run-1")
        report.raise_if_stopped()
        return report.outcomes


def pages(items: list[dict[str, Any]], size: int = 2) -> bytes:
    """Return the landed container of a paged answer."""
    bodies = [
        orjson.dumps({"code": 0, "page": 1 + at // size, "total": len(items), "items": items[at : at + size]})
        for at in range(0, max(1, len(items)), size)
    ]
    return answers(({"page": number}, body.decode()) for number, body in enumerate(bodies, start=1))


def answers(exchanges: Iterable[tuple[dict[str, Any], str]]) -> bytes:
    """Return the landed container of (request, body) pairs."""
    target = io.BytesIO()
    write_exchanges((Exchange(request, body) for request, body in exchanges), target)
    return target.getvalue()


def order_file(orders: Iterable[Any]) -> bytes:
    """Return a day's file of charge orders; text and bytes go in as they are."""
    lines = [
        order if isinstance(order, bytes) else json.dumps(order, ensure_ascii=False).encode()
        for order in orders
    ]
    return gzip.compress(b"".join(line + b"\n" for line in lines), mtime=0)


def operation(number: int, **changes: Any) -> dict[str, Any]:
    """Return a vehicle's operation on 2025-09-30, as the platform gives it."""
    row = {
        "vehicle_id": f"V{number:05d}",
        "operation_date": "2025-09-30",
        "distance_km": 80.5 + number,
        "trip_count": 3,
        "turnover_tonne_km": 60.25,
        "electricity_kwh": None,
        "fuel_litre": 9.5,
    }
    return row | changes


def order(number: int, **changes: Any) -> dict[str, Any]:
    """Return a charge order that ended on 2025-09-30, with two details, spelt as the standard does."""
    details = [
        {"DetailStartTime": "2025-09-30 08:00:00", "DetailEndTime": "2025-09-30 08:30:00", "ElecPrice": 0.6}
        | {"SevicePrice": 0.4, "DetailPower": power, "DetailElecMoney": 6.0, "DetailSeviceMoney": 4.0}
        for power in (10.25, 9.75)
    ]
    row = {
        "StartChargeSeq": f"MAD000078{number:018d}",
        "OperatorID": "MAD000078",
        "ConnectorID": "3207060000030052",
        "StartTime": "2025-09-30 08:00:00",
        "EndTime": "2025-09-30 09:00:00",
        "TotalPower": 20.0,
        "TotalElecMoney": 12.0,
        "TotalSeviceMoney": 8.0,
        "TotalMoney": 20.0,
        "StopReason": 0,
        "SumPeriod": 2,
        "ChargeDetails": details,
        "Vin": "1HGCM82633A004352",
    }
    return row | changes
