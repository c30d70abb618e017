"""Secrets are taken out of messages in every form in which others quote them, and nothing else is."""

from __future__ import annotations

import base64
import json
import logging
from urllib.parse import quote, quote_plus

import pytest
from green_freight import redaction
from green_freight.protocols.retry_policy import RetryPolicy
from green_freight.redaction import redacted
from green_freight.reporting import alerts

SECRETS = [
    "pw7/Xk:2@v#L 4%Zr",
    "to'k7\"h\\Q2",
    "秘密口令七八九",
    "line7one9x\nline8two0y\n",
    "ends7with0it\r\n",
]


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_remembered", set())
    monkeypatch.setattr(redaction, "_pattern", None)


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_goes_in_every_form(secret: str) -> None:
    redaction.remember(secret)
    encoded = base64.b64encode(secret.strip().encode()).decode()
    shown = [
        secret, secret.strip(), repr(secret), repr(secret.encode()), json.dumps(secret), quote(secret),
        quote_plus(secret), quote(secret, safe="").lower(), encoded, encoded.rstrip("="), secret.strip().upper(),
        json.dumps(secret, ensure_ascii=False), json.dumps(secret)[1:-1],
    ]  # fmt: skip
    for form in shown:
        text = redacted(f"before <{form}> after")
        assert text.startswith("before <") and text.endswith("> after")
        for part in (secret.strip(), *secret.split("\n")):
            assert not part or part.casefold() not in text.casefold(), form
        assert len(text) <= len("before <> after") + 2 * len("***") + len(r"b''\r\n=%0A"), (form, text)


@pytest.mark.parametrize(
    ("text", "without"),
    [
        (
            "connect to postgresql://reader:se/cr@et@db:5432/x failed",
            "connect to postgresql://reader:***@db:5432/x failed",
        ),
        ("https://a:b@host and more", "https://a:***@host and more"),
        ("Authorization: Bearer abc.def-123", "Authorization: Bearer ***"),
        ("'authorization': 'basic dXNlcjpwdw=='", "'authorization': 'basic ***'"),
        ("POST https://robot/send?key=693a91f6&x=1", "POST https://robot/send?key=***&x=1"),
        # Nothing secret: addresses, times, keys of rows, words.
        (
            "http://host:8080/path 2025-09-30T02:00:00 primary key=1",
            "http://host:8080/path 2025-09-30T02:00:00 primary key=1",
        ),
        (
            "password (bearer token) is missing; basic data; a@b.cn",
            "password (bearer token) is missing; basic data; a@b.cn",
        ),
    ],
)
def test_what_stands_where_secrets_stand_goes_unremembered(text: str, without: str) -> None:
    assert redacted(text) == without


def test_a_short_word_is_no_secret() -> None:
    redaction.remember("", None, "a", "pass", "12")
    assert redacted("password 12 of a") == "password 12 of a"


def test_names_tell_which_entries_are_secret() -> None:
    redaction.remember_named(
        {
            "data_secret": "ds7hQ2vX9k", "api_key": "ak7hQ2vX9k", "host_key": "ssh-ed25519 AAAAC3Nz",
            "version": "v1long", "operator_id": "MA000000001", "proxy": "http://me:px7hQ2vX@10.0.0.1:8080",
        }
    )  # fmt: skip
    text = "ds7hQ2vX9k ak7hQ2vX9k px7hQ2vX ssh-ed25519 AAAAC3Nz v1long MA000000001 10.0.0.1:8080"
    assert redacted(text) == "*** *** *** ssh-ed25519 AAAAC3Nz v1long MA000000001 10.0.0.1:8080"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/send?key=rb7hQ2vX9kLm4Zr8", "http://127.0.0.1:x/?key=rb7hQ2vX9kLm4Zr8"]
)
def test_an_alert_that_cannot_be_sent_does_not_show_the_robots_key(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("GREEN_FREIGHT_ALERT_URL", url)
    alerts.send(f"late: {url}", policy=RetryPolicy(attempts=1))
    assert "did not accept the alert" in caplog.text
    assert "rb7hQ2vX9kLm4Zr8" not in caplog.text
