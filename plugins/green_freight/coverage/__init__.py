"""Coverage: what was due of every dataset and month, what of it is there, and how to ask for the rest.

The expected calendar is SQL (`ops.calendar`): coverage, the nightly fetch plan and dbt read the same statement.
"""

from green_freight.coverage.backfill_range import BackfillRange, backfill_of
from green_freight.coverage.dataset_months import Coverage, DatasetMonth, coverage, through
from green_freight.coverage.expected import update_expected_datasets

__all__ = [
    "BackfillRange",
    "Coverage",
    "DatasetMonth",
    "backfill_of",
    "coverage",
    "through",
    "update_expected_datasets",
]
