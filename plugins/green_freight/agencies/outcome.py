"""What became of asking: one outcome a delivery and period, one report an agency."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from green_freight.agencies.delivery import KnownFile
from green_freight.errors import AgencyUnavailableError, DeliveryError
from green_freight.landing import Landed
from green_freight.periods import Period


class Outcome(StrEnum):
    """The outcome codes of ops.fetch; in a group of files the first of this order speaks for all."""

    FAILED_PERMANENT = "failed_permanent"
    FAILED_TRANSIENT = "failed_transient"
    LANDED = "landed"
    UNCHANGED = "unchanged"
    NOT_DELIVERED = "not_delivered"
    NOT_DUE = "not_due"


_ORDER = list(Outcome)


@dataclass(frozen=True)
class FileOutcome:
    """What became of one file, or of the question where no file came: one row of ops.fetch.

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

    @property
    def bytes(self) -> int:
        """Return how many bytes were received."""
        return self.landed.bytes if self.landed else 0


@dataclass(frozen=True)
class FetchOutcome:
    """What became of one delivery and period, file by file."""

    agency: str
    delivery: str
    period: Period
    files: tuple[FileOutcome, ...]

    @property
    def outcome(self) -> Outcome:
        """Return the outcome of the whole: a failure where one file failed, else landed where one was new."""
        return min((file.outcome for file in self.files), key=_ORDER.index)

    @property
    def outcome_code(self) -> str:
        """Return the outcome as ops.fetch writes it."""
        return self.outcome.value

    @property
    def bytes(self) -> int:
        """Return how many bytes were received."""
        return sum(file.bytes for file in self.files)

    @property
    def attempts(self) -> int:
        """Return the most attempts that one of its files took."""
        return max(file.attempts for file in self.files)

    @property
    def error(self) -> DeliveryError | None:
        """Return the error of the file that failed worst, or None."""
        worst = min(self.files, key=lambda file: _ORDER.index(file.outcome))
        return worst.error

    @property
    def has_files(self) -> bool:
        """Tell whether there is something to load: some file landed now or before."""
        return any(file.landed or file.known for file in self.files)

    def raise_for_failure(self) -> None:
        """Raise the error of a failed delivery (AgencyUnavailableError or BrokenDeliveryError); nothing else."""
        if self.error is not None:
            raise self.error


@dataclass(frozen=True)
class AgencyFetchReport:
    """What became of all questions to one agency, in the order they were asked."""

    agency: str
    seconds: float
    outcomes: tuple[FetchOutcome, ...] = field(default_factory=tuple)

    @property
    def counts(self) -> dict[str, int]:
        """Return how many deliveries had each outcome; outcomes that did not occur are left out."""
        return dict(Counter(each.outcome_code for each in self.outcomes))

    @property
    def bytes(self) -> int:
        """Return how many bytes were received."""
        return sum(each.bytes for each in self.outcomes)

    @property
    def failures(self) -> tuple[DeliveryError, ...]:
        """Return the errors of the deliveries that failed."""
        return tuple(each.error for each in self.outcomes if each.error is not None)

    def raise_for_failures(self) -> None:
        """Raise one error for all failures, after everything else was taken.

        Raises:
            AgencyUnavailableError: something can be had later, so that asking again is worth it.
            BrokenDeliveryError: all failures are permanent.
        """
        if not self.failures:
            return
        passing = (error for error in self.failures if isinstance(error, AgencyUnavailableError))
        error: DeliveryError = next(passing, self.failures[0])
        others = len(self.failures) - 1
        if others:
            error.add_note(f"另有 {others} 项失败，见 ops.fetch / {others} more failed, see ops.fetch")
        raise error
