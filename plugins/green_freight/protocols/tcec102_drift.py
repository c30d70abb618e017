"""T/CEC 102 messages as they should be, made from messages as they come.

Drift met in the field (charging_exchange.md): lower-camel keys, OperationID for OperatorID, numbers as
strings, ElectMoney for ElecMoney, SubPeriod for SumPeriod, TotalServiceMoney for the standard's own
TotalSeviceMoney. The functions here return the standard's spelling with `Decimal` for measured numbers, `int`
for counts and text for codes and identifiers. What cannot be read stays as received: the contract validates it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from green_freight.messages import read_words
from green_freight.written_numbers import number_in

# Beyond this power of ten nothing is a measured number, and some arithmetic takes for ever.
_LARGEST_EXPONENT = 300
# Every whole number below it is exact in a float.
_EXACT_BELOW = 10**15
# A misspelling stands for the standard's word wherever in a key it occurs: DetailElectMoney is covered too.
_WORDS = (
    ("operationid", "operatorid"),
    ("electmoney", "elecmoney"),
    ("electprice", "elecprice"),
    ("servicemoney", "sevicemoney"),
    ("serviceprice", "seviceprice"),
    ("subperiod", "sumperiod"),
)


@dataclass(frozen=True)
class Shape:
    """One message or part of one: its fields by type, and the parts (lists or single) it holds."""

    texts: tuple[str, ...]
    counts: tuple[str, ...]
    numbers: tuple[str, ...]
    parts: Mapping[str, Shape]

    @cached_property
    def names(self) -> dict[str, str]:
        """Return the standard's spelling by the key's lower-case form."""
        return {name.lower(): name for name in (*self.texts, *self.counts, *self.numbers, *self.parts)}


def _shape(words: Mapping[str, Any]) -> Shape:
    texts, counts, numbers = (tuple(words.get(kind, "").split()) for kind in ("texts", "counts", "numbers"))
    parts = {name: _shape(part) for name, part in words.get("parts", {}).items()}
    return Shape(texts, counts, numbers, parts)


_MESSAGES = read_words(Path(__file__).with_name("tcec102_messages.yaml"))
SHAPES: dict[str, Shape] = {name: _shape(words) for name, words in _MESSAGES.items()}
_STATS_ANSWER = Shape((), (), (), {"StationStats": SHAPES["station_stats"]})


def canonical_stats(message: Mapping[str, Any], drift: Counter[str] | None = None) -> dict[str, Any]:
    """Return one StationStats (kWh as Decimal); a response that wraps it in `StationStats` is unwrapped."""
    wrapped = (key for key in message if _plain(key) == _plain("StationStats"))
    if isinstance(message.get(next(wrapped, "")), dict):
        found: dict[str, Any] = canonical(message, _STATS_ANSWER, drift)["StationStats"]
        return found
    return canonical(message, SHAPES["station_stats"], drift)


def canonical(message: Mapping[str, Any], shape: Shape, drift: Counter[str] | None = None) -> dict[str, Any]:
    """Return a message in the spelling and types of `shape`; its parts are dicts and lists, as JSON has them.

    Keys the shape does not know are kept as they came and counted in `drift` as `unknown key <key>`; where
    both the right and a drifted spelling occur, the right one wins. `drift` counts what was put right.
    """
    drift = Counter() if drift is None else drift
    names = shape.names
    found: dict[str, Any] = {}
    for key, value in message.items():
        name = names.get(_plain(key))
        if name is None:
            drift[f"unknown key {key}"] += 1
            found[key] = value
            continue
        if key != name:
            drift[f"key {key}"] += 1
            if name in message:
                continue
        found[name] = _typed(name, value, shape, drift)
    return found


@lru_cache(maxsize=1024)
def _plain(key: str) -> str:
    lowered = key.lower()
    for wrong, right in _WORDS:
        lowered = lowered.replace(wrong, right)
    return lowered


def _typed(name: str, value: Any, shape: Shape, drift: Counter[str]) -> Any:
    if name in shape.parts:
        return _part(value, shape.parts[name], drift)
    if value is None:
        return None
    if name in shape.texts:
        is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
        is_whole = isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_BELOW
        return str(int(value) if is_whole else value) if is_number else value
    number = _number(value)
    if number is None:
        return value
    if isinstance(value, str):
        drift[f"text number {name}"] += 1
    is_count = name in shape.counts and number == number.to_integral_value()
    return int(number) if is_count else number


def _part(value: Any, shape: Shape, drift: Counter[str]) -> Any:
    if isinstance(value, dict):
        return canonical(value, shape, drift)
    if isinstance(value, list):
        return [canonical(each, shape, drift) if isinstance(each, dict) else each for each in value]
    return value


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    number = value if isinstance(value, Decimal) else number_in(str(value))
    if number is None:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= _LARGEST_EXPONENT else None
