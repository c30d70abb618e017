"""Periods: the days and months that deliveries, loads and figures are labelled with.

A period's label is text that sorts in time: `2025-09-30` is a day, `2025-09` a month. Days are business days
of Asia/Shanghai; a period is the half-open interval [starts_at, ends_at) of instants.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MONTH = re.compile(r"\d{4}-\d{2}")


@dataclass(frozen=True, order=True)
class Period:
    """A day or a month, told apart by its label."""

    label: str

    def __post_init__(self) -> None:
        if not (_DAY.fullmatch(self.label) or _MONTH.fullmatch(self.label)):
            raise ValueError(f"a period is written 2025-09-30 or 2025-09, not {self.label!r}")
        _ = self.first_day

    @classmethod
    def day(cls, value: date) -> Period:
        """Return the period of one business day."""
        return cls(value.strftime("%Y-%m-%d"))

    @classmethod
    def month_of(cls, value: date) -> Period:
        """Return the calendar month that holds a day."""
        return cls(value.strftime("%Y-%m"))

    @property
    def is_month(self) -> bool:
        """Tell whether this is a month (else it is a day)."""
        return len(self.label) == 7

    @cached_property
    def first_day(self) -> date:
        """Return the period's first day."""
        return date.fromisoformat(f"{self.label}-01" if self.is_month else self.label)

    @property
    def last_day(self) -> date:
        """Return the period's last day (the first one itself for a day)."""
        if not self.is_month:
            return self.first_day
        return (self.first_day + timedelta(days=32)).replace(day=1) - timedelta(days=1)

    @property
    def next(self) -> Period:
        """Return the period of the same length that follows."""
        if not self.is_month:
            return Period.day(self.first_day + timedelta(days=1))
        return Period.month_of(self.first_day + timedelta(days=32))

    @property
    def month(self) -> Period:
        """Return the month that holds this period."""
        return Period.month_of(self.first_day)

    @property
    def starts_at(self) -> datetime:
        """Return the period's first instant, with the zone of Asia/Shanghai."""
        return datetime.combine(self.first_day, datetime.min.time(), SHANGHAI)

    @property
    def ends_at(self) -> datetime:
        """Return the first instant after the period."""
        return self.next.starts_at

    def dates(self) -> Iterator[date]:
        """Yield the dates of this period's days in order."""
        for passed in range((self.last_day - self.first_day).days + 1):
            yield self.first_day + timedelta(days=passed)

    def days(self) -> Iterator[Period]:
        """Yield the days of this period in order."""
        return map(Period.day, self.dates())

    def __str__(self) -> str:
        return self.label


def months(first: Period, last: Period) -> list[Period]:
    """Return the months from the one that holds `first` to the one that holds `last`, both included."""
    found: list[Period] = []
    month = first.month
    while month <= last.month:
        found.append(month)
        month = month.next
    return found


def business_day(moment: datetime) -> date:
    """Return the business day (Asia/Shanghai) that holds an instant; ValueError where it carries no zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(SHANGHAI).date()
