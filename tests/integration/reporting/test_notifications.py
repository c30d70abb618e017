"""Robots and mail over real servers: what each kind gets, what counts as accepted, and that no secret is logged."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import time
from typing import Any

import pytest
from green_freight.protocols.retry_policy import RetryPolicy
from green_freight.redaction import redacted
from green_freight.reporting import alerts
from green_freight.reporting.robots import Robot

from tests.integration.reporting.servers import MailServer, Response, RobotServer

AT_ONCE = RetryPolicy(first_wait_seconds=0)
KEY = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
SECRET = "SEC7f3a9c2e41d84b6f"
PATHS = {
    "wecom": f"/cgi-bin/webhook/send?key={KEY}",
    "dingtalk": f"/robot/send?access_token={KEY}",
    "feishu": f"/open-apis/bot/v2/hook/{KEY}",
}
ACCEPTED = {
    "wecom": {"errcode": 0, "errmsg": "ok"},
    "dingtalk": {"errcode": 0, "errmsg": "ok"},
    "feishu": {"code": 0, "msg": "success", "data": {}},
}
REFUSED = {
    "wecom": {"errcode": 93000, "errmsg": "invalid webhook url"},
    "dingtalk": {"errcode": 310000, "errmsg": "sign not match"},
    "feishu": {"code": 19021, "msg": "sign match fail or timestamp is not within one hour"},
}
KINDS = sorted(PATHS)


def address(kind: str, server: RobotServer, secret: str = "") -> str:
    return f"{kind}+{server.address}{PATHS[kind]}{'#' + secret if secret else ''}"


def send(monkeypatch: pytest.MonkeyPatch, *addresses: str, text: str = "告警 alert") -> list[str]:
    monkeypatch.setenv("GREEN_FREIGHT_ALERT_URL", " ".join(addresses))
    return alerts.send(text, policy=AT_ONCE)


@pytest.mark.parametrize("kind", KINDS)
def test_each_robot_gets_the_form_that_it_takes(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    with RobotServer(Response(200, ACCEPTED[kind])) as server:
        assert send(monkeypatch, address(kind, server)) == []
    forms = {"msgtype": "text", "text": {"content": "告警 alert"}}
    feishu = {"msg_type": "text", "content": {"text": "告警 alert"}}
    assert server.messages == [feishu if kind == "feishu" else forms]


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k", "wecom"),
        ("https://oapi.dingtalk.com/robot/send?access_token=k", "dingtalk"),
        ("https://open.feishu.cn/open-apis/bot/v2/hook/k", "feishu"),
        ("https://open.larksuite.com/open-apis/bot/v2/hook/k", "feishu"),
        ("dingtalk+http://10.0.0.1/robot/send?access_token=k#s", "dingtalk"),
        ("https://example.gov.cn/hook", "webhook"),
    ],
)
def test_the_kind_follows_from_the_address(url: str, kind: str) -> None:
    assert Robot.of(url).kind == kind


def test_dingtalk_and_feishu_are_signed_with_the_secret_which_is_not_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with (
        RobotServer(Response(200, {"errcode": 0})) as ding,
        RobotServer(Response(200, {"code": 0})) as feishu,
    ):
        assert send(monkeypatch, address("dingtalk", ding, SECRET), address("feishu", feishu, SECRET)) == []
    [query] = ding.queries
    [moment] = query["timestamp"]
    digest = hmac.new(SECRET.encode(), f"{moment}\n{SECRET}".encode(), hashlib.sha256).digest()
    assert query["sign"] == [base64.b64encode(digest).decode()]
    assert abs(int(moment) / 1000 - time.time()) < 60
    assert query["access_token"] == [KEY]
    [body] = feishu.messages
    digest = hmac.new(f"{body['timestamp']}\n{SECRET}".encode(), b"", hashlib.sha256).digest()
    assert body["sign"] == base64.b64encode(digest).decode()
    assert SECRET not in f"{ding.messages} {ding.queries} {feishu.messages} {feishu.queries}"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [200, 400])
def test_an_error_code_means_that_the_message_was_not_accepted(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, kind: str, status: int
) -> None:
    with RobotServer(Response(status, REFUSED[kind])) as server:
        [failed] = send(monkeypatch, address(kind, server))
    assert len(server.messages) == AT_ONCE.attempts
    assert "127.0.0.1" in failed
    [code, text] = REFUSED[kind].values()
    assert f"{failed} 未接收该告警（{code} {text}）" in caplog.text
    assert f"{failed} did not accept the alert ({code} {text})" in caplog.text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "bad",
    [
        Response(200, {"errcode": -1, "errmsg": "system busy"}),
        Response(200, {"code": 9499, "msg": "too many requests"}),
        Response(200, {"StatusCode": 1, "StatusMessage": "busy"}),
        Response(503),
        Response(200, "<html>请登录 log in</html>"),
        Response(200, {"status": "received"}),
        Response(200, [1]),
    ],
    ids=["errcode", "code", "StatusCode", "http", "portal", "other_json", "no_object"],
)
def test_what_was_not_accepted_is_sent_again(
    monkeypatch: pytest.MonkeyPatch, kind: str, bad: Response
) -> None:
    with RobotServer(bad, bad, Response(200, ACCEPTED[kind])) as server:
        assert send(monkeypatch, address(kind, server)) == []
    assert len(server.messages) == 3


@pytest.mark.parametrize(("content", "is_accepted"), [(None, True), ("ok", True), ({"code": 7}, False)])
def test_a_webhook_of_no_known_kind_accepts_unless_it_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, content: Any, is_accepted: bool
) -> None:
    with RobotServer(Response(200, content)) as server:
        assert (send(monkeypatch, f"{server.address}/any") == []) is is_accepted


def test_a_robot_that_fails_keeps_the_message_from_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with RobotServer(Response(200, {"code": 0})) as well, RobotServer(Response(500)) as ill:
        failed = send(
            monkeypatch,
            address("wecom", ill),
            f"dingtalk+http://127.0.0.1:1{PATHS['dingtalk']}",
            "https://[not-an-address/hook",
            address("feishu", well),
        )
    assert len(failed) == 3
    assert len(well.messages) == 1
    assert "ALERT 告警: 告警 alert" in caplog.text
    assert "HTTP 500" in caplog.text
    assert "ConnectError" in caplog.text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "response", [Response(200, {"errcode": 0, "code": 0}), Response(404)], ids=["sent", "refused"]
)
def test_no_log_holds_a_robots_key_or_secret(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, kind: str, response: Response
) -> None:
    # As Airflow configures logging in a task: every library from DEBUG on.
    caplog.set_level(logging.DEBUG)
    for library in ("httpx", "httpcore"):
        monkeypatch.setattr(logging.getLogger(library), "level", logging.NOTSET)
    with RobotServer(response) as server:
        send(monkeypatch, address(kind, server, SECRET), text=f"late: {address(kind, server, SECRET)}")
    assert "HTTP Request: POST" in caplog.text
    assert KEY not in caplog.text
    assert SECRET not in caplog.text


def test_a_robot_that_repeats_its_address_is_quoted_without_the_key(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with RobotServer(Response(200, {"errcode": 1, "errmsg": f"invalid access_token {KEY}"})) as server:
        send(monkeypatch, address("dingtalk", server))
    assert "invalid access_token ***" in caplog.text
    assert KEY not in caplog.text


def test_a_key_that_nobody_remembered_is_redacted_by_its_place() -> None:
    assert redacted("https://open.feishu.cn/open-apis/bot/v2/hook/11111111-2222-aaaa") == (
        "https://open.feishu.cn/open-apis/bot/v2/hook/***"
    )


def test_a_long_text_is_cut_for_wecom_within_a_character(monkeypatch: pytest.MonkeyPatch) -> None:
    with RobotServer(Response(200, ACCEPTED["wecom"])) as server:
        assert send(monkeypatch, address("wecom", server), text="告" * 1000) == []
    [message] = server.messages
    assert message["text"]["content"] == "告" * (2048 // 3)


def mail_to(monkeypatch: pytest.MonkeyPatch, port: int, **extra: Any) -> alerts.Mail:
    """Return what sends by Airflow's notifier, which every worker would import at its start if the module did."""
    from green_freight import airflow_mail

    connection = {
        "conn_type": "smtp", "host": "127.0.0.1", "port": port,
        "extra": {"from_email": "alerts@example.org", "disable_ssl": True, "disable_tls": True, "first_wait_seconds": 0}
        | extra,
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(connection))
    monkeypatch.setenv("GREEN_FREIGHT_ALERT_MAIL_TO", "duty@example.org, head@example.org")
    mail = airflow_mail.mail()
    assert mail
    return mail


