"""Readers: one for each container. Each turns a landed file into the data rows of one dataset."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import BinaryIO

from green_freight.contracts.model import Contract
from green_freight.limits import LimitError
from green_freight.loading.outcomes import LoadWarning, SourceRow, UnreadableFileError
from green_freight.periods import Period

READERS = {
    "transport_pages": ("json_rows", "TransportPages"),
    "tcec_stations": ("charging_exchange", "StationPages"),
    "tcec_station_stats": ("charging_exchange", "StationStatistics"),
    "order_lines": ("charging_exchange", "OrderLines"),
    "csv": ("csv_file", "CsvReading"),
    "workbook": ("workbook", "WorkbookReading"),
}

_BATCH_ROWS = 250
_BATCH_BYTES = 4 << 20


@dataclass(frozen=True)
class Source:
    """A landed file that can be opened as often as a reader needs."""

    contract: Contract
    period: Period
    file_name: str
    open: Callable[[], BinaryIO]


class Reading(ABC):
    """One pass over the rows of one dataset in one file; `sheet` is None where the container has none."""

    sheet: str | None = None
    # How much of the text of the rows was read, where rows may be large.
    text_bytes = 0
    _source: Source

    def rows(self) -> Iterator[SourceRow]:
        """Yield the data rows in the file's order; UnreadableFileError where the file as a whole cannot be loaded."""
        limits = self._source.contract.limits
        try:
            for count, row in enumerate(self._rows(), start=1):
                if count > limits.rows:
                    limits.check("rows", count, row=row.number)
                yield row
        except LimitError as exceeded:
            raise UnreadableFileError.of_limit(exceeded, self.sheet) from exceeded

    @abstractmethod
    def _rows(self) -> Iterator[SourceRow]:
        """Yield the data rows in the file's order; raises as `rows`, or LimitError."""

    @abstractmethod
    def absent(self) -> set[str]:
        """Return the contract's columns that the file did not carry at all; asked after the rows."""

    @abstractmethod
    def new_columns(self) -> list[str]:
        """Return the names that the contract does not know; asked after the rows."""

    @abstractmethod
    def warnings(self) -> list[LoadWarning]:
        """Return what was noticed on the way; asked after the rows."""


def batches(reading: Reading) -> Iterator[list[SourceRow]]:
    """Yield a reading's rows in lists: as many as are fast to validate together, fewer where they are large."""
    batch: list[SourceRow] = []
    most_bytes = reading.text_bytes + _BATCH_BYTES
    for row in reading.rows():
        batch.append(row)
        if len(batch) >= _BATCH_ROWS or reading.text_bytes > most_bytes:
            yield batch
            batch, most_bytes = [], reading.text_bytes + _BATCH_BYTES
    if batch:
        yield batch


def open_reading(source: Source) -> Reading:
    """Return the reading of a source by the reader for its container; UnreadableFileError: it is no such file."""
    module, name = READERS[source.contract.container]
    # Imported when it is needed: openpyxl alone takes 0.2 s, and most tasks read no workbook.
    reader: Callable[[Source], Reading] = getattr(import_module(f"{__name__}.{module}"), name)
    try:
        return reader(source)
    except LimitError as exceeded:
        raise UnreadableFileError.of_limit(exceeded) from exceeded
