"""The connectors of one agency, one per connection of its file."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from green_freight.agencies.agency import Agency, PagedApiConnection, SftpConnection
from green_freight.agencies.charging_exchange_connector import ChargingExchangeConnector
from green_freight.agencies.connection import Connection
from green_freight.agencies.connector import Connector
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
        """Return the retry policy that a connection sets.

        Raises:
            FetchError: `connection_incomplete`, there is no such connection or its policy is not of numbers.
        """
        return RetryPolicy.of(self._connection(connection_id).extra)

    def connector(self, connection_id: str) -> Connector:
        """Return the connector of one of the agency's connections.

        Raises:
            FetchError: `connection_incomplete`, there is no such connection or an entry of it is missing.
        """
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
