"""Taking one part of a backfill: month by month fetched, landed and loaded; what an earlier attempt did is left."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from green_freight import agencies, loading
from green_freight.agencies import AgencyFetchReport, Connection
from green_freight.backfill import parts
from green_freight.landing import LandingStore
from green_freight.loading import AgencyLoadReport
from green_freight.periods import Period
from green_freight.warehouse import connect

log = logging.getLogger(__name__)

Questions = list[tuple[str, Period]]


@dataclass
class _Counts:
    """What the months of a part came to, added up."""

    found: dict[str, int] = field(default_factory=dict)

    def add(self, counts: Mapping[str, int]) -> None:
        for name, count in counts.items():
            self.found[name] = self.found.get(name, 0) + count


@dataclass(frozen=True)
class BackfillWork:
    """What a part needs to be taken: the agency's connections, the store, the last business day, which periods.

    `choose` leaves out questions that need not be asked (`agencies.not_loaded`, or none at all).
    """

    connections: Mapping[str, Connection]
    store: LandingStore
    until: date
    choose: Callable[[str, Questions, date], Questions]
    told: Callable[[agencies.Progress], None]


def take_part(run_id: str, agency: str, months: Sequence[str], work: BackfillWork) -> dict[str, int]:
    """Fetch, land and load some months of one agency; return deliveries and loads by outcome.

    An attempt after one that was killed or failed asks only for what that one has not settled.

    Raises:
        AgencyUnavailableError, BrokenDeliveryError, LoadStoppedError: after every month was tried; what came is loaded.
    """
    with connect("loader", autocommit=True) as warehouse:
        part = parts.begin_part(warehouse, run_id, agency, months)
        settled = parts.settled(warehouse, part)
        if settled:
            log.info(
                "%s：接续中断的回补，%s 项已完成 / %s: going on with an interrupted backfill, %s deliveries are done",
                agency, len(settled), agency, len(settled),
            )  # fmt: skip
        counts = _Counts()
        fetches: list[AgencyFetchReport] = []
        loads: list[AgencyLoadReport] = []
        for label in months:
            fetched, loaded = _take_month(run_id, agency, Period(label), settled, work)
            fetches.append(fetched)
            loads.append(loaded)
            counts.add(fetched.counts)
            counts.add(loaded.counts)
            if not (fetched.failures or loaded.stopped):
                parts.month_done(warehouse, part)
            log.info("%s %s: %s", agency, label, parts.progress(warehouse, run_id).sentence)
        for each in fetches:
            each.raise_for_failures()
        for one in loads:
            one.raise_if_stopped()
        parts.finish_part(warehouse, part)
    return counts.found


def _take_month(
    run_id: str, agency: str, month: Period, settled: set[tuple[str, str]], work: BackfillWork
) -> tuple[AgencyFetchReport, AgencyLoadReport]:
    questions = work.choose(agency, agencies.due_in_month(agency, month, work.until), work.until)
    open_ones = [(name, period) for name, period in questions if (name, period.label) not in settled]
    fetched = agencies.fetch_agency(
        agency, open_ones, work.connections, work.store, run_id, work.until, work.told
    )
    landed = [(outcome.delivery, outcome.period) for outcome in fetched.outcomes if outcome.has_files]
    return fetched, loading.load_agency(agency, landed, run_id, work.store)
