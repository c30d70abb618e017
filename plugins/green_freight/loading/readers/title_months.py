"""The months that titles state: of a table, and of a column beside that of another period.

Figures of a longer span than a month (累计, 1—9月, 前三季度) are never those of the month.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from green_freight.written_dates import month_in, plain, with_arabic_dates

_N = r"(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
_TO = r"[-‐‑‒–—―−~〜至到]+"
_MONTHS = re.compile(rf"(?<![\d.])(?P<first>{_N})月?份?{_TO}(?:20\d\d年)?(?P<last>{_N})月")
_DAYS = re.compile(
    rf"(?<!\d)(?P<first>{_N})月\d{{1,2}}[日号]?{_TO}(?:20\d\d年)?(?P<last>{_N})月\d{{1,2}}[日号]"
    r"|20\d\d[-./](?P<first_no>\d{1,2})[-./]\d{1,2}[~〜至到—–]+20\d\d[-./](?P<last_no>\d{1,2})[-./]\d{1,2}"
)
_LONGER = re.compile(r"季度|上半年|下半年|全年|半年报")
_CUMULATIVE = re.compile(r"累计|累积|年初至今|ytd")
_COMPARED = re.compile(r"[去上]年|同期|同比|环比|增长|增幅|增减|[上前]月|上期|年初|至今|截至|本年|年度")
_THIS = re.compile(r"本月|当月|本期|当期|报告期")
_ONE_MONTH = re.compile(rf"(?<![\d至到~—–-])(?:(?P<year>20\d\d|\d\d)年)?(?P<month>{_N})月(?!\d|{_TO}\d)")
_PERIOD_WORDS = re.compile(
    r"(?:[去上本]年度?)?(?:累计|累积|同期|年初至今)数?|[去上本]年度?|(?:本|当|上)[月期]数?"
)
_FORM_OF_MONTH = re.compile(
    r"(?<![\d至到~—–-])(?P<month>1[0-2]|0?[1-9])月份?(?!\d).*(?:月报|情况|统计|报表|一览|表$)"
)
_REMARK = re.compile(r"注[::\d]|注$|说明|备注|填表|填报|审核|制表")
_DIGITS = {numeral: number for number, numeral in enumerate("〇一二三四五六七八九十")}


def title_period(rows: Iterable[Sequence[Any]]) -> str | None:
    """Return the month (yyyy-MM) that the rows' text names first, or None; a full date is no month."""
    return next(filter(None, map(month_in, _texts(rows))), None)


def month_without_year(rows: Iterable[Sequence[Any]]) -> int | None:
    """Return the month (1 to 12) that a title of a form names without a year: 9月份配送情况."""
    for text in _texts(rows):
        written = with_arabic_dates(plain(text))
        if (found := _FORM_OF_MONTH.search(written)) and not _REMARK.match(written):
            return int(found["month"])
    return None


def longer_span(rows: Iterable[Sequence[Any]]) -> str | None:
    """Return the first text that says that the figures are of another span than one month, or None; no remarks."""
    for text in _texts(rows):
        written = plain(text)
        if _REMARK.match(written) or _THIS.search(written):
            continue
        names_time = month_in(text) is not None or re.search(r"20\d\d", written) is not None
        if (
            _is_range(written)
            or _CUMULATIVE.search(written)
            or ("截至" in written and month_in(text))
            or (names_time and month_in(text) is None and _LONGER.search(written))
        ):
            return text.strip()
    return None


@lru_cache(maxsize=4096)
def period_mark(title: str, month: str | None) -> str | None:
    """Return `month` for a title that names the file's month (yyyy-MM), `other` for another period, else None."""
    written = with_arabic_dates(plain(title))
    if (
        _is_range(written)
        or _CUMULATIVE.search(written)
        or _LONGER.search(written)
        or _COMPARED.search(written)
    ):
        return "other"
    if (found := _ONE_MONTH.search(written)) and month is not None:
        is_year = found["year"] is None or month[2:4] == found["year"][-2:]
        return "month" if is_year and int(month[5:]) == _number(found["month"]) else "other"
    return "month" if _THIS.search(written) else None


@lru_cache(maxsize=4096)
def without_period(title: str) -> str:
    """Return a title, in plain text, without the words that name a period."""
    text = with_arabic_dates(plain(title))
    for pattern in (_DAYS, _MONTHS, re.compile(rf"(?:(?:20)?\d\d年)?(?<!\d){_N}月份?")):
        text = pattern.sub("", text)
    return _PERIOD_WORDS.sub("", text)


def _is_range(written: str) -> bool:
    if (found := _MONTHS.search(written)) and _number(found["first"]) != _number(found["last"]):
        return True
    found = _DAYS.search(written)
    if found is None:
        return False
    return _number(found["first"] or found["first_no"]) != _number(found["last"] or found["last_no"])


def _number(numeral: str) -> int:
    return int(numeral) if numeral.isdigit() else sum(_DIGITS[each] for each in numeral)


def _texts(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    return (cell for cells in rows for cell in cells if isinstance(cell, str))
