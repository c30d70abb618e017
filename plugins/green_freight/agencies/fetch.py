"""Fetching: every question of a list is asked, what comes is landed, and what became of it is recorded.

One delivery that fails never costs another one. Questions go over one client, token or SFTP session an agency,
several at a time where the agency allows it; the warehouse is written by one thread.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import chain, count

from green_freight.agencies.connection import Connection, connection_named
from green_freight.agencies.delivery import Agency, AgencySession, AvailableFile, FetchRequest, KnownFile
from green_freight.agencies.fetch_records import Recorder, known_files
from green_freight.agencies.outcome import AgencyFetchReport, FetchOutcome, FileOutcome, Outcome
from green_freight.agencies.reachability import Reachability
from green_freight.agencies.registry import agency_named
from green_freight.errors import DeliveryError, FetchError, delivery_error, fetch_error
from green_freight.landing import Landed, LandingStore, Origin
from green_freight.periods import Period
from green_freight.protocols.retry_policy import Retries, RetryPolicy
from green_freight.warehouse import connect

log = logging.getLogger(__name__)

Work = Sequence[tuple[str, Period]]


@dataclass(frozen=True)
class Progress:
    """How far a fetch is: deliveries done, deliveries asked for, and the latest outcome."""

    done: int
    total: int
    latest: FetchOutcome


def fetch_agency(
    agency: str,
    work: Work,
    connections: Mapping[str, Connection],
    store: LandingStore,
    run_id: str,
    business_day: date,
    progress: Callable[[Progress], None] | None = None,
    anomalies: Sequence[tuple[str, FetchError]] = (),
) -> AgencyFetchReport:
    """Ask one agency for every (delivery, period) of `work`, land and record it.

    `connections` holds the agency's services by connection id (`power` has `power` and `power_files`); nothing
    after `business_day` is asked for. `anomalies` say, by delivery, what the agency showed before that was not
    believed; they are recorded and reported like failed questions of the business day. Failures are outcomes of
    the report; `report.raise_for_failures()` turns them into an exception.

    Raises:
        LookupError: an unknown agency or delivery.
        psycopg.Error: the warehouse cannot be written.
    """
    found = agency_named(agency)
    begun = time.monotonic()
    outcomes: list[FetchOutcome] = []
    with connect("loader", autocommit=True) as warehouse:
        recorder = Recorder(warehouse, run_id)
        asked = _questions(found, work, business_day, known_files(warehouse, agency) if work else [])
        for question, answer in zip(asked, _Fetch(found, connections, store, run_id).all(asked), strict=True):
            outcomes.append(recorder.record(answer, question.complete_through))
            if progress is not None:
                progress(Progress(len(outcomes), len(asked), outcomes[-1]))
        # Last, so that the newest word about a delivery is the anomaly.
        for anomaly in _recorded_anomalies(found, anomalies, business_day):
            outcomes.append(recorder.record(anomaly, business_day))
    return AgencyFetchReport(agency, time.monotonic() - begun, tuple(outcomes))


def fetch_delivery(
    agency: str,
    delivery: str,
    period: Period,
    connections: Mapping[str, Connection],
    store: LandingStore,
    run_id: str,
    business_day: date,
) -> FetchOutcome:
    """Ask for one delivery and period; arguments and errors as `fetch_agency`."""
    report = fetch_agency(agency, [(delivery, period)], connections, store, run_id, business_day)
    return report.outcomes[0]


def _recorded_anomalies(
    agency: Agency, anomalies: Sequence[tuple[str, FetchError]], business_day: date
) -> Iterator[FetchOutcome]:
    for name, failure in anomalies:
        day = Period.day(business_day)
        error = delivery_error(agency.name_zh, agency.code, name, day.label, failure)
        log.warning("%s", error)
        yield FetchOutcome(agency.code, name, day, (_Try().failed(error, attempts=0),))


def _questions(agency: Agency, work: Work, business_day: date, known: list[KnownFile]) -> list[FetchRequest]:
    by_place: dict[tuple[str, str], list[KnownFile]] = {}
    for file in known:
        by_place.setdefault((file.delivery, file.period), []).append(file)
    return [
        FetchRequest(
            agency.code, agency.delivery(name), period, business_day, by_place.get((name, period.label), ())
        )
        for name, period in work
    ]


@dataclass
class _Fetch:
    agency: Agency
    connections: Mapping[str, Connection]
    store: LandingStore
    run_id: str
    reachability: Reachability = field(default_factory=Reachability)

    def all(self, questions: Sequence[FetchRequest]) -> Iterator[FetchOutcome]:
        """Yield the outcomes in the order of the questions, each as soon as it and those before are there."""
        try:
            session = self.agency.open(self.connections)
        except FetchError as failure:
            yield from (self._outcome(asked, [self._failed(asked, _Try(), failure)]) for asked in questions)
            return
        try:
            with ThreadPoolExecutor(self.agency.max_parallel_requests) as pool:
                yield from pool.map(lambda asked: self.one(session, asked), questions)
        finally:
            session.close()

    def one(self, session: AgencySession, asked: FetchRequest) -> FetchOutcome:
        """Ask one question; every failure becomes an outcome."""
        if asked.period.first_day > asked.business_day:
            return self._outcome(asked, [_Try().ended(Outcome.NOT_DUE)])
        attempt = _Try()
        if refusal := self.reachability.refusal(asked.delivery.connection_id):
            return self._outcome(asked, [self._not_asked(asked, attempt, refusal)])
        try:
            attempt.retries = Retries(self._policy(asked))
            available_files = session.available_files(asked, attempt.retries)
        except Exception as error:
            return self._outcome(asked, [self._failed(asked, attempt, error)])
        # What the listing took is counted with the first file.
        retry_counters = chain([attempt.retries], (Retries(attempt.retries.policy) for _ in count()))
        files = [
            self._take(asked, available_file, retries)
            for available_file, retries in zip(available_files, retry_counters, strict=False)
        ]
        return self._outcome(asked, files or [attempt.ended(_absence(asked))])

    def _take(self, asked: FetchRequest, available_file: AvailableFile, retries: Retries) -> FileOutcome:
        attempt = _Try(available_file.file_name, retries)
        if available_file.known is not None:
            return attempt.ended(Outcome.UNCHANGED, known=available_file.known)
        try:
            received = available_file.receive(retries)
            with received.content as content:
                now = datetime.now(UTC)
                origin = Origin(
                    asked.agency,
                    asked.delivery.name,
                    asked.period.label,
                    available_file.file_name,
                    received.version,
                    received.delivered_at or now,
                    now,
                    asked.complete_through,
                    self.run_id,
                    received.request,
                )
                landed = self.store.put(content, origin)
        except Exception as error:
            return self._failed(asked, attempt, error)
        self.reachability.answered(asked.delivery.connection_id)
        return attempt.ended(Outcome.LANDED, landed=landed)

    def _policy(self, asked: FetchRequest) -> RetryPolicy:
        connection_id = asked.delivery.connection_id
        extra = connection_named(self.connections, connection_id).extra
        return self.reachability.policy(connection_id, RetryPolicy.of(extra))

    def _failed(self, asked: FetchRequest, attempt: _Try, error: Exception) -> FileOutcome:
        failure = fetch_error(error)
        if failure.code == "unexpected":
            log.exception("%s %s %s", asked.agency, asked.delivery.name, asked.period, exc_info=error)
        self.reachability.failed(asked.delivery.connection_id, failure)
        return attempt.failed(self._explained(asked, failure))

    def _not_asked(self, asked: FetchRequest, attempt: _Try, refusal: FetchError) -> FileOutcome:
        detail = f"本次不再询问 / not asked any more in this run: {refusal.detail}".rstrip(": ")
        return attempt.failed(self._explained(asked, FetchError(refusal.code, detail)), attempts=0)

    def _explained(self, asked: FetchRequest, failure: FetchError) -> DeliveryError:
        return delivery_error(
            self.agency.name_zh, self.agency.code, asked.delivery.name, asked.period.label, failure
        )

    def _outcome(self, asked: FetchRequest, files: list[FileOutcome]) -> FetchOutcome:
        return FetchOutcome(self.agency.code, asked.delivery.name, asked.period, tuple(files))


@dataclass
class _Try:
    """The stop-watch of one file or question."""

    file_name: str | None = None
    retries: Retries | None = None
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    begun: float = field(default_factory=time.monotonic)

    def ended(
        self, outcome: Outcome, landed: Landed | None = None, known: KnownFile | None = None
    ) -> FileOutcome:
        facts = (self.started_at, self._seconds(), self._attempts(), self.file_name)
        return FileOutcome(outcome, *facts, landed=landed, known=known)

    def failed(self, error: DeliveryError, attempts: int | None = None) -> FileOutcome:
        outcome = Outcome.FAILED_TRANSIENT if error.failure.is_transient else Outcome.FAILED_PERMANENT
        tried = self._attempts() if attempts is None else attempts
        return FileOutcome(outcome, self.started_at, self._seconds(), tried, self.file_name, error=error)

    def _attempts(self) -> int:
        return self.retries.attempts if self.retries else 1

    def _seconds(self) -> float:
        return time.monotonic() - self.begun


def _absence(asked: FetchRequest) -> Outcome:
    """Return what it means that nothing lies there: a form of a period that is not over may still come."""
    is_over = asked.period.last_day <= asked.business_day
    return Outcome.NOT_DELIVERED if is_over else Outcome.NOT_DUE
