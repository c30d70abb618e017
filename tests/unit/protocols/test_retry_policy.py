"""Retries: only what can pass, counted, and within the limits that the connection sets."""

from __future__ import annotations

import pytest
from green_freight.errors import FetchError
from green_freight.protocols.retry_policy import Retries, RetryPolicy

QUICK = RetryPolicy(attempts=3, first_wait_seconds=0, longest_wait_seconds=0)


class _Service:
    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.asked = 0

    def ask(self) -> str:
        self.asked += 1
        if self.failures:
            raise self.failures.pop(0)
        return "answer"


def test_what_can_pass_is_asked_again_and_counted() -> None:
    service, retries = _Service(FetchError("busy"), TimeoutError("late")), Retries(QUICK)
    assert retries.call(service.ask) == "answer"
    assert (service.asked, retries.attempts) == (3, 3)


def test_retries_of_all_requests_of_a_delivery_add_up() -> None:
    retries = Retries(QUICK)
    for failures in ([FetchError("busy")], [], [FetchError("server_error")]):
        retries.call(_Service(*failures).ask)
    assert retries.attempts == 3


def test_attempts_end_with_the_last_failure() -> None:
    service, retries = _Service(*(FetchError("busy", str(n)) for n in range(9))), Retries(QUICK)
    with pytest.raises(FetchError, match="busy: 2"):
        retries.call(service.ask)
    assert (service.asked, retries.attempts) == (3, 3)


@pytest.mark.parametrize("code", ["login_refused", "request_refused", "signature_wrong", "not_json"])
def test_what_cannot_pass_is_not_asked_again(code: str) -> None:
    service, retries = _Service(FetchError(code)), Retries(QUICK)
    with pytest.raises(FetchError, match=code):
        retries.call(service.ask)
    assert (service.asked, retries.attempts) == (1, 1)


def test_an_error_of_our_own_is_not_asked_again() -> None:
    service, retries = _Service(KeyError("ours")), Retries(QUICK)
    with pytest.raises(FetchError, match="unexpected"):
        retries.call(service.ask)
    assert service.asked == 1


def test_the_server_may_ask_for_a_longer_wait_within_our_limit() -> None:
    waits: list[float] = []
    policy = RetryPolicy(attempts=4, first_wait_seconds=0.001, longest_wait_seconds=0.02)
    retries = Retries(policy)
    wait = retries._wait
    retries._wait = lambda state: waits.append(wait(state)) or waits[-1]  # type: ignore[func-returns-value,method-assign]
    retries.call(
        _Service(FetchError("busy"), FetchError("busy", "", 0.01), FetchError("busy", "", 3600.0)).ask
    )
    assert waits == [0.001, 0.01, 0.02]


def test_a_connection_sets_the_retry_policy() -> None:
    assert RetryPolicy.of({"attempts": "7", "answer_seconds": "0.5"}) == RetryPolicy(
        attempts=7, answer_seconds=0.5
    )
    with pytest.raises(FetchError, match="connection_incomplete"):
        RetryPolicy.of({"attempts": "often"})
