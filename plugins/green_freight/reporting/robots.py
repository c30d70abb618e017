"""Group robots of WeCom, DingTalk and Feishu: what each is sent, how it is signed, and what its response means.

A robot's address is its webhook; a signing secret stands after `#`, which no request carries. The kind follows from the
host, or stands in front where a network has a host of its own for it: `feishu+https://proxy.example/hook/…#secret`.
An address of no known kind gets what WeCom and DingTalk take, and any successful response without an error code counts.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from tenacity import Retrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_exponential

from green_freight.messages import message, printable
from green_freight.protocols.retry_policy import RetryPolicy
from green_freight.redaction import redacted, remember_url

NAMES = {
    "wecom": "企业微信 WeCom",
    "dingtalk": "钉钉 DingTalk",
    "feishu": "飞书 Feishu",
    "webhook": "webhook",
}
_KINDS = {
    "qyapi.weixin.qq.com": "wecom",
    "oapi.dingtalk.com": "dingtalk",
    "open.feishu.cn": "feishu",
    "open.larksuite.com": "feishu",
}
# Where a response says whether the message was accepted; 0 means that it was.
_CODES = ("errcode", "code", "StatusCode")
_TEXTS = ("errmsg", "msg", "StatusMessage")
# WeCom refuses a longer text, the others take ten times as much.
_LONGEST_BYTES = 2048
_POLICY = RetryPolicy(answer_seconds=30.0)


class _WithoutSecrets(logging.Filter):
    """Takes secrets out of a library's own log, which has the whole address of every request."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redacted(record.getMessage()), ()
        return True


# On the loggers themselves: a level would last until somebody configures logging again.
for _library in ("httpx", "httpcore"):
    logging.getLogger(_library).addFilter(_WithoutSecrets())


class NotAcceptedError(RuntimeError):
    """A robot did not accept a message; the text says what it responded, without the robot's address."""

    def __init__(self, reason: str, *, is_transient: bool = True) -> None:
        super().__init__(reason)
        self.is_transient = is_transient


@dataclass(frozen=True)
class Robot:
    """One robot: `url` and `secret` are secret."""

    kind: str
    url: str
    secret: str

    @classmethod
    def of(cls, address: str) -> Robot:
        """Return the robot of an address as the setting has it."""
        remember_url(address)
        url, _, secret = address.partition("#")
        kind, plus, plain = url.partition("+")
        if plus and kind in NAMES:
            return cls(kind, plain, secret)
        return cls(_KINDS.get(_host(url), "webhook"), url, secret)

    @property
    def name(self) -> str:
        """Return the robot's kind and host for messages."""
        return f"{NAMES[self.kind]} ({_host(self.url) or '?'})"

    def send(self, text: str, policy: RetryPolicy = _POLICY) -> None:
        """Send a message, again by the retry policy; NotAcceptedError where the robot did not accept it in the end."""
        retrying = Retrying(
            stop=stop_after_attempt(policy.attempts),
            wait=wait_exponential(policy.first_wait_seconds, max=policy.longest_wait_seconds),
            retry=retry_if_exception(
                lambda error: isinstance(error, NotAcceptedError) and error.is_transient
            ),
            reraise=True,
        )
        retrying(self._send_once, text, policy)

    def _send_once(self, text: str, policy: RetryPolicy) -> None:
        timeout = httpx.Timeout(policy.answer_seconds, connect=policy.connect_seconds)
        url, body = self._request(text, time.time())
        try:
            response = httpx.post(url, json=body, timeout=timeout)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            is_transient = isinstance(error, httpx.TransportError) and not isinstance(
                error, httpx.UnsupportedProtocol
            )
            raise NotAcceptedError(type(error).__name__, is_transient=is_transient) from None
        if refusal := self._refusal(response):
            raise NotAcceptedError(redacted(refusal))

    def _request(self, text: str, now: float) -> tuple[str, dict[str, Any]]:
        """Return address and body of a request at an instant, signed where the robot has a secret."""
        text = text.encode()[:_LONGEST_BYTES].decode(errors="ignore")
        if self.kind == "feishu":
            signed = {}
            if self.secret:
                signed = {"timestamp": f"{now:.0f}", "sign": _signature(f"{now:.0f}\n{self.secret}", "")}
            return self.url, {**signed, "msg_type": "text", "content": {"text": text}}
        url = self.url
        if self.kind == "dingtalk" and self.secret:
            moment = f"{now * 1000:.0f}"
            sign = _signature(self.secret, f"{moment}\n{self.secret}")
            url += f"{'&' if '?' in url else '?'}{urlencode({'timestamp': moment, 'sign': sign})}"
        return url, {"msgtype": "text", "text": {"content": text}}

    def _refusal(self, response: httpx.Response) -> str | None:
        """Return what a response says against the message, None where it was accepted."""
        try:
            content = response.json()
        except (json.JSONDecodeError, UnicodeDecodeError):
            content = None
        fields: Mapping[str, Any] = content if isinstance(content, dict) else {}
        codes = [fields[name] for name in _CODES if name in fields]
        if any(str(code) != "0" for code in codes):
            texts = [str(fields[name]) for name in _TEXTS if name in fields]
            return printable(f"{codes[0]} {' '.join(texts)}".strip(), 200)
        if not response.is_success:
            return f"HTTP {response.status_code}"
        if not codes and self.kind != "webhook":
            # Not the robot: a portal or a proxy that responds to everything.
            return message("robot_without_code", status=response.status_code)
        return None


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _signature(key: str, signed: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest()).decode()
