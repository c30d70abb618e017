"""When to stop requesting: an agency that is down or refuses the login gets no further requests in the same run."""

from __future__ import annotations

import threading
from collections import Counter

from green_freight.errors import FetchError
from green_freight.protocols.retry_policy import RetryPolicy

# Failures of the connection rather than of one delivery.
_NO_RESPONSE = ("unreachable", "time_out")
# A login that is refused again and again locks accounts.
_NOT_ADMITTED = (
    "login_refused",
    "token_refused",
    "host_key_differs",
    "connection_incomplete",
    "signature_refused",
)
_MOST_WITHOUT_RESPONSE = 3


class Reachability:
    """Which of an agency's connections respond, during one fetch. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._without_response: Counter[str] = Counter()
        self._closed: dict[str, FetchError] = {}

    def policy(self, connection_id: str, policy: RetryPolicy) -> RetryPolicy:
        """Return the policy for the next request: no retries after a request that got no response."""
        with self._lock:
            return policy.without_retries() if self._without_response[connection_id] else policy

    def refusal(self, connection_id: str) -> FetchError | None:
        """Return the failure of a request that is not sent any more, or None where the connection is in use."""
        with self._lock:
            failure = self._closed.get(connection_id)
        return None if failure is None else failure.repeated()

    def responded(self, connection_id: str) -> None:
        """Note that the agency responded."""
        with self._lock:
            self._without_response[connection_id] = 0

    def failed(self, connection_id: str, failure: FetchError) -> None:
        """Note a failure; what it means for the next requests is decided here."""
        with self._lock:
            if failure.code in _NOT_ADMITTED:
                self._closed[connection_id] = failure
            elif failure.code in _NO_RESPONSE:
                self._without_response[connection_id] += 1
                if self._without_response[connection_id] >= _MOST_WITHOUT_RESPONSE:
                    self._closed[connection_id] = failure
            else:
                self._without_response[connection_id] = 0
