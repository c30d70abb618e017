"""What can go wrong between us and an agency, and what can pass: the one place that decides it.

Clients raise `FetchError` with one of the codes of `KINDS`; exceptions of the libraries below them become one in
`fetch_error`. The kind says whether waiting can help (only then it is retried) and what an operator should do.
`DeliveryError` adds who, what and when, and is what reaches the DAG.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass

import httpx
import paramiko


@dataclass(frozen=True)
class Kind:
    """One kind of failure: can it pass by itself, what is it, what should one do (Chinese and English)."""

    is_transient: bool
    meaning_zh: str
    meaning_en: str
    advice_zh: str
    advice_en: str


_WAIT_ZH = "下次运行会自动补取；若持续一天以上，请联系该单位"
_WAIT_EN = "the next run asks again by itself; if it lasts longer than a day, call the agency"
_CALL_ZH = "重试无用：请把本条信息发给该单位的技术联系人，修复后重新运行该日"
_CALL_EN = "trying again does not help: send this message to the agency's engineer, then run the day again"
_LOGIN_ZH = "请核对 Airflow 连接中的账号、口令或密钥"
_LOGIN_EN = "check login, password and keys in the Airflow connection"

KINDS: dict[str, Kind] = {
    "unreachable": Kind(True, "连接不上服务器", "the server cannot be reached", _WAIT_ZH, _WAIT_EN),
    "time_out": Kind(True, "服务器未在时限内应答", "the server did not answer in time", _WAIT_ZH, _WAIT_EN),
    "busy": Kind(True, "服务器繁忙", "the server is busy", _WAIT_ZH, _WAIT_EN),
    "server_error": Kind(True, "服务器内部错误", "the server failed inside", _WAIT_ZH, _WAIT_EN),
    "answer_cut_off": Kind(True, "应答中途断开", "the answer broke off half-way", _WAIT_ZH, _WAIT_EN),
    "paging_unstable": Kind(
        True,
        "翻页时数据一直在变化，未能取全",
        "the pages kept changing while they were read",
        _WAIT_ZH,
        _WAIT_EN,
    ),
    "truncated_file": Kind(
        True,
        "文件不完整，可能仍在上传",
        "the file is not whole, it may still be being written",
        _WAIT_ZH,
        _WAIT_EN,
    ),
    "checksum_differs": Kind(
        True,
        "文件与校验文件不一致，可能仍在上传",
        "the file and its checksum disagree, it may still be being written",
        "下次运行会自动补取；若次日仍不一致，请该单位重新投递文件及校验文件",
        "the next run asks again; if they still disagree the next day, ask the agency to deliver both again",
    ),
    "landing_unwritable": Kind(
        True,
        "落地存储写不进去",
        "the landing store cannot be written",
        "请检查磁盘空间、目录权限或对象存储的地址与凭据 (GREEN_FREIGHT_LANDING_URL)",
        "check disk space, permissions or the object store's address and keys (GREEN_FREIGHT_LANDING_URL)",
    ),
    "login_refused": Kind(False, "服务器拒绝登录", "the server refused our login", _LOGIN_ZH, _LOGIN_EN),
    "token_refused": Kind(
        False,
        "令牌无效，更新后仍被拒绝",
        "the token was refused, also after its renewal",
        _LOGIN_ZH,
        _LOGIN_EN,
    ),
    "host_key_differs": Kind(
        False,
        "服务器主机密钥与登记的不一致，已中止",
        "the server's host key is not the one we know; nothing was sent",
        "请先向该单位核实是否更换了服务器，确认后再更新连接中的 host_key",
        "ask the agency whether it has a new server; only then change host_key in the connection",
    ),
    "connection_incomplete": Kind(
        False,
        "连接配置缺少必填项",
        "the connection lacks a required entry",
        "请在 Airflow 连接中补上该项",
        "add the entry to the Airflow connection",
    ),
    "signature_refused": Kind(
        False, "对方拒绝我方签名 (4001)", "the agency refused our signature (4001)", _LOGIN_ZH, _LOGIN_EN
    ),
    "signature_wrong": Kind(
        False,
        "应答的签名不正确，未解密",
        "the answer's signature is wrong; it was not decrypted",
        "请核对 sig_secret；若无误，应答可能被篡改，请立即联系电力公司",
        "check sig_secret; if it is right the answer may be tampered with: call the power company",
    ),
    "decryption_failed": Kind(
        False,
        "应答无法解密",
        "the answer cannot be decrypted",
        "请核对 data_secret 与 data_secret_iv",
        "check data_secret and data_secret_iv",
    ),
    "request_refused": Kind(False, "对方拒绝该请求", "the agency refused the request", _CALL_ZH, _CALL_EN),
    "not_json": Kind(False, "应答不是合法的 JSON", "the answer is not valid JSON", _CALL_ZH, _CALL_EN),
    "answer_unexpected": Kind(
        False, "应答结构与约定不符", "the answer is not of the agreed shape", _CALL_ZH, _CALL_EN
    ),
    "unreadable_file": Kind(
        False, "文件不是约定的格式", "the file is not of the agreed format", _CALL_ZH, _CALL_EN
    ),
    "file_name_unreadable": Kind(
        False,
        "文件名中看不出年月",
        "the file's name tells no year and month",
        "请该单位按“2025年9月”的写法重新命名该文件",
        "ask the agency to rename the file, for example with 2025年9月",
    ),
    "register_shrunk": Kind(
        False,
        "登记中消失的记录过多，未予采信，原有记录保留",
        "a register lists so many records no more that it was not believed; the records stay",
        "请向该单位核实：若确已删除，请对该单位的所列月份运行 backfill_history；若属故障，恢复后夜间自动继续",
        "ask the agency: if they are deleted indeed, run backfill_history of that agency for the months listed; if it "
        "was a fault, the next night goes on once it is mended",
    ),
    "folder_missing": Kind(False, "约定的目录不存在", "the agreed folder does not exist", _CALL_ZH, _CALL_EN),
    "unexpected": Kind(
        False,
        "程序未预料到的错误",
        "an error the program does not know",
        "请把日志交给开发人员",
        "give the log to the developers",
    ),
}


class FetchError(Exception):
    """One failed step, without the context of agency and period: a code of KINDS and a short detail.

    `retry_after_seconds` is the wait that the server asked for, or None.
    """

    def __init__(self, code: str, detail: str = "", retry_after_seconds: float | None = None) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.kind = KINDS[code]
        self.retry_after_seconds = retry_after_seconds

    @property
    def is_transient(self) -> bool:
        """Tell whether waiting can help."""
        return self.kind.is_transient


class DeliveryError(Exception):
    """A delivery that did not arrive: names agency, delivery and period, says in two languages what to do."""

    def __init__(self, agency_zh: str, agency: str, delivery: str, period: str, failure: FetchError) -> None:
        self.agency, self.delivery, self.period, self.failure = agency, delivery, period, failure
        kind, what = failure.kind, f"{delivery} {period}"
        detail_zh = f"（{failure.detail}）" if failure.detail else ""
        detail_en = f" ({failure.detail})" if failure.detail else ""
        self.message_zh = f"{agency_zh} {what}：{kind.meaning_zh}{detail_zh}。{kind.advice_zh}。"
        self.message_en = f"{agency} {what}: {kind.meaning_en}{detail_en}; {kind.advice_en}."
        super().__init__(f"{self.message_zh}\n{self.message_en}")


class PermanentError(Exception):
    """Doing the same again does not help, whoever raises it: a scheduler need not retry."""


class AgencyUnavailableError(DeliveryError):
    """Transient: the agency could not deliver now, asking later can help."""


class BrokenDeliveryError(DeliveryError, PermanentError):
    """Permanent: what the agency answered (or our settings) is wrong, asking again does not help."""


def delivery_error(
    agency_zh: str, agency: str, delivery: str, period: str, failure: FetchError
) -> DeliveryError:
    """Return the exception for a failure: AgencyUnavailableError where it can pass, else BrokenDeliveryError."""
    error = AgencyUnavailableError if failure.is_transient else BrokenDeliveryError
    return error(agency_zh, agency, delivery, period, failure)


def fetch_error(error: Exception) -> FetchError:
    """Return the failure that an exception of ours, httpx, paramiko or the operating system stands for."""
    if isinstance(error, FetchError):
        return error
    detail = f"{type(error).__name__}: {error}".rstrip(": ")
    return FetchError(_code_of(error), detail)


def status_error(status: int, detail: str, retry_after: str | None = None) -> FetchError:
    """Return the failure that an HTTP status ≥ 400 stands for (RFC 9110; 429: RFC 6585).

    `retry_after` is the header's text; only seconds are honoured, a date is not.
    """
    wait = float(retry_after) if retry_after and retry_after.isdigit() else None
    if status in (401, 403):
        return FetchError("login_refused", detail)
    if status in (429, 503):
        return FetchError("busy", detail, wait)
    if status == 408 or status == 504:
        return FetchError("time_out", detail, wait)
    return FetchError("server_error" if status >= 500 else "request_refused", detail, wait)


# The order matters: subclasses stand before their bases.
_CODES: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
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


def _code_of(error: Exception) -> str:
    for kinds, code in _CODES:
        if isinstance(error, kinds):
            return code
    return "unexpected"
