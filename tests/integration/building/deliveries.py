"""Loads for the tests of building: raw rows with their record in ops, as the loader leaves them."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import Connection, sql

Row = Mapping[str, Any]
EVENT_DATES = {
    "power_charge_order": "started_at",
    "power_connector_energy": "stat_date",
    "transport_vehicle_operation": "operation_date",
}


def load(loader: Connection[Any], dataset: str, period: str, rows: Sequence[Row]) -> None:
    """Replace one dataset's period by `rows` and record the load with the months it changed."""
    agency, _, delivery = dataset.partition("_")
    digest = hashlib.sha256(repr((dataset, period, rows)).encode()).hexdigest()
    key = digest[:20]
    table = sql.Identifier("raw", dataset)
    date_column = EVENT_DATES.get(dataset)
    months: set[str] = {f"{row[date_column]:.7}-01" for row in rows} if date_column else set()
    if date_column:
        replaced = sql.SQL(
            "select distinct date_trunc('month', {}::timestamp)::date::text from {} where _period = %s"
        )
        months |= {
            m for (m,) in loader.execute(replaced.format(sql.Identifier(date_column), table), [period])
        }
    loader.execute(sql.SQL("delete from {} where _period = %s").format(table), [period])
    loader.execute(
        """
        insert into ops.source_file (
            source_file_key, agency_code, delivery_name, period_label, file_name, sha256, bytes, landing_url,
            first_received_at, last_received_at
        ) values (%s, %s, %s, %s, %s, %s, 1, 'memory://', now(), now()) on conflict do nothing
        """,
        [key, agency, delivery, period, f"{delivery}_{period}", digest],
    )
    loaded = loader.execute(
        """
        insert into ops.load (
            run_id, agency_code, dataset_id, delivery_name, period_label, source_file_key, outcome_code, rows_in_file,
            rows_loaded, rows_rejected, affected_months, finished_at
        ) values ('r', %s, %s, %s, %s, %s, 'loaded', %s, %s, 0, %s::date[], clock_timestamp()) returning load_id
        """,
        [agency, dataset, delivery, period, key, len(rows), len(rows), sorted(months)],
    ).fetchone()
    assert loaded
    for row, number in zip(rows, itertools.count(1), strict=False):
        _insert(loader, table, {
            **row, "_city_code": "320700", "_period": period, "_source_file_key": key, "_row_number": number,
            "_received_at": f"{period:.7}-28", "_load_id": loaded[0],
        })  # fmt: skip
    loader.commit()


def order(seq: str, started_at: str, connector: str = "C1", energy_kwh: float = 10) -> Row:
    """Return a charge order of an hour, its start given as `2025-09-01 10:00:00`."""
    return {
        "start_charge_seq": seq, "operator_id": "MA1234567", "connector_id": connector, "started_at": started_at,
        "ended_at": started_at, "energy_kwh": energy_kwh, "electricity_fee_yuan": 6, "service_fee_yuan": 4,
        "total_fee_yuan": 10, "stop_reason_code": "0",
    }  # fmt: skip


def operation(vehicle: str, day: str, distance_km: float = 80) -> Row:
    """Return one vehicle's day."""
    return {"vehicle_id": vehicle, "operation_date": day, "distance_km": distance_km, "trip_count": 3,
            "turnover_tonne_km": 40}  # fmt: skip


def energy(equipment: str, day: str, kwh: float) -> Row:
    """Return one connector's day in the station's statistics."""
    return {"stat_date": day, "station_id": "S1", "equipment_id": equipment, "connector_id": f"C{equipment}",
            "connector_kwh": kwh, "equipment_kwh": kwh, "station_kwh": kwh}  # fmt: skip


def connector(connector_id: str, equipment: str) -> Row:
    """Return a registered connector at station S1."""
    return {"connector_id": connector_id, "equipment_id": equipment, "station_id": "S1", "operator_id": "MA1234567",
            "connector_type_code": "4"}  # fmt: skip


def pile(equipment: str, official_run_on: str) -> Row:
    """Return a registered pile at station S1."""
    return {"equipment_id": equipment, "station_id": "S1", "operator_id": "MA1234567", "equipment_type_code": "1",
            "official_run_on": official_run_on}  # fmt: skip


def station() -> Row:
    """Return the registered station S1."""
    return {"station_id": "S1", "operator_id": "MA1234567", "station_name": "测试站", "area_code": "320705",
            "station_type_code": "102", "station_status_code": "50", "official_run_on": "2023-03-01"}  # fmt: skip


def _insert(loader: Connection[Any], table: sql.Identifier, row: Row) -> None:
    loader.execute(
        sql.SQL("insert into {} ({}) values ({})").format(
            table,
            sql.SQL(", ").join(sql.Identifier(name) for name in row),
            sql.SQL(", ").join(sql.Placeholder() for _ in row),
        ),
        list(row.values()),
    )
