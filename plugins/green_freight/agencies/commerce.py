"""The commerce bureau's workbooks: people name them, so the month stands in the name in many spellings."""

from __future__ import annotations

import re
import unicodedata

from green_freight.agencies.agency import FilePlace
from green_freight.periods import Period

_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
# The spellings met in file names, the plainest first: a date of the re-sending may stand behind the month.
_MONTHS = (
    re.compile(r"(20\d\d)\s*年\s*(1[0-2]|0?[1-9])\s*月"),
    re.compile(r"(?<!\d)(20\d\d)\s*[-_./]\s*(1[0-2]|0?[1-9])(?!\d)"),
    re.compile(r"(?<!\d)(20\d\d)(1[0-2]|0[1-9])(?!\d)"),
)
_CHINESE_MONTH = re.compile(r"(?<=年)(十[一二]?)(?=月)")
_CHINESE_MONTHS = {"十": "10", "十一": "11", "十二": "12"}


def month_in(file_name: str) -> Period | None:
    """Return the month that a workbook's name carries, or None.

    `2025年9月`, `2025年09月`, `二〇二五年九月`, `2025-09`, `2025_9`, `2025.09` and `202509` are read, full-width
    digits too.
    """
    plain = unicodedata.normalize("NFKC", file_name)
    plain = _CHINESE_MONTH.sub(lambda found: _CHINESE_MONTHS[found[1]], plain).translate(_DIGITS)
    for pattern in _MONTHS:
        if found := pattern.search(plain):
            return Period(f"{found[1]}-{int(found[2]):02d}")
    return None


def file_place(file_name: str) -> FilePlace | None:
    """Return the month of a workbook: the agency file's `name_parser`."""
    month = month_in(file_name)
    return None if month is None else FilePlace(month)
