"""Identifiers with their real check digits: credit codes, organisation codes, VINs, plates.

The numbers are valid in form and invented in content. Sources of the rules: GB 32100 (credit code), GB 11714
(organisation code), GB 16735 (VIN), GA 36 (plates).
"""

from __future__ import annotations

import numpy as np
from stdnum.cn import uscc

from demo_city.random_generator import pick

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
    description = "".join(VIN_ALPHABET[i] for i in rng.integers(0, len(VIN_ALPHABET), size=5))
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

    def plate(self, kind_code: str | None, is_light: bool) -> str:
        """Return a plate: 7 characters for fuel vehicles (None), 8 for new-energy ones, BEV, PHEV or FCEV.

        Of a light one the first letter tells battery-electric vehicles (D, A, B, C, E) from others (F, G, H, J, K),
        of a heavy one the last (D or F).
        """
        while (plate := f"苏G{self._drawn(kind_code, is_light)}") in self._given:
            pass
        self._given.add(plate)
        return plate

    def _drawn(self, kind_code: str | None, is_light: bool) -> str:
        if kind_code is None:
            return pick(self._rng, PLATE_LETTERS) + self._digits(4)
        if is_light:
            first = pick(self._rng, "DABCE" if kind_code == "BEV" else "FGHJK")
            return first + pick(self._rng, PLATE_ALPHABET) + self._digits(4)
        return self._digits(5) + ("D" if kind_code == "BEV" else "F")

    def _digits(self, count: int) -> str:
        return f"{int(self._rng.integers(0, 10**count)):0{count}d}"
