"""The figures that the bureaus report of themselves, from books that they keep as things happen.

Each bureau goes through its records in the order of their change, writes what came and what left into accounts, and
closes them at every month's end. Nothing is taken from the truth, which recounts the rows of a day: a mistake in one
of the two shows as a difference between them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from demo_city.bureau_entries import DELIVERIES, ENTRIES, TERMINALS, TRICYCLES
from demo_city.bureau_ledger import Ledger
from demo_city.city_source import STATIONS
from demo_city.contract_facts import REGISTER_KEYS, key_fields
from demo_city.monthly_events import FIRST_DAY
from demo_city.plan_targets import INDICATORS
from demo_city.random_generator import day_end, month_end, month_starts
from demo_city.versioned_register import Row

if TYPE_CHECKING:
    from demo_city.city_source import CitySource

# (indicator, month) -> what the bureau reports too much (negative: too little). A reconciliation must find exactly
# these: six piles of the bus depot counted among the usable ones; a vehicle delivered in August and forgotten.
DIFFERING_FIGURES: dict[tuple[str, date], Decimal] = {
    ("charging_pile_added", date(2024, 6, 1)): Decimal(6),
    ("nev_added", date(2025, 8, 1)): Decimal(-1),
}
_EVE = FIRST_DAY - timedelta(days=1)
_REGISTERS = (*(dataset for dataset in ENTRIES if dataset in REGISTER_KEYS), STATIONS)
Closing = Callable[[Ledger, date], Decimal | None]


class BureauBooks:
    """The books of one city's bureaus; a month is closed once, after those before it."""

    def __init__(self, city: CitySource) -> None:
        self._city = city
        self._ledger = Ledger()
        self._newest: dict[str, dict[Hashable, Row]] = {dataset: {} for dataset in _REGISTERS}
        self._read_until: datetime | None = None
        self._closed: dict[date, dict[str, Decimal | None]] = {}
        # The agencies' servers ask from several threads.
        self._lock = threading.Lock()

    def figures(self, month: date) -> list[Row]:
        """Return a month's figures as reported; milestones are reported in their own register, not here.

        `month` is any day of it, from the programme's first day on. `reported_value` is None where the figure has no
        value; `period_month` is `yyyy-MM`.
        """
        first = month.replace(day=1)
        with self._lock:
            for due in month_starts(FIRST_DAY, first):
                if due not in self._closed:
                    self._closed[due] = self._close(due)
        return [
            {
                "indicator_code": plan.code,
                "period_month": f"{first:%Y-%m}",
                "reported_value": _with_slip(self._closed[first][plan.code], plan.code, first),
                "reporting_unit_name": plan.lead_unit,
            }
            for plan in INDICATORS
            if not plan.is_milestone
        ]

    def _close(self, month: date) -> dict[str, Decimal | None]:
        """Write what became known in a month and return its figures."""
        day = month_end(month)
        until = day_end(day)
        for dataset in _REGISTERS:
            self._write_register(dataset, until)
        if self._city.first_day <= day <= month_end(self._city.last_day):
            for dataset in (TERMINALS, TRICYCLES):
                self._write_form(dataset, dataset, month, until)
            for delivered in month_starts(self._city.first_day, month):
                if delivered == month or self._is_revised(DELIVERIES, delivered, until):
                    self._write_form((DELIVERIES, delivered), DELIVERIES, delivered, until)
        self._read_until = until
        reported = (plan.code for plan in INDICATORS if not plan.is_milestone)
        return {code: closing_of(code)(self._ledger, day) for code in reported}

    def _write_register(self, dataset: str, until: datetime) -> None:
        newest = self._newest[dataset]
        for row in self._versions(dataset):
            if (self._read_until is None or self._read_until <= row["changed_at"]) and row[
                "changed_at"
            ] < until:
                newest[_key(dataset, row)] = row
        rows = self._city.late_knowledge.rows(dataset, None, list(newest.values()), until)
        self._write(dataset, dataset, (row for row in rows if not row.get("is_deleted")))

    def _versions(self, dataset: str) -> Iterable[Row]:
        if dataset != STATIONS:
            return self._city.register_versions(dataset)
        return ({"changed_at": at, "info": info} for at, info in self._city.power.station_versions())

    def _write_form(self, book: Hashable, dataset: str, month: date, until: datetime) -> None:
        rows = self._city.form_rows(dataset, month)
        self._write(book, dataset, self._city.late_knowledge.rows(dataset, month, rows, until))

    def _is_revised(self, dataset: str, month: date, until: datetime) -> bool:
        """Tell whether rows of a month turned out different since the last closing."""
        moments = self._city.late_knowledge.moments((dataset,), month)
        return any(self._read_until is None or self._read_until <= at < until for at in moments)

    def _write(self, book: Hashable, dataset: str, rows: Iterable[Row]) -> None:
        self._ledger.keep(book, {_key(dataset, row): row for row in rows}, ENTRIES[dataset])


