"""The month that a table's title states."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from green_freight.written_dates import month_in


def title_period(rows: Iterable[Sequence[Any]]) -> str | None:
    """Return the month (yyyy-MM) that the rows' text names first, or None; a full date is no month."""
    texts = (cell for cells in rows for cell in cells if isinstance(cell, str))
    return next(filter(None, map(month_in, texts)), None)
