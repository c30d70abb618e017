"""Readers: one for each container. Each turns a landed file into the data rows of one dataset."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from green_freight.loading.readers.base import Reading, Source

READERS = {
    "transport_pages": ("json_rows", "TransportPages"),
    "tcec_stations": ("charging_stations", "StationPages"),
    "tcec_station_stats": ("charging_stations", "StationStatistics"),
    "order_lines": ("charge_orders", "OrderLines"),
    "csv": ("csv_file", "CsvReading"),
    "workbook": ("workbook", "WorkbookReading"),
}


def open_reading(source: Source) -> Reading:
    """Return the reading of a source by the reader for its container.

    Raises:
        UnreadableFileError: the file cannot be opened as what it should be.
    """
    module, name = READERS[source.contract.container]
    # Imported when it is needed: openpyxl alone takes 0.2 s, and most tasks read no workbook.
    reader: Callable[[Source], Reading] = getattr(import_module(f"{__name__}.{module}"), name)
    return reader(source)


__all__ = ["READERS", "Reading", "Source", "open_reading"]
