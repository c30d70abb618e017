"""Defects that the demonstration agencies can have: which there are, where they were planted, what they lead to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from demo_city.defects.model import Defect, Planted
from demo_city.defects.plants import Plants
from demo_city.defects.registry import REGISTRY, rates

if TYPE_CHECKING:
    from demo_city.deliveries.source import CityRows

__all__ = ["REGISTRY", "Defect", "Planted", "Plants", "planted", "rates"]


def planted(city: CityRows, plants: Plants, clock: datetime) -> Iterator[Planted]:
    """Yield every planted defect in what the agencies have delivered by a moment (see `deliveries.planted`)."""
    # the deliveries need the defects, so the package of the defects cannot import them
    from demo_city.deliveries.planted import planted as listing

    return listing(city, plants, clock)
