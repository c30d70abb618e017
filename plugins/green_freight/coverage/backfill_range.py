"""From gaps to the one backfill that fills them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from green_freight.agencies import AGENCIES
from green_freight.coverage.dataset_months import DatasetMonth
from green_freight.periods import Period


@dataclass(frozen=True)
class BackfillRange:
    """The months from `first` to `last`, both included, of some agencies (codes, in the registry's order)."""

    first: Period
    last: Period
    agencies: tuple[str, ...]


def backfill_of(found: Iterable[DatasetMonth]) -> BackfillRange | None:
    """Return the range that encloses every month with a missing part, None where nothing is missing.

    It may enclose complete months: the backfill is run with `only_missing`, which asks period by period for what is
    not loaded, so that nothing complete is fetched again and all gaps make one publication.
    """
    gaps = [one for one in found if one.parts_missing]
    if not gaps:
        return None
    lacking = {one.agency_code for one in gaps}
    agencies = tuple(agency for agency in AGENCIES if agency in lacking)
    return BackfillRange(min(one.month for one in gaps), max(one.month for one in gaps), agencies)
