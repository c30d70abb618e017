"""Backfilling: months of history that an engineer asks for, taken in parts that can be interrupted.

`steps` has what a run calls, in order; it is imported by itself, since it pulls in the agencies' clients.
"""

from green_freight.backfill.parts import Progress, progress
from green_freight.backfill.request import BackfillRequest, BackfillRequestError

__all__ = ["BackfillRequest", "BackfillRequestError", "Progress", "progress"]
