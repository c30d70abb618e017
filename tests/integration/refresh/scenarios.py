"""Scenarios of late, corrected, deleted and repeated deliveries around a year's end, and of the runs meanwhile.

A source change becomes known at the agency, a step runs in the warehouse. Both are plain facts, so that a failing
example can be read; what they change in the city is computed by the city itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any

from green_freight.periods import SHANGHAI
from hypothesis import strategies as st

from demo_city.city import City
from demo_city.versioned_register import Row
from tests.late_changes import Change, RevisedKnowledge, Revision, one_pile_silent, without, without_piles

# History is loaded through LOADED, its events from EVENTS_FROM; what becomes known and what runs lies between FIRST and
# LAST, and everything has been delivered by the night of FINAL.
LOADED, FIRST, LAST, FINAL = date(2023, 12, 26), date(2023, 12, 27), date(2024, 1, 6), date(2024, 1, 9)
DAYS_BACK = (FINAL - FIRST).days + 1
EVENTS_FROM = FIRST - timedelta(days=DAYS_BACK)
# A company corrects its statistics within days; they are asked for again after a week at the latest.
DAYS_TO_CORRECT, DAYS_TO_SETTLE = 5, 7
BACKDATED = datetime(2023, 11, 11, 11, tzinfo=SHANGHAI)
MONTHS = (date(2023, 3, 1), date(2023, 8, 1), date(2023, 11, 1))
# Key and a column that clerks correct, by register.
REGISTERS = {
    "transport_node": ("node_id", "name", "更名节点"),
    "transport_stopping_place": ("place_id", "bay_count", 9),
    "transport_fund": ("entry_id", "amount_yuan", Decimal("777.00")),
    "transport_vehicle": ("vehicle_id", "gross_mass_kg", 4321),
}
FORMS = {
    "postal_tricycle": ("tricycle_no", "is_marking_uniform"),
    "postal_terminal_station": ("station_no", "is_joint"),
    "commerce_store_delivery": ("store_code", "is_centre_area"),
}
# Fewer than a night tolerates of the smallest register.
MOST_DELETED = 3


@dataclass(frozen=True)
class SourceChange:
    """A change known from noon of a day: `kind` of change of `dataset`, its `place`th record, in `period` if any."""

    kind: str
    dataset: str
    on: date
    place: int = 0
    period: date | None = None

    @property
    def at(self) -> datetime:
        """Return the moment."""
        return datetime.combine(self.on, time(12), SHANGHAI)

    def revision(self, city: City) -> Revision:
        """Return the city's revision."""
        return Revision(self.dataset, self.at, _CHANGES[self.kind](self, city), self.period)


@dataclass(frozen=True)
class Step:
    """What runs: `night` so many days after the newest, `again` so many before it, `outage` a night with a dead agency,
    `backfill` of what a month holds, `reload` from landing of what came since the history, the newest first."""

    kind: str
    days: int = 0
    month: str = ""


def city_of(source_changes: list[SourceChange], plain: City) -> City:
    """Return the city about which all that becomes known."""
    revisions = [source_change.revision(plain) for source_change in source_changes]
    return plain.revised(RevisedKnowledge(revisions))


def _register_change(
    change: Callable[[Row, SourceChange], list[Row]],
) -> Callable[[SourceChange, City], Change]:
    """Return a change of one record of a register, chosen by its place among those known at first."""

    def made(source_change: SourceChange, city: City) -> Change:
        key = REGISTERS[source_change.dataset][0]
        rows = city.register_as_known(source_change.dataset, LOADED)
        chosen = rows[source_change.place % len(rows)][key]
        return lambda rows: [
            new for row in rows for new in (change(row, source_change) if row[key] == chosen else [row])
        ]

    return made


def _amended(row: Row, source_change: SourceChange) -> list[Row]:
    _, column, value = REGISTERS[source_change.dataset]
    return [{**row, column: value, "changed_at": _later(row, source_change.at)}]


def _backdated(row: Row, source_change: SourceChange) -> list[Row]:
    """Amend a record under a time of change that lies in a window which was asked long ago."""
    _, column, value = REGISTERS[source_change.dataset]
    return [{**row, column: value, "changed_at": _later(row, BACKDATED)}]


def _entered(row: Row, source_change: SourceChange) -> list[Row]:
    key = REGISTERS[source_change.dataset][0]
    return [
        row,
        {
            **row,
            key: f"{row[key]}-{source_change.on:%m%d}-{source_change.place}",
            "changed_at": source_change.at,
        },
    ]


def _removed(row: Row, source_change: SourceChange) -> list[Row]:
    return [{**row, "is_deleted": True, "changed_at": _later(row, source_change.at)}]


