"""The one place that classifies failures: complete, in two languages, with the action to take."""

from __future__ import annotations

import re

import httpx
import paramiko
import pytest
from green_freight.agencies import AGENCIES
from green_freight.agencies.connectors import Reachability
from green_freight.errors import (
    KINDS,
    AgencyUnavailableError,
    BrokenDeliveryError,
    DeliveryError,
    FetchError,
    PermanentError,
    delivery_error,
    fetch_error,
    status_error,
)
from green_freight.periods import Period
from green_freight.protocols.retry_policy import RetryPolicy

CHINESE = re.compile("[\u4e00-\u9fff]")


def _error(failure: FetchError) -> DeliveryError:
    postal = AGENCIES["postal"]
    return delivery_error(postal, postal.delivery("tricycles"), Period("2025-09"), failure)


@pytest.mark.parametrize("code", KINDS)
def test_every_failure_says_in_two_languages_what_it_is_and_what_to_do(code: str) -> None:
    zh, en = str(_error(FetchError(code, "the detail"))).splitlines()
    assert zh.startswith(
        "市邮政管理局（postal）的交付“快递电动三轮车”（tricycles），期次 2025-09，取数失败："
    )
    assert en.startswith("Postal administration (postal): the delivery of ")
    assert "2025-09" in en
    for line, kind in ((zh, KINDS[code].advice_zh), (en, KINDS[code].advice_en)):
        assert "the detail" in line
        assert kind in line
    assert CHINESE.search(KINDS[code].meaning_zh)
    assert not CHINESE.search(KINDS[code].meaning_en + KINDS[code].advice_en)


@pytest.mark.parametrize("code", KINDS)
def test_only_what_can_pass_is_an_unavailable_agency(code: str) -> None:
    error = _error(FetchError(code))
    assert isinstance(error, AgencyUnavailableError) == KINDS[code].is_transient
    assert (
        isinstance(error, BrokenDeliveryError)
        == isinstance(error, PermanentError)
        != KINDS[code].is_transient
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (httpx.PoolTimeout("late"), "time_out"),
        (httpx.ConnectError("refused"), "unreachable"),
        (httpx.RemoteProtocolError("closed"), "answer_cut_off"),
        (httpx.DecodingError("no gzip"), "answer_unexpected"),
        (paramiko.AuthenticationException(), "login_refused"),
        (paramiko.ssh_exception.NoValidConnectionsError({("h", 22): OSError()}), "unreachable"),
        (paramiko.SSHException("banner"), "answer_cut_off"),
        (EOFError(), "answer_cut_off"),
        (ConnectionResetError(), "unreachable"),
        (TimeoutError(), "time_out"),
        (PermissionError(), "request_refused"),
        (ZeroDivisionError(), "unexpected"),
        (FetchError("busy"), "busy"),
    ],
)
def test_exceptions_of_libraries_are_classified(error: Exception, code: str) -> None:
    assert fetch_error(error).code == code


def test_a_server_may_say_when_to_come_again() -> None:
    assert status_error(503, "", "7").retry_after_seconds == 7
    assert status_error(429, "", "Wed, 01 Oct 2025 02:00:00 GMT").retry_after_seconds is None


def test_an_agency_that_responds_again_gets_all_attempts_again() -> None:
    ways, policy = Reachability(), RetryPolicy(attempts=5)
    ways.failed("postal", FetchError("time_out"))
    assert ways.policy("postal", policy).attempts == 1
    assert ways.policy("power", policy).attempts == 5
    ways.responded("postal")
    assert ways.policy("postal", policy).attempts == 5


def test_broken_deliveries_close_no_way_and_refused_logins_do_at_once() -> None:
    ways = Reachability()
    for _ in range(9):
        ways.failed("power", FetchError("not_json"))
    assert ways.refusal("power") is None
    ways.failed("power_files", FetchError("login_refused", "wrong password"))
    refusal = ways.refusal("power_files")
    assert refusal is not None
    assert refusal.code == "login_refused"
    assert ways.refusal("power") is None
