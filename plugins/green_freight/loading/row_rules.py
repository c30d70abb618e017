"""Rules over several columns of a row, by the names that contracts use. Each names the column that is wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from green_freight.contracts.model import Contract, RowRule
from green_freight.contracts.row_model import Row
from green_freight.loading.outcomes import RowIssue
from green_freight.periods import Period
from green_freight.programme import programme

# Money and energy come with two decimals; a cent or 0.01 kWh is rounding (T/CEC 102).
TOLERANCE = Decimal("0.01")
FLOAT_TOLERANCE = 0.01 + 1e-9
DETAIL = "DetailPower"
_NUMBEREDDETAILS = (f"每条含数字 {DETAIL} 的明细列表", f"a list of details with a number {DETAIL} each")

RowCheck = Callable[[Row], RowIssue | None]


def row_checks(contract: Contract, period: Period) -> list[RowCheck]:
    """Return the checks of a contract's rules for rows of one period; KeyError: no such rule or column."""
    return [
        _RULES[rule.name](contract, rule, period) for rule in contract.rules if rule.name not in BY_READER
    ]


def _end_not_before_start(contract: Contract, rule: RowRule, period: Period) -> RowCheck:
    start, end = contract.column(rule.settings["start"]), contract.column(rule.settings["end"])
    start_at, end_at = contract.position(start.name), contract.position(end.name)

    def check(row: Row) -> RowIssue | None:
        first, last = row[start_at], row[end_at]
        if first is None or last is None or last >= first:
            return None
        return RowIssue("end_before_start", end, last, {"other": start, "other_value": first})

    return check


def _part_not_above_whole(contract: Contract, rule: RowRule, period: Period) -> RowCheck:
    part, whole = contract.column(rule.settings["part"]), contract.column(rule.settings["whole"])
    part_at, whole_at = contract.position(part.name), contract.position(whole.name)

    def check(row: Row) -> RowIssue | None:
        if row[part_at] is None or row[whole_at] is None or row[part_at] <= row[whole_at] + TOLERANCE:
            return None
        return RowIssue(
            "part_exceeds_whole", part, row[part_at], {"other": whole, "other_value": row[whole_at]}
        )

    return check


def _within_period(contract: Contract, rule: RowRule, period: Period) -> RowCheck:
    column = contract.column(rule.settings["column"])
    place, first, last = contract.position(column.name), period.first_day, period.last_day

    def check(row: Row) -> RowIssue | None:
        value = row[place]
        day = date.fromisoformat(f"{value}-01") if isinstance(value, str) else value
        if value is None or first <= (day.date() if isinstance(day, datetime) else day) <= last:
            return None
        return RowIssue("outside_period", column, value, {"period": period})

    return check


def first_programme_day(period: Period) -> date:
    """Return the first day on which an event in a file of a period may have begun.

    It is the day before the programme's first; in a file of an earlier time, a day of the year before that file's.
    """
    return min(programme().first_day - timedelta(days=1), period.first_day - timedelta(days=366))


def _within_programme(contract: Contract, rule: RowRule, period: Period) -> RowCheck:
    """Check that an event began in the programme, or the night before it, and not after the day of its file."""
    column = contract.column(rule.settings["column"])
    place, last = contract.position(column.name), period.last_day
    first = first_programme_day(period)

    def check(row: Row) -> RowIssue | None:
        if row[place] is None or first <= row[place].date() <= last:
            return None
        return RowIssue("outside_programme", column, row[place], {"begin": first, "end": last})

    return check


def _energy_not_negative(contract: Contract, rule: RowRule, period: Period) -> RowCheck:
    column = contract.column(rule.settings["column"])
    place = contract.position(column.name)

    def check(row: Row) -> RowIssue | None:
        is_negative = row[place] is not None and row[place] < 0
        return RowIssue("negative_energy", column, row[place]) if is_negative else None

    return check


def _fees_add_up(contract: Contract, rule: RowRule, period: Period) -> RowCheck:
    column = contract.column(rule.settings["total"])
    first, second = map(contract.column, rule.settings["parts"])
    total_at, first_at, second_at = (contract.position(each.name) for each in (column, first, second))

    def check(row: Row) -> RowIssue | None:
        found = row[first_at] + row[second_at]
        if abs(row[total_at] - found) <= TOLERANCE:
            return None
        facts = {"first": first, "second": second, "sum": found, "tolerance": TOLERANCE}
        return RowIssue("fee_sum_mismatch", column, row[total_at], facts)

    return check


def _details_add_up(contract: Contract, rule: RowRule, period: Period) -> RowCheck:
    total, count, details = (contract.column(rule.settings[name]) for name in ("total", "count", "details"))
    total_at, count_at, details_at = (contract.position(each.name) for each in (total, count, details))

    def check(row: Row) -> RowIssue | None:
        stated, found = row[count_at], row[details_at]
        # No list and no number of details is an order without details.
        is_wrong = bool(stated) if found is None else stated is not None and stated != len(found)
        if is_wrong:
            return RowIssue("detail_count_mismatch", count, stated, {"count": len(found or ())})
        if not found:
            return None
        try:
            energy = sum([float(detail[DETAIL]) for detail in found])
        except (KeyError, TypeError, ValueError, OverflowError):
            return RowIssue("not_a_number", details, str(found), {"expected": _NUMBEREDDETAILS})
        if abs(energy - float(row[total_at])) <= FLOAT_TOLERANCE:
            return None
        facts: dict[str, Any] = {"detail": DETAIL, "sum": Decimal(f"{energy:.2f}"), "tolerance": TOLERANCE}
        return RowIssue("detail_sum_mismatch", total, row[total_at], facts)

    return check


_RULES: dict[str, Callable[[Contract, RowRule, Period], RowCheck]] = {
    "end_not_before_start": _end_not_before_start,
    "part_not_above_whole": _part_not_above_whole,
    "within_period": _within_period,
    "within_programme": _within_programme,
    "energy_not_negative": _energy_not_negative,
    "fees_add_up": _fees_add_up,
    "details_add_up": _details_add_up,
}
# Rules over more than one row are checked in the reader, where the rows are still together.
BY_READER = frozenset({"station_stats_add_up"})
