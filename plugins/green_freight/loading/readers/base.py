"""What every reader is given and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from green_freight.contracts.model import Contract
from green_freight.loading.issues import SourceRow
from green_freight.loading.outcomes import LoadWarning
from green_freight.periods import Period


@dataclass(frozen=True)
class Source:
    """A landed file that can be opened as often as a reader needs."""

    contract: Contract
    period: Period
    file_name: str
    open: Callable[[], BinaryIO]


class Reading(Protocol):
    """One pass over the rows of one dataset in one file."""

    @property
    def sheet(self) -> str | None:
        """Return the sheet's name, None where the container has none."""
        ...

    def rows(self) -> Iterator[SourceRow]:
        """Yield the data rows in the file's order.

        Raises:
            UnreadableFileError: the file as a whole cannot be loaded.
        """
        ...

    def absent(self) -> set[str]:
        """Return the contract's columns that the file did not carry at all; asked after the rows."""
        ...

    def new_columns(self) -> list[str]:
        """Return the names that the contract does not know; asked after the rows."""
        ...

    def warnings(self) -> list[LoadWarning]:
        """Return what was noticed on the way; asked after the rows."""
        ...
