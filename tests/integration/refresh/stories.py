"""Stories of late, corrected, deleted and repeated deliveries around a year's end, and of nights that ran as they did.

A turn is something that turns out at the source, an act something that runs in the warehouse. Both are plain facts,
so that a failing example reads as a story; what they make of the city is the city's own hindsight.
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
from demo_city.hindsight import Change, Hindsight, Revision, Row, one_pile_silent, without, without_piles

# History is loaded through LOADED, its events from EVENTS_FROM; what turns out and what runs lies between FIRST and
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
class Turn:
    """What turns out at noon of a day: `kind` about `dataset`, its `place`th record, about `period` if it has one."""

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
        """Return what it is to the city."""
        return Revision(self.dataset, self.at, _CHANGES[self.kind](self, city), self.period)


@dataclass(frozen=True)
class Act:
    """What runs: `night` so many days after the newest, `again` so many before it, `outage` a night with a dead agency,
    `backfill` of what a month holds, `reload` from landing of what came since the history, the newest first."""

    kind: str
    days: int = 0
    month: str = ""


def city_of(turns: list[Turn], plain: City) -> City:
    """Return the city about which all that turns out."""
    revisions = [turn.revision(plain) for turn in turns]
    return City(seed=plain.seed, volume=plain.volume, hindsight=Hindsight(revisions))


def _register_change(change: Callable[[Row, Turn], list[Row]]) -> Callable[[Turn, City], Change]:
    """Return a change of one record of a register, which is told by its place among those known at first."""

    def made(turn: Turn, city: City) -> Change:
        key = REGISTERS[turn.dataset][0]
        rows = city.register_as_known(turn.dataset, LOADED)
        chosen = rows[turn.place % len(rows)][key]
        return lambda rows: [
            new for row in rows for new in (change(row, turn) if row[key] == chosen else [row])
        ]

    return made


def _amended(row: Row, turn: Turn) -> list[Row]:
    _, column, value = REGISTERS[turn.dataset]
    return [{**row, column: value, "changed_at": _later(row, turn.at)}]


def _backdated(row: Row, turn: Turn) -> list[Row]:
    """Amend a record under a time of change that lies in a window which was asked long ago."""
    _, column, value = REGISTERS[turn.dataset]
    return [{**row, column: value, "changed_at": _later(row, BACKDATED)}]


def _entered(row: Row, turn: Turn) -> list[Row]:
    key = REGISTERS[turn.dataset][0]
    return [row, {**row, key: f"{row[key]}-{turn.on:%m%d}-{turn.place}", "changed_at": turn.at}]


def _removed(row: Row, turn: Turn) -> list[Row]:
    return [{**row, "is_deleted": True, "changed_at": _later(row, turn.at)}]


def _later(row: Row, moment: datetime) -> datetime:
    changed_at: datetime = row["changed_at"]
    return max(changed_at + timedelta(seconds=1), moment)


def _deleted_pile(turn: Turn, city: City) -> Change:
    stations = city.hindsight.stations(city.power, datetime.combine(LOADED, time(), SHANGHAI))
    info = stations[turn.place % len(stations)][1]
    piles = info["EquipmentInfos"]
    gone = piles[turn.place * 7 % len(piles)]["EquipmentID"]
    return without_piles(info["StationID"], {gone}, turn.at)


def _renamed_station(turn: Turn, city: City) -> Change:
    def change(rows: list[Row]) -> list[Row]:
        place = turn.place % len(rows)
        info = {**rows[place]["info"], "StationName": f"更名站{turn.on:%m%d}"}
        return [*rows[:place], {"changed_at": turn.at, "info": info}, *rows[place + 1 :]]

    return change


def _late_order(turn: Turn, city: City) -> Change:
    """Push an order of an earlier month, or of the year before, with a day's file."""
    began = ("2023-11-30 23:10:00", "2023-12-01 00:10:00")[turn.place % 2]

    def change(rows: list[Row]) -> list[Row]:
        [model, *_] = rows
        seq = f"{model['StartChargeSeq'][:9]}{turn.on:%m%d}{turn.period:%m%d}{turn.place:010d}"
        return [*rows, {**model, "StartChargeSeq": seq, "StartTime": began}]

    return change


def _order_corrected(turn: Turn, city: City) -> Change:
    """Push an order of some days before again, with another beginning, in an earlier month."""
    assert turn.period is not None
    before = city.power.charge_orders_pushed(turn.period - timedelta(days=1 + turn.place % 3))
    corrected = {**before[turn.place % len(before)], "StartTime": "2023-11-30 22:20:00"}
    return lambda rows: [*rows, corrected]


def _rows_lost(turn: Turn, city: City) -> Change:
    return lambda rows: rows[1 + turn.place % 3 :]


def _other_figure(turn: Turn, city: City) -> Change:
    def change(rows: list[Row]) -> list[Row]:
        place = turn.place % len(rows)
        return [*rows[:place], {**rows[place], "reported_value": Decimal(turn.on.day)}, *rows[place + 1 :]]

    return change


def _form_corrected(turn: Turn, city: City) -> Change:
    key, column = FORMS[turn.dataset]

    def change(rows: list[Row]) -> list[Row]:
        lost, other = rows[0][key], rows[1 + turn.place % (len(rows) - 1)]
        return [
            {**row, column: not row[column]} if row is other else row for row in without(key, {lost})(rows)
        ]

    return change


_CHANGES: dict[str, Callable[[Turn, City], Change]] = {
    "amended": _register_change(_amended),
    "backdated": _register_change(_backdated),
    "deleted": _register_change(lambda row, turn: []),
    "entered": _register_change(_entered),
    "removed": _register_change(_removed),
    "pile_deleted": _deleted_pile,
    "station_renamed": _renamed_station,
    "statistics_corrected": lambda turn, city: one_pile_silent,
    "order_corrected": _order_corrected,
    "order_late": _late_order,
    "rows_lost": _rows_lost,
    "figure_corrected": _other_figure,
    "form_corrected": _form_corrected,
}

_DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
_EVENT_DAYS = [EVENTS_FROM + timedelta(days=n) for n in range((LAST - EVENTS_FROM).days)]
_MONTHS_TAKEN = ("2023-08", "2023-11", "2023-12", "2024-01")
_ON, _PLACE = st.sampled_from(_DAYS), st.integers(0, 40)


def _turns(kinds: tuple[str, ...], datasets: tuple[str, ...], periods: Any = None) -> st.SearchStrategy[Turn]:
    return st.builds(
        Turn,
        kind=st.sampled_from(kinds),
        dataset=st.sampled_from(datasets),
        on=_ON,
        place=_PLACE,
        period=st.none() if periods is None else st.sampled_from(periods),
    )


def _is_possible(turn: Turn) -> bool:
    """Tell whether statistics are corrected soon enough to be noticed by the last night."""
    assert turn.period is not None
    is_soon = turn.period < turn.on <= turn.period + timedelta(days=DAYS_TO_CORRECT)
    return is_soon and FIRST <= turn.period <= FINAL - timedelta(days=DAYS_TO_SETTLE)


# What may turn out at an agency, in groups; every story has something of the first.
TURNS: dict[str, tuple[st.SearchStrategy[Turn], ...]] = {
    "transport": (
        _turns(("amended", "backdated", "deleted", "entered", "removed"), tuple(REGISTERS)),
        _turns(("rows_lost",), ("transport_vehicle_operation",), _EVENT_DAYS),
        _turns(("figure_corrected",), ("transport_reported_figure",), MONTHS),
    ),
    "power": (
        _turns(("rows_lost", "order_corrected", "order_late"), ("power_charge_order",), _EVENT_DAYS),
        _turns(("pile_deleted", "station_renamed"), ("power_station",)),
        _turns(("statistics_corrected",), ("power_connector_energy",), _EVENT_DAYS).filter(_is_possible),
    ),
    "postal": (_turns(("form_corrected",), ("postal_tricycle", "postal_terminal_station"), MONTHS),),
    "commerce": (_turns(("form_corrected",), ("commerce_store_delivery",), MONTHS),),
}
ACTS = st.lists(
    st.one_of(
        st.builds(Act, st.sampled_from(("night", "again", "outage")), st.integers(0, 5)),
        st.builds(Act, st.just("night"), st.integers(1, 4)),
        st.builds(Act, st.sampled_from(("backfill",)), month=st.sampled_from(_MONTHS_TAKEN)),
        st.just(Act("reload")),
    ),
    min_size=1,
    max_size=4,
)


def turns_of(agency: str) -> st.SearchStrategy[list[Turn]]:
    """Return the strategy of what turns out at one agency."""
    first, *others = TURNS[agency]
    groups = [st.lists(first, min_size=3, max_size=5), *(st.lists(other, max_size=2) for other in others)]
    told = st.tuples(*groups).map(lambda lists: list(dict.fromkeys(chain.from_iterable(lists))))
    return told.filter(_is_tolerated)


def _is_tolerated(turns: list[Turn]) -> bool:
    return sum("deleted" in turn.kind for turn in turns) <= MOST_DELETED


# One story in which everything turns out, most of it twice, and nights as bad as they come.
EVERYTHING = [
    *(
        Turn(kind, dataset, FIRST + timedelta(days=(number * 3 + place) % 11), 5 + number * 7 + place)
        for number, kind in enumerate(("amended", "backdated", "deleted", "entered", "removed"))
        for place, dataset in enumerate(REGISTERS)
        if kind != "deleted" or dataset != "transport_fund"
    ),
    Turn("rows_lost", "transport_vehicle_operation", FIRST + timedelta(days=6), 2, FIRST - timedelta(days=9)),
    Turn("rows_lost", "transport_vehicle_operation", FIRST + timedelta(days=8), 1, FIRST + timedelta(days=5)),
    Turn("figure_corrected", "transport_reported_figure", FIRST + timedelta(days=4), 3, MONTHS[0]),
    Turn("pile_deleted", "power_station", FIRST + timedelta(days=2), 1),
    Turn("station_renamed", "power_station", FIRST + timedelta(days=7), 2),
    Turn(
        "statistics_corrected",
        "power_connector_energy",
        FIRST + timedelta(days=5),
        0,
        FIRST + timedelta(days=1),
    ),
    Turn("rows_lost", "power_charge_order", FIRST + timedelta(days=5), 1, FIRST - timedelta(days=3)),
    Turn("order_late", "power_charge_order", FIRST + timedelta(days=6), 4, FIRST + timedelta(days=7)),
    Turn("order_late", "power_charge_order", FIRST + timedelta(days=6), 5, FIRST + timedelta(days=8)),
    Turn("order_corrected", "power_charge_order", FIRST + timedelta(days=1), 5, FIRST + timedelta(days=4)),
    Turn("order_corrected", "power_charge_order", FIRST + timedelta(days=9), 6, FIRST - timedelta(days=2)),
    *(
        Turn("form_corrected", dataset, FIRST + timedelta(days=1 + 3 * place), 5 + place, month)
        for place, month in enumerate(MONTHS)
        for dataset in FORMS
    ),
]
NIGHTS = [
    Act("night", 3),
    Act("outage", 2),
    Act("backfill", month="2023-12"),
    Act("night", 2),
    Act("again", 5),
    Act("backfill", month="2023-08"),
    Act("again", 1),
    Act("night", 2),
    Act("reload"),
]
