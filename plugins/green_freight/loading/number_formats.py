"""What a number format of a spreadsheet adds to a number: a per cent sign, a unit, leading zeros, letters before it.

People read what is shown. A format that only shows a sign (`0"%"`) leaves the number as it is; one that scales (`0%`)
does not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

_HUNDRED = Decimal(100)
# A quoted text, an escaped or padded character, a condition or colour in brackets, any other character.
_TOKEN = re.compile(r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_.|\*.|\[[^\]]*\]|(?P<plain>.)', re.DOTALL)
_GENERAL = re.compile(r"General|G/通用格式", re.IGNORECASE)
_PLACEHOLDERS = "0#?"


class ShownNumber(int):
    """A whole number that is shown with leading zeros or letters around it; `shown` is what people see."""

    shown: str

    @classmethod
    def of(cls, number: int, shown: str) -> ShownNumber:
        """Return a number that is shown as a text."""
        found = cls(number)
        found.shown = shown
        return found


@dataclass(frozen=True)
class _Format:
    """The literal texts before and after the digits, the digits' pattern, and whether the number is scaled."""

    before: str
    digits: str
    after: str
    is_percentage: bool
    is_scaled: bool


def shown_number(number: int | float, number_format: str | None) -> int | float | str:
    """Return a number as its format shows it, where that changes its meaning.

    0.85 shown as 85% and 85 with a mere sign are both `85%`. A number with a unit (`0"公斤"`) gets it, unless the
    format also scales the number, as 万 by `0!.0,` does: the cell then holds the whole number. A number that is shown
    with leading zeros or letters is a ShownNumber.
    """
    found = _parsed(number_format or "")
    if found.is_percentage:
        return f"{Decimal(str(number)) * _HUNDRED}%"
    if found.is_scaled:
        return number
    if not found.before and found.after:
        return f"{Decimal(str(number))}{found.after}"
    is_whole = isinstance(number, int) and number >= 0 and set(found.digits) == {"0"}
    if is_whole and (found.before or len(found.digits) > 1):
        return ShownNumber.of(int(number), f"{found.before}{number:0{len(found.digits)}d}{found.after}")
    return number


@lru_cache(maxsize=1024)
def _parsed(number_format: str) -> _Format:
    """Return the parts of a format's first section, which is that of positive numbers."""
    before, digits, after = "", "", ""
    is_percentage = is_scaled = False
    tokens = list(_TOKEN.finditer(_GENERAL.sub("#", number_format)))
    for place, token in enumerate(tokens):
        plain, literal = token["plain"], token["quoted"] or token["escaped"]
        if plain is not None and not plain.isascii():
            # WPS leaves Chinese units without quotes.
            plain, literal = None, plain
        if plain == ";":
            break
        if plain == "%":
            is_percentage = True
        elif plain is not None and plain in "0#?.":
            digits += plain
        elif plain == "!":
            # 0!.0 puts a mere point between the digits: the number is shown as a tenth.
            is_scaled = True
        elif plain == ",":
            following = tokens[place + 1]["plain"] if place + 1 < len(tokens) else None
            is_scaled = is_scaled or following is None or following not in _PLACEHOLDERS
        elif literal == "." or (literal and digits and _has_digits_after(tokens[place + 1 :])):
            is_scaled = True
        elif literal:
            before, after = _added(before, after, literal, bool(digits))
    return _Format(before.strip(), digits, after.strip(), is_percentage, is_scaled)


def _added(before: str, after: str, literal: str, is_behind: bool) -> tuple[str, str]:
    return (before, after + literal) if is_behind else (before + literal, after)


def _has_digits_after(tokens: list[re.Match[str]]) -> bool:
    return any(token["plain"] is not None and token["plain"] in _PLACEHOLDERS for token in tokens)
