"""Months and days as people write them in Chinese: in file names, in titles, in cells."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_NUMERAL = re.compile(r"[〇零○一二三四五六七八九十]+(?=\s*[年月日号])")
_FULL_DATE = re.compile(r"20\d\d\s*(?:年|[-/.])\s*\d{1,2}\s*(?:月\s*\d{1,2}\s*[日号]|[-/.]\s*\d{1,2})")
# The plainest spelling first: in a file name the date of sending may stand behind the month.
_MONTHS = (
    re.compile(r"(20\d\d)\s*年\s*(1[0-2]|0?[1-9])\s*月"),
    re.compile(r"(?<!\d)(20\d\d)\s*[-_./]\s*(1[0-2]|0?[1-9])(?!\d)"),
)
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
    return None


def _arabic(numeral: str) -> str:
    tens, ten, ones = numeral.rpartition("十")
    return (f"{tens or '一'}{ones or '〇'}" if ten else numeral).translate(_DIGITS)
