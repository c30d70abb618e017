"""Numbers as people and programs write them in texts."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation


def number_in(text: str) -> Decimal | None:
    """Return the number that a text is, NaN and Infinity included; None where it is none.

    Python reads 1_000 too, which nobody writes and which may be a slip for 1.000.
    """
    if "_" in text:
        return None
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        return None
