"""The transport bureau's registers but for the vehicles; every name says that it is invented.

What happened to platforms, milestones, policies and certificates (1A to 5A, GB/T 19680) are the rows of
`events/<dataset>.csv`; the others are drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import numpy as np
from green_freight.contracts import contract

from demo_city.contract_facts import REGISTER_KEYS
from demo_city.identifiers import credit_code
from demo_city.monthly_events import BEFORE_START, FIRST_DAY, event_rows, monthly_counts, recorded_at
from demo_city.random_generator import SHANGHAI, entered_at, pick, spread, stream
from demo_city.vehicles import enterprise_id, vehicles
from demo_city.versioned_register import Row, VersionedRegister

STEMS = "甲乙丙丁戊己庚辛壬癸子丑寅卯"
# where the delivery enterprises are, and the codes, retired in 2014, that live on in the credit codes of some
_ENTERPRISE_REGIONS = (
    *("320706", "320706", "320703", "320707", "320707", "320706", "320722"),
    *("320723", "320724", "320706", "320771", "320772", "320706"),
)
_RETIRED_REGIONS = {2: "320705", 4: "320721", 10: "320705"}

REGIONS = ("320706", "320706", "320706", "320703", "320707", "320722", "320723", "320724", "320771", "320772")
ROADS = ("示范大道", "样板路", "演示一路", "演示二路", "假设街", "例子巷", "虚拟北路", "模拟南路")
OLD_STOPPING_PLACES = 12
OLD_LEVEL3_NODES = 8
_LEVEL_NAMES = {"1": "一级节点（综合物流园）", "2": "二级节点（公共配送中心）", "3": "三级节点（末端网点）"}

PURPOSES = {
    "node_system": "三级节点体系建设",
    "vehicle": "新能源车辆购置与运营",
    "charging": "充电设施建设",
    "platform": "信息平台建设",
    "market_entity": "市场主体培育",
}


def transport_registers(seed: int, last_year: int) -> dict[str, VersionedRegister]:
    """Return the registers by dataset id, with what happens up to the end of a year."""

    def recorded(kind: str) -> Callable[[date], datetime]:
        return partial(recorded_at, stream(seed, kind))

    def issued(day: date) -> datetime:
        return BEFORE_START if day < FIRST_DAY else datetime.combine(day, time(16), SHANGHAI)

    reported = partial(entered_at, stream(seed, "milestones"), most_days_later=0)
    return {
        "transport_enterprise": _enterprises(seed),
        "transport_enterprise_grade": _from_events(
            "transport_enterprise_grade", recorded("certificates"), "valid_from", ended="revoked_on"
        ),
        "transport_vehicle": vehicles(seed, last_year),
        "transport_node": _nodes(seed, last_year),
        "transport_stopping_place": _stopping_places(seed, last_year),
        "transport_platform": _from_events(
            "transport_platform", recorded("platforms"), "in_service_on", ended="out_of_service_on"
        ),
        "transport_milestone": _from_events(
            "transport_milestone", reported, "achieved_on", last_year, recorded="reported_on"
        ),
        "transport_fund": _funds(seed, last_year),
        "transport_policy": _from_events(
            "transport_policy",
            issued,
            "issued_on",
            last_year,
            ended="repealed_on",
            end_after=timedelta(minutes=30),
        ),
    }


def _from_events(
    dataset: str,
    entered: Callable[[date], datetime],
    happened: str,
    last_year: int = date.max.year,
    *,
    recorded: str | None = None,
    ended: str | None = None,
    end_after: timedelta = timedelta(),
) -> VersionedRegister:
    """Return the register of a dataset's event file, up to what happened in a year.

    A record is entered by its column `recorded` (`happened` where none is named), and amended when it ends.
    """
    book = VersionedRegister(REGISTER_KEYS[dataset])
    types = {column.name: column.logical_type for column in contract(dataset).columns}
    read: dict[str, Callable[[str], Any]] = {"date": date.fromisoformat, "integer": int}
    for cells in event_rows(dataset):
        row: Row = {
            name: read.get(types[name], str)(text) if text else None
            for name, text in cells.items()
            if name in types
        }
        if row[happened].year > last_year:
            continue
        end = row[ended] if ended else None
        book.enter(row | ({ended: None} if ended else {}), entered(row[recorded or happened]))
        if ended and end:
            book.amend(row[book.key], entered(end) + end_after, **{ended: end})
    return book


def _enterprises(seed: int) -> VersionedRegister:
    rng = stream(seed, "enterprises")
    book = VersionedRegister("enterprise_id")
    for place, region_code in enumerate(_ENTERPRISE_REGIONS, 1):
        registered = date(2009 + int(rng.integers(0, 12)), int(rng.integers(1, 13)), int(rng.integers(1, 29)))
        row: Row = {
            "enterprise_id": enterprise_id(place),
            "credit_code": credit_code(_RETIRED_REGIONS.get(place, region_code), 100 + place),
            "name": f"演示{STEMS[place - 1]}城市配送有限公司",
            "region_code": region_code,
            "is_demonstration": False,
            "registered_on": registered,
            "closed_on": None,
        }
        book.enter(row, BEFORE_START)
    for place in range(1, 9):
        book.amend(enterprise_id(place), entered_at(rng, date(2023, 3, 14)), is_demonstration=True)
    closed_on = date(2023, 2, 15)
    book.amend(enterprise_id(13), entered_at(rng, closed_on), closed_on=closed_on)
    book.amend(enterprise_id(7), entered_at(rng, date(2024, 7, 9)), name="演示庚城市配送（集团）有限公司")
    return book


def region(rng: np.random.Generator) -> str:
    """Return a region code of the city, the two statistical pseudo-codes included."""
    return pick(rng, REGIONS)


def _nodes(seed: int, last_year: int) -> VersionedRegister:
    """Return the nodes of levels 1 to 3 (the postal side keeps its own terminal stations)."""
    rng = stream(seed, "nodes")
    book = VersionedRegister("node_id")
    opened: dict[str, list[str]] = {"1": [], "2": [], "3": []}

    def enter(level: str, on: date) -> None:
        serial = len(opened[level]) + 1
        region_code = region(rng)
        row: Row = {
            "node_id": f"N{level}{serial:03d}",
            "node_level_code": level,
            "name": f"示范{_LEVEL_NAMES[level]}{serial:02d}",
            "region_code": region_code,
            "in_service_on": on,
            "out_of_service_on": None,
            "is_centre_area": region_code == "320706",
        }
        book.enter(row, recorded_at(rng, on))
        opened[level].append(row["node_id"])

    enter("2", date(2021, 6, 1))
    for n in range(OLD_LEVEL3_NODES):
        enter("3", date(2020 + n % 3, 1 + n, 10))
    for level in opened:
        for (year, month), count in monthly_counts(f"level{level}_nodes", last_year).items():
            for day in spread(rng, count, year, month):
                enter(level, day)
    # the first ones of the programme; one that closes within the year of its opening stays an addition of that year
    closing = [(opened["3"][OLD_LEVEL3_NODES], date(2023, 12, 20)), (opened["2"][1], date(2025, 4, 11))]
    for node_id, day in closing:
        if day.year <= last_year:
            book.amend(node_id, entered_at(rng, day), out_of_service_on=day)
    renamed = entered_at(rng, date(2024, 2, 20))
    book.amend(opened["1"][0], renamed, name="示范一级节点（多式联运枢纽）01")
    return book


def _stopping_places(seed: int, last_year: int) -> VersionedRegister:
    """Return the temporary stopping places for delivery vehicles."""
    rng = stream(seed, "stopping_places")
    book = VersionedRegister("place_id")
    days = [date(2019 + n % 4, 1 + n, 15) for n in range(OLD_STOPPING_PLACES)]
    for (year, month), count in monthly_counts("stopping_places", last_year).items():
        days += spread(rng, count, year, month)
    for serial, day in enumerate(days, 1):
        row: Row = {
            "place_id": f"P{serial:04d}",
            "name": f"示范停靠点{serial:03d}",
            "road_name": pick(rng, ROADS),
            "region_code": region(rng),
            "bay_count": int(rng.integers(2, 9)),
            "in_service_on": day,
            "out_of_service_on": None,
        }
        book.enter(row, recorded_at(rng, day))
    for place_id, day in (("P0003", date(2023, 10, 12)), ("P0020", date(2024, 6, 5))):
        book.amend(place_id, entered_at(rng, day), out_of_service_on=day)
    book.amend("P0030", entered_at(rng, date(2024, 3, 6)), bay_count=10)
    # the same place was entered twice; the second entry was removed within the month
    double = {**book.last("P0040"), "place_id": "P9999"}
    twice = double["in_service_on"].replace(day=1)
    book.enter(double, entered_at(rng, twice))
    book.remove("P9999", entered_at(rng, twice, 5))
    return book


def _funds(seed: int, last_year: int) -> VersionedRegister:
    """Return the fund entries by purpose, in yuan: budgets booked in January, payments by quarter."""
    rng = stream(seed, "funds")
    book = VersionedRegister("entry_id")
    for year in range(FIRST_DAY.year, last_year + 1):
        for place, (purpose, name) in enumerate(PURPOSES.items()):
            budget = Decimal(int(rng.integers(80, 400))) * 10_000
            made = [("budgeted", budget, date(year, 1, 20 + place))]
            for month in (3, 6, 9, 11):
                cents = int(budget * 100) * int(rng.integers(12, 25)) // 100 + int(rng.integers(0, 100))
                made.append(("paid", Decimal(cents) / 100, date(year, month, 28 if month != 9 else 30)))
            # paid out of the year's budget, but booked when the year was over: it counts in that year's December
            made.append(("paid", Decimal("120000.50"), date(year + 1, 1, 12)))
            for n, (kind, amount, booked) in enumerate(made):
                if booked.year > last_year:
                    continue
                row: Row = {
                    "entry_id": f"Z{year}{place + 1}{n:02d}",
                    "fund_kind_code": kind,
                    "purpose_code": purpose,
                    "purpose_name": name,
                    "amount_yuan": amount.quantize(Decimal("0.01")),
                    "booked_on": booked,
                    "year": year,
                    "document_no": f"连演示财〔{year}〕{place + 1}{n:02d}号",
                }
                book.enter(row, entered_at(rng, booked))
    return book
