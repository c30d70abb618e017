"""Each indicator counted in plain Python over what is known: numerator and denominator at a day.

Written from the definitions (domain.md §1 and §5), independently of the warehouse's SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from demo_city.as_of_state import AsOfState, Span
from demo_city.monthly_events import FIRST_DAY
from demo_city.plan_targets import INDICATORS, MILESTONE
from demo_city.versioned_register import Row

NEW_ENERGY_KINDS = frozenset({"BEV", "PHEV", "FCEV"})


@dataclass(frozen=True)
class Parts:
    """A figure's parts. Without a denominator the numerator is the figure; `numerator` None means no data at all."""

    numerator: Decimal | None
    denominator: Decimal | None = None


NO_DATA = Parts(None)
Measure = Callable[[AsOfState, date], Parts]


def measure_of(code: str) -> Measure:
    """Return the function that counts an indicator at a day: (knowledge, day) -> Parts.

    Raises:
        KeyError: no such indicator.
    """
    if code in _MEASURES:
        return _MEASURES[code]
    if code in {plan.code for plan in INDICATORS if plan.kind == MILESTONE}:
        return _milestone(code)
    raise KeyError(f"no measure of {code} in demo_city/truth_measures.py")


def _count(things: Iterable[object]) -> Decimal:
    return Decimal(sum(1 for _ in things))


def _in_service(row: Row, day: date) -> bool:
    return Span(row["in_service_on"], row["out_of_service_on"]).covers(day)


def _added(rows: Iterable[Row], day: date, since: str = "in_service_on") -> Parts:
    """Count rows that came into service in the year up to a day; leaving later does not undo an addition."""
    return Parts(_count(row for row in rows if date(day.year, 1, 1) <= row[since] <= day))


def _is_new_energy(row: Row) -> bool:
    # GA 24.9 code O alone (a hybrid that cannot be plugged in) does not make a vehicle new-energy
    return row["new_energy_kind_code"] in NEW_ENERGY_KINDS


def _new_new_energy(known: AsOfState) -> list[Row]:
    return [v for v in known.vehicles if _is_new_energy(v) and v["entry_kind_code"] == "new"]


def _node(level: str) -> Measure:
    return lambda known, day: _added((n for n in known.nodes if n["node_level_code"] == level), day)


def _terminal_station_added(known: AsOfState, day: date) -> Parts:
    if known.terminal_stations is None:
        return NO_DATA
    return _added((s for s in known.terminal_stations if s["is_joint"]), day, "opened_on")


def _begun(spans: Iterable[Span], day: date) -> Parts:
    return Parts(_count(span for span in spans if span.begins_within(date(day.year, 1, 1), day)))


def _pile_vehicle_ratio(known: AsOfState, day: date) -> Parts:
    piles = _count(span for span in known.usable_piles if span.covers(day))
    vehicles = _count(v for v in known.vehicles if _is_new_energy(v) and _in_service(v, day))
    return Parts(piles, vehicles)


def _tricycle_marking_share(known: AsOfState, day: date) -> Parts:
    months = [month for month in known.tricycles if month <= day]
    if not months:
        return NO_DATA
    rows = known.tricycles[max(months)]
    in_use = [row for row in rows if Span(row["in_use_from"], row["in_use_to"]).covers(day)]
    return Parts(_count(row for row in in_use if row["is_marking_uniform"]), _count(in_use))


def _nev_share_of_new(known: AsOfState, day: date) -> Parts:
    within = [v for v in known.vehicles if FIRST_DAY <= v["in_service_on"] <= day]
    entered = [v for v in within if v["entry_kind_code"] in ("new", "renewal")]
    new = [v for v in entered if _is_new_energy(v) and v["entry_kind_code"] == "new"]
    return Parts(_count(new), _count(entered))


def _nev_share_of_initial_stock(known: AsOfState, day: date) -> Parts:
    added = [v for v in _new_new_energy(known) if FIRST_DAY <= v["in_service_on"] <= day]
    stock = [v for v in known.vehicles if _is_new_energy(v) and _in_service(v, date(2022, 12, 31))]
    return Parts(_count(added), _count(stock))


