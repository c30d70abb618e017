"""How long to wait for an agency and how often to retry: only transient failures are retried."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_exponential

from green_freight.errors import FetchError, fetch_error
from green_freight.limits import Limits
from green_freight.protocols.deadlines import Deadline, ending

_Response = TypeVar("_Response")


@dataclass(frozen=True)
class RetryPolicy:
    """Attempts, and waits in seconds. A connection's extra may set each by its name."""

    attempts: int = 4
    first_wait_seconds: float = 1.0
    longest_wait_seconds: float = 30.0
    connect_seconds: float = 10.0
    answer_seconds: float = 60.0

    @classmethod
    def of(cls, extra: Mapping[str, str]) -> RetryPolicy:
        """Return the default policy, changed by a connection's extra; FetchError where an entry is not a number."""
        try:
            names = [each.name for each in fields(cls) if each.name in extra]
            return cls(**{name: type(getattr(cls, name))(extra[name]) for name in names})
        except ValueError as error:
            raise FetchError("connection_incomplete", f"extra: {error}") from error

    def without_retries(self) -> RetryPolicy:
        """Return this policy without any retry: for an agency that has just failed to respond."""
        return replace(self, attempts=1)


class Retries:
    """Counts what one delivery took: `attempts` is one plus the retries of all its requests.

    It carries the policy and the limits of the delivery, so that sharing a client does not share them. The seconds of
    the delivery count from its first request.
    """

    def __init__(self, policy: RetryPolicy, limits: Limits | None = None) -> None:
        self.policy = policy
        self.limits = limits or Limits()
        self.retries = 0
        self._deadline: Deadline | None = None

    @property
    def attempts(self) -> int:
        """Return how many attempts the delivery took (1 where nothing was retried)."""
        return 1 + self.retries

    def once(self) -> Retries:
        """Return a counter whose policy allows no retry, for steps that a caller repeats as a whole."""
        once = Retries(self.policy.without_retries(), self.limits)
        once._deadline = self._deadline
        return once

    def call(self, request: Callable[[], _Response]) -> _Response:
        """Call `request` until it responds, fails permanently, or the policy ends.

        Raises the last failure as FetchError, whatever exception it was; what is not transient is raised at once, also
        `too_slow` where the request or all requests of the delivery took longer than their limits.
        """
        limits = self.limits
        if self._deadline is None:
            self._deadline = Deadline.after("seconds", limits.seconds)
        deadline = self._deadline

        def attempt() -> _Response:
            try:
                with ending(deadline, Deadline.after("request_seconds", limits.request_seconds)):
                    return request()
            except Exception as error:
                failure = fetch_error(error)
                if failure is error:
                    raise
                raise failure from error

        retrying = Retrying(
            stop=stop_after_attempt(self.policy.attempts),
            wait=self._wait,
            retry=retry_if_exception(lambda error: isinstance(error, FetchError) and error.is_transient),
            before_sleep=self._count,
            reraise=True,
        )
        return retrying(attempt)

    def _count(self, _state: RetryCallState) -> None:
        self.retries += 1

    def _wait(self, state: RetryCallState) -> float:
        longest = self.policy.longest_wait_seconds
        seconds = wait_exponential(self.policy.first_wait_seconds, max=longest)(state)
        error = state.outcome.exception() if state.outcome else None
        requested = error.retry_after_seconds if isinstance(error, FetchError) else None
        return min(max(seconds, requested or 0.0), longest)
