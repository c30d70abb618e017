"""Going back to an earlier publication, as a run of its own in the record of runs."""

from __future__ import annotations

import logging

from green_freight import publishing
from green_freight.messages import message
from green_freight.pipeline import CANDIDATE_WAIT
from green_freight.publishing import PublicationOutcome
from green_freight.warehouse import Warehouse, runs

log = logging.getLogger(__name__)


def revert(
    warehouse: Warehouse, run_id: str, publication_no: int, reason: str, person: str
) -> PublicationOutcome:
    """Publish the state of an earlier publication again; the run, the reason and the person stay with it.

    Raises:
        ValueError: no reason was given.
        PublicationNotFoundError: there is no such publication.
        CandidateLeasedError: another run stayed between build and publish for longer than CANDIDATE_WAIT.
    """
    if not reason.strip():
        raise ValueError(message("revert_without_reason"))
    with warehouse.connect("publisher") as session:
        past = publishing.past_publication(session, publication_no)
    runs.begin(warehouse, run_id, "revert", past.as_of_date, reason.strip())
    outcome = publishing.revert(warehouse, run_id, publication_no, person, CANDIDATE_WAIT)
    runs.finish(warehouse, run_id, outcome.outcome_code)
    log.info("%s", outcome.sentence)
    return outcome
