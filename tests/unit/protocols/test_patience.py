"""Retries: only what can pass, counted, and within the limits that the connection sets."""

from __future__ import annotations

import pytest
from green_freight.errors import Failure
from green_freight.protocols.patience import Effort, Patience

QUICK = Patience(attempts=3, first_wait_seconds=0, longest_wait_seconds=0)


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
    service, effort = _Service(Failure("busy"), TimeoutError("late")), Effort(QUICK)
    assert effort.persist(service.ask) == "answer"
    assert (service.asked, effort.attempts) == (3, 3)


def test_retries_of_all_requests_of_a_delivery_add_up() -> None:
    effort = Effort(QUICK)
    for failures in ([Failure("busy")], [], [Failure("server_error")]):
        effort.persist(_Service(*failures).ask)
    assert effort.attempts == 3


def test_patience_ends_with_the_last_failure() -> None:
    service, effort = _Service(*(Failure("busy", str(n)) for n in range(9))), Effort(QUICK)
    with pytest.raises(Failure, match="busy: 2"):
        effort.persist(service.ask)
    assert (service.asked, effort.attempts) == (3, 3)


@pytest.mark.parametrize("code", ["login_refused", "request_refused", "signature_wrong", "not_json"])
def test_what_cannot_pass_is_not_asked_again(code: str) -> None:
    service, effort = _Service(Failure(code)), Effort(QUICK)
    with pytest.raises(Failure, match=code):
        effort.persist(service.ask)
    assert (service.asked, effort.attempts) == (1, 1)


def test_an_error_of_our_own_is_not_asked_again() -> None:
    service, effort = _Service(KeyError("ours")), Effort(QUICK)
    with pytest.raises(Failure, match="unexpected"):
        effort.persist(service.ask)
    assert service.asked == 1


def test_the_server_may_ask_for_a_longer_wait_within_our_limit() -> None:
    waits: list[float] = []
    patience = Patience(attempts=4, first_wait_seconds=0.001, longest_wait_seconds=0.02)
    effort = Effort(patience)
    wait = effort._wait
    effort._wait = lambda state: waits.append(wait(state)) or waits[-1]  # type: ignore[func-returns-value,method-assign]
    effort.persist(_Service(Failure("busy"), Failure("busy", "", 0.01), Failure("busy", "", 3600.0)).ask)
    assert waits == [0.001, 0.01, 0.02]


def test_a_connection_sets_the_patience() -> None:
    assert Patience.of({"attempts": "7", "answer_seconds": "0.5"}) == Patience(attempts=7, answer_seconds=0.5)
    with pytest.raises(Failure, match="connection_incomplete"):
        Patience.of({"attempts": "often"})
