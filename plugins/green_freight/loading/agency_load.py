"""Loading what an agency has delivered: one delivery and period, or all that a run asks for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from psycopg import Connection
from psycopg.rows import TupleRow

from green_freight import warehouse
from green_freight.contracts import contracts_of
from green_freight.loading.dataset_load import LandedFileStore, Task, load_dataset
from green_freight.loading.outcomes import AgencyLoadReport, LoadOutcome, LoadStoppedError
from green_freight.periods import Period

log = logging.getLogger(__name__)


def load_delivery(
    agency: str, delivery: str, period: Period, run_id: str, store: LandedFileStore
) -> list[LoadOutcome]:
    """Load the winning file of one delivery and period, each of its datasets in a transaction of its own.

    Returns one outcome a dataset (`loaded` or `unchanged`); nothing when no file has landed.

    Raises:
        LoadStoppedError: at least one dataset could not be loaded; the others were.
        KeyError: no contract knows the delivery.
        psycopg.OperationalError: the warehouse is not there.
    """
    with warehouse.connect("loader", autocommit=True) as connection:
        return _load(connection, agency, delivery, period, run_id, store)


def load_agency(
    agency: str,
    work: Iterable[tuple[str, Period]],
    run_id: str,
    store: LandedFileStore,
    progress: Callable[[str], object] = log.info,
) -> AgencyLoadReport:
    """Load each (delivery, period) of an agency over one connection; a stopped one does not stop the others.

    `progress` is given a line for each load as it ends. `AgencyLoadReport.raise_if_stopped` is for callers that must
    not go on without every delivery.

    Raises:
        psycopg.OperationalError: the warehouse is not there.
    """
    report = AgencyLoadReport(agency)
    with warehouse.connect("loader", autocommit=True) as connection:
        for delivery, period in work:
            try:
                outcomes = _load(connection, agency, delivery, period, run_id, store)
            except LoadStoppedError as stopped:
                outcomes = list(stopped.outcomes)
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


def _load(
    connection: Connection[TupleRow],
    agency: str,
    delivery: str,
    period: Period,
    run_id: str,
    store: LandedFileStore,
) -> list[LoadOutcome]:
    tasks = [Task(contract, period, run_id, store) for contract in contracts_of(agency, delivery)]
    outcomes = [outcome for task in tasks if (outcome := load_dataset(connection, task)) is not None]
    if any(outcome.outcome_code == "stopped" for outcome in outcomes):
        raise LoadStoppedError(outcomes)
    return outcomes
