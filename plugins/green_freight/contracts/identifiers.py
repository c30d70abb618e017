"""Identifiers of national standards: normal form and check digit, cached because the same ones come daily."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable

from stdnum.cn import uscc
from vininfo import Vin
from vininfo.exceptions import VininfoException

# A middle dot in its many guises, and spaces, may stand between 苏G and the rest of a plate.
_PLATE_FILLERS = re.compile(r"[\s·•・‧∙.●]")
_REGION = "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z]"
_NUMBER = "[A-HJ-NP-Z0-9]"
# Ordinary (7 characters), small new-energy and large new-energy plates (GA 36-2018); no I, no O.
PLATE = re.compile(rf"{_REGION}(?:{_NUMBER}{{5}}|[A-HJK]{_NUMBER}\d{{4}}|\d{{5}}[DF])")


def plain_plate(text: str) -> str:
    """Return a plate without middle dots and spaces, in half-width capitals: `苏G·d12345` → `苏GD12345`."""
    return _PLATE_FILLERS.sub("", unicodedata.normalize("NFKC", text)).upper()


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