def test_mail_goes_to_every_address_by_airflows_notifier(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GREEN_FREIGHT_ALERT_URL", raising=False)
    with MailServer() as server:
        text = "未发布 <2025-09-30> {{ ti }} / nothing is published\nsecond line"
        assert alerts.send(text, mail_to(monkeypatch, server.port)) == []
    [mail] = server.received
    assert server.recipients == ["duty@example.org", "head@example.org"]
    assert (mail["From"], mail["Subject"]) == ("alerts@example.org", "未发布 <2025-09-30> {{ ti }}")
    body = mail.get_body()
    assert body
    assert "未发布 &lt;2025-09-30&gt; {{ ti }} / nothing is published<br>" in body.get_content()
    assert "second line" in body.get_content()


SOON = {"answer_seconds": 0.5}
BUSY, REFUSED_FOR_GOOD, ACCEPTS = b"451 try later\r\n", b"554 refused by policy\r\n", b"250 accepted\r\n"


@pytest.mark.parametrize(
    ("command", "passing", "good"),
    [
        (b"DATA", BUSY, ACCEPTS),
        (b"RCPT TO", b"450 greylisted\r\n", ACCEPTS),
        (b"MAIL", b"421 too many sessions\r\n", ACCEPTS),
        (b"CONNECT", b"421 starting\r\n", b"220 ready\r\n"),
        (b"CONNECT", b"", b"220 ready\r\n"),
        (b"DATA", b"", ACCEPTS),
    ],
    ids=["content", "recipient", "sender", "greeting", "silent", "silent_after_the_content"],
)
def test_mail_that_may_pass_later_is_sent_again(
    monkeypatch: pytest.MonkeyPatch, command: bytes, passing: bytes, good: bytes
) -> None:
    monkeypatch.delenv("GREEN_FREIGHT_ALERT_URL", raising=False)
    # Two of each: one for each recipient, or for each of two attempts.
    with MailServer(passing, passing, good, command=command) as server:
        mail = mail_to(monkeypatch, server.port, **(SOON if not passing else {}))
        assert alerts.send("late", mail) == []
    assert server.attempts == (4 if command == b"RCPT TO" else 3)
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("command", "response", "attempts"),
    [
        (b"DATA", REFUSED_FOR_GOOD, 1),
        (b"RCPT TO", b"550 no such mailbox\r\n", 2),
        (b"CONNECT", b"554 no service here\r\n", 1),
        (b"DATA", BUSY, 4),
        (b"CONNECT", b"", 4),
        (None, b"", 0),
    ],
    ids=["content", "both_recipients", "greeting", "busy", "silent", "gone"],
)
def test_mail_that_is_not_accepted_is_reported(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    command: bytes | None,
    response: bytes,
    attempts: int,
) -> None:
    monkeypatch.delenv("GREEN_FREIGHT_ALERT_URL", raising=False)
    with MailServer(response, command=command or b"DATA") as server:
        mail = mail_to(monkeypatch, server.port if command else 1, **(SOON if not response else {}))
        assert alerts.send("late", mail) == ["SMTP"]
    assert (server.received, server.attempts) == ([], attempts)
    assert "SMTP 未接收该告警" in caplog.text
    assert "ALERT 告警: late" in caplog.text


def test_nobody_gets_mail_where_no_address_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    from green_freight import airflow_mail

    monkeypatch.delenv("GREEN_FREIGHT_ALERT_MAIL_TO", raising=False)
    assert airflow_mail.mail() is None
