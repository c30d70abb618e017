"""The agencies: who delivers what over which protocol; importing this reads their files and nothing heavy."""

from green_freight.agencies.agency import Agency, Delivery
from green_freight.agencies.registry import AGENCIES, agency_named

__all__ = ["AGENCIES", "Agency", "Delivery", "agency_named"]
