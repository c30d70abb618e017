"""Rows that are certainly right, found column by column for a batch of rows at once, as the text that COPY takes.

What is not certain here is validated row by row (`row_validation`), which alone rejects rows and names the reason. So
everything here accepts less than the row model and the row rules do, and gives the text of what they would give.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from operator import itemgetter, le
from typing import Any, NamedTuple

import orjson
from pydantic import ValidationError

from green_freight.contracts import identifiers
from green_freight.contracts.model import Column, Contract, RowRule
from green_freight.contracts.row_model import EARLIEST, LATEST, column_model
from green_freight.loading.row_rules import BY_READER, DETAIL, FLOAT_TOLERANCE, TOLERANCE, first_programme_day
from green_freight.periods import SHANGHAI, Period

# COPY's word for an empty value. It sorts behind every date.
NULL = "\\N"
# So many different values of a column are remembered with their texts.
_MOST_KNOWN = 2_048
# In larger numbers the error of floating point comes near to the rules' tolerance.
_LARGEST = 1e9
# What a sum of floats must keep away from a rule's limit.
_MARGIN = float(TOLERANCE) - 1e-5
_LONGEST_NUMBER, _LARGEST_EXPONENT = 60, 30
_ISO_LENGTH, _ZONE = 19, "+08:00"
_SIGNS_OF_TIME = itemgetter(4, 7, 10, 13, 16)
_SIGNS = frozenset((("-", "-", " ", ":", ":"), ("-", "-", "T", ":", ":")))
_ZONE_OF = itemgetter(slice(_ISO_LENGTH, None))
_MONTH_OF = itemgetter(slice(7))
# Characters that COPY writes with a backslash.
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\b": "\\b", "\f": "\\f", "\v": "\\v"}
_ESCAPED = re.compile(r"[\\\t\n\r\b\f\v]")
_PLAIN_NUMBER = re.compile(r"[0-9A-Za-z_-]+")
_FIRST_MOMENT = datetime.combine(EARLIEST, time())
_LAST_MOMENT = datetime.combine(LATEST, time())

Values = Sequence[Any]


class Checked(NamedTuple):
    """A column of a batch: what rules compare, and the text for COPY, None where the value is not certainly right."""

    comparable: Sequence[Any]
    texts: Sequence[str | None]


class Certain(NamedTuple):
    """The certain rows of a batch: the columns' texts for all its rows, and the places of the rows that are not."""

    columns: Sequence[Sequence[str | None]]
    uncertain: Sequence[int]


ColumnCheck = Callable[[Values], Checked]
# Tells of each row whether it certainly keeps a rule; raises what a comparison of unequal types raises.
RuleCheck = Callable[[Sequence[Checked]], Iterable[bool]]


def copy_text(text: str) -> str:
    """Return a text as COPY takes it."""
    return _ESCAPED.sub(lambda found: _ESCAPES[found[0]], text)


class ColumnValidator:
    """Finds the rows of a batch that certainly keep the contract."""

    def __init__(self, contract: Contract, period: Period, changed_before: datetime | None) -> None:
        """Be certain of rows of one contract and period that were changed before a moment, None: whenever."""
        self._columns = [_check(column, changed_before) for column in contract.columns]
        self._rules = [
            _RULES[rule.name](contract, rule, period) for rule in contract.rules if rule.name not in BY_READER
        ]
        self._event_place = (
            contract.position(contract.event_date_column) if contract.event_date_column else None
        )

    def certain(self, rows: Sequence[Values]) -> Certain:
        """Return the texts of the rows' columns, and which rows have to be validated alone."""
        columns = [
            check(values) for check, values in zip(self._columns, zip(*rows, strict=True), strict=True)
        ]
        uncertain: set[int] = set()
        for column in columns:
            if None in column.texts:
                uncertain.update(place for place, text in enumerate(column.texts) if text is None)
        for rule in self._rules:
            kept = _kept(rule, columns)
            if not all(kept):
                uncertain.update(place for place, is_kept in enumerate(kept) if not is_kept)
        return Certain([column.texts for column in columns], sorted(uncertain))

    def months(self, columns: Sequence[Sequence[str | None]]) -> set[tuple[int, int]]:
        """Return year and month of the events of rows, of which `columns` are the texts of all columns."""
        if self._event_place is None:
            return set()
        texts: Sequence[Any] = columns[self._event_place]
        months = set(map(_MONTH_OF, texts))
        return {(int(month[:4]), int(month[5:7])) for month in months}


