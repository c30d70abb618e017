"""Charging sessions of one day in columns: who charged where, when, how much, at which tariff.

Money is exact: a period's price (4 dp) times its energy (2 dp), rounded half up to the cent, and the session's sums are
the sums of its periods. No two sessions overlap on a connector, not over midnight either: a day's sessions start
between 00:40 and 24:00 and the last ends before 00:40. (This holds up to volume 4; above it slots become too short.)
"""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from demo_city.columns import Ints
from demo_city.random_generator import stream

Columns = NDArray[Any]
SESSIONS_A_DAY = 2000
DAY = 86_400
_FIRST_START = 40 * 60
# the tariff's periods, in seconds from midnight: valley, peak, flat, peak, flat, and the next day's valley
TARIFF_BOUNDS = np.array([0, 8 * 3600, 11 * 3600, 17 * 3600, 22 * 3600, DAY, DAY + 8 * 3600], dtype=np.int64)
_ELECTRICITY = np.array([3103, 10_241, 6246, 10_241, 6246, 3103], dtype=np.int64)
_SERVICE = np.array([3000, 5000, 4200, 5000, 4200, 3000], dtype=np.int64)
_SEASON = (0.92, 0.85, 0.95, 0.97, 1.0, 1.04, 1.1, 1.1, 1.02, 1.0, 1.03, 1.08)
_WEEKDAY = (1.02, 1.03, 1.03, 1.03, 1.06, 0.96, 0.87)
_STOP_REASONS = np.array([0] * 62 + [1] * 12 + [2] * 16 + [3] * 2 + [4] * 8, dtype=np.int64)
# energy is in 0.01 kWh, money in cents, prices in 0.0001 yuan, times in seconds from midnight
_SESSION = [("plug", "i8"), ("start", "i8"), ("end", "i8"), ("energy", "i8"), ("stop_reason", "i8")]
_SESSION += [("vehicle_draw", "f8"), ("count", "i8"), ("electricity_fee", "i8"), ("service_fee", "i8")]
_PERIOD = [("start", "i8"), ("end", "i8"), ("energy", "i8"), ("price", "i8"), ("service_price", "i8")]
_PERIOD += [("electricity_fee", "i8"), ("service_fee", "i8")]


class Sessions(NamedTuple):
    """One day's sessions, sorted by start, with their number of periods; the tariff periods one after another."""

    sessions: Columns
    periods: Columns


def sessions_of(seed: int, volume: float, day: date, plugs: Ints, watts: Ints) -> Sessions:
    """Return the sessions that start on a day, 2,000 at volume 1, with weekday and season, on the plugs that work."""
    rng = stream(seed, "sessions", day.toordinal())
    n = round(SESSIONS_A_DAY * volume * _SEASON[day.month - 1] * _WEEKDAY[day.weekday()])
    number = np.arange(n, dtype=np.int64)
    plug = rng.permutation(plugs)[number % len(plugs)]
    start, length = _times(rng, number, len(plugs), n)
    # most batteries take less than the plug could give; a failed start charges nothing
    use = 0.35 + 0.5 * rng.random(n)
    energy = np.minimum((watts[plug] * use * length / 36_000).astype(np.int64), 16_000)
    energy = np.where(rng.random(n) < 0.004, 0, np.maximum(energy, 5))
    order = np.argsort(start, kind="stable")
    reasons = np.where(energy == 0, 3, _STOP_REASONS[rng.integers(0, len(_STOP_REASONS), size=n)])
    draw = rng.random(n)
    return _priced(plug[order], start[order], length[order], energy[order], reasons[order], draw[order], day)


def _times(rng: np.random.Generator, number: Ints, plug_count: int, n: int) -> tuple[Ints, Ints]:
    """Return start and length in seconds: each plug's day is cut into equal slots, one session in each."""
    turns = n // plug_count + (number % plug_count < n % plug_count)
    slot = DAY / turns
    wanted = (12 + 75 * rng.random(len(number)) ** 1.5) * 60
    length = np.minimum(wanted, 0.85 * slot).astype(np.int64) + 1
    free = slot - length - 2
    start = _FIRST_START + (number // plug_count) * slot + rng.random(len(number)) * free
    return np.minimum(start.astype(np.int64), DAY - 1), length


def _priced(
    plug: Ints, start: Ints, length: Ints, energy: Ints, reasons: Ints, draw: NDArray[np.float64], day: date
) -> Sessions:
    end = start + length
    period = np.searchsorted(TARIFF_BOUNDS, start, side="right") - 1
    last_period = np.searchsorted(TARIFF_BOUNDS, end - 1, side="right") - 1
    count = last_period - period + 1
    first = np.cumsum(count) - count
    owner = np.repeat(np.arange(len(plug)), count)
    tariff = period[owner] + np.arange(len(owner)) - first[owner]
    part_start = np.maximum(start[owner], TARIFF_BOUNDS[tariff])
    part_end = np.minimum(end[owner], TARIFF_BOUNDS[tariff + 1])
    # differences of rounded running sums: the parts are never negative and add up exactly
    until = energy[owner] * (part_end - start[owner]) // length[owner]
    part_energy = until - energy[owner] * (part_start - start[owner]) // length[owner]
    # the summer months' peak is dearer
    price = _ELECTRICITY[tariff] + (450 if day.month in (7, 8) else 0) * (_ELECTRICITY[tariff] > 10_000)
    service_price = _SERVICE[tariff]
    fee = (part_energy * price + 5000) // 10_000
    service_fee = (part_energy * service_price + 5000) // 10_000
    # no session has no period, but a day may have no session
    fees = [np.add.reduceat(part, first) if len(first) else part for part in (fee, service_fee)]
    sessions = np.rec.fromarrays([plug, start, end, energy, reasons, draw, count, *fees], dtype=_SESSION)
    columns = [part_start, part_end, part_energy, price, service_price, fee, service_fee]
    return Sessions(sessions, np.rec.fromarrays(columns, dtype=_PERIOD))