def closing_of(code: str) -> Closing:
    """Return the function that reads an indicator off the ledger at a day's end; KeyError if no book has it."""
    if code not in _CLOSINGS:
        raise KeyError(f"no book has {code}; add it to demo_city/bureau_figures.py")
    return _CLOSINGS[code]


def _key(dataset: str, row: Row) -> Hashable:
    values = (
        [row["info"]["StationID"]] if dataset == STATIONS else [row[name] for name in key_fields(dataset)]
    )
    return tuple(values)


def _with_slip(value: Decimal | None, code: str, month: date) -> Decimal | None:
    return None if value is None else value + DIFFERING_FIGURES.get((code, month), 0)


def _of_year(*account: str) -> Closing:
    """Return the closing of what an account gained in the year up to a day."""
    return lambda ledger, day: ledger.total(*account, since=day.replace(month=1, day=1), until=day)


def _balance(*account: str) -> Closing:
    return lambda ledger, day: ledger.total(*account, until=day)


def _of_programme(*account: str) -> Closing:
    return lambda ledger, day: ledger.total(*account, since=FIRST_DAY, until=day)


def _share(part: Closing, whole: Closing) -> Closing:
    """Return the closing of a share, rounded half up to six decimals; there is none of nothing."""

    def closing(ledger: Ledger, day: date) -> Decimal | None:
        parts, all_ = part(ledger, day), whole(ledger, day)
        return (
            (parts / all_).quantize(Decimal("0.000001"), ROUND_HALF_UP)
            if parts is not None and all_
            else None
        )

    return closing


def _once_delivered(book: str, closing: Closing) -> Closing:
    return lambda ledger, day: closing(ledger, day) if ledger.has(book) else None


def _fund(kind: str) -> Closing:
    """Return the closing of a budget year's money: the year's last day closes its account, whatever the booking day."""

    def closing(ledger: Ledger, day: date) -> Decimal:
        is_last = (day.month, day.day) == (12, 31)
        return ledger.total("fund", kind, str(day.year), until=date.max if is_last else day)

    return closing


def _graded_enterprises(ledger: Ledger, day: date) -> Decimal:
    held = [name for _, name in ledger.accounts("graded") if ledger.total("graded", name, until=day)]
    return Decimal(sum(1 for name in held if ledger.total("open", name, until=day)))


_CLOSINGS: dict[str, Closing] = {
    "fund_budgeted_yuan": _fund("budgeted"),
    "fund_paid_yuan": _fund("paid"),
    "node_level1_added": _of_year("node_opened", "1"),
    "node_level2_added": _of_year("node_opened", "2"),
    "terminal_station_added": _once_delivered(TERMINALS, _of_year("terminal_opened")),
    "charging_station_added": _of_year("station_opened"),
    "charging_pile_added": _of_year("pile_opened"),
    "pile_vehicle_ratio": _share(_balance("pile"), _balance("new_energy_fleet")),
    "stopping_place_added": _of_year("place_opened"),
    "tricycle_marking_share": _share(_balance("marked_tricycle"), _balance("tricycle")),
    "nev_added": _of_year("new_energy_entered"),
    "nev_share_of_new": _share(_of_programme("new_energy_entered"), _of_programme("vehicle_entered")),
    "nev_share_of_initial_stock": _share(
        _of_programme("new_energy_entered"), lambda ledger, _: ledger.total("new_energy_fleet", until=_EVE)
    ),
    "noncompliant_vehicle_removed": _of_year("noncompliant_left"),
    "public_platform": _balance("platform", "public"),
    "enterprise_platform": _balance("platform", "enterprise"),
    "joint_delivery_share": _share(_of_year("joint_freight"), _of_year("freight")),
    "cold_vehicle_share": _share(_balance("cold_fleet"), _balance("fleet")),
    "enterprise_3a": _graded_enterprises,
}
