"""What a defect is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from demo_city.versioned_register import Row

# Changes one row into the rows that stand in its place; None where the row cannot have the defect. The number is
# drawn for the row and decides between variants.
Change = Callable[[Row, int], list[Row] | None]

ABSORBED, REJECTED, WARNED, STOPPED = "absorbed", "rejected", "warned", "stopped"
AUDITED = "audited"
ROW, FILE, RESPONSE, TIME = "row", "file", "response", "time"


@dataclass(frozen=True)
class Defect:
    """A known error of an agency.

    `place` is where it sits: row, file (columns, bytes, deliveries), response (one HTTP or exchange response), time (an
    order in another day's file). `effect`: absorbed (same truth once everything is delivered), rejected (the row ends
    in ops.rejected_row with `reason_code`), warned (loaded with a warning), audited (loaded as it is; the expectation
    `reason_code` of the published table warns), stopped (nothing of the delivery is loaded, or its fetch fails).
    `column` is the contract's field concerned.
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
