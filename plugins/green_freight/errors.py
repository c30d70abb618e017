"""What can go wrong between the platform and an agency, and what may succeed later: the one place that decides it.

Clients raise `FetchError` with one of the codes of `errors.yaml`; exceptions of the libraries below them become one in
`fetch_error`. The kind says whether waiting can help (only then it is retried) and what an operator should do.
`DeliveryError` adds agency, delivery and period, and is what reaches the DAG.
"""

from __future__ import annotations

import functools
import re
import socket
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from green_freight import disk_space
from green_freight.limits import LimitError
from green_freight.messages import Reason, printable, read_words
from green_freight.redaction import redacted

if TYPE_CHECKING:
    from green_freight.agencies.agency import Agency, Delivery
    from green_freight.periods import Period


@dataclass(frozen=True)
class Kind(Reason):
    """One kind of failure: what it is (a clause), what to do (sentences without full stop), whether it may pass."""

    is_transient: bool


# Longer than any wait.
_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)

KINDS: dict[str, Kind] = {
    code: Kind.of(words, is_transient="may_pass" in words)
    for code, words in read_words(Path(__file__).with_suffix(".yaml"))["kinds"].items()
}


class FetchError(Exception):
    """One failed step of a fetch, without agency and period: a code of KINDS and a technical detail.

    `detail` is what a protocol, file or library says (paths, numbers, quotations), the same in both languages unless
    `detail_zh` is given; secrets are taken out of both. `retry_after_seconds` is the wait that the server requested, or
    None.
    """

    def __init__(
        self,
        code: str,
        detail: str = "",
        retry_after_seconds: float | None = None,
        *,
        detail_zh: str | None = None,
    ) -> None:
        self.code = code
        self.detail = printable(redacted(detail))
        self.detail_zh = self.detail if detail_zh is None else printable(redacted(detail_zh))
        super().__init__(f"{code}: {self.detail}" if detail else code)
        self.kind = KINDS[code]
        self.retry_after_seconds = retry_after_seconds

    @property
    def is_transient(self) -> bool:
        """Tell whether waiting can help."""
        return self.kind.is_transient

    def repeated(self) -> FetchError:
        """Return the failure of a further request that was not sent because of this one."""
        return FetchError(
            self.code,
            f"not requested again in this run after the first failure: {self.detail}",
            detail_zh=f"首次失败后本次运行不再请求：{self.detail_zh}",
        )


class PermanentError(Exception):
    """Doing the same again does not help, wherever it is raised: a scheduler need not retry."""


class ReasonMissingError(PermanentError, ValueError):
    """Somebody decided something without saying why; the reason would be stored with the publication."""


class DeliveryError(Exception):
    """A delivery that was not fetched: both messages name agency, delivery and period, the reason, and what to do."""

    def __init__(self, agency: Agency, delivery: Delivery, period: Period, failure: FetchError) -> None:
        self.agency, self.delivery, self.period = agency.code, delivery.name, period.label
        self.failure = failure
        kind = failure.kind
        detail_zh = f"技术信息：{failure.detail_zh}。" if failure.detail else ""
        detail_en = f" Technical detail: {failure.detail}." if failure.detail else ""
        message_zh = (
            f"{agency.name_zh}（{agency.code}）的交付“{delivery.title_zh}”（{delivery.name}），"
            f"期次 {period}，取数失败：{kind.meaning_zh}。{detail_zh}已装载的数据保持不变。{kind.advice_zh}。"
        )
        message_en = (
            f"{agency.name_en} ({agency.code}): the delivery of {delivery.title_en} ({delivery.name}) for {period} was "
            f"not fetched, because {kind.meaning_en}.{detail_en} The loaded data stay as they are. {kind.advice_en}."
        )
        super().__init__(f"{message_zh}\n{message_en}")


class AgencyUnavailableError(DeliveryError):
    """Transient: the agency could not deliver now; a later request may succeed."""


class BrokenDeliveryError(DeliveryError, PermanentError):
    """Permanent: what the agency sent, or a setting, is wrong; the same request will fail again."""


def delivery_error(agency: Agency, delivery: Delivery, period: Period, failure: FetchError) -> DeliveryError:
    """Return the exception for a failure: AgencyUnavailableError where it may pass, else BrokenDeliveryError."""
    error = AgencyUnavailableError if failure.is_transient else BrokenDeliveryError
    return error(agency, delivery, period, failure)


def fetch_error(error: Exception) -> FetchError:
    """Return the failure that an exception of this package, httpx, paramiko or the operating system stands for."""
    if isinstance(error, FetchError):
        return error
    if isinstance(error, LimitError):
        code = "too_slow" if error.is_of_time else "limit_exceeded"
        return FetchError(code, error.text("en"), detail_zh=error.text("zh"))
    if isinstance(error, OSError) and disk_space.is_refused(error):
        # While a response is received: before it is landed it lies in the folder for temporary files.
        room = disk_space.room(Path(error.filename or tempfile.gettempdir()))
        return FetchError("disk_full", f"{room}; {type(error).__name__}: {error}")
    if refused := certificate_fault(error):
        return FetchError("certificate_refused", f"{type(error).__name__}: {refused}")
    code = next((code for kinds, code in _codes() if isinstance(error, kinds)), "unexpected")
    return FetchError(code, f"{type(error).__name__}: {error}".rstrip(": "))


def certificate_fault(error: BaseException | None) -> str | None:
    """Return why a server's certificate was refused, where that is behind an exception; else None."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error.verify_message
        error = error.__cause__ or error.__context__
    return None


def status_error(status: int, detail: str, retry_after: str | None = None) -> FetchError:
    """Return the failure that an HTTP status ≥ 400 stands for (RFC 9110; 429: RFC 6585).

    `retry_after` is the header's text; only seconds are honoured, a date is not.
    """
    wait = float(retry_after) if retry_after and _SECONDS.fullmatch(retry_after) else None
    if status in (401, 403):
        return FetchError("login_refused", detail)
    if status in (429, 503):
        return FetchError("busy", detail, wait)
    if status in (408, 504):
        return FetchError("time_out", detail, wait)
    return FetchError("server_error" if status >= 500 else "request_refused", detail, wait)


@functools.cache
def _codes() -> tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...]:
    # Both libraries take longer to import than everything else here, and most processes never fetch.
    import httpx
    import paramiko

    # The order matters: subclasses stand before their bases.
    return (
        ((httpx.TimeoutException, TimeoutError, socket.timeout), "time_out"),
        (httpx.RemoteProtocolError, "answer_cut_off"),
        (httpx.TransportError, "unreachable"),
        (httpx.DecodingError, "answer_unexpected"),
        (paramiko.BadHostKeyException, "host_key_differs"),
        (paramiko.AuthenticationException, "login_refused"),
        ((paramiko.SSHException, EOFError), "answer_cut_off"),
        ((ConnectionError, socket.gaierror), "unreachable"),
        (PermissionError, "request_refused"),
        (FileNotFoundError, "folder_missing"),
        (OSError, "unreachable"),
    )
