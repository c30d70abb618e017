"""What an agency's connection is and offers, whatever its protocol: files for a request, and what it lists unasked."""

from __future__ import annotations

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, BinaryIO, NamedTuple, cast

from green_freight.agencies.agency import Delivery
from green_freight.errors import FetchError
from green_freight.landing import Exchange, write_exchanges
from green_freight.limits import Limits
from green_freight.periods import Period
from green_freight.protocols.retry_policy import Retries

# Beyond this size a file goes to disk while it is received.
IN_MEMORY_BYTES = 16 << 20


@dataclass(frozen=True)
class Connection:
    """Address and credentials of one service; `extra` holds what its protocol needs beyond login and password.

    Every connection may set the retry policy in `extra` (see protocols.retry_policy.RetryPolicy), for HTTP also `proxy`
    and `ca_bundle` (see protocols.http.open_http).
    """

    host: str
    port: int
    login: str = ""
    password: str = field(default="", repr=False)
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def base_url(self) -> str:
        """Return the URL of an HTTP service: `base_url` of the extra, else http on host and port."""
        return self.extra.get("base_url") or f"http://{self.host}:{self.port}"

    def required(self, name: str) -> str:
        """Return an entry of the extra; FetchError `connection_incomplete` where it is absent or empty."""
        if value := self.extra.get(name):
            return value
        raise FetchError("connection_incomplete", f"extra.{name}")


class FetchRequest(NamedTuple):
    """One request to an agency: a delivery by its name, and the period."""

    delivery: str
    period: Period


@dataclass(frozen=True)
class UnplacedFile:
    """A file on an agency's server that is not taken, because its name tells no delivery or not one alone.

    `example` is a name as it was agreed.
    """

    connection_id: str
    path: str
    bytes: int
    changed_at: datetime
    example: str


@dataclass(frozen=True)
class FetchPlan:
    """What is requested from an agency; `anomalies` give, by delivery, why a suspicious listing is not acted upon.

    `unplaced` are new files that were not taken.
    """

    requests: Sequence[FetchRequest]
    anomalies: Sequence[tuple[str, FetchError]] = ()
    unplaced: Sequence[UnplacedFile] = ()


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
class ListedFile:
    """A file on an agency's server, attributed to its delivery and period."""

    delivery: str
    period: Period
    file_name: str
    bytes: int
    changed_at: datetime

    def is_known_as(self, known: KnownFile) -> bool:
        """Tell whether the warehouse has this file: same name, size and time (SFTP has whole seconds)."""
        before = known.delivered_at
        same_time = before is not None and int(before.timestamp()) == int(self.changed_at.timestamp())
        return same_time and (known.file_name, known.bytes) == (self.file_name, self.bytes)


@dataclass(frozen=True)
class ReceivedFile:
    """The content of one file, with what the agency says about it; `delivered_at` None: just now."""

    content: BinaryIO
    version: int = 1
    delivered_at: datetime | None = None
    request: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class AvailableFile:
    """One file that the agency has for a request; `listed` is set where a listing tells size and time beforehand."""

    file_name: str
    receive: Callable[[Retries], ReceivedFile]
    listed: ListedFile | None = None


class Connector(ABC):
    """One connection of an agency, opened at first use and shared by all requests; safe between threads.

    What a protocol cannot tell is empty here and overridden by the protocols that can.
    """

    @abstractmethod
    def available_files(
        self, delivery: Delivery, period: Period, retries: Retries
    ) -> Sequence[AvailableFile]:
        """Return the files for a request; none where nothing was delivered."""

    def listed_files(self, retries: Retries) -> Sequence[ListedFile]:
        """Return all files on the agency's server, of whatever period."""
        return []

    def unplaced_files(self, connection_id: str, since: datetime, retries: Retries) -> Sequence[UnplacedFile]:
        """Return the files on the agency's server, changed since an instant, that are no delivery's by their names."""
        return []

    def changed_days(
        self, since: datetime, before: datetime, retries: Retries
    ) -> Mapping[str, Sequence[date]]:
        """Return, by delivery, the days whose rows were changed in a window."""
        return {}

    def whole_register(self, delivery: Delivery, retries: Retries) -> Sequence[Exchange] | None:
        """Return the exchanges that list a register as it stands now, None where the protocol has no such request."""
        return None

    @abstractmethod
    def close(self) -> None:
        """Close what was opened."""


def spool() -> BinaryIO:
    """Return an empty temporary file that stays in memory while it is small."""
    return cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES))


def exchange_file(
    delivery: Delivery,
    period: Period,
    request: Mapping[str, Any],
    send: Callable[[Retries], Iterable[Exchange]],
) -> AvailableFile:
    """Return the one JSON-lines file that the exchanges of a request make; `request` goes into its provenance."""

    def receive(retries: Retries) -> ReceivedFile:
        content = spool()
        write_exchanges(_bounded(send(retries), retries.limits), content)
        return ReceivedFile(content, request=request)

    return AvailableFile(f"{delivery.name}_{period}.jsonl", receive)


def _bounded(exchanges: Iterable[Exchange], limits: Limits) -> Iterator[Exchange]:
    received_bytes = 0
    for exchange in exchanges:
        received_bytes += len(exchange.body.encode("utf-8", "replace"))
        limits.check("bytes", received_bytes)
        yield exchange
