"""The connectors of one agency, one per connection of its file, and which of its connections respond."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping

from green_freight.agencies.agency import Agency, PagedApiConnection, SftpConnection
from green_freight.agencies.charging_exchange_connector import ChargingExchangeConnector
from green_freight.agencies.connector import Connection, Connector
from green_freight.agencies.paged_api_connector import PagedApiConnector
from green_freight.agencies.sftp_connector import SftpConnector
from green_freight.errors import FetchError
from green_freight.protocols.retry_policy import RetryPolicy


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
            return SftpConnector(
                entry, connection, [d.name for d in every if d.connection_id == connection_id]
            )
        return ChargingExchangeConnector(connection)

    def _connection(self, connection_id: str) -> Connection:
        try:
            return self._connections[connection_id]
        except KeyError:
            raise FetchError("connection_incomplete", f"connection {connection_id}") from None


# Failures of the connection rather than of one delivery.
_NO_RESPONSE = ("unreachable", "time_out")
# A login that is refused again and again locks accounts.
_NOT_ADMITTED = (
    "login_refused",
    "token_refused",
    "host_key_differs",
    "connection_incomplete",
    "signature_refused",
)
_MOST_WITHOUT_RESPONSE = 3


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
