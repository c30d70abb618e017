"""The outcomes of a fetch: one per delivery and period, one report per agency."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from green_freight.agencies.connector import KnownFile
from green_freight.errors import AgencyUnavailableError, DeliveryError
from green_freight.landing import Landed
from green_freight.messages import message
from green_freight.periods import Period


class Outcome(StrEnum):
    """The outcome codes of ops.fetch; the outcome of several files is the first in this order."""

    FAILED_PERMANENT = "failed_permanent"
    FAILED_TRANSIENT = "failed_transient"
    LANDED = "landed"
    UNCHANGED = "unchanged"
    NOT_DELIVERED = "not_delivered"
    NOT_DUE = "not_due"


_ORDER = list(Outcome)


@dataclass(frozen=True)
class FileOutcome:
    """The outcome of one file, or of the request where no file came: one row of ops.fetch.

    `landed` is set where bytes came, `known` where the warehouse had exactly this file already.
    """

    outcome: Outcome
    started_at: datetime
    seconds: float
    attempts: int
    file_name: str | None = None
    landed: Landed | None = None
    known: KnownFile | None = None
    error: DeliveryError | None = None


@dataclass(frozen=True)
class FetchOutcome:
    """The outcome of one delivery and period, file by file; `complete_through` is the last day that it covers."""

    agency: str
    delivery: str
    period: Period
    complete_through: date
    files: tuple[FileOutcome, ...]

    @property
    def outcome(self) -> Outcome:
        """Return the outcome of all files: a failure where one file failed, else landed where one was new."""
        return min((file.outcome for file in self.files), key=_ORDER.index)

    @property
    def outcome_code(self) -> str:
        """Return the outcome as ops.fetch has it."""
        return self.outcome.value

    @property
    def error(self) -> DeliveryError | None:
        """Return the error of the file that failed worst, or None."""
        worst = min(self.files, key=lambda file: _ORDER.index(file.outcome))
        return worst.error

    @property
    def has_files(self) -> bool:
        """Tell whether there is something to load: some file landed now or before."""
        return any(file.landed or file.known for file in self.files)


@dataclass(frozen=True)
class AgencyFetchReport:
    """The outcomes of all requests to one agency, in the order of the requests."""

    agency: str
    outcomes: tuple[FetchOutcome, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Return how many deliveries had each outcome; outcomes that did not occur are left out."""
        return dict(Counter(each.outcome_code for each in self.outcomes))

    @property
    def failures(self) -> tuple[DeliveryError, ...]:
        """Return the errors of the deliveries that failed."""
        return tuple(each.error for each in self.outcomes if each.error is not None)

    def raise_for_failures(self) -> None:
        """Raise one error for all failures, after everything else was fetched.

        AgencyUnavailableError says that some of it may succeed later, BrokenDeliveryError that all is permanent.
        """
        if not self.failures:
            return
        passing = (error for error in self.failures if isinstance(error, AgencyUnavailableError))
        error: DeliveryError = next(passing, self.failures[0])
        others = len(self.failures) - 1
        if others:
            error.add_note(message("more_failed_deliveries", count=others))
        raise error
