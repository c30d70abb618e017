"""What the programme as a whole has reached, counted from the city's registers since its first day.

The totals and the shares of the years stand here as the plan's text gives them (连政办发〔2023〕2号, attachment:
“3+8+80”, 充电站5个, 充电桩300个, 临时停靠点不少于80个, 新能源城市配送车辆150辆, 3家3A级(含)以上).
The status of 2023-2025 is pro rata over the programme's days: of 150 vehicles 150 × 1004 ÷ 1096 on 2025-09-30. What the
yearly targets ask for by a day stands beside it. Nothing is added up from yearly figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from demo_city.monthly_events import FIRST_DAY
from demo_city.plan_targets import PERIOD_END, PERIOD_YEARS
from demo_city.random_generator import month_end, month_starts
from demo_city.truth_measures import NEW_ENERGY, AsOfState, as_of_state, measure_of
from demo_city.versioned_register import Row

if TYPE_CHECKING:
    from demo_city.city_source import CityRecord

# What the plan wants by the ends of 2023, 2024 and 2025; the last is its total.
PLANNED = {
    "node_level1_added": (1, 2, 3),
    "node_level2_added": (4, 6, 8),
    "terminal_station_added": (30, 70, 80),
    "charging_station_added": (2, 4, 5),
    "charging_pile_added": (100, 250, 300),
    "stopping_place_added": (30, 70, 80),
    "nev_added": (70, 120, 150),
    "enterprise_3a": (1, 2, 3),
}
_SIX_PLACES = Decimal("0.000001")
# The register that holds an indicator's things, the date from which one counts, and which of them count.
_REGISTERS: dict[str, tuple[str, str, Callable[[Row], bool]]] = {
    "node_level1_added": ("transport_node", "in_service_on", lambda row: row["node_level_code"] == "1"),
    "node_level2_added": ("transport_node", "in_service_on", lambda row: row["node_level_code"] == "2"),
    "charging_station_added": ("usable_station", "in_service_on", lambda _: True),
    "charging_pile_added": ("usable_pile", "in_service_on", lambda _: True),
    "stopping_place_added": ("transport_stopping_place", "in_service_on", lambda _: True),
    "nev_added": (
        "transport_vehicle",
        "in_service_on",
        lambda row: row["entry_kind_code"] == "new" and row["new_energy_kind_code"] in NEW_ENERGY,
    ),
}


@dataclass(frozen=True)
class TrueTotal:
    """One indicator with a plan total, as of a year's last month up to the as-of day."""

    indicator_code: str
    year: int
    period_month: date
    as_of_date: date
    plan_total_value: Decimal
    cumulative_value: Decimal | None
    remaining_value: Decimal | None
    completion_ratio: Decimal | None
    cumulative_expected_value: Decimal
    yearly_targets_due_value: Decimal
    status_code: str


def true_programme(city: CityRecord, as_of: date) -> list[TrueTotal]:
    """Return one entry per indicator with a plan total and year of the programme up to `as_of`, as known at its end."""
    known = as_of_state(city, as_of)
    newest = {month.year: month for month in month_starts(FIRST_DAY, min(as_of, PERIOD_END))}
    return [
        _true_total(code, known, month, min(month_end(month), as_of))
        for code in PLANNED
        for month in newest.values()
    ]


def expected_total(code: str, day: date) -> Decimal:
    """Return what is expected of the whole programme by a day: its total over the 1,096 days evenly, in whole units."""
    passed, all_days = ((end - FIRST_DAY).days + 1 for end in (day, PERIOD_END))
    return (Decimal(PLANNED[code][-1]) * passed / all_days).quantize(Decimal(1), ROUND_HALF_UP)


def yearly_targets_due(code: str, day: date) -> Decimal:
    """Return what the plan wants by the last of its year ends that is not after a day; 0 before the first one."""
    due = [
        wanted for year, wanted in zip(PERIOD_YEARS, PLANNED[code], strict=True) if date(year, 12, 31) <= day
    ]
    return Decimal(due[-1] if due else 0)


def total_status(code: str, reached: Decimal | None, day: date) -> str:
    """Return met or not_met at the programme's end, before it on_track or behind; no_data without a figure."""
    if reached is None:
        return "no_data"
    if day >= PERIOD_END:
        return "met" if reached >= PLANNED[code][-1] else "not_met"
    return "on_track" if reached >= expected_total(code, day) else "behind"


def reached_by(code: str, known: AsOfState, day: date) -> Decimal | None:
    """Return what counts towards an indicator's total at the end of a day; None while nothing was delivered."""
    if code == "enterprise_3a":
        return measure_of(code)(known, day).numerator
    if code == "terminal_station_added":
        forms = known.forms.get("postal_terminal_station", {})
        if not forms:
            return None
        return _since_first_day((row for row in forms[max(forms)] if row["is_joint"]), "opened_on", day)
    register, since, counts = _REGISTERS[code]
    return _since_first_day((row for row in known.registers.get(register, []) if counts(row)), since, day)


def _since_first_day(rows: Iterable[Row], since: str, day: date) -> Decimal:
    return Decimal(sum(1 for row in rows if row[since] and FIRST_DAY <= row[since] <= day))


def _true_total(code: str, known: AsOfState, month: date, day: date) -> TrueTotal:
    total, reached = Decimal(PLANNED[code][-1]), reached_by(code, known, day)
    return TrueTotal(
        indicator_code=code,
        year=day.year,
        period_month=month,
        as_of_date=day,
        plan_total_value=total,
        cumulative_value=reached,
        remaining_value=None if reached is None else max(total - reached, Decimal(0)),
        completion_ratio=None if reached is None else (reached / total).quantize(_SIX_PLACES, ROUND_HALF_UP),
        cumulative_expected_value=expected_total(code, day),
        yearly_targets_due_value=yearly_targets_due(code, day),
        status_code=total_status(code, reached, day),
    )
