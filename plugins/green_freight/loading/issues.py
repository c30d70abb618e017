"""What is wrong in a row or a file, before it is put into words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from green_freight.contracts.model import Column


@dataclass(frozen=True)
class RowIssue:
    """One violation in one row: a code of `reasons.ROW_REASONS`, the column, its value.

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
    values: list[Any]
    raw: Any
    fault: RowIssue | None = None
    answer: int | None = None


class UnreadableFileError(Exception):
    """A file that cannot be loaded as a whole: a code of `reasons.STOP_REASONS` and details in both languages.

    The counts of rows and the first rejected ones are known only of a file that was read to its end.
    """

    rows_in_file = 0
    rows_rejected = 0
    rejected: Sequence[Any] = ()

    def __init__(
        self, reason_code: str, detail_zh: str, detail_en: str | None = None, sheet: str | None = None
    ) -> None:
        self.reason_code, self.sheet = reason_code, sheet
        self.detail_zh, self.detail_en = detail_zh, detail_en or detail_zh
        super().__init__(f"{reason_code}: {self.detail_en}")
