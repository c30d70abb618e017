"""JSON as the agencies write it: decimal numbers as numbers, days and instants as ISO text."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson


def dumps(value: Any) -> bytes:
    """Return compact UTF-8 JSON; a Decimal becomes the shortest number that reads back as its value."""
    return orjson.dumps(value, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value)} has no JSON form here")
