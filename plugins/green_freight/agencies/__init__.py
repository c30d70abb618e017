"""The agencies: what each delivers, over which protocol, what is due, and how it is fetched."""

from green_freight.agencies.connection import Connection
from green_freight.agencies.delivery import Agency, Delivery, Granularity, Kind
from green_freight.agencies.fetch import Progress, fetch_agency, fetch_delivery
from green_freight.agencies.fetch_plan import all_of, due_in_month, due_nightly, not_loaded
from green_freight.agencies.outcome import AgencyFetchReport, FetchOutcome, FileOutcome, Outcome
from green_freight.agencies.registry import AGENCIES, agency_named

__all__ = [
    "AGENCIES",
    "Agency",
    "AgencyFetchReport",
    "Connection",
    "Delivery",
    "FetchOutcome",
    "FileOutcome",
    "Granularity",
    "Kind",
    "Outcome",
    "Progress",
    "agency_named",
    "all_of",
    "due_in_month",
    "due_nightly",
    "fetch_agency",
    "fetch_delivery",
    "not_loaded",
]
