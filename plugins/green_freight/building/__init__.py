"""Building: from raw to the candidate star, by dbt, for exactly the months that changed."""

from green_freight.building.build import build
from green_freight.building.outcome import BuildFailedError, BuildOutcome, NodeProgress

__all__ = ["BuildFailedError", "BuildOutcome", "NodeProgress", "build"]
