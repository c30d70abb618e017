"""Defects that the demonstration agencies can have: which there are, where they were planted, what they lead to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from demo_city.defects.model import Defect, PlantedDefect
from demo_city.defects.registry import REGISTRY, rates
from demo_city.defects.sampler import DefectSampler

if TYPE_CHECKING:
    from demo_city.deliveries.source import CitySource

__all__ = ["REGISTRY", "Defect", "DefectSampler", "PlantedDefect", "planted_defects", "rates"]


def planted_defects(city: CitySource, sampler: DefectSampler, clock: datetime) -> Iterator[PlantedDefect]:
    """Yield every planted defect that the agencies have delivered by a moment (see `deliveries.defect_locations`)."""
    # the deliveries need the defects, so the package of the defects cannot import them
    from demo_city.deliveries.defect_locations import planted_defects as listing

    return listing(city, sampler, clock)
