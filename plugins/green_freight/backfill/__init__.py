"""Backfilling: months of history that an engineer asks for, taken in parts that can be interrupted."""

from green_freight.backfill.parts import Progress, progress
from green_freight.backfill.request import BackfillRequest, RequestRefused
from green_freight.backfill.steps import (
    DRY_RUN,
    backfill_months,
    begin_backfill,
    begin_dry_run,
    end_dry_run,
    take_months,
)

__all__ = [
    "DRY_RUN",
    "BackfillRequest",
    "Progress",
    "RequestRefused",
    "backfill_months",
    "begin_backfill",
    "begin_dry_run",
    "end_dry_run",
    "progress",
    "take_months",
]
