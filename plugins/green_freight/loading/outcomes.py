"""What is wrong in a row or a file, the words for it (`reasons.yaml`), and what a load reports to its caller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from green_freight.contracts.model import Column
from green_freight.errors import PermanentError
from green_freight.file_kinds import FileKind, agreed_name
from green_freight.limits import LimitError
from green_freight.messages import Reason, printable, read_words

_WORDS = read_words(Path(__file__).with_name("reasons.yaml"))
ROW_REASONS: dict[str, Reason] = {code: Reason.of(words) for code, words in _WORDS["rows"].items()}
STOP_REASONS: dict[str, Reason] = {code: Reason.of(words) for code, words in _WORDS["files"].items()}
# In Chinese and English, by logical type and by identifier.
TYPE_WORDS = {name: (words["zh"], words["en"]) for name, words in _WORDS["types"].items()}
IDENTIFIER_WORDS = {name: (words["zh"], words["en"]) for name, words in _WORDS["identifiers"].items()}
# In Chinese (`zh`) and English (`en`); a warning has a severity where it is not `warning`.
DETAILS: dict[str, dict[str, str]] = _WORDS["details"]
WARNINGS: dict[str, dict[str, str]] = _WORDS["warnings"]


@dataclass(frozen=True)
class RowIssue:
    """One violation in one row: a code of ROW_REASONS, the column, its value.

    `facts` are what the reason's template names besides: columns, numbers, dates, or a pair of Chinese and English.
    """

    reason_code: str
    column: Column | None
    value: Any
    facts: Mapping[str, Any] = field(default_factory=dict)


class SourceRow(NamedTuple):
    """One data row of a source: its number there, values in the contract's order, the row as it came.

    `fault` is a violation that the reader itself found; such a row has no usable values. `answer` is the line of
    a container of HTTP exchanges in which the row stands, None in files of other kinds.
    """

    number: int
    values: Sequence[Any]
    raw: Any
    fault: RowIssue | None = None
    answer: int | None = None


class UnreadableFileError(Exception):
    """A file that cannot be loaded as a whole: a code of STOP_REASONS and details in both languages.

    `advice` stands in both languages instead of the reason's own where it depends on the file.

    The counts of rows and the first rejected ones are known only of a file that was read to its end.
    """

    rows_in_file = 0
    rows_rejected = 0
    rejected: Sequence[Any] = ()

    def __init__(
        self,
        reason_code: str,
        detail_zh: str,
        detail_en: str | None = None,
        sheet: str | None = None,
        advice: tuple[str, str] | None = None,
    ) -> None:
        self.reason_code, self.sheet, self.advice = reason_code, sheet, advice
        self.detail_zh, self.detail_en = printable(detail_zh), printable(detail_en or detail_zh)
        super().__init__(f"{reason_code}: {self.detail_en}")

    @classmethod
    def of(
        cls, reason_code: str, detail: str, sheet: str | None = None, **facts: object
    ) -> UnreadableFileError:
        """Return the stop with a detail of `reasons.yaml` that names `facts`."""
        words = DETAILS[detail]
        return cls(reason_code, words["zh"].format(**facts), words["en"].format(**facts), sheet)

    @classmethod
    def of_limit(cls, exceeded: LimitError, sheet: str | None = None) -> UnreadableFileError:
        """Return the stop of a file that exceeds a limit of its contract."""
        return cls("limit_exceeded", exceeded.text("zh"), exceeded.text("en"), exceeded.sheet or sheet)

    @classmethod
    def of_kind(cls, kind: FileKind, agreed: str) -> UnreadableFileError:
        """Return the stop of a file that is of another kind than the suffix `agreed`, with what to do about it."""
        stop = cls.of("other_file_kind", "other_kind", kind=kind, agreed=agreed_name(agreed))
        stop.advice = kind.advice(agreed)
        return stop


@dataclass(frozen=True)
class LoadWarning:
    """An anomaly in a file that did not stop its load; the messages are sentences without the file's name.

    `severity` is `info` (drift that was absorbed, counts), `warning` or `critical` (the figures may be wrong).
    """

    code: str
    message_zh: str
    message_en: str
    severity: str = "warning"
    column: str | None = None
    count: int | None = None

    @classmethod
    def of(
        cls,
        code: str,
        *,
        column: str | None = None,
        count: int | None = None,
        severity: str | None = None,
        **facts: object,
    ) -> LoadWarning:
        """Return a warning in the words of `reasons.yaml`, which name column, count and `facts`."""
        quoted = {name: printable(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}
        words, facts = WARNINGS[code], {"column": column, "count": count, **quoted}
        zh, en = (words[language].format(**facts) for language in ("zh", "en"))
        return cls(code, zh, en, severity or words.get("severity", "warning"), column, count)

    def as_json(self) -> dict[str, object]:
        """Return the warning as it stands in `ops.load.warnings`."""
        return {key: value for key, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class LoadOutcome:
    """One row of `ops.load`. Rows in file = loaded + rejected, unless the outcome is `stopped`."""

    load_id: int
    dataset_id: str
    period_label: str
    outcome_code: str
    source_file_key: str | None
    rows_in_file: int = 0
    rows_loaded: int = 0
    rows_rejected: int = 0
    rows_replaced: int = 0
    affected_months: tuple[date, ...] = ()
    complete_through: date | None = None
    warnings: tuple[LoadWarning, ...] = ()
    error_message: str | None = None


class LoadStoppedError(PermanentError):
    """A delivery of which at least one dataset could not be loaded; what was loaded before stays as it was.

    `outcomes` are those of all datasets of the delivery, the stopped ones included.
    """

    def __init__(self, outcomes: Sequence[LoadOutcome]) -> None:
        self.outcomes = tuple(outcomes)
        stopped = [outcome for outcome in outcomes if outcome.outcome_code == "stopped"]
        super().__init__("\n".join(outcome.error_message or outcome.dataset_id for outcome in stopped))


@dataclass
class AgencyLoadReport:
    """The loads of one agency in one run, in the order of the request."""

    agency: str
    outcomes: list[LoadOutcome] = field(default_factory=list)
    not_landed: list[tuple[str, str]] = field(default_factory=list)

    @property
    def stopped(self) -> list[LoadOutcome]:
        """Return the loads that stopped; their messages say what to do."""
        return self._with("stopped")

    @property
    def counts(self) -> dict[str, int]:
        """Return the counts a task hands on: loads by outcome, and the rows of what was loaded in this run."""
        loaded = self._with("loaded")
        return {
            "loaded": len(loaded),
            "unchanged": len(self._with("unchanged")),
            "stopped": len(self.stopped),
            "not_landed": len(self.not_landed),
            "rows_loaded": sum(outcome.rows_loaded for outcome in loaded),
            "rows_rejected": sum(outcome.rows_rejected for outcome in loaded),
        }

    def raise_if_stopped(self) -> None:
        """Raise LoadStoppedError where a load stopped, for a caller that must not go on without every delivery."""
        if self.stopped:
            raise LoadStoppedError(self.outcomes)

    def _with(self, outcome_code: str) -> list[LoadOutcome]:
        return [outcome for outcome in self.outcomes if outcome.outcome_code == outcome_code]
