"""Loading: landed files into `raw` as the contract says; nothing is lost, nothing wrong gets in.

A reader (`readers`) gives the rows of a file in batches. The rows of a batch that are certainly right are found column
by column (`column_validation`); every other row is validated alone (`row_validation`), which says what is wrong in it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from green_freight.contracts import contracts_of
from green_freight.landing import LandingStore
from green_freight.loading.dataset_load import Task, load_dataset
from green_freight.loading.outcomes import AgencyLoadReport, LoadOutcome, LoadStoppedError, LoadWarning
from green_freight.periods import Period
from green_freight.warehouse import Warehouse

__all__ = ["AgencyLoadReport", "LoadOutcome", "LoadStoppedError", "LoadWarning", "load_agency"]

log = logging.getLogger(__name__)


def load_agency(
    warehouse: Warehouse,
    agency: str,
    work: Iterable[tuple[str, Period]],
    run_id: str,
    progress: Callable[[str], object] = log.info,
) -> AgencyLoadReport:
    """Load what has landed of each (delivery, period) of an agency; a stopped one does not stop the others.

    Each dataset of a delivery is loaded in a transaction of its own. `progress` is called with a line for each load as
    it ends. `AgencyLoadReport.raise_if_stopped` is for callers that must not go on without every delivery. Raises
    KeyError where no contract knows a delivery.
    """
    store = LandingStore(warehouse.landing_url)
    report = AgencyLoadReport(agency)
    with warehouse.connect("loader", autocommit=True) as connection:
        for delivery, period in work:
            tasks = [Task(contract, period, run_id, store) for contract in contracts_of(agency, delivery)]
            outcomes = [outcome for task in tasks if (outcome := load_dataset(connection, task)) is not None]
            if not outcomes:
                report.not_landed.append((delivery, period.label))
            report.outcomes += outcomes
            for outcome in outcomes:
                progress(_line(outcome))
    return report


def _line(outcome: LoadOutcome) -> str:
    if outcome.outcome_code == "stopped":
        return outcome.error_message or outcome.dataset_id
    return (
        f"{outcome.dataset_id} {outcome.period_label} {outcome.outcome_code}: "
        f"{outcome.rows_loaded} + {outcome.rows_rejected} = {outcome.rows_in_file}"
    )
