"""Identifiers with their real check digits: credit codes, organisation codes, VINs, plates.

The numbers are valid in form and invented in content. Sources of the rules: GB 32100 (credit code), GB 11714
(organisation code), GB 16735 (VIN), GA 36 (plates).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from stdnum.cn import uscc

PLATE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
PLATE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
VIN_ALPHABET = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
VIN_YEARS = "ABCDEFGHJKLMNPRSTVWXY123456789"
# No manufacturer holds this world manufacturer identifier: the vehicles cannot be mistaken for real ones.
DEMONSTRATION_WMI = "LX0"

_VIN_VALUES = dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ", (*range(1, 9), *range(1, 6), 7, 9, *range(2, 10)), strict=True)
)
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def organisation_code(serial: int) -> str:
    """Return the 9-character organisation code (GB 11714) with a serial below 100,000."""
    body = f"MAD{serial:05d}"
    values = [int(c, 36) for c in body]
    rest = 11 - sum(v * w for v, w in zip(values, (3, 7, 9, 10, 5, 8, 4, 2), strict=True)) % 11
    return body + {10: "X", 11: "0"}.get(rest, str(rest))


def credit_code(region_code: str, serial: int) -> str:
    """Return the unified social credit code (GB 32100) of a company registered in a region."""
    body = f"91{region_code}{organisation_code(serial)}"
    return body + str(uscc.calc_check_digit(body))


def vin(rng: np.random.Generator, model_year: int, serial: int) -> str:
    """Return a 17-character VIN (GB 16735) with its check digit; `serial` below 1,000,000 makes it unique."""
    description = "".join(VIN_ALPHABET[int(i)] for i in rng.integers(0, len(VIN_ALPHABET), size=5))
    year = VIN_YEARS[(model_year - 1980) % len(VIN_YEARS)]
    number = f"{DEMONSTRATION_WMI}{description}0{year}D{serial:06d}"
    values = (_VIN_VALUES[c] if c in _VIN_VALUES else int(c) for c in number)
    check = sum(v * w for v, w in zip(values, _VIN_WEIGHTS, strict=True)) % 11
    return number[:8] + ("X" if check == 10 else str(check)) + number[9:]


class PlateOffice:
    """Gives out plates of 苏G, each once."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._given: set[str] = set()

    def ordinary(self) -> str:
        """Return a plate of 7 characters: one letter, then four letters or digits."""
        return self._unique(lambda: "苏G" + self._pick(PLATE_LETTERS, 1) + self._digits(4))

    def new_energy_small(self, kind_code: str) -> str:
        """Return a plate of 8 characters; D, A, B, C, E mark battery-electric vehicles, F, G, H, J, K the others."""
        first = "DABCE" if kind_code == "BEV" else "FGHJK"
        return self._unique(
            lambda: "苏G" + self._pick(first, 1) + self._pick(PLATE_ALPHABET, 1) + self._digits(4)
        )

    def new_energy_large(self, kind_code: str) -> str:
        """Return a plate of 8 characters that ends in D (battery-electric) or F (others)."""
        last = "D" if kind_code == "BEV" else "F"
        return self._unique(lambda: "苏G" + self._digits(5) + last)

    def _pick(self, letters: str, count: int) -> str:
        return "".join(letters[int(i)] for i in self._rng.integers(0, len(letters), size=count))

    def _digits(self, count: int) -> str:
        return f"{int(self._rng.integers(0, 10**count)):0{count}d}"

    def _unique(self, draw: Callable[[], str]) -> str:
        while (plate := draw()) in self._given:
            pass
        self._given.add(plate)
        return plate
