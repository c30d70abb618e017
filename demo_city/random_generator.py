"""Chance that repeats: every draw of the city comes from (seed, kind, ordinal) alone.

A day's events therefore never depend on which other days were generated before. Only `random` and `integers` of
NumPy's PCG64 are used, whose streams NumPy keeps stable between versions.
"""

from __future__ import annotations

import calendar
import zlib
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

SHANGHAI = ZoneInfo("Asia/Shanghai")


def stream(seed: int, kind: str, ordinal: int = 0) -> np.random.Generator:
    """Return the generator of one kind of thing and one day, month or object (`ordinal` >= 0)."""
    return np.random.Generator(np.random.PCG64([seed, zlib.crc32(kind.encode()), ordinal]))


def pick(rng: np.random.Generator, choices: Sequence[str]) -> str:
    """Return one of several texts, each as likely as the others."""
    return choices[int(rng.integers(0, len(choices)))]


def day_end(day: date) -> datetime:
    """Return the first instant after a day in Shanghai."""
    return datetime.combine(day + timedelta(days=1), time(), SHANGHAI)


def month_end(day: date) -> date:
    """Return the last day of the month that holds a day."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def form_delivered_at(month: date) -> datetime:
    """Return when the forms of a month are delivered: its last day, 18:00 Shanghai."""
    return datetime.combine(month_end(month), time(18), SHANGHAI)


def days_between(first: date, last: date) -> list[date]:
    """Return the days between two days, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def month_starts(first: date, last: date) -> list[date]:
    """Return the first days of the months from the one of `first` to the one of `last`."""
    span = (last.year - first.year) * 12 + last.month - first.month
    start = first.year * 12 + first.month - 1
    return [date((start + n) // 12, (start + n) % 12 + 1, 1) for n in range(span + 1)]


def spread(rng: np.random.Generator, count: int, year: int, month: int) -> list[date]:
    """Return `count` sorted days of a month.

    January begins on its first day, September and December end on their last: the edges of years, quarters and of
    the demonstration day are always hit, because that is where a wrong `<` hides.
    """
    last = calendar.monthrange(year, month)[1]
    days = sorted(int(d) for d in rng.integers(1, last + 1, size=count))
    if days and month == 1:
        days[0] = 1
    if days and month in (9, 12):
        days[-1] = last
    return [date(year, month, d) for d in days]


def entered_at(rng: np.random.Generator, day: date, most_days_later: int = 2) -> datetime:
    """Return when a clerk entered something that happened on `day`: office hours, never after the month's end.

    Entering within the month keeps the bureaus' own month-end figures equal to what is known later; deliberate late
    entries are written out where they belong.
    """
    later = int(rng.integers(0, most_days_later + 1))
    entered = min(day + timedelta(days=later), month_end(day))
    second = int(rng.integers(9 * 3600, 17 * 3600 + 1800))
    return datetime.combine(entered, time(second // 3600, second % 3600 // 60, second % 60), SHANGHAI)
