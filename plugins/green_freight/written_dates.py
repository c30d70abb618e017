"""Months and days as people write them in Chinese: in file names, in titles, in cells."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_NUMERAL = re.compile(r"[〇零○一二三四五六七八九十]+(?=\s*[年月日号])")
_FULL_DATE = re.compile(r"20\d\d\s*(?:年|[-/.])\s*\d{1,2}\s*(?:月\s*\d{1,2}\s*[日号]|[-/.]\s*\d{1,2})")
# The plainest spelling first: in a file name the date of sending may stand behind the month.
_MONTHS = (
    re.compile(r"(20\d\d)\s*年\s*(1[0-2]|0?[1-9])\s*月"),
    re.compile(r"(?<!\d)(20\d\d)\s*[-_./]\s*(1[0-2]|0?[1-9])(?!\d)"),
)
# 25年9月 in the name of a file; in a title it may be anything.
_SHORT_YEAR = re.compile(r"(?<!\d)(2\d)\s*年\s*(1[0-2]|0?[1-9])\s*月")
_MOMENT = re.compile(
    r"(?P<year>\d{4})\s?[-/.年]\s?(?P<month>\d{1,2})\s?[-/.月]\s?(?P<day>\d{1,2})(?:\s?[日号])?"
    r"(?:(?:\s|t|(?<=[日号]))(?P<half>上午|下午|am|pm)?\s?(?P<hour>\d{1,2})\s?[:时点]\s?"
    r"(?:(?P<minute>\d{1,2})(?:\s?[:分]\s?(?:(?P<second>\d{1,2})(?:[.,](?P<fraction>\d{1,9}))?秒?)?)?)?"
    r"(?:\s?(?P<half_behind>am|pm))?(?:\s?(?P<zone>z|[+-]\d{2}:?\d{2}))?)?"
)
_COMPACT_MOMENT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?:[ t]?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})|[ t](?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<s>\d{2}))?)?"
)
# Longer texts, of which few are dates, are not remembered.
_LONGEST_KNOWN = 64
_COMPACT_MONTH = re.compile(r"(?<!\d)(20\d\d)(1[0-2]|0[1-9])(?!\d)")


# Titles, words for codes and names occur again and again in a table.
@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Return text in half-width characters, lower case, without any white space."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def with_arabic_dates(text: str) -> str:
    """Return text with Arabic numerals before 年, 月, 日 and 号: `二〇二五年十月` → `2025年10月`."""
    return _NUMERAL.sub(lambda found: _arabic(found[0]), text)


def month_in(text: str, is_file_name: bool = False) -> str | None:
    """Return the month (yyyy-MM) that a title or a file name states, or None; a full date is no month.

    `2025年9月`, `2025年09月`, `二〇二五年九月`, `2025-09`, `2025_9`, `2025.09` and `2025/9` are read, full-width
    digits too; `202509` in file names only, since in a title it may be the number of a document.
    """
    without_days = _FULL_DATE.sub(" ", with_arabic_dates(unicodedata.normalize("NFKC", text)))
    for pattern in (*_MONTHS, _COMPACT_MONTH) if is_file_name else _MONTHS:
        if found := pattern.search(without_days):
            return f"{found[1]}-{int(found[2]):02d}"
    if is_file_name and (found := _SHORT_YEAR.search(without_days)):
        return f"20{found[1]}-{int(found[2]):02d}"
    return None


def moment_in(text: str) -> date | datetime | None:
    """Return the day, or the day with its time, that a text is; None where it is neither or has two readings.

    Year, month and day in this order with -, /, . or 年月日, one or two digits each, or eight digits; the time with one
    or two digits an hour, 上午 and 下午 or am and pm, 24:00 for the end of the day, and perhaps a zone. A text such as
    `10/29/2021` or `21-10-29` has several readings.
    """
    return _known_moment(text) if len(text) <= _LONGEST_KNOWN else _moment(text)


def _moment(text: str) -> date | datetime | None:
    written = " ".join(with_arabic_dates(unicodedata.normalize("NFKC", text).lower()).split())
    found = _MOMENT.fullmatch(written) or _COMPACT_MOMENT.fullmatch(written)
    if found is None:
        return None
    parts = found.groupdict()
    try:
        day = date(int(parts["year"]), int(parts["month"]), int(parts["day"]))
        return day if (parts["hour"] or parts.get("h")) is None else _with_time(day, parts)
    except (ValueError, OverflowError):
        return None


# A table repeats its dates.
_known_moment = lru_cache(maxsize=4096)(_moment)


def _with_time(day: date, parts: dict[str, str | None]) -> datetime:
    hour, minute, second = (
        int(parts[name] or parts.get(name[0]) or 0) for name in ("hour", "minute", "second")
    )
    half = parts.get("half") or parts.get("half_behind")
    if half in ("上午", "am") and hour == 12:
        hour = 0
    elif half in ("上午", "am") and hour > 12:
        raise ValueError("no hour before noon")
    elif half in ("下午", "pm") and hour < 12:
        if not hour:
            raise ValueError("noon or midnight")
        hour += 12
    # The end of a day, as databases and ISO 8601 write it.
    is_end = (hour, minute, second) == (24, 0, 0)
    micro = int((parts.get("fraction") or "0").ljust(6, "0")[:6])
    zone = parts.get("zone")
    found = datetime(
        day.year,
        day.month,
        day.day,
        0 if is_end else hour,
        minute,
        second,
        micro,
        _zone(zone) if zone else None,
    )
    return found + timedelta(days=1) if is_end else found


def _zone(text: str) -> timezone:
    if text == "z":
        return UTC
    digits = text[1:].replace(":", "")
    distance = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-distance if text[0] == "-" else distance)


def _arabic(numeral: str) -> str:
    tens, ten, ones = numeral.rpartition("十")
    return (f"{tens or '一'}{ones or '〇'}" if ten else numeral).translate(_DIGITS)
