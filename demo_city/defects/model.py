"""What a defect is, and a place where one was planted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Row = dict[str, Any]
# Changes one row into the rows that stand in its place; None where the row cannot have the defect. The number is
# drawn for the row and decides between variants.
Change = Callable[[Row, int], list[Row] | None]

ABSORBED, REJECTED, WARNED, STOPPED = "absorbed", "rejected", "warned", "stopped"
ROW, FILE, RESPONSE, TIME = "row", "file", "response", "time"


@dataclass(frozen=True)
class PlantedDefect:
    """One place where a defect was planted.

    `period` is the label of the delivery (for a register: the day of the record's change), `key` the contract's key
    of the row (its parts joined by `|`) or the file's name, `settled_at` the moment from which an absorbed defect of
    time leaves no trace.
    """

    defect: str
    agency: str
    dataset: str
    period: str
    file_name: str
    key: str
    effect: str
    reason_code: str | None = None
    column: str | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True)
class Defect:
    """A known error of an agency.

    `place` is where it sits: row, file (columns, bytes, deliveries), response (one HTTP or exchange response), time (an
    order in another day's file). `effect`: absorbed (same truth once everything is delivered), rejected (the row ends
    in ops.rejected_row with `reason_code`), warned (loaded with a warning), stopped (nothing of the delivery is
    loaded, or its fetch fails). `column` is the contract's field concerned.
    """

    name: str
    agency: str
    dataset: str
    place: str
    effect: str
    zh: str
    en: str
    reason_code: str | None = None
    column: str | None = None
    change: Change | None = None

    def planted(
        self, period: str, file_name: str = "", key: str | None = None, settled_at: datetime | None = None
    ) -> PlantedDefect:
        """Return one place of this defect; without a row's key the file's name stands for it."""
        return PlantedDefect(
            defect=self.name,
            agency=self.agency,
            dataset=self.dataset,
            period=period,
            file_name=file_name,
            key=file_name if key is None else key,
            effect=self.effect,
            reason_code=self.reason_code,
            column=self.column,
            settled_at=settled_at,
        )