def _later(row: Row, moment: datetime) -> datetime:
    changed_at: datetime = row["changed_at"]
    return max(changed_at + timedelta(seconds=1), moment)


def _deleted_pile(source_change: SourceChange, city: City) -> Change:
    stations = city.late_knowledge.stations(city.power, datetime.combine(LOADED, time(), SHANGHAI))
    info = stations[source_change.place % len(stations)][1]
    piles = info["EquipmentInfos"]
    gone = piles[source_change.place * 7 % len(piles)]["EquipmentID"]
    return without_piles(info["StationID"], {gone}, source_change.at)


def _renamed_station(source_change: SourceChange, city: City) -> Change:
    def change(rows: list[Row]) -> list[Row]:
        place = source_change.place % len(rows)
        info = {**rows[place]["info"], "StationName": f"更名站{source_change.on:%m%d}"}
        return [*rows[:place], {"changed_at": source_change.at, "info": info}, *rows[place + 1 :]]

    return change


def _late_order(source_change: SourceChange, city: City) -> Change:
    """Push an order of an earlier month, or of the year before, with a day's file."""
    began = ("2023-11-30 23:10:00", "2023-12-01 00:10:00")[source_change.place % 2]

    def change(rows: list[Row]) -> list[Row]:
        [model, *_] = rows
        place = f"{source_change.on:%m%d}{source_change.period:%m%d}{source_change.place:010d}"
        seq = model["StartChargeSeq"][:9] + place
        return [*rows, {**model, "StartChargeSeq": seq, "StartTime": began}]

    return change


def _order_corrected(source_change: SourceChange, city: City) -> Change:
    """Push an order of some days before again, with another beginning, in an earlier month."""
    assert source_change.period is not None
    before = city.power.charge_orders_pushed(
        source_change.period - timedelta(days=1 + source_change.place % 3)
    )
    corrected = {**before[source_change.place % len(before)], "StartTime": "2023-11-30 22:20:00"}
    return lambda rows: [*rows, corrected]


def _rows_lost(source_change: SourceChange, city: City) -> Change:
    return lambda rows: rows[1 + source_change.place % 3 :]


def _other_figure(source_change: SourceChange, city: City) -> Change:
    def change(rows: list[Row]) -> list[Row]:
        place = source_change.place % len(rows)
        return [
            *rows[:place],
            {**rows[place], "reported_value": Decimal(source_change.on.day)},
            *rows[place + 1 :],
        ]

    return change


def _form_corrected(source_change: SourceChange, city: City) -> Change:
    key, column = FORMS[source_change.dataset]

    def change(rows: list[Row]) -> list[Row]:
        lost, other = rows[0][key], rows[1 + source_change.place % (len(rows) - 1)]
        return [
            {**row, column: not row[column]} if row is other else row for row in without(key, {lost})(rows)
        ]

    return change


_CHANGES: dict[str, Callable[[SourceChange, City], Change]] = {
    "amended": _register_change(_amended),
    "backdated": _register_change(_backdated),
    "deleted": _register_change(lambda row, source_change: []),
    "entered": _register_change(_entered),
    "removed": _register_change(_removed),
    "pile_deleted": _deleted_pile,
    "station_renamed": _renamed_station,
    "statistics_corrected": lambda source_change, city: one_pile_silent,
    "order_corrected": _order_corrected,
    "order_late": _late_order,
    "rows_lost": _rows_lost,
    "figure_corrected": _other_figure,
    "form_corrected": _form_corrected,
}

_DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
_EVENT_DAYS = [EVENTS_FROM + timedelta(days=n) for n in range((LAST - EVENTS_FROM).days)]
_BACKFILL_MONTHS = ("2023-08", "2023-11", "2023-12", "2024-01")
_ON, _PLACE = st.sampled_from(_DAYS), st.integers(0, 40)


def _source_changes(
    kinds: tuple[str, ...], datasets: tuple[str, ...], periods: Any = None
) -> st.SearchStrategy[SourceChange]:
    return st.builds(
        SourceChange,
        kind=st.sampled_from(kinds),
        dataset=st.sampled_from(datasets),
        on=_ON,
        place=_PLACE,
        period=st.none() if periods is None else st.sampled_from(periods),
    )


def _is_possible(source_change: SourceChange) -> bool:
    """Tell whether statistics are corrected soon enough to be noticed by the last night."""
    assert source_change.period is not None
    is_soon = (
        source_change.period < source_change.on <= source_change.period + timedelta(days=DAYS_TO_CORRECT)
    )
    return is_soon and FIRST <= source_change.period <= FINAL - timedelta(days=DAYS_TO_SETTLE)


