"""Rules over several columns of a row, by the names that contracts use. Each names the column it blames."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from green_freight.contracts.model import Contract, RowRule
from green_freight.contracts.row_model import Row
from green_freight.loading.issues import RowIssue
from green_freight.periods import Period

# Money and energy come with two decimals; a cent or 0.01 kWh is rounding (T/CEC 102).
TOLERANCE = Decimal("0.01")
_FLOAT_TOLERANCE = 0.01 + 1e-9

RowCheck = Callable[[Row], RowIssue | None]


def row_checks(contract: Contract, period: Period) -> list[RowCheck]:
    """Return the checks of a contract's rules for rows of one period.

    Raises:
        KeyError: the contract names a rule that is not there.
    """
    return [
        _RULES[rule.name](contract, rule, period) for rule in contract.rules if rule.name not in BY_READER
    ]


def _end_not_before_start(contract: Contract, rule: RowRule, period: Period) -> RowCheck:
    start_name, end_name = rule.settings["start"], rule.settings["end"]
    start, end, column = contract.position(start_name), contract.position(end_name), contract.column(end_name)

    def check(row: Row) -> RowIssue | None:
        first, last = row[start], row[end]
        if first is None or last is None or last >= first:
            return None
        return RowIssue(
            "end_before_start",
            column,
            last,
            f"不早于 {start_name} {first}",
            f"not before {start_name} {first}",
        )

    return check


def _part_not_above_whole(contract: Contract, rule: RowRule, period: Period) -> RowCheck:
    part_name, whole_name = rule.settings["part"], rule.settings["whole"]
    part, whole, column = (
        contract.position(part_name),
        contract.position(whole_name),
        contract.column(part_name),
    )

    def check(row: Row) -> RowIssue | None:
        if row[part] is None or row[whole] is None or row[part] <= row[whole] + TOLERANCE:
            return None
        return RowIssue(
            "part_exceeds_whole",
            column,
            row[part],
            f"不大于 {whole_name} {row[whole]}",
            f"not above {whole_name} {row[whole]}",
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
        return RowIssue("outside_period", column, value, f"在 {period} 之内", f"a value within {period}")

    return check


def _energy_not_negative(contract: Contract, rule: RowRule, period: Period) -> RowCheck:
    column = contract.column(rule.settings["column"])
    place = contract.position(column.name)

    def check(row: Row) -> RowIssue | None:
        if row[place] is None or row[place] >= 0:
            return None
        return RowIssue("negative_energy", column, row[place], "不小于 0 的电量，单位 kWh", "0 kWh or more")

    return check


def _fees_add_up(contract: Contract, rule: RowRule, period: Period) -> RowCheck:
    column = contract.column(rule.settings["total"])
    total, (first, second) = contract.position(column.name), map(contract.position, rule.settings["parts"])

    def check(row: Row) -> RowIssue | None:
        if abs(row[total] - row[first] - row[second]) <= TOLERANCE:
            return None
        words = f"{row[first]} + {row[second]} = {row[first] + row[second]} (±{TOLERANCE})"
        return RowIssue(
            "fee_sum_mismatch", column, row[total], f"电费 + 服务费 = {words}", f"the fees' sum, {words}"
        )

    return check


def _details_add_up(contract: Contract, rule: RowRule, period: Period) -> RowCheck:
    total_column, count_column = (
        contract.column(rule.settings["total"]),
        contract.column(rule.settings["count"]),
    )
    total, count = contract.position(total_column.name), contract.position(count_column.name)
    place, details_column = (
        contract.position(rule.settings["details"]),
        contract.column(rule.settings["details"]),
    )

    def check(row: Row) -> RowIssue | None:
        details = row[place]
        if details is None:
            return None if not row[count] else _count_fault(row[count], 0)
        if row[count] is not None and row[count] != len(details):
            return _count_fault(row[count], len(details))
        if not details:
            return None
        try:
            energy = sum([float(detail["DetailPower"]) for detail in details])
        except (KeyError, TypeError, ValueError):
            return RowIssue(
                "not_a_number",
                details_column,
                _shorten(details),
                "每条明细含数字 DetailPower",
                "a number DetailPower in each detail",
            )
        if abs(energy - float(row[total])) <= _FLOAT_TOLERANCE:
            return None
        words = f"Σ DetailPower = {energy:.2f} (±{TOLERANCE})"
        return RowIssue("detail_sum_mismatch", total_column, row[total], f"等于 {words}", words)

    def _count_fault(said: int, found: int) -> RowIssue:
        return RowIssue(
            "detail_count_mismatch",
            count_column,
            said,
            f"等于明细条数 {found}",
            f"{found}, the details' number",
        )

    return check


def _shorten(details: list[Any]) -> str:
    return str(details)[:200]


_RULES: dict[str, Callable[[Contract, RowRule, Period], RowCheck]] = {
    "end_not_before_start": _end_not_before_start,
    "part_not_above_whole": _part_not_above_whole,
    "within_period": _within_period,
    "energy_not_negative": _energy_not_negative,
    "fees_add_up": _fees_add_up,
    "details_add_up": _details_add_up,
}
# Rules over more than one row are judged where the rows are still together, in the reader.
BY_READER = frozenset({"station_stats_add_up"})
