"""What an agency tells without being asked for a period: listings of files, corrected days, whole registers.

A night discovers before it plans. What fails here is left out with a warning; the requests themselves will record
that the agency does not respond.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import TypeVar

from green_freight.agencies.agency import Agency, Delivery
from green_freight.agencies.connector import Connection, Connector, ListedFile
from green_freight.agencies.connectors import Connectors
from green_freight.contracts import Granularity
from green_freight.errors import fetch_error
from green_freight.landing import Exchange
from green_freight.messages import message
from green_freight.protocols.retry_policy import Retries

log = logging.getLogger(__name__)

_Found = TypeVar("_Found")


@dataclass(frozen=True)
class Discovery:
    """Files on the agency's servers; by delivery, the days that were corrected and the whole register.

    A register that could not be read is absent.
    """

    listed: list[ListedFile] = field(default_factory=list)
    changed: dict[str, Sequence[date]] = field(default_factory=dict)
    registers: dict[str, Sequence[Exchange]] = field(default_factory=dict)


def discover(
    agency: Agency, connections: Mapping[str, Connection], since: datetime, before: datetime
) -> Discovery:
    """Return what the agency tells now; corrected days are those that were corrected in [since, before)."""
    found = Discovery()
    with Connectors(agency, connections) as connectors:
        for connection_id in agency.connections:
            ask = partial(_ask, agency, connectors, connection_id)
            found.listed.extend(ask(lambda connector, retries: connector.listed_files(retries)) or ())
            changed = ask(lambda connector, retries: connector.changed_days(since, before, retries))
            found.changed.update(changed or {})
            for delivery in agency.deliveries.values():
                is_register = delivery.granularity is Granularity.CHANGED_SINCE
                if is_register and delivery.connection_id == connection_id:
                    pages = ask(partial(_whole_register, delivery))
                    if pages is not None:
                        found.registers[delivery.name] = pages
    return found


def _whole_register(delivery: Delivery, connector: Connector, retries: Retries) -> Sequence[Exchange] | None:
    return connector.whole_register(delivery, retries)


def _ask(
    agency: Agency,
    connectors: Connectors,
    connection_id: str,
    request: Callable[[Connector, Retries], _Found],
) -> _Found | None:
    """Return what one request to a connector gives, None where it fails; nothing is retried."""
    try:
        retries = Retries(connectors.policy(connection_id).without_retries())
        return request(connectors.connector(connection_id), retries)
    except Exception as error:
        failure = fetch_error(error)
        log.warning(message("discovery_failed", agency=agency, kind=failure.kind, detail=failure.detail))
        return None
