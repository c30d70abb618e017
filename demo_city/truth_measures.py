"""What is known about the city when a day is over, and each indicator counted over it: numerator and denominator.

Written from the definitions (domain.md §1 and §5), independently of the warehouse's SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from demo_city.contract_facts import REGISTER_KEYS
from demo_city.monthly_events import FIRST_DAY
from demo_city.plan_targets import INDICATORS
from demo_city.random_generator import day_end, month_end, month_starts
from demo_city.versioned_register import Row

if TYPE_CHECKING:
    from demo_city.city_source import CityRecord

# StationType 1 public, 102 logistics: the others may not be used by delivery vehicles
USABLE_STATION_TYPES = frozenset({1, 102})
FORMS = ("postal_terminal_station", "postal_tricycle", "commerce_store_delivery")


@dataclass(frozen=True)
class AsOfState:
    """The rows that count, as known at the end of `as_of`.

    `registers` are by dataset, with the stations and piles that delivery vehicles may use as `usable_station` and
    `usable_pile`; `forms` are by dataset and the first day of their month.
    """

    as_of: date
    registers: Mapping[str, list[Row]] = field(default_factory=dict)
    forms: Mapping[str, Mapping[date, list[Row]]] = field(default_factory=dict)
    # Each measure asks for the same rows in every month.
    _chosen: dict[tuple[object, ...], list[Row]] = field(default_factory=dict, init=False, repr=False)

    def rows(self, dataset: str, **accepted: Collection[object]) -> list[Row]:
        """Return the rows of a register that have accepted values in some columns."""
        asked = (dataset, *accepted.items())
        if asked not in self._chosen:
            self._chosen[asked] = _matching(self.registers.get(dataset, []), **accepted)
        return self._chosen[asked]


def as_of_state(city: CityRecord, as_of: date) -> AsOfState:
    """Return what is known about the city when the day `as_of` is over (Shanghai)."""
    known, until = city.late_knowledge, day_end(as_of)
    stations = [
        (_service(info), info)
        for _, info in known.stations(city.power, until)
        if info["StationType"] in USABLE_STATION_TYPES
    ]
    piles = [
        _narrower(station, _service(pile)) for station, info in stations for pile in info["EquipmentInfos"]
    ]
    registers = {dataset: city.register_as_known(dataset, as_of) for dataset in REGISTER_KEYS}
    registers |= {"usable_station": [station for station, _ in stations], "usable_pile": piles}
    # the forms of a month arrive in the evening of its last day
    latest = min(as_of, month_end(city.last_day))
    months = [month for month in month_starts(city.first_day, as_of) if month_end(month) <= latest]
    forms = {
        dataset: {
            month: known.rows(dataset, month, city.form_rows(dataset, month), until) for month in months
        }
        for dataset in FORMS
    }
    return AsOfState(as_of, registers, forms)


def _service(info: Row) -> Row:
    """Return between which days a station or pile is in service; "" is "not yet"."""
    since, until = info["OfficialRunTime"], info["DecommissionTime"]
    return {
        "in_service_on": date.fromisoformat(since) if since else None,
        "out_of_service_on": date.fromisoformat(until) if until else None,
    }


def _narrower(station: Row, pile: Row) -> Row:
    """Return when a pile works: from the later beginning to the earlier end of pile and station."""
    begun, ended = ([row[name] for row in (station, pile)] for name in ("in_service_on", "out_of_service_on"))
    return {
        "in_service_on": max(begun) if all(begun) else None,
        "out_of_service_on": min((day for day in ended if day), default=None),
    }


@dataclass(frozen=True)
class Parts:
    """A figure's parts. Without a denominator the numerator is the figure; `numerator` None means no data at all."""

    numerator: Decimal | None
    denominator: Decimal | None = None

    @property
    def value(self) -> Decimal | None:
        """Return the unrounded figure; None without data, and for a zero denominator: that is not 0%."""
        if self.numerator is None or self.denominator is None:
            return self.numerator
        return self.numerator / self.denominator if self.denominator else None

    @property
    def null_reason(self) -> str | None:
        """Return why there is no figure, None where there is one."""
        if self.numerator is None:
            return "no_data"
        return "zero_denominator" if self.denominator == 0 else None


