"""The monthly forms: the commerce bureau's report and the postal administration's files; a month is its first day.

Freight of stores by mode, cold-chain and pharmaceutical enterprises; e-tricycles with inspections, terminal stations
(both the full register as of the end of the month), parcel volumes.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from functools import cache

import numpy as np
from numpy.typing import NDArray

from demo_city.columns import thousandths
from demo_city.identifiers import credit_code
from demo_city.monthly_events import FIRST_DAY, monthly_counts
from demo_city.random_generator import month_end, pick, spread, stream
from demo_city.registers import ROADS, STEMS, region
from demo_city.versioned_register import Row

STORES, CENTRE_STORES = 120, 80
DISTRICTS = ("海州区", "连云区", "赣榆区", "东海县", "灌云县", "灌南县")
# the months in which a store reports: from its first one to before its last one
_FIRST_MONTHS = {79: date(2024, 3, 1), 80: date(2024, 3, 1)}
_CLOSED_FROM = {119: date(2025, 6, 1)}
# share of freight delivered jointly or at night (union) in the centre area: above 40%, just below 45%, above 50%
_CENTRE_SHARES = (0.417, 0.442, 0.507, 0.53)
_OUTER_SHARE = 0.24

COMPANIES = tuple(f"演示快递{stem}公司" for stem in "甲乙丙丁戊")
PARCEL_REGIONS = ("320703", "320706", "320707", "320722", "320723", "320724", "320771", "320772")
OLD_JOINT_STATIONS, OLD_SINGLE_STATIONS = 6, 8
INITIAL_TRICYCLES = 570
_MARKED_BEFORE = 430
_CLOSED_STATIONS = {3: date(2024, 1, 31), 20: date(2024, 5, 9)}


def store_deliveries(seed: int, month: date) -> list[Row]:
    """Return the stores' freight of a month in tonnes (3 dp); what came jointly and at night is in both columns."""
    noise = stream(seed, "store_deliveries", month.year * 12 + month.month).random((STORES, 4))
    return [
        _delivery(n, mean, noise[n - 1], month)
        for n, mean in enumerate(_mean_tonnes(seed), 1)
        if _FIRST_MONTHS.get(n, FIRST_DAY) <= month < _CLOSED_FROM.get(n, date.max)
    ]


def cold_chain_enterprises(month: date) -> list[Row]:
    """Return the cold-chain enterprises as of a month; a part of them are delivery enterprises too."""
    grown = _months_grown(month)
    return [
        {
            "credit_code": credit_code("320706", serial),
            "name": f"演示{STEMS[n]}冷链物流有限公司" if n else f"演示{STEMS[n]}城市配送有限公司",
            "cold_storage_m3": Decimal(1200 + 860 * n + 35 * grown),
            "refrigerated_vehicle_count": 1 + n + grown // 18,
            "registered_on": date(2014 + n, 3 + n, 9),
            "report_month": f"{month:%Y-%m}",
        }
        for n, serial in enumerate((101, 301, 302, 303, 304, 305))
    ]


def pharma_enterprises(month: date) -> list[Row]:
    """Return the sheet of pharmaceutical delivery enterprises; informatization is in percent (1 dp)."""
    informatization = Decimal("62.5") + Decimal("0.4") * _months_grown(month)
    return [
        {
            "credit_code": credit_code(region_code, 401 + n),
            "name": f"演示{STEMS[n]}医药配送有限公司",
            "gsp_certificate_no": f"演示-GSP-{month.year - 1}-{n + 1:03d}",
            "first_operated_on": date(2012 + 2 * n, 6, 18),
            "informatization_pct": min(informatization + 5 * n, Decimal("98.0")),
            "report_month": f"{month:%Y-%m}",
        }
        for n, region_code in enumerate(("320705", "320706", "320721", "320703"))
    ]


def _months_grown(month: date) -> int:
    return (month.year - FIRST_DAY.year) * 12 + month.month - 1


def _is_supermarket(n: int) -> bool:
    return n % 3 == 0


@cache
def _mean_tonnes(seed: int) -> list[float]:
    """Return what each store gets in an average month."""
    return [
        (60 if _is_supermarket(n) else 18) * (0.7 + 0.6 * float(stream(seed, "store", n).random()))
        for n in range(1, STORES + 1)
    ]


def _centre_share(year: int) -> float:
    """Return the share in a year of the programme (from 0); after the known years it grows like last, up to 90%."""
    known = _CENTRE_SHARES
    beyond = max(year - len(known) + 1, 0)
    return min(known[min(year, len(known) - 1)] + beyond * (known[-1] - known[-2]), 0.9)


def _delivery(n: int, mean_tonnes: float, noise: NDArray[np.float64], month: date) -> Row:
    is_centre = n <= CENTRE_STORES
    share = _centre_share(month.year - FIRST_DAY.year) if is_centre else _OUTER_SHARE
    total = int(mean_tonnes * (0.85 + 0.3 * noise[0]) * 1000)
    union = int(total * share * (0.9 + 0.2 * noise[1]))
    both = int(union * 0.3 * noise[2])
    joint_only = int((union - both) * (0.5 + 0.4 * noise[3]))
    if n == 60 and month == date(2024, 8, 1):
        # closed for rebuilding: a month without freight
        total = union = both = joint_only = 0
    kilograms = (total, joint_only + both, union - joint_only, both)
    total_tonnes, joint, night, joint_night = thousandths(kilograms)
    return {
        "store_code": f"SC{n:04d}",
        "store_name": f"示范{'超市' if _is_supermarket(n) else '连锁店'}{n:03d}号",
        "district_name": DISTRICTS[n % 2] if is_centre else DISTRICTS[n % len(DISTRICTS)],
        "store_kind_code": "supermarket" if _is_supermarket(n) else "chain",
        "is_centre_area": is_centre,
        "total_tonnes": total_tonnes,
        "joint_tonnes": joint,
        "night_tonnes": night,
        "joint_night_tonnes": joint_night,
        "report_month": f"{month:%Y-%m}",
    }


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
