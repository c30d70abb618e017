"""Loading: landed files into `raw`, row by row as the contract says; nothing is lost, nothing wrong gets in."""

from green_freight.loading.agency import load_agency, load_delivery
from green_freight.loading.outcomes import AgencyLoadReport, LoadOutcome, LoadStopped, LoadWarning

__all__ = ["AgencyLoadReport", "LoadOutcome", "LoadStopped", "LoadWarning", "load_agency", "load_delivery"]
