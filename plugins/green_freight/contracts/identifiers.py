"""Identifiers: one normal form for each kind, check digits, and what spreadsheets and people make of them.

Kinds: `uscc`, `vin` and `plate` are checked by their national standards; `register_number` is what an agency or an
operator issues; `name` is a name that serves as a key. Cached, because the same ones come daily.
"""

from __future__ import annotations

import functools
import math
import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from stdnum.cn import uscc
from vininfo import Vin
from vininfo.exceptions import VininfoException

# A middle dot in its many guises, and spaces, may stand between 苏G and the rest of a plate.
_PLATE_FILLERS = re.compile(r"[\s·•・‧∙.●]")
_ERROR_VALUE = re.compile(
    r"#(?:N/A|REF!|NAME\?|VALUE!|DIV/0!|NUM!|NULL!|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|BUSY!|UNKNOWN!|EXTERNAL!"
    r"|GETTING_DATA|#{2,})|Err:\d{3}",
    re.IGNORECASE,
)
# As Excel writes it: 3.20706E+17. A code such as 1E5 is none.
_SCIENTIFIC = re.compile(r"[+-]?\d(?:[.,]\d+E[+-]?\d+|E\+\d{2,})")
# A spreadsheet keeps 15 digits of a number.
ROUNDED_FROM = 10**15
_QUOTED = re.compile(r"""=?(["'`])(.*)\1""", re.DOTALL)
_PLAIN_QUOTES = str.maketrans("“”„‘’", '"""\'\'')
# Variation selectors, combining grapheme joiner, and letters without a shape; zero-width characters are of category Cf.
_INVISIBLE = frozenset(
    map(chr, (*range(0xFE00, 0xFE10), 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0))
)
_FULL_WIDTH_BRACKETS = str.maketrans("()", "（）")
_LOOK_ALIKES: dict[int, int | str] = {
    **str.maketrans("OIL", "011"),
    **str.maketrans("АВЕЗКМНОРСТХІЅЈ", "ABE3KMH0PCTX1SJ"),
    **str.maketrans("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZH1KMN0PTYX"),
    **str.maketrans("‐‑‒–—―−_", "--------"),
}
_TRAILING_ZERO = re.compile(r"(?<=[0-9])\.0$")
_LEADING_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")
_REGION = "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z]"
_NUMBER = "[A-HJ-NP-Z0-9]"
# Ordinary (7 characters), small new-energy and large new-energy plates (GA 36-2018); no I, no O.
PLATE = re.compile(rf"{_REGION}(?:{_NUMBER}{{5}}|[A-HJK]{_NUMBER}\d{{4}}|\d{{5}}[DF])")


class DamagedIdentifierError(ValueError):
    """An identifier was changed by a spreadsheet, so that what it was is unknown."""


class RoundedNumber(int):
    """A whole number of more digits than the spreadsheet that holds it keeps."""


def normal_form(kind: str, value: Any) -> Any:
    """Return an identifier in the normal form of its kind; what is neither text nor number stays as it is.

    Full-width and other compatibility characters become the usual ones (Unicode NFKC); zero-width and other invisible
    characters, surrounding quotes, Excel's `="…"` and its leading apostrophe go. Numbers lose white space and are in
    capitals, names keep single blanks and have full-width brackets, plates lose the dot inside.
    Raises DamagedIdentifierError for scientific notation, a spreadsheet's error value, and a number that lost digits.
    """
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        value = _number_text(value)
    if not isinstance(value, str):
        return value
    if kind != "name" and value.isascii() and value.isalnum():
        # Most are plain already, and each order has another number.
        return value.upper()
    text = _plain(kind, value)
    if _SCIENTIFIC.fullmatch(text) or is_error_value(text):
        raise DamagedIdentifierError(text)
    return text


def is_error_value(value: Any) -> bool:
    """Tell whether a text is an error value of a spreadsheet, such as #N/A or #REF!."""
    is_candidate = isinstance(value, str) and value.lstrip()[:1] in ("#", "＃", "E", "Ｅ")
    return is_candidate and _ERROR_VALUE.fullmatch(_visible(value)) is not None


def look_alike(text: str) -> str:
    """Return what identifiers in normal form that people take for each other have in common.

    O and 0, I, L and 1, Greek and Cyrillic capitals and the Latin ones, dashes of any kind, leading zeros of a number,
    and a trailing `.0` are not told apart.
    """
    text = _TRAILING_ZERO.sub("", text.upper().translate(_LOOK_ALIKES))
    return _LEADING_ZEROS.sub("", text)


def _number_text(value: int | float | Decimal) -> str:
    if isinstance(value, int):
        if isinstance(value, RoundedNumber):
            raise DamagedIdentifierError(str(int(value)))
        return str(value)
    # A fraction is no identifier, and 17 digits of a float are not all its own.
    if not math.isfinite(value) or value != int(value) or abs(int(value)) >= ROUNDED_FROM:
        raise DamagedIdentifierError(str(value))
    return str(int(value))


@functools.lru_cache(maxsize=65_536)
def _plain(kind: str, value: str) -> str:
    text = _visible(value).translate(_PLAIN_QUOTES)
    while (inner := _QUOTED.fullmatch(text)) is not None:
        text = inner[2].strip()
    text = text.removeprefix("'")
    if kind == "plate":
        return _PLATE_FILLERS.sub("", text).upper()
    if kind == "name":
        text = text.translate(_FULL_WIDTH_BRACKETS)
        return " ".join(text.split())
    return "".join(text.split()).upper()


def _visible(text: str) -> str:
    """Return a text in compatibility form without invisible characters and surrounding white space."""
    text = unicodedata.normalize("NFKC", text)
    return "".join(c for c in text if unicodedata.category(c) != "Cf" and c not in _INVISIBLE).strip()


def is_plate(text: str) -> bool:
    """Tell whether a plate in plain form has one of the three patterns."""
    return PLATE.fullmatch(text) is not None


@functools.lru_cache(maxsize=65_536)
def is_uscc(text: str) -> bool:
    """Tell whether a unified social credit code is well formed and its check digit is right (GB 32100)."""
    return bool(uscc.is_valid(text))


@functools.lru_cache(maxsize=65_536)
def is_vin(text: str) -> bool:
    """Tell whether a vehicle identification number is well formed and its check digit is right (GB 16735)."""
    try:
        return bool(Vin(text).verify_checksum(check_year=False))
    except VininfoException:
        return False


# By the name that contracts use: the check, and the reason code of a value that fails it.
CHECKS: dict[str, tuple[Callable[[str], bool], str]] = {
    "uscc": (is_uscc, "bad_check_digit"),
    "vin": (is_vin, "bad_check_digit"),
    "plate": (is_plate, "bad_pattern"),
}
