"""Tables for spreadsheets: text that a spreadsheet would take for a formula stays text (OWASP, CSV injection).

What agencies deliver stands in these files, and a person that opens one must not run what somebody wrote into a name.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

# Spreadsheets skip what is invisible, some of them quotes, and read full-width signs like the others.
_SKIPPED = "\\s\\x00\\ufeff\\u00ad\\u180e\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2064'\"`＇＂‘’“”"
_FORMULA = re.compile(rf"'*[\t\r\n\x00]|[{_SKIPPED}]*[=+\-@＝＋－＠﹦﹢﹣﹫]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?%?", re.ASCII)


def is_like_a_formula(text: str) -> bool:
    """Tell whether a spreadsheet may take a text for a formula; a number is none, whatever its sign."""
    return bool(_FORMULA.match(text)) and not _NUMBER.fullmatch(text)


def neutral(value: Any) -> Any:
    """Return a value for a CSV: an apostrophe stands in front of text that is like a formula, which taking it away
    gives back as it was; numbers and all else stay.
    """
    return f"'{value}" if isinstance(value, str) and is_like_a_formula(value) else value


def write_csv(
    target: TextIO, titles: Iterable[str], rows: Iterable[Sequence[Any]], line_end: str = "\r\n"
) -> None:
    """Write a table as CSV; None is an empty field."""
    writer = csv.writer(target, lineterminator=line_end)
    writer.writerow([neutral(title) for title in titles])
    writer.writerows([neutral(value) for value in row] for row in rows)
