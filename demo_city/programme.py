"""What the bureaus report about the programme itself: platforms, milestones, funds, policies."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

from demo_city.monthly_events import (
    BEFORE_START,
    FIRST_DAY,
    day_or_none,
    event_rows,
    recorded_at,
)
from demo_city.random_generator import SHANGHAI, entered_at, stream
from demo_city.versioned_register import Row, VersionedRegister

PURPOSES = {
    "node_system": "三级节点体系建设",
    "vehicle": "新能源车辆购置与运营",
    "charging": "充电设施建设",
    "platform": "信息平台建设",
    "market_entity": "市场主体培育",
}


def platforms(seed: int) -> VersionedRegister:
    """Return the information platforms; a private one that was switched off in 2023 does not count later."""
    rng = stream(seed, "platforms")
    book = VersionedRegister("platform_id")
    closings = {}
    for event in event_rows("platforms"):
        in_service_on = date.fromisoformat(event["in_service_on"])
        row: Row = {name: event[name] for name in ("platform_id", "platform_kind_code", "name", "owner_name")}
        row |= {"in_service_on": in_service_on, "out_of_service_on": None}
        book.enter(row, recorded_at(rng, in_service_on))
        closings[event["platform_id"]] = day_or_none(event["out_of_service_on"])
    for platform_id, closed_on in closings.items():
        if closed_on:
            book.amend(platform_id, entered_at(rng, closed_on), out_of_service_on=closed_on)
    return book


def milestones(seed: int, last_year: int) -> VersionedRegister:
    """Return the milestones as the bureaus report them; some indicators are reported more than once a year."""
    rng = stream(seed, "milestones")
    book = VersionedRegister("milestone_id")
    for serial, event in enumerate(event_rows("milestones"), 1):
        achieved_on, reported_on = (
            date.fromisoformat(event[name]) for name in ("achieved_on", "reported_on")
        )
        if achieved_on.year > last_year:
            continue
        row: Row = {
            "milestone_id": f"M{serial:04d}",
            "indicator_code": event["indicator_code"],
            "work_no": int(event["work_no"]),
            "year": int(event["year"]),
            "achieved_on": achieved_on,
            "reported_on": reported_on,
            "document_no": f"连演示〔{achieved_on.year}〕{serial}号",
            "document_title": f"{event['document_title']}（演示数据）",
        }
        book.enter(row, entered_at(rng, reported_on, 0))
    return book


def funds(seed: int, last_year: int) -> VersionedRegister:
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
            # paid out of the year's budget, but booked when the year was over: in no figure of that year
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


def policies(last_year: int) -> VersionedRegister:
    """Return the policies; one is repealed by its successor."""
    book = VersionedRegister("policy_id")
    for serial, event in enumerate(event_rows("policies"), 1):
        kind, issued_on = event["policy_kind_code"], date.fromisoformat(event["issued_on"])
        if issued_on.year > last_year:
            continue
        policy_id = f"Y{serial:03d}"
        row: Row = {
            "policy_id": policy_id,
            "policy_kind_code": kind,
            "title": f"{event['title']}（演示数据）",
            "document_no": f"连演示规〔{issued_on.year}〕{serial}号",
            "issuing_unit_name": "演示市公安局" if kind in ("passage", "time_area") else "演示市交通运输局",
            "issued_on": issued_on,
            "repealed_on": None,
        }
        is_old = issued_on < FIRST_DAY
        book.enter(row, BEFORE_START if is_old else datetime.combine(issued_on, time(16), SHANGHAI))
        if repealed_on := day_or_none(event["repealed_on"]):
            book.amend(
                policy_id, datetime.combine(repealed_on, time(16, 30), SHANGHAI), repealed_on=repealed_on
            )
    return book