def _kept(rule: RuleCheck, columns: Sequence[Checked]) -> list[bool]:
    """Return of each row whether it certainly keeps a rule, one by one where a value in one of them stops the rule."""
    try:
        return list(rule(columns))
    except (TypeError, ValueError, KeyError, ArithmeticError, AttributeError):
        rows = len(columns[0].comparable)
        if rows == 1:
            return [False]
    single = ([Checked(c.comparable[place : place + 1], ()) for c in columns] for place in range(rows))
    return [kept for row in single for kept in _kept(rule, row)]


def _check(column: Column, changed_before: datetime | None) -> ColumnCheck:
    match column.logical_type:
        case "string" | "date":
            return _known(column).check
        case "number" | "integer":
            return _Numbers(column).check
        case "timestamp" if column.physical_type == "timestamptz":
            return _Instants(column, changed_before if column.name == "changed_at" else None).check
        case "timestamp":
            return _Times(column).check
        case "boolean":
            return _Truths(column).check
        case _:
            return _Lists(column).check


@functools.cache
def _known(column: Column) -> _Known:
    # What was read once is known in every later file of the process.
    return _Known(column)


class _Known:
    """Texts and dates, of which many are equal: each is validated once by the row model, and remembered."""

    def __init__(self, column: Column) -> None:
        self._column, self._is_date = column, column.logical_type == "date"
        self._known: dict[Any, str] = {} if column.required else {None: NULL}
        is_plain = column.identifier == "register_number" and not column.codes
        self._pattern = re.compile(column.pattern or "") if is_plain else None
        self._most = column.max_length or 1_000
        # An invalid identifier that is loaded is counted, row by row.
        is_kept = column.is_checked and not column.rejects_invalid
        self._is_valid = identifiers.CHECKS[column.identifier or ""][0] if is_kept else None

    def check(self, values: Values) -> Checked:
        try:
            if not self._is_date and set(map(type, values)) == {int}:
                values = list(map(str, values))
            texts: list[str | None] = list(map(self._known.get, values))
        except (TypeError, ValueError):
            # A list or an object, which no dictionary takes; a number of thousands of digits.
            texts = [None] * len(values)
        if None in texts and self._are_plain(values):
            texts = list(values)
        elif None in texts:
            pairs = zip(texts, values, strict=True)
            texts = [self._text(value) if text is None else text for text, value in pairs]
        return Checked(texts, texts)

    def _are_plain(self, values: Values) -> bool:
        """Tell whether all values are numbers of a register in their normal form."""
        if self._pattern is None or set(map(type, values)) != {str} or not all(values):
            return False
        together = "".join(values)
        is_plain = together.isascii() and together.isalnum() and together == together.upper()
        return is_plain and max(map(len, values)) <= self._most and all(map(self._pattern.search, values))

    def _text(self, value: Any) -> str | None:
        if type(value) is not (date if self._is_date else str) and type(value) is not str:
            return None
        text = self._plain_number(value) if self._pattern is not None else None
        if text is None:
            try:
                [found] = column_model(self._column).validate_python([value])
            except ValidationError:
                return None
            text = str(found)
            if _ESCAPED.search(text) or (self._is_valid is not None and not self._is_valid(text)):
                return None
        if len(self._known) < _MOST_KNOWN:
            self._known[value] = text
        return text

    def _plain_number(self, value: Any) -> str | None:
        # Most numbers of registers are in their normal form, or in lower case, and each is another one.
        if not _PLAIN_NUMBER.fullmatch(value) or len(value) > self._most:
            return None
        text = value.upper()
        return text if self._pattern is not None and self._pattern.search(text) else None


