"""The postal administration's monthly files: e-tricycles with inspections, terminal stations, parcel volumes.

The first two are the full register as of the end of the month.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

from demo_city.monthly_events import FIRST_DAY, INITIAL_TRICYCLES, monthly_counts
from demo_city.random_generator import month_end, pick, spread, stream
from demo_city.registers import ROADS, region
from demo_city.versioned_register import Row

COMPANIES = tuple(f"演示快递{stem}公司" for stem in "甲乙丙丁戊")
PARCEL_REGIONS = ("320703", "320706", "320707", "320722", "320723", "320724", "320771", "320772")
OLD_JOINT_STATIONS, OLD_SINGLE_STATIONS = 6, 8
_MARKED_BEFORE = 430
_CLOSED_STATIONS = {3: date(2024, 1, 31), 20: date(2024, 5, 9)}


def tricycles(seed: int, last_year: int, month: date) -> list[Row]:
    """Return the tricycle register as of a month's end, those no longer used included."""
    end = month_end(month)
    rows: list[Row] = []
    for n, (tricycle, marked_on) in enumerate(_tricycle_fleet(seed, last_year)):
        used_from = tricycle["in_use_from"]
        changes = {
            "in_use_to": _if_past(tricycle["in_use_to"], end),
            "inspected_on": max(used_from, end - timedelta(days=(n * 7 + end.month) % 28)),
            "is_marking_uniform": marked_on <= end,
            "remark": None if marked_on <= end else "标识待喷涂（演示数据）",
        }
        if used_from <= end:
            rows.append(tricycle | changes)
    return rows


def terminal_stations(seed: int, last_year: int, month: date) -> list[Row]:
    """Return the terminal stations as of a month's end; not all of them deliver jointly."""
    end = month_end(month)
    stations = (row for row in _stations(seed, last_year) if row["opened_on"] <= end)
    return [row | {"closed_on": _if_past(row["closed_on"], end)} for row in stations]


def parcel_volumes(seed: int, month: date) -> list[Row]:
    """Return the parcels of a month by region and company, in pieces."""
    rng = stream(seed, "parcels", month.year * 12 + month.month)
    season = 1.35 if month.month in (6, 11, 12) else 0.8 if month.month == 2 else 1.0
    growth = 1.09 ** (month.year - FIRST_DAY.year) * season
    return [
        {
            "region_code": code,
            "company_name": company,
            "inbound_parcels": int((60_000 + 90_000 * float(rng.random())) * growth),
            "outbound_parcels": int((25_000 + 70_000 * float(rng.random())) * growth),
        }
        for code in PARCEL_REGIONS
        for company in COMPANIES
    ]


def _if_past(happened: date | None, day: date) -> date | None:
    return happened if happened and happened <= day else None


@cache
def _tricycle_fleet(seed: int, last_year: int) -> list[tuple[Row, date]]:
    """Return each tricycle with the day on which it got the uniform marking."""
    rng = stream(seed, "tricycles")
    fleet: list[tuple[Row, date]] = []

    def add(used_from: date, marked_on: date, used_to: date | None = None) -> None:
        row: Row = {
            "tricycle_no": f"TR{len(fleet) + 1:05d}",
            "company_name": pick(rng, COMPANIES),
            "region_code": region(rng),
            "in_use_from": used_from,
            "in_use_to": used_to,
        }
        fleet.append((row, marked_on))

    for n in range(INITIAL_TRICYCLES):
        used_from = date(2020, 1, 1) + timedelta(days=int(rng.integers(0, 1090)))
        # the last of the old ones was marked in October 2024: 100% was met in 2024, not in 2023
        days_late = (n - _MARKED_BEFORE) * 650 // (INITIAL_TRICYCLES - _MARKED_BEFORE)
        marked_on = used_from if n < _MARKED_BEFORE else date(2023, 1, 10) + timedelta(days=days_late)
        gone = date(2023, 2, 11) + timedelta(days=75 * (n // 40)) if n % 40 == 17 else None
        add(used_from, marked_on, gone)
    for (year, month), count in monthly_counts("tricycles", last_year).items():
        for day in spread(rng, count, year, month):
            # since 2025 the sign-writer takes two months
            add(day, day + timedelta(days=61 if year >= 2025 else 0))
    return fleet


@cache
def _stations(seed: int, last_year: int) -> list[Row]:
    rng = stream(seed, "terminal_stations")
    opened = [(date(2021, 2 + n, 6), True) for n in range(OLD_JOINT_STATIONS)]
    opened += [(date(2020, 3 + n, 16), False) for n in range(OLD_SINGLE_STATIONS)]
    for what, is_joint in (("terminal_stations", True), ("single_company_stations", False)):
        for (year, month), count in monthly_counts(what, last_year).items():
            opened += [(day, is_joint) for day in spread(rng, count, year, month)]
    return [
        {
            "station_no": f"MD{serial:04d}",
            "station_name": f"示范末端{'共同配送' if is_joint else '揽投'}站{serial:03d}",
            "company_name": pick(rng, COMPANIES),
            "region_code": region(rng),
            "address": f"{pick(rng, ROADS)}{int(rng.integers(1, 400))}号（演示数据）",
            "is_joint": is_joint,
            "opened_on": day,
            "closed_on": _CLOSED_STATIONS.get(serial),
        }
        for serial, (day, is_joint) in enumerate(opened, 1)
    ]