NO_DATA = Parts(None)
Measure = Callable[[AsOfState, date], Parts]
# GA 24.9 code O alone (a hybrid that cannot be plugged in) does not make a vehicle new-energy
NEW_ENERGY = ("BEV", "PHEV", "FCEV")
_NEW = ("new",)


def measure_of(code: str) -> Measure:
    """Return the function that counts an indicator, (knowledge, day) -> Parts; KeyError if there is none."""
    if code in _MEASURES:
        return _MEASURES[code]
    for plan in INDICATORS:
        if plan.code == code and plan.is_milestone:
            return _milestone(code, is_one_off=plan.is_one_off)
    raise KeyError(f"no measure of {code} in demo_city/truth_measures.py")


def _matching(rows: Iterable[Row], **accepted: Collection[object]) -> list[Row]:
    return [row for row in rows if all(row[name] in values for name, values in accepted.items())]


def _between(rows: Iterable[Row], column: str, first: date, last: date) -> list[Row]:
    return [row for row in rows if row[column] and first <= row[column] <= last]


def _in_service(
    rows: Iterable[Row], day: date, since: str = "in_service_on", until: str = "out_of_service_on"
) -> list[Row]:
    """Return the rows that are in service at the end of a day: from `since` (None: not yet) to before `until`."""
    return [row for row in rows if row[since] and row[since] <= day and (not row[until] or row[until] > day)]


def _count(things: Collection[object]) -> Decimal:
    return Decimal(len(things))


def _sum(rows: Iterable[Row], column: str) -> Decimal:
    return sum((row[column] for row in rows), Decimal("0.00"))


def _added(dataset: str, since: str = "in_service_on", **accepted: Collection[object]) -> Measure:
    """Count rows that came into service in the year up to a day; leaving later does not undo an addition."""
    return lambda known, day: Parts(
        _count(_between(known.rows(dataset, **accepted), since, date(day.year, 1, 1), day))
    )


def _stock(dataset: str, **accepted: Collection[object]) -> Measure:
    """Count rows that are in service at the end of a day."""
    return lambda known, day: Parts(_count(_in_service(known.rows(dataset, **accepted), day)))


def _entered(**accepted: Collection[object]) -> Measure:
    """Count vehicles that came into service since the programme began."""
    return lambda known, day: Parts(
        _count(_between(known.rows("transport_vehicle", **accepted), "in_service_on", FIRST_DAY, day))
    )


def _ratio(part: Measure, whole: Measure, whole_at: date | None = None) -> Measure:
    """Divide one count by another, which may be that of a fixed day."""
    return lambda known, day: Parts(part(known, day).numerator, whole(known, whole_at or day).numerator)


def _terminal_station_added(known: AsOfState, day: date) -> Parts:
    forms = known.forms.get("postal_terminal_station", {})
    if not forms:
        return NO_DATA
    joint = _matching(forms[max(forms)], is_joint=(True,))
    return Parts(_count(_between(joint, "opened_on", date(day.year, 1, 1), day)))


def _tricycle_marking_share(known: AsOfState, day: date) -> Parts:
    forms = known.forms.get("postal_tricycle", {})
    months = [month for month in forms if month <= day]
    if not months:
        return NO_DATA
    in_use = _in_service(forms[max(months)], day, "in_use_from", "in_use_to")
    return Parts(_count(_matching(in_use, is_marking_uniform=(True,))), _count(in_use))


def _joint_delivery_share(known: AsOfState, day: date) -> Parts:
    """Add the year's months delivered; freight that is both joint and at night counts once."""
    forms = known.forms.get("commerce_store_delivery", {})
    months = [month for month in forms if month.year == day.year and month <= day]
    rows = [row for month in months for row in _matching(forms[month], is_centre_area=(True,))]
    if not rows:
        return NO_DATA
    joint, night, both, total = (
        _sum(rows, f"{freight}_tonnes") for freight in ("joint", "night", "joint_night", "total")
    )
    return Parts(joint + night - both, total)


