"""The steps that a night does not have: a backfill's request, the dry run's copy, loading months, and a revert."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from green_freight import business_days, loading, pipeline, publishing, revisions
from green_freight.agencies import fetch_plan
from green_freight.agencies.connector import Connection
from green_freight.agencies.fetch import fetch_agency
from green_freight.agencies.fetch_records import AgencyFetchReport
from green_freight.backfill.parts import begin_part, progress
from green_freight.backfill.request import BackfillRequest
from green_freight.errors import ReasonMissingError
from green_freight.loading import AgencyLoadReport
from green_freight.messages import message
from green_freight.periods import Period
from green_freight.publishing import PublicationOutcome
from green_freight.warehouse import Warehouse, runs, scratch
from green_freight.warehouse.state_copy import CopyProgress, copy_state

log = logging.getLogger(__name__)


def begin_backfill(warehouse: Warehouse, run_id: str, parameters: Mapping[str, Any]) -> BackfillRequest:
    """Record that a backfill begins, by the DAG's parameters; BackfillRequestError says why it cannot be."""
    request = _request(warehouse, parameters)
    runs.begin(warehouse, run_id, "backfill", request.until, request.reason)
    log.info("%s", request.sentence)
    return request


def begin_dry_run(warehouse: Warehouse, run_id: str, parameters: Mapping[str, Any]) -> scratch.Scratch:
    """Begin a backfill that shows its difference and changes nothing: on a copy of the warehouse, in a scratch.

    What killed dry runs left behind is dropped first. Raises BackfillRequestError, which says why it
    cannot be carried out, and ScratchError where the copy cannot be made.
    """
    from green_freight.building import dbt_run

    request = _request(warehouse, parameters)
    runs.begin(warehouse, run_id, runs.DRY_RUN, request.until, request.reason)
    scratch.drop_left_over(warehouse)
    trial = scratch.create(warehouse, run_id)
    rows = copy_state(warehouse, trial.warehouse, _log_copied)
    dbt_run.copy_parse(warehouse, trial.warehouse)
    log.info(message("dry_run_copied", database=trial.database, count=len(rows)))
    runs.begin(trial.warehouse, run_id, runs.DRY_RUN, request.until, request.reason)
    return trial


def _request(warehouse: Warehouse, parameters: Mapping[str, Any]) -> BackfillRequest:
    request = BackfillRequest.of(parameters, business_days.yesterday())
    with warehouse.connect("loader") as loader:
        request.check_history(loader)
    return request


def end_dry_run(warehouse: Warehouse, run_id: str) -> Path:
    """Keep what a dry run found in the warehouse's own record, drop its copy, and return the difference's file."""
    with scratch.named(warehouse, run_id).warehouse.connect("builder") as inside:
        comparison = revisions.saved_comparison(inside, run_id)
    with warehouse.connect("builder") as builder:
        revisions.save_comparison(builder, run_id, comparison)
    path = pipeline.write_comparison(warehouse, run_id, comparison)
    scratch.drop(warehouse, run_id)
    runs.finish(warehouse, run_id, "compared")
    return path


def backfill_months(
    warehouse: Warehouse, run_id: str, agency: str, parameters: Mapping[str, Any]
) -> list[list[str]]:
    """Return the months (`2023-01`) that a backfill loads of one agency, in groups of neighbours that are kept as
    its parts; none where it was not asked for.

    Planned again, after a run was cleared, they are the same and keep how far they are.
    """
    request = BackfillRequest.of(parameters, pipeline.business_day_of(warehouse, run_id))
    groups = request.groups() if agency in request.agencies else []
    with warehouse.connect("loader") as session, session.cursor() as cursor:
        cursor.executemany(
            "insert into ops.backfill_part (run_id, agency_code, months) values (%s, %s, %s) on conflict do nothing",
            [(run_id, agency, months) for months in groups],
        )
    return groups


def load_months(
    warehouse: Warehouse,
    run_id: str,
    agency: str,
    labels: Sequence[str],
    connections: Mapping[str, Connection],
    parameters: Mapping[str, Any] | None = None,
) -> dict[str, int]:
    """Fetch, land and load months of one agency, up to the run's last business day; return deliveries and loads by
    outcome.

    With the parameter `only_missing` just the periods that have no complete load are asked for, with `events_from` no
    daily events of earlier months. An attempt after one that was killed or failed asks only for what that one has not
    settled. Raises AgencyUnavailableError,
    BrokenDeliveryError, LoadStoppedError: after every month was tried; what came is loaded.
    """
    parameters = parameters or {}
    choose = fetch_plan.not_loaded if parameters.get("only_missing") else fetch_plan.all_of
    events_from = Period(parameters["events_from"]) if parameters.get("events_from") else None
    until = pipeline.business_day_of(warehouse, run_id)
    counts = Counter[str]()
    reports: list[tuple[AgencyFetchReport, AgencyLoadReport]] = []
    with warehouse.connect("loader", autocommit=True) as session:
        part = begin_part(session, run_id, agency, labels)
        settled = part.settled(session)
        if settled:
            log.info(message("backfill_continues", agency=agency, count=len(settled)))
        for label in labels:
            due = fetch_plan.requests_of_month(agency, Period(label), until, events_from)
            requests = [
                request
                for request in choose(warehouse, agency, due, until)
                if (request.delivery, request.period.label) not in settled
            ]
            fetched = fetch_agency(
                warehouse, agency, requests, connections, run_id, until, pipeline.log_fetched
            )
            landed = [(outcome.delivery, outcome.period) for outcome in fetched.outcomes if outcome.has_files]
            loaded = loading.load_agency(warehouse, agency, landed, run_id)
            reports.append((fetched, loaded))
            counts.update(fetched.counts)
            counts.update(loaded.counts)
            if not (fetched.failures or loaded.stopped):
                part.month_done(session)
            log.info("%s %s: %s", agency, label, progress(session, run_id).sentence)
        for fetched, _ in reports:
            fetched.raise_for_failures()
        for _, loaded in reports:
            loaded.raise_if_stopped()
        part.finish(session)
    return dict(counts)


def revert(
    warehouse: Warehouse, run_id: str, publication_no: int, reason: str, person: str
) -> PublicationOutcome:
    """Publish the state of an earlier publication again; the run, the reason and the person stay with it.

    Raises ReasonMissingError; PublicationNotFoundError: there is no such publication;
    CandidateLeasedError: another run stayed between build and publish for longer than CANDIDATE_WAIT.
    """
    if not reason.strip():
        raise ReasonMissingError(message("revert_without_reason"))
    with warehouse.connect("publisher") as session:
        past = publishing.past_publication(session, publication_no)
    runs.begin(warehouse, run_id, "revert", past.as_of_date, reason.strip())
    try:
        outcome = publishing.revert(warehouse, run_id, publication_no, person, pipeline.CANDIDATE_WAIT)
    except BaseException:
        runs.finish(warehouse, run_id, "failed")
        raise
    runs.finish(warehouse, run_id, "published" if outcome.publication_no else outcome.outcome_code)
    log.info("%s", outcome.sentence)
    return outcome


def _log_copied(copied: CopyProgress) -> None:
    log.info("%s/%s %s: %s rows", copied.done, copied.total, copied.table, copied.rows)
