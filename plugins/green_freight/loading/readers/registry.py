"""Which reader opens which container."""

from __future__ import annotations

from collections.abc import Callable

from green_freight.loading.readers.base import Reading, Source


def open_reading(source: Source) -> Reading:
    """Return the reader for a source's container.

    Raises:
        UnreadableFileError: the file cannot be opened as what it should be.
    """
    return _reader(source.contract.container)(source)


def _reader(container: str) -> Callable[[Source], Reading]:
    if container == "workbook":
        # openpyxl costs 0.2 s to import: only for whoever reads a workbook.
        from green_freight.loading.readers.workbook import WorkbookReading

        return WorkbookReading
    from green_freight.loading.readers.charge_orders import OrderLines
    from green_freight.loading.readers.charging_stations import StationPages, StationStatistics
    from green_freight.loading.readers.csv_file import DelimitedReading
    from green_freight.loading.readers.transport_pages import TransportPages

    readers: dict[str, Callable[[Source], Reading]] = {
        "transport_pages": TransportPages,
        "tcec_stations": StationPages,
        "tcec_station_stats": StationStatistics,
        "order_lines": OrderLines,
        "csv": DelimitedReading,
    }
    return readers[container]
