"""JSON as agencies send it: one reader for fetching and loading, so that what was fetched as good is read the same way.

A record with a number that is none, half a surrogate pair or a whole number of any length does not make its page
unreadable: the contract rejects the record.
"""

from __future__ import annotations

import json
import math
from typing import Any

from pydantic_core import from_json

from green_freight.warehouse.texts import storable

# Far deeper than any message that was agreed, and safe for every function that walks through one.
DEEPEST = 200
_TOO_DEEP = f"nested more than {DEEPEST} levels deep"
# Longer whole numbers are no values of any contract; Python refuses to read them above 4,300 digits.
_MOST_DIGITS = 1000


def read(text: str | bytes) -> Any:
    """Return what a JSON text says; whole numbers are exact, however long.

    NaN, Infinity, half a surrogate pair and control characters in a text are kept for the contract to reject.
    Raises ValueError (JSONDecodeError where the text is no JSON).
    """
    try:
        # Most texts in records differ: to remember them takes longer than to make them.
        return from_json(text, cache_strings="keys")
    except ValueError as error:
        if "recursion limit" in str(error):
            raise ValueError(_TOO_DEEP) from None
    try:
        return json.loads(text, strict=False, parse_int=_whole)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None


def written(value: Any) -> str:
    """Return a value as JSON text that PostgreSQL's jsonb takes: without U+0000, lone surrogates, NaN and Infinity."""
    return json.dumps(_storable(value, DEEPEST), ensure_ascii=False)


def has_no_number(value: Any) -> bool:
    """Tell whether NaN or Infinity stands anywhere in a value."""
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, dict):
        return any(map(has_no_number, value.values()))
    return isinstance(value, list) and any(map(has_no_number, value))


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MOST_DIGITS else math.inf


def _storable(value: Any, depth: int) -> Any:
    if isinstance(value, dict) and depth:
        return {storable(str(key)): _storable(each, depth - 1) for key, each in value.items()}
    if isinstance(value, list | tuple) and depth:
        return [_storable(each, depth - 1) for each in value]
    is_plain = isinstance(value, bool | int | None) or (isinstance(value, float) and math.isfinite(value))
    return value if is_plain else storable(str(value))