def _enterprise_3a(known: AsOfState, day: date) -> Parts:
    """Count enterprises, not certificates, and only while one is valid and the enterprise is open."""
    is_open = {
        row["enterprise_id"]
        for row in known.rows("transport_enterprise")
        if row["closed_on"] is None or row["closed_on"] > day
    }
    graded = known.rows("transport_enterprise_grade", grade_code=("3A", "4A", "5A"))
    valid = _in_service(graded, day, "valid_from", "revoked_on")
    return Parts(_count(is_open & {row["enterprise_id"] for row in valid if day <= row["valid_to"]}))


def _fund(kind: str) -> Measure:
    """Add a budget year's money: what is booked by the day; on the year's last day all of it, whenever booked."""

    def amount(known: AsOfState, day: date) -> Parts:
        rows = known.rows("transport_fund", fund_kind_code=(kind,), year=(day.year,))
        if day < date(day.year, 12, 31):
            rows = [row for row in rows if row["booked_on"] <= day]
        return Parts(_sum(rows, "amount_yuan"))

    return amount


def _milestone(code: str, *, is_one_off: bool) -> Measure:
    """Return 1 once reported: yearly ones by their own year, one-off ones whatever the year; never more than 1."""

    def reached(known: AsOfState, day: date) -> Parts:
        reports = known.rows("transport_milestone", indicator_code=(code,))
        years = [row["year"] for row in reports if row["achieved_on"] <= day]
        return Parts(Decimal(bool(years) if is_one_off else day.year in years))

    return reached


def _passage_policy(known: AsOfState, day: date) -> Parts:
    """Return 1 while a measure that work (10) asks for is in force: on passage, or on passage by time and area."""
    policies = known.rows("transport_policy", policy_kind_code=("passage", "time_area"))
    return Parts(Decimal(bool(_in_service(policies, day, "issued_on", "repealed_on"))))


_MEASURES: dict[str, Measure] = {
    "node_level1_added": _added("transport_node", node_level_code=("1",)),
    "node_level2_added": _added("transport_node", node_level_code=("2",)),
    "terminal_station_added": _terminal_station_added,
    "charging_station_added": _added("usable_station"),
    "charging_pile_added": _added("usable_pile"),
    "pile_vehicle_ratio": _ratio(
        _stock("usable_pile"), _stock("transport_vehicle", new_energy_kind_code=NEW_ENERGY)
    ),
    "stopping_place_added": _added("transport_stopping_place"),
    "tricycle_marking_share": _tricycle_marking_share,
    "nev_added": _added("transport_vehicle", entry_kind_code=_NEW, new_energy_kind_code=NEW_ENERGY),
    "nev_share_of_new": _ratio(
        _entered(entry_kind_code=_NEW, new_energy_kind_code=NEW_ENERGY),
        _entered(entry_kind_code=("new", "renewal")),
    ),
    "nev_share_of_initial_stock": _ratio(
        _entered(entry_kind_code=_NEW, new_energy_kind_code=NEW_ENERGY),
        _stock("transport_vehicle", new_energy_kind_code=NEW_ENERGY),
        whole_at=FIRST_DAY - timedelta(days=1),
    ),
    "noncompliant_vehicle_removed": _added(
        "transport_vehicle", since="out_of_service_on", out_of_service_reason_code=("noncompliant",)
    ),
    "public_platform": _stock("transport_platform", platform_kind_code=("public",)),
    "enterprise_platform": _stock("transport_platform", platform_kind_code=("enterprise",)),
    "joint_delivery_share": _joint_delivery_share,
    "cold_vehicle_share": _ratio(
        _stock("transport_vehicle", body_kind_code=("refrigerated", "insulated")), _stock("transport_vehicle")
    ),
    "enterprise_3a": _enterprise_3a,
    "passage_policy_issued": _passage_policy,
    "fund_budgeted_yuan": _fund("budgeted"),
    "fund_paid_yuan": _fund("paid"),
}
