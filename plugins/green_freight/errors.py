"""What can go wrong between the platform and an agency, and what may succeed later: the one place that decides it.

Clients raise `FetchError` with one of the codes of `KINDS`; exceptions of the libraries below them become one in
`fetch_error`. The kind says whether waiting can help (only then it is retried) and what an operator should do.
`DeliveryError` adds agency, delivery and period, and is what reaches the DAG.
"""

from __future__ import annotations

import functools
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from green_freight.agencies.agency import Agency, Delivery
    from green_freight.periods import Period


@dataclass(frozen=True)
class Kind:
    """One kind of failure: whether it may pass, what it is (a clause), and what to do (sentences without full stop)."""

    is_transient: bool
    meaning_zh: str
    meaning_en: str
    advice_zh: str
    advice_en: str


_WAIT_ZH = "下次运行会自动补取；若持续一天以上，请联系该单位"
_WAIT_EN = "The next run fetches it by itself; if the failure lasts longer than a day, call the agency"
_CALL_ZH = "重试无用：请把本条信息发给该单位的技术联系人，修复后重新运行该日"
_CALL_EN = "Retrying does not help: send this message to the agency's engineer, then run the day again"
_LOGIN_ZH = "请核对 Airflow 连接中的账号、口令或密钥"
_LOGIN_EN = "Check login, password and keys in the Airflow connection"

# fmt: off
KINDS: dict[str, Kind] = {
    "unreachable": Kind(True, "无法连接服务器", "the server cannot be reached", _WAIT_ZH, _WAIT_EN),
    "time_out": Kind(True, "服务器未在时限内响应", "the server did not respond in time", _WAIT_ZH, _WAIT_EN),
    "busy": Kind(True, "服务器繁忙", "the server is busy", _WAIT_ZH, _WAIT_EN),
    "server_error": Kind(True, "服务器内部错误", "the server had an internal error", _WAIT_ZH, _WAIT_EN),
    "answer_cut_off": Kind(True, "响应中途断开", "the response ended too early", _WAIT_ZH, _WAIT_EN),
    "paging_unstable": Kind(
        True, "翻页时数据一直在变化，未能取全", "the data kept changing while their pages were read", _WAIT_ZH, _WAIT_EN
    ),
    "truncated_file": Kind(
        True, "文件不完整，可能仍在上传", "the file is incomplete and may still be uploaded", _WAIT_ZH, _WAIT_EN
    ),
    "checksum_differs": Kind(
        True, "文件与校验文件不一致，可能仍在上传",
        "the file does not match its checksum file and may still be uploaded",
        "下次运行会自动补取；若次日仍不一致，请该单位重新投递文件及校验文件",
        "The next run fetches it by itself; if they still differ the next day, ask the agency to deliver both again",
    ),
    "landing_unwritable": Kind(
        True, "原样留存的存储无法写入", "the landing store cannot be written",
        "请检查磁盘空间、目录权限或对象存储的地址与凭据（GREEN_FREIGHT_LANDING_URL）",
        "Check disk space, permissions, or address and keys of the object store (GREEN_FREIGHT_LANDING_URL)",
    ),
    "login_refused": Kind(False, "服务器拒绝登录", "the server refused the login", _LOGIN_ZH, _LOGIN_EN),
    "token_refused": Kind(
        False, "令牌无效，更新后仍被拒绝", "the server refused the token, also after its renewal", _LOGIN_ZH, _LOGIN_EN
    ),
    "host_key_differs": Kind(
        False, "服务器主机密钥与登记的不一致，连接已中止，未发送任何内容",
        "the server's host key is not the registered one; the connection was closed and nothing was sent",
        "请先向该单位核实是否更换了服务器，确认后再更新连接中的 host_key",
        "Ask the agency whether it has a new server; only then change host_key in the connection",
    ),
    "connection_incomplete": Kind(
        False, "连接配置缺少必填项或填写有误", "a required entry of the connection is missing or wrong",
        "请在 Airflow 连接中补正该项", "Correct the entry in the Airflow connection",
    ),
    "signature_refused": Kind(
        False, "对方拒绝签名（4001）", "the agency refused the signature of the request (4001)", _LOGIN_ZH, _LOGIN_EN
    ),
    "signature_wrong": Kind(
        False, "响应的签名不正确，未予解密", "the signature of the response is wrong, so it was not decrypted",
        "请核对 sig_secret；若无误，响应可能被篡改，请立即联系供电公司",
        "Check sig_secret; if it is right, the response may be forged: call the power company at once",
    ),
    "decryption_failed": Kind(
        False, "响应无法解密", "the response cannot be decrypted",
        "请核对 data_secret 与 data_secret_iv", "Check data_secret and data_secret_iv",
    ),
    "request_refused": Kind(False, "对方拒绝该请求", "the agency refused the request", _CALL_ZH, _CALL_EN),
    "not_json": Kind(False, "响应不是合法的 JSON", "the response is not valid JSON", _CALL_ZH, _CALL_EN),
    "answer_unexpected": Kind(
        False, "响应结构与约定不符", "the response does not have the agreed structure", _CALL_ZH, _CALL_EN
    ),
    "unreadable_file": Kind(
        False, "文件不是约定的格式", "the file does not have the agreed format", _CALL_ZH, _CALL_EN
    ),
    "file_name_unreadable": Kind(
        False, "文件名中没有可识别的年月", "the file name has no recognisable year and month",
        "请该单位按“2025年9月”的写法重新命名该文件",
        "Ask the agency to rename the file, with year and month as in 2025-09",
    ),
    "register_shrunk": Kind(
        False, "登记中消失的记录过多，该清单未被采用，原有记录保留",
        "too many records are missing from the register; the listing was not used and the records stay",
        "请向该单位核实：若确已删除，请对该单位的所列月份运行 backfill_history；若属故障，恢复后夜间自动继续",
        "Ask the agency: if they are deleted indeed, run backfill_history of that agency for the months listed; if it "
        "was a fault, the next night continues once it is repaired",
    ),
    "folder_missing": Kind(False, "约定的目录不存在", "the agreed folder does not exist", _CALL_ZH, _CALL_EN),
    "unexpected": Kind(
        False, "程序出现未预料的错误", "the program met an unexpected error",
        "请把日志交给开发人员", "Give the log to the developers",
    ),
}
# fmt: on


