"""The agencies: who delivers what over which protocol; importing this reads their files and nothing heavy."""

from green_freight.agencies.agency import AGENCIES, Agency, Delivery, agency_named

__all__ = ["AGENCIES", "Agency", "Delivery", "agency_named"]
