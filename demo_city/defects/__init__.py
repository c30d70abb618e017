"""Defects that the demonstration agencies can have: which there are, where they strike, what they lead to."""

from demo_city.defects.model import Defect
from demo_city.defects.registry import REGISTRY, DefectSampler, rates

__all__ = ["REGISTRY", "Defect", "DefectSampler", "rates"]
