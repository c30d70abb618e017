"""One file read and validated by its contract, without a database."""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from typing import Any

from green_freight.contracts import contract
from green_freight.limits import Limits
from green_freight.loading.messages import Place, row_message, stop_message
from green_freight.loading.outcomes import LoadWarning, UnreadableFileError
from green_freight.loading.readers import Source, open_reading
from green_freight.loading.row_validation import Accepted, Rejected, RowValidator
from green_freight.periods import Period


@dataclass
class Reading:
    """What became of a file: accepted rows by column, rejected rows, warnings, or the stop of the whole file.

    `words` are the messages of the stop and of the rejected rows, `absent` the columns that the file does not carry.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    warnings: list[LoadWarning] = field(default_factory=list)
    stop: UnreadableFileError | None = None
    words: str = ""
    absent: set[str] = field(default_factory=set)
    sheet: str | None = None

    @property
    def codes(self) -> list[str]:
        """Return the codes of the warnings that are more than information."""
        return [warning.code for warning in self.warnings if warning.severity != "info"]

    @property
    def faults(self) -> list[tuple[int, str | None, str]]:
        """Return row number, column and reason code of each rejected row."""
        return [
            (one.number, one.issue.column.name if one.issue.column else None, one.issue.reason_code)
            for one in self.rejected
        ]

    def values(self, column: str) -> list[Any]:
        """Return the accepted values of a column."""
        return [row[column] for row in self.rows]


def read(
    dataset: str, content: bytes, period: str = "2025-09", file_name: str = "file", **limits: int
) -> Reading:
    """Return what a dataset's reader and contract make of a file; `limits` are what the contract states of them."""
    found, result = contract(dataset), Reading()
    if limits:
        found = replace(found, limits=Limits.of(found.container, limits))
    try:
        source = Source(found, Period(period), file_name, lambda: io.BytesIO(content))
        reading = open_reading(source)
        validator = RowValidator(found, source.period)
        validated = list(validator.validate(reading.rows()))
    except UnreadableFileError as stop:
        result.stop, result.words = stop, stop_message(Place(found, period, file_name, stop.sheet), stop)
        return result
    result.rows = [
        dict(zip(found.names, one.row, strict=True)) for one in validated if isinstance(one, Accepted)
    ]
    result.rejected = [one for one in validated if isinstance(one, Rejected)]
    result.warnings = [*reading.warnings(), *validator.warnings()]
    result.absent, result.sheet = reading.absent(), reading.sheet
    place = Place(found, period, file_name, reading.sheet)
    messages = (row_message(place, one.number, one.issue) for one in result.rejected)
    result.words = "\n".join(part for message in messages for part in message)
    return result
