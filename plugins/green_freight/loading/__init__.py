"""Loading: landed files into `raw`, row by row as the contract says; nothing is lost, nothing wrong gets in."""

from green_freight.loading.agency_load import load_agency
from green_freight.loading.outcomes import AgencyLoadReport, LoadOutcome, LoadStoppedError, LoadWarning

__all__ = [
    "AgencyLoadReport",
    "LoadOutcome",
    "LoadStoppedError",
    "LoadWarning",
    "load_agency",
]
