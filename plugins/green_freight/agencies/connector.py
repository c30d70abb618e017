"""What an agency's connection is and offers, whatever its protocol: files for a request, and what it lists unasked."""

from __future__ import annotations

import re
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, BinaryIO, NamedTuple, cast
from urllib.parse import urlsplit

from green_freight.agencies.agency import Delivery
from green_freight.errors import FetchError
from green_freight.landing import Exchange, write_exchanges
from green_freight.limits import Limits, encoded_bytes
from green_freight.periods import Period
from green_freight.protocols.retry_policy import Retries
from green_freight.redaction import remember_login, remember_named

# Beyond this size a file goes to disk while it is received.
IN_MEMORY_BYTES = 16 << 20


# Certificates, and the host key as a known_hosts file has it.
_OF_SEVERAL_LINES = {"ca_bundle", "host_key"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


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

    def __post_init__(self) -> None:
        remember_login(self.login, self.password)
        remember_named(self.extra)

    def usable(self) -> Connection:
        """Return this connection; FetchError `connection_incomplete` names the first entry that no protocol can send,
        and never shows it.
        """
        entries = {"host": self.host, "login": self.login, "password": self.password}
        entries |= {
            f"extra.{name}": value for name, value in self.extra.items() if name not in _OF_SEVERAL_LINES
        }
        for name, value in entries.items():
            if _CONTROL.search(value):
                raise FetchError(
                    "connection_incomplete",
                    f"{name} contains a line end or another control character",
                    detail_zh=f"{name} 含有换行等控制字符",
                )
        for name in ("base_url", "proxy"):
            if not _is_web_address(self.extra.get(name), with_login=name == "proxy"):
                raise FetchError(
                    "connection_incomplete",
                    f"extra.{name} is no http(s)://host:port address"
                    + ("" if name == "proxy" else "; a login and a password do not belong into it"),
                    detail_zh=f"extra.{name} 不是 http(s)://主机:端口 形式的地址"
                    + ("" if name == "proxy" else "；其中不得包含用户名和口令"),
                )
        return self

    @property
    def base_url(self) -> str:
        """Return the URL of an HTTP service: `base_url` of the extra, else http on host and port."""
        return self.extra.get("base_url") or f"http://{self.host}:{self.port}"

    def required(self, name: str) -> str:
        """Return an entry of the extra; FetchError `connection_incomplete` where it is absent or empty."""
        if value := self.extra.get(name):
            return value
        raise FetchError("connection_incomplete", f"extra.{name}")


def _is_web_address(text: str | None, with_login: bool) -> bool:
    """Tell whether an optional entry is the address of a web service or, `with_login`, of a proxy."""
    if not text:
        return True
    try:
        parts = urlsplit(text)
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    schemes = ("http", "https", "socks5", "socks5h") if with_login else ("http", "https")
    return is_whole and parts.scheme in schemes and (with_login or "@" not in text)


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
        received_bytes += encoded_bytes(exchange.body)
        limits.check("bytes", received_bytes)
        yield exchange
