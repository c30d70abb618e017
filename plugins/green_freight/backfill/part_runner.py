"""Running one part of a backfill: month by month fetched, landed and loaded, without what an earlier attempt did."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from green_freight import loading
from green_freight.agencies.connection import Connection
from green_freight.agencies.connector import FetchRequest
from green_freight.agencies.fetch import Progress, fetch_agency
from green_freight.agencies.fetch_plan import requests_of_month
from green_freight.agencies.outcome import AgencyFetchReport
from green_freight.backfill import parts
from green_freight.loading import AgencyLoadReport
from green_freight.periods import Period
from green_freight.warehouse import Warehouse

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BackfillWork:
    """What a part needs: the warehouse, the agency's connections, the last business day.

    `choose` makes the requests from those of a month: `fetch_plan.not_loaded` or `fetch_plan.all_of`.
    """

    warehouse: Warehouse
    connections: Mapping[str, Connection]
    until: date
    choose: Callable[[Warehouse, str, list[FetchRequest], date], list[FetchRequest]]
    on_progress: Callable[[Progress], None]


def run_part(run_id: str, agency: str, months: Sequence[str], work: BackfillWork) -> dict[str, int]:
    """Fetch, land and load some months of one agency; return deliveries and loads by outcome.

    An attempt after one that was killed or failed asks only for what that one has not settled.

    Raises:
        AgencyUnavailableError, BrokenDeliveryError, LoadStoppedError: after every month was tried; what came is loaded.
    """
    with work.warehouse.connect("loader", autocommit=True) as session:
        part = parts.begin_part(session, run_id, agency, months)
        settled = parts.settled(session, part)
        if settled:
            log.info(
                "%s：接续中断的回补，其中 %s 项交付已完成。 / "
                "%s: The interrupted backfill continues; %s deliveries are done.",
                agency, len(settled), agency, len(settled),
            )  # fmt: skip
        counts = Counter[str]()
        fetches: list[AgencyFetchReport] = []
        loads: list[AgencyLoadReport] = []
        for label in months:
            fetched, loaded = _run_month(run_id, agency, Period(label), settled, work)
            fetches.append(fetched)
            loads.append(loaded)
            counts.update(fetched.counts)
            counts.update(loaded.counts)
            if not (fetched.failures or loaded.stopped):
                parts.month_done(session, part)
            log.info("%s %s: %s", agency, label, parts.progress(session, run_id).sentence)
        for each in fetches:
            each.raise_for_failures()
        for one in loads:
            one.raise_if_stopped()
        parts.finish_part(session, part)
    return dict(counts)


def _run_month(
    run_id: str, agency: str, month: Period, settled: set[tuple[str, str]], work: BackfillWork
) -> tuple[AgencyFetchReport, AgencyLoadReport]:
    due = requests_of_month(agency, month, work.until)
    requests = [
        request
        for request in work.choose(work.warehouse, agency, due, work.until)
        if (request.delivery, request.period.label) not in settled
    ]
    fetched = fetch_agency(
        work.warehouse, agency, requests, work.connections, run_id, work.until, work.on_progress
    )
    landed = [(outcome.delivery, outcome.period) for outcome in fetched.outcomes if outcome.has_files]
    return fetched, loading.load_agency(work.warehouse, agency, landed, run_id)