class _Numbers:
    """Numbers: exact as they came."""

    def __init__(self, column: Column) -> None:
        self._is_whole = column.logical_type == "integer"
        self._null = None if column.required else NULL
        low, high = column.minimum, column.maximum
        self._low = -_LARGEST if low is None else max(low, -_LARGEST)
        self._high = _LARGEST if high is None else min(high, _LARGEST)
        self._least, self._most = Decimal(str(self._low)), Decimal(str(self._high))
        self._usual: set[type] = {int} if self._is_whole else {int, float}

    def check(self, values: Values) -> Checked:
        return Checked(values, list(map(str if self._are_usual(values) else self._text, values)))

    def _are_usual(self, values: Values) -> bool:
        if not set(map(type, values)) <= self._usual:
            return False
        try:
            # The sum is no number where one of them is none.
            return isfinite(sum(values)) and self._low <= min(values) and max(values) <= self._high
        except OverflowError:
            return False

    def _text(self, value: Any) -> str | None:
        if value is None:
            return self._null
        if type(value) in self._usual:
            return str(value) if self._low <= value <= self._high else None
        if type(value) is not Decimal or not value.is_finite() or not self._least <= value <= self._most:
            return None
        if self._is_whole:
            return str(int(value)) if value == int(value) else None
        text = str(value)
        is_storable = len(text) <= _LONGEST_NUMBER and abs(value.adjusted()) <= _LARGEST_EXPONENT
        return text if is_storable else None


class _Times:
    """Times without a zone, as the standards write them."""

    _length = _ISO_LENGTH
    _first, _last = _FIRST_MOMENT, _LAST_MOMENT

    def __init__(self, column: Column) -> None:
        self._null = None if column.required else NULL

    def check(self, values: Values) -> Checked:
        try:
            moments = self._moments(values)
        except (TypeError, ValueError):
            single = [self._one(value) for value in values]
            return Checked([moment for moment, _ in single], [text for _, text in single])
        return Checked(moments, values)

    def _one(self, value: Any) -> tuple[datetime | None, str | None]:
        if value is None:
            return None, self._null
        try:
            return self._moments([value])[0], value
        except (TypeError, ValueError):
            return None, None

    def _moments(self, values: Values) -> list[datetime]:
        """Return the moments; ValueError or TypeError where one of them is not certain."""
        if set(map(len, values)) != {self._length} or not set(map(_SIGNS_OF_TIME, values)) <= _SIGNS:
            raise ValueError("not as the standards write it")
        moments = list(map(datetime.fromisoformat, values))
        if not (self._first <= min(moments) and max(moments) < self._last):
            raise ValueError("no time of this programme")
        return moments


class _Instants(_Times):
    """Times with the zone of Shanghai."""

    _length = _ISO_LENGTH + len(_ZONE)

    def __init__(self, column: Column, before: datetime | None) -> None:
        super().__init__(column)
        self._first, self._last = (each.replace(tzinfo=SHANGHAI) for each in (_FIRST_MOMENT, _LAST_MOMENT))
        if before is not None:
            self._last = min(self._last, before)

    def _moments(self, values: Values) -> list[datetime]:
        if set(map(_ZONE_OF, values)) != {_ZONE}:
            raise ValueError("of another zone")
        return super()._moments(values)


class _Truths:
    """Yes and no as JSON has them; of a record that is marked as deleted other rules hold."""

    def __init__(self, column: Column) -> None:
        self._null = None if column.required else NULL
        self._yes = None if column.name == "is_deleted" else "t"

    def check(self, values: Values) -> Checked:
        texts = [
            "f" if value is False else self._yes if value is True else self._null if value is None else None
            for value in values
        ]
        return Checked(values, texts)


