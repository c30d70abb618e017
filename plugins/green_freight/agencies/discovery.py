"""What an agency shows without being asked for a period: its shares' listings, corrected days, whole registers.

A night looks before it is planned. What cannot be looked at is left out with a warning; the questions themselves
will record that the agency does not answer.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar

from green_freight.agencies.connection import Connection
from green_freight.agencies.delivery import Agency, AgencySession, Granularity, Kind, ListedFile
from green_freight.errors import FetchError, fetch_error
from green_freight.landing import Exchange
from green_freight.protocols.retry_policy import Retries, RetryPolicy

log = logging.getLogger(__name__)

Seen = TypeVar("Seen")


@dataclass(frozen=True)
class Discovery:
    """Files on shares; by delivery, the days whose rows were corrected and what a register holds as a whole.

    A register that could not be read is absent.
    """

    listed: Sequence[ListedFile] = ()
    changed: Mapping[str, Sequence[date]] = field(default_factory=dict)
    registers: Mapping[str, Sequence[Exchange]] = field(default_factory=dict)


def look(
    agency: Agency, connections: Mapping[str, Connection], since: datetime, before: datetime
) -> Discovery:
    """Look at an agency; corrected days are those that were corrected in [since, before)."""
    try:
        session = agency.open(connections)
    except FetchError as failure:
        _go_on_without(agency, failure)
        return Discovery()
    try:
        return _Look(agency, connections, session).all(since, before)
    finally:
        session.close()


@dataclass(frozen=True)
class _Look:
    agency: Agency
    connections: Mapping[str, Connection]
    session: AgencySession

    def all(self, since: datetime, before: datetime) -> Discovery:
        listed = self._tried(lambda: self.session.listed_files(self._one_attempt(Kind.SFTP_FILE)))
        changed = self._tried(
            lambda: self.session.changed_days(since, before, self._one_attempt(Kind.PAGED_API))
        )
        registers = {name: found for name in self._registers() if (found := self._register(name)) is not None}
        return Discovery(listed or (), changed or {}, registers)

    def _registers(self) -> list[str]:
        every = self.agency.deliveries.values()
        return [each.name for each in every if each.granularity is Granularity.CHANGED_SINCE]

    def _register(self, name: str) -> Sequence[Exchange] | None:
        delivery = self.agency.deliveries[name]
        retries = self._one_attempt(delivery.kind)
        return self._tried(lambda: self.session.whole_register(delivery, retries))

    def _tried(self, see: Callable[[], Seen]) -> Seen | None:
        try:
            return see()
        except Exception as error:
            _go_on_without(self.agency, fetch_error(error))
            return None

    def _one_attempt(self, kind: Kind) -> Retries:
        ids = [each.connection_id for each in self.agency.deliveries.values() if each.kind is kind]
        extra = self.connections[ids[0]].extra if ids and ids[0] in self.connections else {}
        return Retries(RetryPolicy.of(extra).without_retries())


def _go_on_without(agency: Agency, failure: FetchError) -> None:
    kind = failure.kind
    log.warning(
        "%s: %s；计划中可能不含补发、更正和删除 / %s: %s, the night is planned without what this would have shown (%s)",
        agency.name_zh,
        kind.meaning_zh,
        agency.code,
        kind.meaning_en,
        failure.detail,
    )
