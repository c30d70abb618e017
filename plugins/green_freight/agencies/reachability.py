"""When to stop asking: an agency that is down or refuses our login is not asked hundreds of times in one run."""

from __future__ import annotations

import threading
from collections import Counter

from green_freight.errors import FetchError
from green_freight.protocols.retry_policy import RetryPolicy

# Failures of the way to the agency rather than of one delivery.
_NO_ANSWER = ("unreachable", "time_out")
# A login that is refused again and again locks accounts.
_NO_ENTRY = (
    "login_refused",
    "token_refused",
    "host_key_differs",
    "connection_incomplete",
    "signature_refused",
)
_MOST_IN_VAIN = 3


class Reachability:
    """What is known, during one fetch, of the ways to an agency (its connections). Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_vain: Counter[str] = Counter()
        self._closed: dict[str, FetchError] = {}

    def policy(self, connection_id: str, policy: RetryPolicy) -> RetryPolicy:
        """Return the policy for the next question: one attempt after a delivery that nobody answered."""
        with self._lock:
            return policy.without_retries() if self._in_vain[connection_id] else policy

    def refusal(self, connection_id: str) -> FetchError | None:
        """Return the failure for a question that is not worth asking any more, or None."""
        with self._lock:
            return self._closed.get(connection_id)

    def answered(self, connection_id: str) -> None:
        """Note that the agency answered."""
        with self._lock:
            self._in_vain[connection_id] = 0

    def failed(self, connection_id: str, failure: FetchError) -> None:
        """Note a failure; what it means for the next questions is decided here."""
        with self._lock:
            if failure.code in _NO_ENTRY:
                self._closed[connection_id] = failure
            elif failure.code in _NO_ANSWER:
                self._in_vain[connection_id] += 1
                if self._in_vain[connection_id] >= _MOST_IN_VAIN:
                    self._closed[connection_id] = failure
            else:
                self._in_vain[connection_id] = 0
