"""Coverage: what was due of every dataset and month, what of it is there, and how to ask for the rest.

The calendar is SQL (`ops.expected_part`), because people and programs ask for it there; what it knows of the
agencies is kept equal to their registry.
"""

from green_freight.coverage.backfill_range import (
    AgencyMonth,
    BackfillRange,
    backfill_of,
    enclosing,
    not_due,
    smallest_backfill,
)
from green_freight.coverage.dataset_months import Coverage, DatasetMonth, coverage, through
from green_freight.coverage.expected import update_expected_datasets

__all__ = [
    "AgencyMonth",
    "BackfillRange",
    "Coverage",
    "DatasetMonth",
    "backfill_of",
    "coverage",
    "enclosing",
    "not_due",
    "smallest_backfill",
    "through",
    "update_expected_datasets",
]
