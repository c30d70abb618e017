"""The commerce bureau's workbooks: people name them, so the month stands in the name in many spellings."""

from __future__ import annotations

from green_freight.agencies.agency import FilePlace
from green_freight.periods import Period
from green_freight.written_dates import month_in


def file_place(file_name: str) -> FilePlace | None:
    """Return the month of a workbook: the agency file's `name_parser`."""
    month = month_in(file_name, is_file_name=True)
    return None if month is None else FilePlace(Period(month))
