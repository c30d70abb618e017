"""What a build tells: its outcome, each model as it finishes, and why it failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from green_freight.errors import PermanentError


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
        super().__init__(
            f"构建 {build_id} 失败，未发布任何内容。请更正下列模型或其来源数据，然后重新运行构建；日志见 {log}。 / "
            f"Build {build_id} failed, so nothing was published. Correct the models below or the data that they read, "
            f"then run the build again; the log is {log}.\n{listed}"
        )
