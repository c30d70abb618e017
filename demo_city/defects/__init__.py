"""Defects that the demonstration agencies can have: which there are, where they were planted, what they lead to."""

from demo_city.defects.model import Defect, Planted
from demo_city.defects.plants import Plants
from demo_city.defects.registry import REGISTRY, rates

__all__ = ["REGISTRY", "Defect", "Planted", "Plants", "rates"]
