"""The connectors of one agency, one per connection of its file: which respond, and what they tell unasked.

A night discovers before it plans: listings of files, corrected days, whole registers. What fails then is left out with
a warning; the requests themselves will record that the agency does not respond.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import TypeVar

from green_freight.agencies.agency import Agency, Delivery, PagedApiConnection, SftpConnection
from green_freight.agencies.charging_exchange_connector import ChargingExchangeConnector
from green_freight.agencies.connector import Connection, Connector, ListedFile, UnplacedFile
from green_freight.agencies.paged_api_connector import PagedApiConnector
from green_freight.agencies.sftp_connector import SftpConnector
from green_freight.contracts import Granularity
from green_freight.errors import FetchError, fetch_error
from green_freight.landing import Exchange
from green_freight.limits import Limits, encoded_bytes
from green_freight.messages import message
from green_freight.protocols.retry_policy import Retries, RetryPolicy

log = logging.getLogger(__name__)

_Found = TypeVar("_Found")

# Failures of the connection rather than of one delivery.
_NO_RESPONSE = ("unreachable", "time_out", "too_slow")
# A login that is refused again and again locks accounts.
_NOT_ADMITTED = {
    "login_refused", "token_refused", "host_key_differs", "certificate_refused", "connection_incomplete",
    "signature_refused",
}  # fmt: skip
_MOST_WITHOUT_RESPONSE = 3


class Connectors:
    """Opens each connector at its first use and closes all at the end of the block; safe between threads."""

    def __init__(self, agency: Agency, connections: Mapping[str, Connection]) -> None:
        self._agency, self._connections = agency, connections
        self._lock = threading.Lock()
        self._open: dict[str, Connector] = {}

    def __enter__(self) -> Connectors:
        return self

    def __exit__(self, *_: object) -> None:
        for connector in self._open.values():
            connector.close()

    def policy(self, connection_id: str) -> RetryPolicy:
        """Return the retry policy that a connection sets; FetchError `connection_incomplete` where it is unusable."""
        return RetryPolicy.of(self._connection(connection_id).extra)

    def connector(self, connection_id: str) -> Connector:
        """Return the connector of a connection; FetchError `connection_incomplete` where an entry is missing."""
        with self._lock:
            if connection_id not in self._open:
                self._open[connection_id] = self._opened(connection_id)
            return self._open[connection_id]

    def _opened(self, connection_id: str) -> Connector:
        entry, connection = self._agency.connections[connection_id], self._connection(connection_id)
        if isinstance(entry, PagedApiConnection):
            return PagedApiConnector(entry, connection)
        if isinstance(entry, SftpConnection):
            every = self._agency.deliveries.values()
            names = [delivery.name for delivery in every if delivery.connection_id == connection_id]
            return SftpConnector(entry, connection, names)
        return ChargingExchangeConnector(connection)

    def _connection(self, connection_id: str) -> Connection:
        try:
            return self._connections[connection_id].usable()
        except KeyError:
            raise FetchError("connection_incomplete", f"connection {connection_id}") from None


class Reachability:
    """Which of an agency's connections respond, during one fetch. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._without_response: Counter[str] = Counter()
        self._closed: dict[str, FetchError] = {}

    def policy(self, connection_id: str, policy: RetryPolicy) -> RetryPolicy:
        """Return the policy for the next request: no retries after a request that got no response."""
        with self._lock:
            return policy.without_retries() if self._without_response[connection_id] else policy

    def refusal(self, connection_id: str) -> FetchError | None:
        """Return the failure of a request that is not sent any more, or None where the connection is in use."""
        with self._lock:
            failure = self._closed.get(connection_id)
        return None if failure is None else failure.repeated()

    def responded(self, connection_id: str) -> None:
        """Note that the agency responded."""
        with self._lock:
            self._without_response[connection_id] = 0

    def failed(self, connection_id: str, failure: FetchError) -> None:
        """Note a failure; what it means for the next requests is decided here."""
        with self._lock:
            if failure.code in _NOT_ADMITTED:
                self._closed[connection_id] = failure
            elif failure.code in _NO_RESPONSE:
                self._without_response[connection_id] += 1
                if self._without_response[connection_id] >= _MOST_WITHOUT_RESPONSE:
                    self._closed[connection_id] = failure
            else:
                self._without_response[connection_id] = 0


@dataclass(frozen=True)
class Discovery:
    """Files on the agency's servers; by delivery, the days that were corrected and the whole register.

    A register that could not be read is absent. `unplaced` are the files that changed lately and are no delivery's.
    """

    listed: list[ListedFile] = field(default_factory=list)
    unplaced: list[UnplacedFile] = field(default_factory=list)
    changed: dict[str, Sequence[date]] = field(default_factory=dict)
    registers: dict[str, Sequence[Exchange]] = field(default_factory=dict)


def discover(
    agency: Agency, connections: Mapping[str, Connection], since: datetime, before: datetime
) -> Discovery:
    """Return what the agency tells now; corrected days are those that were corrected in [since, before)."""
    found, reachability, kept_bytes = Discovery(), Reachability(), 0
    with Connectors(agency, connections) as connectors:
        for connection_id in agency.connections:
            ask = partial(_ask, agency, connectors, reachability, connection_id)
            found.listed.extend(ask(lambda connector, retries: connector.listed_files(retries)) or ())
            unplaced = ask(partial(_unplaced_files, connection_id, since))
            found.unplaced.extend(unplaced or ())
            changed = ask(lambda connector, retries: connector.changed_days(since, before, retries))
            found.changed.update(changed or {})
            for delivery in agency.deliveries.values():
                is_register = delivery.granularity is Granularity.CHANGED_SINCE
                if is_register and delivery.connection_id == connection_id:
                    # All registers are kept until they are compared, so that together they have the bytes of one.
                    left = max(1, delivery.limits.bytes - kept_bytes)
                    limits = delivery.limits.model_copy(update={"bytes": left})
                    pages = ask(partial(_whole_register, delivery), limits=limits)
                    if pages is not None:
                        found.registers[delivery.name] = pages
                        kept_bytes += sum(encoded_bytes(page.body) for page in pages)
    return found


def _unplaced_files(
    connection_id: str, since: datetime, connector: Connector, retries: Retries
) -> Sequence[UnplacedFile]:
    return connector.unplaced_files(connection_id, since, retries)


def _whole_register(delivery: Delivery, connector: Connector, retries: Retries) -> Sequence[Exchange] | None:
    return connector.whole_register(delivery, retries)


def _ask(
    agency: Agency,
    connectors: Connectors,
    reachability: Reachability,
    connection_id: str,
    request: Callable[[Connector, Retries], _Found],
    limits: Limits | None = None,
) -> _Found | None:
    """Return what one request to a connector gives, None where it fails or is not sent; nothing is retried."""
    if reachability.refusal(connection_id):
        return None
    try:
        retries = Retries(connectors.policy(connection_id).without_retries(), limits)
        response = request(connectors.connector(connection_id), retries)
        reachability.responded(connection_id)
        return response
    except Exception as error:
        failure = fetch_error(error)
        reachability.failed(connection_id, failure)
        log.warning(message("discovery_failed", agency=agency, kind=failure.kind, detail=failure.detail))
        return None
