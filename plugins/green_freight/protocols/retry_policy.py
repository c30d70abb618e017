"""How long to wait for an agency and how often to ask again: only what can pass is asked again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_exponential

from green_freight.errors import FetchError, fetch_error

_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class RetryPolicy:
    """Tries and waits; seconds. A connection's extra may set each by its name."""

    attempts: int = 4
    first_wait_seconds: float = 1.0
    longest_wait_seconds: float = 30.0
    connect_seconds: float = 10.0
    answer_seconds: float = 60.0

    @classmethod
    def of(cls, extra: Mapping[str, str]) -> RetryPolicy:
        """Return the default policy with what a connection's extra says otherwise.

        Raises:
            FetchError: `connection_incomplete`, an entry is not a number.
        """
        try:
            return cls(
                attempts=int(extra.get("attempts", cls.attempts)),
                first_wait_seconds=float(extra.get("first_wait_seconds", cls.first_wait_seconds)),
                longest_wait_seconds=float(extra.get("longest_wait_seconds", cls.longest_wait_seconds)),
                connect_seconds=float(extra.get("connect_seconds", cls.connect_seconds)),
                answer_seconds=float(extra.get("answer_seconds", cls.answer_seconds)),
            )
        except ValueError as error:
            raise FetchError("connection_incomplete", f"extra: {error}") from error

    def without_retries(self) -> RetryPolicy:
        """Return this policy without any retry: for an agency that has just been asked in vain."""
        return replace(self, attempts=1)


class Retries:
    """Counts what one delivery took: `attempts` is one plus the retries of all its requests.

    It carries the policy for the delivery, so that sharing a client does not share the policy.
    """

    def __init__(self, policy: RetryPolicy) -> None:
        self.policy = policy
        self.retries = 0

    @property
    def attempts(self) -> int:
        """Return how often the delivery was tried (1 where nothing had to be repeated)."""
        return 1 + self.retries

    def once(self) -> Retries:
        """Return a counter whose policy allows no retry, for steps that a caller repeats as a whole."""
        return Retries(self.policy.without_retries())

    def call(self, ask: Callable[[], _Answer]) -> _Answer:
        """Call `ask` until it answers, fails for good, or the policy ends.

        Raises:
            FetchError: the last failure; what is not transient is raised at once.
        """
        retrying = Retrying(
            stop=stop_after_attempt(self.policy.attempts),
            wait=self._wait,
            retry=retry_if_exception(_can_pass),
            before_sleep=self._count,
            reraise=True,
        )
        return retrying(_as_failures(ask))

    def _count(self, _state: RetryCallState) -> None:
        self.retries += 1

    def _wait(self, state: RetryCallState) -> float:
        longest = self.policy.longest_wait_seconds
        seconds = wait_exponential(self.policy.first_wait_seconds, max=longest)(state)
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after_seconds if isinstance(error, FetchError) else None
        return min(max(seconds, asked or 0.0), longest)


def _can_pass(error: BaseException) -> bool:
    return isinstance(error, FetchError) and error.is_transient


def _as_failures(ask: Callable[[], _Answer]) -> Callable[[], _Answer]:
    def asked() -> _Answer:
        try:
            return ask()
        except FetchError:
            raise
        except Exception as error:
            raise fetch_error(error) from error

    return asked