class _Lists:
    """Lists, kept as JSON; texts with characters that are escaped, and what may be no number, are left."""

    def __init__(self, column: Column) -> None:
        self._null = None if column.required else NULL

    def check(self, values: Values) -> Checked:
        return Checked(values, list(map(self._text, values)))

    def _text(self, value: Any) -> str | None:
        if type(value) is not list:
            return self._null if value is None else None
        try:
            text = orjson.dumps(value, default=float).decode()
        except TypeError:
            return None
        return None if "\\" in text or "null" in text else text


def _end_not_before_start(contract: Contract, rule: RowRule, period: Period) -> RuleCheck:
    start, end = (contract.position(rule.settings[name]) for name in ("start", "end"))

    def check(columns: Sequence[Checked]) -> Iterable[bool]:
        return map(le, columns[start].comparable, columns[end].comparable)

    return check


def _part_not_above_whole(contract: Contract, rule: RowRule, period: Period) -> RuleCheck:
    part, whole = (contract.position(rule.settings[name]) for name in ("part", "whole"))

    def check(columns: Sequence[Checked]) -> Iterable[bool]:
        pairs = zip(columns[part].comparable, columns[whole].comparable, strict=True)
        return (one is None or all_ is None or one - all_ <= _MARGIN for one, all_ in pairs)

    return check


def _within_period(contract: Contract, rule: RowRule, period: Period) -> RuleCheck:
    column = contract.column(rule.settings["column"])
    return _between(contract, column, period.first_day, period.last_day)


def _within_programme(contract: Contract, rule: RowRule, period: Period) -> RuleCheck:
    column = contract.column(rule.settings["column"])
    return _between(contract, column, first_programme_day(period), period.last_day)


def _between(contract: Contract, column: Column, first: date, last: date) -> RuleCheck:
    place = contract.position(column.name)
    begin: Any = datetime.combine(first, time())
    end: Any = datetime.combine(last + timedelta(days=1), time()) - timedelta.resolution
    if column.logical_type != "timestamp":
        # A month stands for its first day.
        is_month = column.logical_type == "string"
        begin, end = (f"{day:%Y-%m}" if is_month else str(day) for day in (first, last))
        if is_month and first.day != 1:
            begin, end = NULL, ""

    def check(columns: Sequence[Checked]) -> Iterable[bool]:
        return (begin <= value <= end for value in columns[place].comparable)

    return check


def _energy_not_negative(contract: Contract, rule: RowRule, period: Period) -> RuleCheck:
    place = contract.position(rule.settings["column"])

    def check(columns: Sequence[Checked]) -> Iterable[bool]:
        return (value is None or value >= 0 for value in columns[place].comparable)

    return check


def _fees_add_up(contract: Contract, rule: RowRule, period: Period) -> RuleCheck:
    names = (*rule.settings["parts"], rule.settings["total"])
    first, second, total = map(contract.position, names)

    def check(columns: Sequence[Checked]) -> Iterable[bool]:
        rows = zip(*(columns[place].comparable for place in (first, second, total)), strict=True)
        return (abs(one + other - whole) <= _MARGIN for one, other, whole in rows)

    return check


def _details_add_up(contract: Contract, rule: RowRule, period: Period) -> RuleCheck:
    settings = rule.settings
    total, count, details = (contract.position(settings[name]) for name in ("total", "count", "details"))

    def check(columns: Sequence[Checked]) -> Iterable[bool]:
        rows = zip(*(columns[place].comparable for place in (details, count, total)), strict=True)
        return (
            not stated
            if found is None
            else (stated is None or stated == len(found))
            and (
                not found
                or abs(sum([float(each[DETAIL]) for each in found]) - float(whole)) <= FLOAT_TOLERANCE
            )
            for found, stated, whole in rows
        )

    return check


_RULES: dict[str, Callable[[Contract, RowRule, Period], RuleCheck]] = {
    "end_not_before_start": _end_not_before_start,
    "part_not_above_whole": _part_not_above_whole,
    "within_period": _within_period,
    "within_programme": _within_programme,
    "energy_not_negative": _energy_not_negative,
    "fees_add_up": _fees_add_up,
    "details_add_up": _details_add_up,
}
