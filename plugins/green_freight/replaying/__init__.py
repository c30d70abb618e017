"""Replaying: a publication rebuilt from landing alone by the code that it names, and compared hash by hash."""

from green_freight.replaying.recipe import Progress, ReplayError
from green_freight.replaying.replay import ReplayOutcome, replay
from green_freight.replaying.replay_diff import RowDifference, TableComparison

__all__ = ["Progress", "ReplayError", "ReplayOutcome", "RowDifference", "TableComparison", "replay"]
