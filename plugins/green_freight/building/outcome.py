"""What a build tells: its outcome, each model as it finishes, and why it failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from green_freight.errors import PermanentError
from green_freight.messages import message


@dataclass(frozen=True)
class NodeProgress:
    """One model, seed or test that has just finished; `done` of `total` are over, it took `seconds`."""

    done: int
    total: int
    name: str
    status: str
    seconds: float


@dataclass(frozen=True)
class BuildOutcome:
    """One build of the candidate.

    `changed_months` are the first days of the months that the large facts replaced (every month of a full
    build), `model_rows` the rows of each model that is a table, `warnings` the tests that failed with severity
    warn.
    """

    build_id: int
    as_of_date: date
    changed_months: tuple[date, ...]
    is_full: bool
    through_load_id: int
    model_rows: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


class BuildFailedError(PermanentError):
    """The candidate could not be built; the message names each failed model or test and what to do."""

    def __init__(self, build_id: int, failures: tuple[str, ...], log: Path) -> None:
        self.build_id, self.failures, self.log = build_id, failures, log
        listed = "\n".join(f"  - {failure}" for failure in failures)
        super().__init__(message("build_failed", build_id=build_id, log=log, failures=listed))
