"""The commerce bureau's monthly report: freight of stores by mode, cold-chain and pharmaceutical enterprises.

A month is given by its first day.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache

import numpy as np
from numpy.typing import NDArray

from demo_city.columns import thousandths
from demo_city.identifiers import credit_code
from demo_city.monthly_events import FIRST_DAY
from demo_city.random_generator import stream
from demo_city.registers import STEMS
from demo_city.versioned_register import Row

STORES, CENTRE_STORES = 120, 80
DISTRICTS = ("海州区", "连云区", "赣榆区", "东海县", "灌云县", "灌南县")
# the months in which a store reports: from its first one to before its last one
_FIRST_MONTHS = {79: date(2024, 3, 1), 80: date(2024, 3, 1)}
_CLOSED_FROM = {119: date(2025, 6, 1)}
# share of freight delivered jointly or at night (union) in the centre area: above 40%, just below 45%, above 50%
_CENTRE_SHARES = (0.417, 0.442, 0.507, 0.53)
_OUTER_SHARE = 0.24


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
