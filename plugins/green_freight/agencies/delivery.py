"""What an agency delivers: the plain words in which the registry, the planner and the fetch talk."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, BinaryIO, Protocol

from green_freight.agencies.connection import Connection
from green_freight.landing import Exchange
from green_freight.periods import Period
from green_freight.protocols.retry_policy import Retries


class Granularity(StrEnum):
    """Which periods a delivery is asked for."""

    DAY = "day"
    MONTH = "month"
    # Registers: what changed in a window, labelled with a day (nightly) or a month (history).
    CHANGED_SINCE = "changed_since"


class Kind(StrEnum):
    """Over which protocol a delivery comes."""

    PAGED_API = "paged_api"
    CHARGING_EXCHANGE = "charging_exchange"
    SFTP_FILE = "sftp_file"


@dataclass(frozen=True)
class Delivery:
    """What one fetch gets; `datasets` are the raw tables that are read from it.

    `settles` says that a day's answer may change later without the source ever saying so.
    """

    name: str
    title_zh: str
    title_en: str
    granularity: Granularity
    kind: Kind
    connection_id: str
    datasets: tuple[str, ...]
    settles: bool = False


@dataclass(frozen=True)
class KnownFile:
    """A file that the warehouse knows (a row of ops.source_file)."""

    source_file_key: str
    delivery: str
    period: str
    file_name: str
    bytes: int
    delivered_at: datetime | None
    sha256: str
    landing_url: str


@dataclass(frozen=True)
class FetchRequest:
    """One question: which delivery, which period, up to which business day, and what is known of it already."""

    agency: str
    delivery: Delivery
    period: Period
    business_day: date
    known: Sequence[KnownFile] = ()

    @property
    def complete_through(self) -> date:
        """Return the last day that an answer covers: a period that is not over yet ends at the business day."""
        return min(self.period.last_day, self.business_day)


@dataclass(frozen=True)
class ReceivedFile:
    """The content of one file, with what the agency says about it; `delivered_at` None: just now."""

    content: BinaryIO
    version: int = 1
    delivered_at: datetime | None = None
    request: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class AvailableFile:
    """One file that can be had; `known` is set where the warehouse has exactly it already."""

    file_name: str
    receive: Callable[[Retries], ReceivedFile]
    known: KnownFile | None = None


@dataclass(frozen=True)
class ListedFile:
    """A file on an agency's share, attributed to its delivery and period."""

    delivery: str
    period: Period
    file_name: str
    bytes: int
    changed_at: datetime

    def is_known_as(self, known: KnownFile) -> bool:
        """Tell whether the warehouse has this file: same name, size and time (whole seconds, as SFTP tells)."""
        kept = known.delivered_at
        same_time = kept is not None and int(kept.timestamp()) == int(self.changed_at.timestamp())
        return same_time and (known.file_name, known.bytes) == (self.file_name, self.bytes)


class AgencySession(Protocol):
    """One agency while it is being asked: its clients are opened at first use and shared by all questions."""

    def available_files(self, asked: FetchRequest, retries: Retries) -> Sequence[AvailableFile]:
        """Return the files that answer a question; none where nothing was delivered."""

    def listed_files(self, retries: Retries) -> Sequence[ListedFile]:
        """Return all files on the agency's shares, of whatever period."""

    def changed_days(
        self, since: datetime, before: datetime, retries: Retries
    ) -> Mapping[str, Sequence[date]]:
        """Return, by delivery, the days whose rows were changed in a window."""

    def whole_register(self, delivery: Delivery, retries: Retries) -> Sequence[Exchange] | None:
        """Return the exchanges that list a register as it stands now, None where the agency cannot tell."""

    def close(self) -> None:
        """Close whatever was opened."""


@dataclass(frozen=True)
class Agency:
    """One agency: its names, what it delivers, and how hard it may be asked."""

    code: str
    name_zh: str
    name_en: str
    deliveries: Mapping[str, Delivery]
    max_parallel_requests: int
    open: Callable[[Mapping[str, Connection]], AgencySession]

    def delivery(self, name: str) -> Delivery:
        """Return one of the deliveries.

        Raises:
            LookupError: the agency has none of that name; the message lists those it has.
        """
        try:
            return self.deliveries[name]
        except KeyError:
            known = ", ".join(self.deliveries)
            raise LookupError(f"{self.name_zh} / {self.code} delivers {known}, not {name!r}") from None
