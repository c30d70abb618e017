"""Data in columns: exact decimals from integers, and when each of many things is in service."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import partial

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
_SIZE = 40_000
# a table is ten times cheaper than making a Decimal for each value
_TABLES = {places: [Decimal(n).scaleb(-places) for n in range(_SIZE)] for places in (1, 2, 3, 4)}


def _scaled(places: int, values: Iterable[int]) -> list[Decimal]:
    """Return n / 10^places with that many decimals for each n."""
    table = _TABLES[places]
    return [table[n] if 0 <= n < _SIZE else Decimal(n).scaleb(-places) for n in values]


tenths, hundredths, thousandths, ten_thousandths = (partial(_scaled, places) for places in (1, 2, 3, 4))


class ServiceDays:
    """The days between which each of many things is in service: from the first to before the second, if any."""

    def __init__(self, spans: Iterable[tuple[date, date | None]]) -> None:
        ordinals = [(first.toordinal(), (end or date.max).toordinal()) for first, end in spans]
        self._first, self._end = np.array(ordinals, dtype=np.int64).reshape(-1, 2).T

    def on(self, day: date) -> Ints:
        """Return the places of the things that are in service on a day."""
        ordinal = day.toordinal()
        return np.flatnonzero((self._first <= ordinal) & (self._end > ordinal))
