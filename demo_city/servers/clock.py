"""The moment that all demonstration servers believe it is: nothing that happens later is delivered yet."""

from __future__ import annotations

from datetime import date, datetime

from demo_city.random_generator import SHANGHAI


class Clock:
    """A clock that stands still until it is set, so that a run over years sees one state of the sources."""

    def __init__(self, moment: datetime) -> None:
        self._moment = _zoned(moment)

    def now(self) -> datetime:
        """Return the servers' present moment, in Asia/Shanghai."""
        return self._moment

    def today(self) -> date:
        """Return the servers' present day in Asia/Shanghai."""
        return self._moment.date()

    def set(self, moment: datetime) -> None:
        """Move the clock.

        Raises:
            ValueError: the moment has no zone.
        """
        self._moment = _zoned(moment)


def _zoned(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone; write 2025-10-01T02:00:00+08:00")
    return moment.astimezone(SHANGHAI)