# What may become known at an agency, in groups; every scenario has something of the first.
SOURCE_CHANGES: dict[str, tuple[st.SearchStrategy[SourceChange], ...]] = {
    "transport": (
        _source_changes(("amended", "backdated", "deleted", "entered", "removed"), tuple(REGISTERS)),
        _source_changes(("rows_lost",), ("transport_vehicle_operation",), _EVENT_DAYS),
        _source_changes(("figure_corrected",), ("transport_reported_figure",), MONTHS),
    ),
    "power": (
        _source_changes(("rows_lost", "order_corrected", "order_late"), ("power_charge_order",), _EVENT_DAYS),
        _source_changes(("pile_deleted", "station_renamed"), ("power_station",)),
        _source_changes(("statistics_corrected",), ("power_connector_energy",), _EVENT_DAYS).filter(
            _is_possible
        ),
    ),
    "postal": (_source_changes(("form_corrected",), ("postal_tricycle", "postal_terminal_station"), MONTHS),),
    "commerce": (_source_changes(("form_corrected",), ("commerce_store_delivery",), MONTHS),),
}
STEPS = st.lists(
    st.one_of(
        st.builds(Step, st.sampled_from(("night", "again", "outage")), st.integers(0, 5)),
        st.builds(Step, st.just("night"), st.integers(1, 4)),
        st.builds(Step, st.sampled_from(("backfill",)), month=st.sampled_from(_BACKFILL_MONTHS)),
        st.just(Step("reload")),
    ),
    min_size=1,
    max_size=4,
)


def source_changes_of(agency: str) -> st.SearchStrategy[list[SourceChange]]:
    """Return the strategy of what becomes known at one agency."""
    first, *others = SOURCE_CHANGES[agency]
    groups = [st.lists(first, min_size=3, max_size=5), *(st.lists(other, max_size=2) for other in others)]
    drawn = st.tuples(*groups).map(lambda lists: list(dict.fromkeys(chain.from_iterable(lists))))
    return drawn.filter(_is_tolerated)


def _is_tolerated(source_changes: list[SourceChange]) -> bool:
    return sum("deleted" in source_change.kind for source_change in source_changes) <= MOST_DELETED


# One scenario in which everything becomes known, most of it twice, and nights as bad as they come.
EVERYTHING = [
    *(
        SourceChange(kind, dataset, FIRST + timedelta(days=(number * 3 + place) % 11), 5 + number * 7 + place)
        for number, kind in enumerate(("amended", "backdated", "deleted", "entered", "removed"))
        for place, dataset in enumerate(REGISTERS)
        if kind != "deleted" or dataset != "transport_fund"
    ),
    SourceChange(
        "rows_lost", "transport_vehicle_operation", FIRST + timedelta(days=6), 2, FIRST - timedelta(days=9)
    ),
    SourceChange(
        "rows_lost", "transport_vehicle_operation", FIRST + timedelta(days=8), 1, FIRST + timedelta(days=5)
    ),
    SourceChange("figure_corrected", "transport_reported_figure", FIRST + timedelta(days=4), 3, MONTHS[0]),
    SourceChange("pile_deleted", "power_station", FIRST + timedelta(days=2), 1),
    SourceChange("station_renamed", "power_station", FIRST + timedelta(days=7), 2),
    SourceChange(
        "statistics_corrected",
        "power_connector_energy",
        FIRST + timedelta(days=5),
        0,
        FIRST + timedelta(days=1),
    ),
    SourceChange("rows_lost", "power_charge_order", FIRST + timedelta(days=5), 1, FIRST - timedelta(days=3)),
    SourceChange("order_late", "power_charge_order", FIRST + timedelta(days=6), 4, FIRST + timedelta(days=7)),
    SourceChange("order_late", "power_charge_order", FIRST + timedelta(days=6), 5, FIRST + timedelta(days=8)),
    SourceChange(
        "order_corrected", "power_charge_order", FIRST + timedelta(days=1), 5, FIRST + timedelta(days=4)
    ),
    SourceChange(
        "order_corrected", "power_charge_order", FIRST + timedelta(days=9), 6, FIRST - timedelta(days=2)
    ),
    *(
        SourceChange("form_corrected", dataset, FIRST + timedelta(days=1 + 3 * place), 5 + place, month)
        for place, month in enumerate(MONTHS)
        for dataset in FORMS
    ),
]
NIGHTS = [
    Step("night", 3),
    Step("outage", 2),
    Step("backfill", month="2023-12"),
    Step("night", 2),
    Step("again", 5),
    Step("backfill", month="2023-08"),
    Step("again", 1),
    Step("night", 2),
    Step("reload"),
]