class FetchError(Exception):
    """One failed step of a fetch, without agency and period: a code of KINDS and a technical detail.

    `detail` is what a protocol, file or library says (paths, numbers, quotations), the same in both languages unless
    `detail_zh` is given. `retry_after_seconds` is the wait that the server requested, or None.
    """

    def __init__(
        self,
        code: str,
        detail: str = "",
        retry_after_seconds: float | None = None,
        *,
        detail_zh: str | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.detail_zh = detail if detail_zh is None else detail_zh
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


class DeliveryError(Exception):
    """A delivery that was not fetched: both messages name agency, delivery and period, the reason, and what to do."""

    def __init__(self, agency: Agency, delivery: Delivery, period: Period, failure: FetchError) -> None:
        self.agency, self.delivery, self.period = agency.code, delivery.name, period.label
        self.failure = failure
        kind = failure.kind
        detail_zh = f"技术信息：{failure.detail_zh}。" if failure.detail else ""
        detail_en = f" Technical detail: {failure.detail}." if failure.detail else ""
        self.message_zh = (
            f"{agency.name_zh}（{agency.code}）的交付“{delivery.title_zh}”（{delivery.name}），"
            f"期次 {period}，取数失败：{kind.meaning_zh}。{detail_zh}已装载的数据保持不变。{kind.advice_zh}。"
        )
        self.message_en = (
            f"{agency.name_en} ({agency.code}): the delivery of {delivery.title_en} ({delivery.name}) for {period} was "
            f"not fetched, because {kind.meaning_en}.{detail_en} The loaded data stay as they are. {kind.advice_en}."
        )
        super().__init__(f"{self.message_zh}\n{self.message_en}")


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
    code = next((code for kinds, code in _codes() if isinstance(error, kinds)), "unexpected")
    return FetchError(code, f"{type(error).__name__}: {error}".rstrip(": "))


def status_error(status: int, detail: str, retry_after: str | None = None) -> FetchError:
    """Return the failure that an HTTP status ≥ 400 stands for (RFC 9110; 429: RFC 6585).

    `retry_after` is the header's text; only seconds are honoured, a date is not.
    """
    wait = float(retry_after) if retry_after and retry_after.isdigit() else None
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
