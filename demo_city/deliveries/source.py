"""The city's rows on their way into deliveries: with the defects that are planted, as known at a moment.

Everything here is decided by (seed, defect, period, key), never by who asks when, so that two fetches of one
delivery bring the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from operator import itemgetter

from demo_city.city_source import CitySource, Message
from demo_city.contract_facts import REGISTER_KEYS
from demo_city.defects.registry import CHANGED_COLUMNS, DefectSampler
from demo_city.deliveries.editions import (
    FORMS,
    ColumnChange,
    Edition,
    column_change,
    editions,
    form_defects,
    revised,
    superseded_rows,
)
from demo_city.deliveries.encodings import half, order_file
from demo_city.random_generator import SHANGHAI, days_between
from demo_city.versioned_register import Row, newest_rows

OPERATIONS = "transport_vehicle_operation"
FIGURES = "transport_reported_figure"
ORDERS = "power_charge_order"
STATS = "power_connector_energy"
LATE_PUSH = "order_pushed_late"
# by how many days an order is in a later file
MOVES = {LATE_PUSH: 8, "order_pushed_twice": 1}
OPERATIONS_CORRECTED_AFTER = timedelta(days=4, hours=10)
ORDERS_LATE = timedelta(days=3)
ORDERS_REPEATED_AFTER = timedelta(hours=20)
SMALL_PAGE = 2
EVERYTHING_KNOWN = datetime(9999, 1, 1, tzinfo=SHANGHAI)
_WRONG_EVERY = 10


class Source:
    """One city's deliveries with one set of planted defects."""

    def __init__(self, city: CitySource, sampler: DefectSampler) -> None:
        self.city = city
        self.sampler = sampler
        self.first_day, self.last_day = city.first_day, city.last_day
        self.late_knowledge = city.late_knowledge
        self._walks_begun: set[str] = set()

    def register_rows(self, dataset: str, now: datetime) -> list[Row]:
        """Return the current version of a register's records, tombstones included, in the order of their keys."""
        key = REGISTER_KEYS[dataset]
        newest = newest_rows(self.city.register_versions(dataset), key, now)
        rows = self.late_knowledge.rows(dataset, None, sorted(newest, key=itemgetter(key)), now)
        return self.sampler.rows(dataset, "", rows)

    def vehicle_operations(self, day: date, known_at: datetime) -> list[Row]:
        """Return a day's rows as known at a moment: some days are corrected later, and rows vanish."""
        rows = self.late_knowledge.rows(OPERATIONS, day, self.city.vehicle_operations(day), known_at)
        rows = self.sampler.rows(OPERATIONS, str(day), rows)
        corrected_at = self._operations_corrected_at(day)
        if corrected_at is not None and known_at <= corrected_at and rows:
            rows = [_driven_more(row) if n % _WRONG_EVERY == 0 else row for n, row in enumerate(rows)]
            rows.append({**rows[0], "vehicle_id": f"{rows[0]['vehicle_id']}-TMP"})
        change = column_change(self.sampler, "vehicle_operations", str(day))
        return [change.row(row) for row in rows] if change else rows

    def operation_changes(self) -> list[tuple[datetime, date]]:
        """Return when which published day was corrected."""
        revised = self.late_knowledge.periods(OPERATIONS)
        if "operations_corrected" not in self.sampler.rates:
            return revised
        days = days_between(self.first_day, self.last_day)
        planted = [(at, day) for day in days if (at := self._operations_corrected_at(day)) is not None]
        return planted + revised

    def reported_figures(self, month: date, known_at: datetime) -> list[Row]:
        """Return the figures that the bureaus report for a month, as known at a moment."""
        return self.late_knowledge.rows(FIGURES, month, self.city.reported_figures(month), known_at)

    def _operations_corrected_at(self, day: date) -> datetime | None:
        if not self.sampler.happens("operations_corrected", str(day)):
            return None
        return datetime.combine(day, time(0), SHANGHAI) + OPERATIONS_CORRECTED_AFTER

    def editions(self, agency: str, delivery: str, month: date) -> list[Edition]:
        """Return the deliveries of a month's form, in order."""
        found = editions(self.sampler, agency, delivery, month)
        for moment in self.late_knowledge.moments(FORMS[agency, delivery], month):
            if moment > found[0].delivered_at:
                found.append(revised(found[0], moment, len(found) + 1))
        return found

    def form_rows(self, dataset: str, edition: Edition) -> list[Row]:
        """Return the rows of one sheet or file in one edition."""
        # A file that is dropped because something turned out holds it.
        known_at = edition.delivered_at + timedelta(seconds=1)
        rows = self.city.form_rows(dataset, edition.month)
        rows = self.late_knowledge.rows(dataset, edition.month, rows, known_at)
        rows = self.sampler.rows(dataset, edition.label, rows)
        return superseded_rows(dataset, rows) if edition.is_superseded else rows

    def column_change(self, dataset: str, edition: Edition) -> ColumnChange | None:
        """Return how a column of a sheet or file changed, None if none did."""
        if CHANGED_COLUMNS.get(edition.delivery, ("",))[0] != dataset:
            return None
        return column_change(self.sampler, edition.delivery, edition.label)

    def form_defects(self, edition: Edition) -> list[str]:
        """Return the names of the defects that a form's deliveries have as a whole."""
        return form_defects(self.sampler, edition.agency, edition.delivery, edition.month)

    def stations(self, known_at: datetime) -> list[tuple[datetime, Message]]:
        """Return (changed at, StationInfo) of every station as known at a moment."""
        return self.late_knowledge.stations(self.city.power, known_at)

    def station_stats(self, station_id: str, day: date, known_at: datetime = EVERYTHING_KNOWN) -> Message:
        """Return StationStats as known at a moment, some with a wrong sum; KeyError without the station."""
        stats = [{"StationID": station_id, **self.city.power.station_stats(station_id, day)}]
        if self.late_knowledge.is_gone(self.city.power, station_id, known_at):
            raise KeyError(station_id)
        return self.sampler.rows(STATS, str(day), self.late_knowledge.rows(STATS, day, stats, known_at))[0]

    def orders(self, day: date, known_at: datetime = EVERYTHING_KNOWN) -> list[Message]:
        """Return the orders in a day's file: those pushed on it, on time, late, or again."""
        rows = self.late_knowledge.rows(ORDERS, day, self.city.power.charge_orders_pushed(day), known_at)
        if LATE_PUSH in self.sampler.rates:
            rows = [order for order in rows if not self._is_moved(LATE_PUSH, order)]
        moved = (
            o for defect, days in MOVES.items() for o in self.moved_orders(defect, day - timedelta(days=days))
        )
        return self.sampler.rows(ORDERS, str(day), [*rows, *moved])

    def moved_orders(self, defect: str, day: date) -> list[Message]:
        """Return the orders of a day that a defect of MOVES puts (also) into a later day's file."""
        if defect not in self.sampler.rates or day < self.first_day:
            return []
        return [order for order in self.city.power.charge_orders_pushed(day) if self._is_moved(defect, order)]

    def _is_moved(self, defect: str, order: Message) -> bool:
        seq = order["StartChargeSeq"]
        is_late = self.sampler.happens(LATE_PUSH, seq)
        return is_late if defect == LATE_PUSH else not is_late and self.sampler.happens(defect, seq)

    def order_deliveries(self, day: date) -> Iterator[tuple[datetime, Callable[[], bytes]]]:
        """Yield when the file of a day is dropped and what is in it then."""
        delivered_at = datetime.combine(day + timedelta(days=1), time(1), SHANGHAI)
        if self.sampler.happens("orders_late", str(day)):
            delivered_at += ORDERS_LATE
        whole = partial(self._order_file, day, delivered_at)
        if self.sampler.happens("orders_truncated", str(day)):
            yield delivered_at, lambda: half(whole())
        elif self.sampler.happens("orders_restated", str(day)):
            yield delivered_at, partial(whole, has_test_order=True)
            yield delivered_at + ORDERS_REPEATED_AFTER, whole
        else:
            yield delivered_at, whole
            if self.sampler.happens("orders_repeated", str(day)):
                yield delivered_at + ORDERS_REPEATED_AFTER, whole
        for moment in self.late_knowledge.moments((ORDERS,), day):
            if moment >= delivered_at:
                yield moment, partial(self._order_file, day, moment + timedelta(seconds=1))

    def _order_file(self, day: date, known_at: datetime, *, has_test_order: bool = False) -> bytes:
        orders = self.orders(day, known_at)
        return order_file(_with_test_order(orders) if has_test_order else orders)

    def changes_while_read(self, defect: str, walk: str) -> bool:
        """Tell whether this walk over a list meets it changing: only the first page that is read ever does."""
        if walk in self._walks_begun or not self.sampler.happens(defect, walk):
            return False
        self._walks_begun.add(walk)
        return True


def _driven_more(row: Row) -> Row:
    distance = row.get("distance_km")
    return {**row, "distance_km": distance + Decimal(7)} if isinstance(distance, Decimal) else row


def _with_test_order(orders: list[Message]) -> list[Message]:
    # One whose keys are spelt as the standard has them: others may be planted with their own spelling.
    model = next((order for order in orders if "StartChargeSeq" in order), None)
    if model is None:
        return orders
    return [*orders, {**model, "StartChargeSeq": f"{model['StartChargeSeq'][:19]}TESTTEST"}]
