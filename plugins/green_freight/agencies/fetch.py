"""The fetch, read downwards: requests → available files → received → landed → recorded.

One delivery that fails never costs another one. The requests share one client, token or SFTP session per connection,
several at a time where the agency allows it; the warehouse is written by one thread.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import psycopg

from green_freight.agencies.agency import Agency, Delivery, agency_named
from green_freight.agencies.connector import AvailableFile, Connection, KnownFile
from green_freight.agencies.connectors import Connectors, Reachability
from green_freight.agencies.fetch_records import (
    AgencyFetchReport,
    FetchOutcome,
    FetchRecorder,
    FileOutcome,
    Outcome,
    known_files,
)
from green_freight.contracts import Granularity
from green_freight.errors import FetchError, delivery_error, fetch_error
from green_freight.landing import Landed, LandingStore, Origin
from green_freight.periods import Period
from green_freight.protocols.retry_policy import Retries
from green_freight.redaction import redacted
from green_freight.warehouse import Warehouse

log = logging.getLogger(__name__)

# Failures whose details do not name the file.
_WITHOUT_FILE = ("unexpected", "limit_exceeded", "too_slow")


@dataclass(frozen=True)
class Progress:
    """How far a fetch is: deliveries done, deliveries requested, and the latest outcome."""

    done: int
    total: int
    latest: FetchOutcome


def fetch_agency(
    warehouse: Warehouse,
    agency: str,
    requests: Iterable[tuple[str, Period]],
    connections: Mapping[str, Connection],
    run_id: str,
    business_day: date,
    progress: Callable[[Progress], object] = lambda _: None,
    anomalies: Sequence[tuple[str, FetchError]] = (),
) -> AgencyFetchReport:
    """Fetch every (delivery, period) of `requests` from one agency, land and record it.

    Nothing that begins after `business_day` is requested but windows of registers whose changes the source dates so.
    `progress` is called after each delivery. `anomalies` say, by
    delivery, why a suspicious listing was not acted upon; they are recorded as failures of the business day. Failures
    are outcomes of the report; `report.raise_for_failures()` turns them into an exception.
    """
    found = agency_named(agency)
    work = [(found.delivery(name), period) for name, period in requests]
    outcomes: list[FetchOutcome] = []
    with (
        warehouse.connect("loader", autocommit=True) as session,
        Connectors(found, connections) as connectors,
        ThreadPoolExecutor(found.max_parallel_requests) as pool,
    ):
        recorder = FetchRecorder(session, run_id)
        store = LandingStore(warehouse.landing_url)
        store.remove_unfinished()
        known: dict[tuple[str, str], list[KnownFile]] = {}
        for file in known_files(session, agency) if work else ():
            known.setdefault((file.delivery, file.period), []).append(file)
        fetch = _AgencyFetch(found, connectors, store, run_id, business_day, known)
        for outcome in pool.map(fetch.one, *zip(*work, strict=True)) if work else ():
            outcomes.append(fetch.recorded(recorder, outcome))
            progress(Progress(len(outcomes), len(work), outcomes[-1]))
        # Last, so that the newest record of the delivery is the anomaly.
        for name, anomaly in anomalies:
            outcomes.append(recorder.record(fetch.anomaly(found.delivery(name), anomaly)))
    return AgencyFetchReport(agency, tuple(outcomes))


@dataclass
class _Attempt:
    """The time and the retries that one file, or one request without a file, took."""

    retries: Retries | None = None
    file_name: str | None = None
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    begun: float = field(default_factory=time.monotonic)

    def ended(
        self, outcome: Outcome, landed: Landed | None = None, known: KnownFile | None = None
    ) -> FileOutcome:
        return FileOutcome(
            outcome,
            self.started_at,
            time.monotonic() - self.begun,
            self.retries.attempts if self.retries else 1,
            self.file_name,
            landed=landed,
            known=known,
        )


@dataclass(frozen=True)
class _AgencyFetch:
    """One fetch of an agency: what all its requests share."""

    agency: Agency
    connectors: Connectors
    store: LandingStore
    run_id: str
    business_day: date
    known: Mapping[tuple[str, str], Sequence[KnownFile]]
    reachability: Reachability = field(default_factory=Reachability)

    def one(self, delivery: Delivery, period: Period) -> FetchOutcome:
        """Fetch one delivery and period; every failure becomes an outcome."""
        return self._outcome(delivery, period, self._files(delivery, period))

    def recorded(self, recorder: FetchRecorder, outcome: FetchOutcome) -> FetchOutcome:
        """Record an outcome; where the warehouse refuses what an agency sent, that delivery has failed."""
        try:
            return recorder.record(outcome)
        except (psycopg.DataError, psycopg.IntegrityError, ValueError) as error:
            delivery = self.agency.delivery(outcome.delivery)
            failed = self._failed(delivery, outcome.period, _Attempt(), error)
            return recorder.record(replace(outcome, files=(failed,)))

    def anomaly(self, delivery: Delivery, anomaly: FetchError) -> FetchOutcome:
        """Return the outcome of a listing that was not acted upon."""
        period = Period.day(self.business_day)
        failed = self._failed(delivery, period, _Attempt(), anomaly, attempts=0)
        log.warning("%s", failed.error)
        return self._outcome(delivery, period, [failed])

    def _outcome(self, delivery: Delivery, period: Period, files: Sequence[FileOutcome]) -> FetchOutcome:
        through = min(period.last_day, self.business_day)
        return FetchOutcome(self.agency.code, delivery.name, period, through, tuple(files))

    def _files(self, delivery: Delivery, period: Period) -> list[FileOutcome]:
        attempt, connection_id = _Attempt(), delivery.connection_id
        if period.first_day > self.business_day and delivery.granularity is not Granularity.CHANGED_SINCE:
            return [attempt.ended(Outcome.NOT_DUE)]
        if refusal := self.reachability.refusal(connection_id):
            return [self._failed(delivery, period, attempt, refusal, attempts=0)]
        try:
            policy = self.reachability.policy(connection_id, self.connectors.policy(connection_id))
            attempt.retries = Retries(policy, delivery.limits)
            connector = self.connectors.connector(connection_id)
            available = connector.available_files(delivery, period, attempt.retries)
        except Exception as error:
            return [self._failed(delivery, period, attempt, error)]
        if not available:
            # A form of a period that is not over may still come.
            is_over = period.last_day <= self.business_day
            return [attempt.ended(Outcome.NOT_DELIVERED if is_over else Outcome.NOT_DUE)]
        # The retries of the listing are counted with the first file.
        retries = [attempt.retries, *(Retries(policy, delivery.limits) for _ in available[1:])]
        return [
            self._receive_and_land(delivery, period, file, _Attempt(each, file.file_name))
            for file, each in zip(available, retries, strict=True)
        ]

    def _receive_and_land(
        self, delivery: Delivery, period: Period, file: AvailableFile, attempt: _Attempt
    ) -> FileOutcome:
        for known in self.known.get((delivery.name, period.label), ()):
            is_known = file.listed is not None and file.listed.is_known_as(known)
            if is_known and self.store.holds(known.landing_url, known.sha256):
                return attempt.ended(Outcome.UNCHANGED, known=known)
        assert attempt.retries is not None
        try:
            received = file.receive(attempt.retries)
            now = datetime.now(UTC)
            origin = Origin(
                agency=self.agency.code,
                delivery=delivery.name,
                period=period.label,
                file_name=file.file_name,
                version=received.version,
                delivered_at=received.delivered_at or now,
                received_at=now,
                complete_through=min(period.last_day, self.business_day),
                run_id=self.run_id,
                request=received.request,
            )
            with received.content as content:
                landed = self.store.put(content, origin)
        except Exception as error:
            return self._failed(delivery, period, attempt, error)
        self.reachability.responded(delivery.connection_id)
        return attempt.ended(Outcome.LANDED, landed=landed)

    def _failed(
        self,
        delivery: Delivery,
        period: Period,
        attempt: _Attempt,
        error: Exception,
        attempts: int | None = None,
    ) -> FileOutcome:
        """Return the outcome of a failure; with `attempts` 0 nothing was requested."""
        failure = fetch_error(error)
        if failure.code in _WITHOUT_FILE and attempt.file_name:
            names = (f"{attempt.file_name}: {each}" for each in (failure.detail, failure.detail_zh))
            failure = FetchError(failure.code, next(names), detail_zh=next(names))
        if failure.code == "unexpected":
            # Nobody knows what an unforeseen error quotes.
            trace = redacted("".join(traceback.format_exception(error)))
            log.error("%s %s %s\n%s", self.agency.code, delivery.name, period, trace)
        if attempts is None:
            self.reachability.failed(delivery.connection_id, failure)
        outcome = Outcome.FAILED_TRANSIENT if failure.is_transient else Outcome.FAILED_PERMANENT
        ended = attempt.ended(outcome)
        explained = delivery_error(self.agency, delivery, period, failure)
        return replace(ended, error=explained, attempts=ended.attempts if attempts is None else attempts)