def _noncompliant_vehicle_removed(known: AsOfState, day: date) -> Parts:
    left = [v for v in known.vehicles if v["out_of_service_reason_code"] == "noncompliant"]
    return Parts(_count(v for v in left if date(day.year, 1, 1) <= v["out_of_service_on"] <= day))


def _platform(kind: str) -> Measure:
    return lambda known, day: Parts(
        _count(p for p in known.platforms if p["platform_kind_code"] == kind and _in_service(p, day))
    )


def _joint_delivery_share(known: AsOfState, day: date) -> Parts:
    """Add the year's months delivered; freight that is both joint and at night counts once."""
    months = [m for m in known.store_deliveries if m.year == day.year and m <= day]
    rows = [row for m in months for row in known.store_deliveries[m] if row["is_centre_area"]]
    if not rows:
        return NO_DATA
    union = sum((r["joint_tonnes"] + r["night_tonnes"] - r["joint_night_tonnes"] for r in rows), Decimal(0))
    return Parts(union, sum((r["total_tonnes"] for r in rows), Decimal(0)))


def _cold_vehicle_share(known: AsOfState, day: date) -> Parts:
    fleet = [v for v in known.vehicles if _in_service(v, day)]
    cold = [v for v in fleet if v["body_kind_code"] in ("refrigerated", "insulated")]
    return Parts(_count(cold), _count(fleet))


def _enterprise_3a(known: AsOfState, day: date) -> Parts:
    """Count enterprises, not certificates, and only while one is valid and the enterprise is open."""
    is_open = {
        e["enterprise_id"] for e in known.enterprises if e["closed_on"] is None or e["closed_on"] > day
    }
    certified = {
        c["enterprise_id"]
        for c in known.certificates
        if int(c["grade_code"][0]) >= 3
        and c["valid_from"] <= day <= c["valid_to"]
        and (c["revoked_on"] is None or c["revoked_on"] > day)
    }
    return Parts(_count(is_open & certified))


def _fund(kind: str) -> Measure:
    def amount(known: AsOfState, day: date) -> Parts:
        rows = [f for f in known.funds if f["fund_kind_code"] == kind and f["year"] == day.year]
        return Parts(sum((f["amount_yuan"] for f in rows if f["booked_on"] <= day), Decimal("0.00")))

    return amount


def _milestone(code: str) -> Measure:
    """Return 1 once reported: yearly ones by their own year, one-off ones whatever the year; never more than 1."""

    is_one_off = next(plan.is_one_off for plan in INDICATORS if plan.code == code)

    def reached(known: AsOfState, day: date) -> Parts:
        reports = [m for m in known.milestones if m["indicator_code"] == code and m["achieved_on"] <= day]
        if not is_one_off:
            reports = [m for m in reports if m["year"] == day.year]
        return Parts(Decimal(1) if reports else Decimal(0))

    return reached


_MEASURES: dict[str, Measure] = {
    "node_level1_added": _node("1"),
    "node_level2_added": _node("2"),
    "terminal_station_added": _terminal_station_added,
    "charging_station_added": lambda known, day: _begun(known.usable_stations, day),
    "charging_pile_added": lambda known, day: _begun(known.usable_piles, day),
    "pile_vehicle_ratio": _pile_vehicle_ratio,
    "stopping_place_added": lambda known, day: _added(known.stopping_places, day),
    "tricycle_marking_share": _tricycle_marking_share,
    "nev_added": lambda known, day: _added(_new_new_energy(known), day),
    "nev_share_of_new": _nev_share_of_new,
    "nev_share_of_initial_stock": _nev_share_of_initial_stock,
    "noncompliant_vehicle_removed": _noncompliant_vehicle_removed,
    "public_platform": _platform("public"),
    "enterprise_platform": _platform("enterprise"),
    "joint_delivery_share": _joint_delivery_share,
    "cold_vehicle_share": _cold_vehicle_share,
    "enterprise_3a": _enterprise_3a,
    "fund_budgeted_yuan": _fund("budgeted"),
    "fund_paid_yuan": _fund("paid"),
}
