"""Building: from raw to the candidate star, by dbt, for exactly the months that changed."""

from green_freight.building.build import BuildFailedError, BuildOutcome, build
from green_freight.building.dbt_run import NodeProgress
from green_freight.building.plan import forget_candidate

__all__ = ["BuildFailedError", "BuildOutcome", "NodeProgress", "build", "forget_candidate"]
