"""The demonstration city written straight into the raw tables: what fetching and loading would have left there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from green_freight.programme import programme
from psycopg import Connection, sql

from demo_city.city import City
from demo_city.contract_facts import REGISTER_KEYS
from demo_city.deliveries.editions import FORMS

Row = dict[str, Any]


def fill(loader: Connection[Any], city: City, as_of: date) -> None:
    """Write what the agencies had delivered when the day `as_of` was over: registers, stations and monthly forms.

    The daily events are left out: no indicator of the plan counts them.
    """
    for dataset in REGISTER_KEYS:
        _write_by_month(loader, dataset, _known(city.register_versions(dataset), as_of), as_of)
    stations, piles = _exchange(city, as_of)
    _write_by_month(loader, "power_station", stations, as_of)
    _write_by_month(loader, "power_pile", piles, as_of)
    for dataset in (dataset for datasets in FORMS.values() for dataset in datasets):
        for month in _months(as_of):
            if _last_day(month) <= as_of:
                _write(loader, dataset, f"{month:%Y-%m}", city.form_rows(dataset, month), _last_day(month))
    loader.commit()


def _known(versions: Iterable[Row], as_of: date) -> list[Row]:
    return [row for row in versions if row["changed_at"].date() <= as_of]


def _exchange(city: City, as_of: date) -> tuple[list[Row], list[Row]]:
    stations: list[Row] = []
    piles: list[Row] = []
    for changed_at, station in city.power.station_versions():
        if changed_at.date() > as_of:
            continue
        shared = {
            "operator_id": city.power.operator_id,
            "station_id": station["StationID"],
            "changed_at": changed_at,
        }
        stations.append({**shared, "station_type_code": str(station["StationType"]), **_dates(station)})
        piles += [
            {**shared, "equipment_id": pile["EquipmentID"], **_dates(pile)}
            for pile in station["EquipmentInfos"]
        ]
    return stations, piles


def _dates(thing: Row) -> Row:
    return {
        "official_run_on": thing["OfficialRunTime"] or None,
        "decommissioned_on": thing["DecommissionTime"] or None,
    }


def _write_by_month(loader: Connection[Any], dataset: str, rows: list[Row], as_of: date) -> None:
    first = _months(as_of)[0]
    for month in _months(as_of):
        of_month = [row for row in rows if max(_month_of(row["changed_at"]), first) == month]
        _write(loader, dataset, f"{month:%Y-%m}", of_month, min(_last_day(month), as_of))


def _write(
    loader: Connection[Any], dataset: str, period: str, rows: list[Row], complete_through: date
) -> None:
    agency, _, name = dataset.partition("_")
    file_name = f"{dataset}/{period}"
    key = hashlib.sha256(file_name.encode()).hexdigest()[:20]
    loader.execute(
        """
        insert into ops.source_file (source_file_key, agency_code, delivery_name, period_label, file_name, sha256,
            bytes, landing_url, version, delivered_at, first_received_at, last_received_at, complete_through,
            first_run_id)
        values (%s, %s, %s, %s, %s, %s, 100, 'none', 1, now(), now(), now(), %s, 'test')
        """,
        [key, agency, name, period, file_name, "0" * 64, complete_through],
    )
    loader.execute(
        """
        insert into ops.load (run_id, agency_code, dataset_id, delivery_name, period_label, source_file_key,
            outcome_code, rows_in_file, rows_loaded, rows_rejected, rows_replaced, affected_months,
            complete_through, contract_version, started_at, finished_at)
        values ('test', %s, %s, %s, %s, %s, 'loaded', %s, %s, 0, 0, '{}', %s, '1.0.0', now(), now())
        """,
        [agency, dataset, name, period, key, len(rows), len(rows), complete_through],
    )
    columns = [name for (name,) in loader.execute(_COLUMNS, [dataset]) if name in (rows[0] if rows else ())]
    system = (
        "_city_code",
        "_period",
        "_source_file_key",
        "_sheet",
        "_row_number",
        "_received_at",
        "_load_id",
    )
    target = sql.SQL("copy raw.{} ({}) from stdin").format(
        sql.Identifier(dataset), sql.SQL(", ").join(map(sql.Identifier, (*columns, *system)))
    )
    with loader.cursor().copy(target) as copy:
        for number, row in enumerate(rows, 1):
            copy.write_row(
                [
                    *(row[c] for c in columns),
                    programme().city_code,
                    period,
                    key,
                    None,
                    number,
                    "2025-01-01",
                    1,
                ]
            )


_COLUMNS = "select column_name from information_schema.columns where table_schema = 'raw' and table_name = %s"


def _month_of(moment: datetime) -> date:
    return moment.date().replace(day=1)


def _last_day(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def _months(as_of: date) -> list[date]:
    found = [date(2023, 1, 1)]
    while (following := _last_day(found[-1]) + timedelta(days=1)) <= as_of:
        found.append(following)
    return found
