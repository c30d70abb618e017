"""The commerce bureau's monthly report: freight of stores by mode, cold-chain and pharmaceutical enterprises."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from demo_city.enterprises import STEMS
from demo_city.exact_decimals import thousandths
from demo_city.identifiers import credit_code
from demo_city.monthly_events import FIRST_DAY
from demo_city.random_generator import stream
from demo_city.versioned_register import Row

STORES, CENTRE_STORES = 120, 80
DISTRICTS = ("海州区", "连云区", "赣榆区", "东海县", "灌云县", "灌南县")
# share of freight delivered jointly or at night (union) in the centre area: above 40%, just below 45%, above 50%
_CENTRE_SHARES = (0.417, 0.442, 0.507, 0.53)
_OUTER_SHARE = 0.24


@dataclass(frozen=True)
class Store:
    """A supermarket or chain store and the months in which it reports."""

    code: str
    name: str
    district: str
    kind: str
    is_centre: bool
    mean_tonnes: float
    opened: date
    closed_from: date


class CommerceReports:
    """Generates the three sheets of a month; each month alone from (seed, month)."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.stores = [_store(stream(seed, "store", n), n) for n in range(1, STORES + 1)]

    def store_deliveries(self, month: date) -> list[Row]:
        """Return the stores' freight of a month in tonnes (3 dp); what came jointly and at night is in both columns."""
        rng = stream(self._seed, "store_deliveries", month.year * 12 + month.month)
        noise = rng.random((STORES, 4))
        open_now = [(n, s) for n, s in enumerate(self.stores) if s.opened <= month < s.closed_from]
        return [_delivery(store, noise[n], month) for n, store in open_now]

    def cold_chain_enterprises(self, month: date) -> list[Row]:
        """Return the cold-chain enterprises as of a month; a part of them are delivery enterprises too."""
        grown = (month.year - FIRST_DAY.year) * 12 + month.month - 1
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

    def pharma_enterprises(self, month: date) -> list[Row]:
        """Return the sheet of pharmaceutical delivery enterprises; informatization is in percent (1 dp)."""
        grown = (month.year - FIRST_DAY.year) * 12 + month.month - 1
        return [
            {
                "credit_code": credit_code(("320705", "320706", "320721", "320703")[n], 401 + n),
                "name": f"演示{STEMS[n]}医药配送有限公司",
                "gsp_certificate_no": f"演示-GSP-{month.year - 1}-{n + 1:03d}",
                "first_operated_on": date(2012 + 2 * n, 6, 18),
                "informatization_pct": min(Decimal("62.5") + 5 * n + Decimal("0.4") * grown, Decimal("98.0")),
                "report_month": f"{month:%Y-%m}",
            }
            for n in range(4)
        ]


def _store(rng: np.random.Generator, n: int) -> Store:
    is_centre = n <= CENTRE_STORES
    supermarket = n % 3 == 0
    opened = date(2024, 3, 1) if n in (79, 80) else date(2010, 1, 1)
    kind = "supermarket" if supermarket else "chain"
    return Store(
        code=f"SC{n:04d}",
        name=f"示范{'超市' if supermarket else '连锁店'}{n:03d}号",
        district=DISTRICTS[n % 2] if is_centre else DISTRICTS[n % len(DISTRICTS)],
        kind=kind,
        is_centre=is_centre,
        mean_tonnes=(60 if supermarket else 18) * (0.7 + 0.6 * float(rng.random())),
        opened=opened,
        closed_from=date(2025, 6, 1) if n == 119 else date.max,
    )


def _centre_share(year: int) -> float:
    """Return the share in a year of the programme (from 0); after the known years it grows like last, up to 90%."""
    known = _CENTRE_SHARES
    beyond = max(year - len(known) + 1, 0)
    return min(known[min(year, len(known) - 1)] + beyond * (known[-1] - known[-2]), 0.9)


def _delivery(store: Store, noise: NDArray[np.float64], month: date) -> Row:
    share = _centre_share(month.year - FIRST_DAY.year) if store.is_centre else _OUTER_SHARE
    total = int(store.mean_tonnes * (0.85 + 0.3 * noise[0]) * 1000)
    union = int(total * share * (0.9 + 0.2 * noise[1]))
    both = int(union * 0.3 * noise[2])
    joint_only = int((union - both) * (0.5 + 0.4 * noise[3]))
    if int(store.code[2:]) == 60 and month == date(2024, 8, 1):
        # closed for rebuilding: a month without freight
        total = union = both = joint_only = 0
    kilograms = (total, joint_only + both, union - joint_only, both)
    total_tonnes, joint, night, joint_night = thousandths(kilograms)
    return {
        "store_code": store.code,
        "store_name": store.name,
        "district_name": store.district,
        "store_kind_code": store.kind,
        "is_centre_area": store.is_centre,
        "total_tonnes": total_tonnes,
        "joint_tonnes": joint,
        "night_tonnes": night,
        "joint_night_tonnes": joint_night,
        "report_month": f"{month:%Y-%m}",
    }
