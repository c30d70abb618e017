"""The power company's day file: gzip, one order a line, as its exchange service received the pushes."""

from __future__ import annotations

import gzip
from collections.abc import Iterable

from demo_city.charging_operator import Message
from demo_city.deliveries.json_text import dumps

# Level 3 takes a third of the time of level 9 for 15% more bytes.
_LEVEL = 3


def order_file(orders: Iterable[Message]) -> bytes:
    """Return the file of a day; no clock goes into the bytes."""
    lines = b"".join(dumps(order) + b"\n" for order in orders)
    return gzip.compress(lines, _LEVEL, mtime=0)
