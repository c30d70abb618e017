"""Which reader opens which container."""

from __future__ import annotations

from collections.abc import Callable

from green_freight.loading.readers.reading import Reading, Source


def open_reading(source: Source) -> Reading:
    """Return the reader for a source's container.

    Raises:
        Unreadable: the file cannot be opened as what it should be.
    """
    return _reader(source.contract.container)(source)


def _reader(container: str) -> Callable[[Source], Reading]:
    if container == "workbook":
        # openpyxl costs 0.2 s to import: only for whoever reads a workbook.
        from green_freight.loading.readers.workbook import WorkbookReading

        return WorkbookReading
    from green_freight.loading.readers.delimited import DelimitedReading
    from green_freight.loading.readers.orders import OrderLines
    from green_freight.loading.readers.pages import TransportPages
    from green_freight.loading.readers.stations import StationPages, StationStatistics

    readers: dict[str, Callable[[Source], Reading]] = {
        "transport_pages": TransportPages,
        "tcec_stations": StationPages,
        "tcec_station_stats": StationStatistics,
        "order_lines": OrderLines,
        "csv": DelimitedReading,
    }
    return readers[container]
