"""Messages that say who, which file, sheet, row and column, what was met, what is expected and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from green_freight.contracts.model import Column
from green_freight.loading.issues import RowIssue, UnreadableFileError
from green_freight.loading.reasons import ROW_REASONS, STOP_REASONS

AGENCY_NAMES = {
    "transport": ("市交通运输局", "transport bureau"),
    "commerce": ("市商务局", "commerce bureau"),
    "postal": ("市邮政管理局", "postal administration"),
    "power": ("供电公司", "power company"),
}
_LONGEST_VALUE = 80
_MOST_CODES = 12


@dataclass(frozen=True)
class Place:
    """Where a row or a file is from."""

    agency: str
    dataset_id: str
    period_label: str
    file_name: str
    sheet: str | None = None

    def words(self) -> tuple[str, str]:
        """Return agency, file and sheet in Chinese and English."""
        name_zh, name_en = AGENCY_NAMES[self.agency]
        sheet_zh = f" 工作表“{self.sheet}”" if self.sheet else ""
        sheet_en = f", sheet {self.sheet!r}" if self.sheet else ""
        return (
            f"{name_zh}（{self.agency}）{self.dataset_id} {self.period_label} 文件 {self.file_name}{sheet_zh}",
            f"{name_en} ({self.agency}), {self.dataset_id} {self.period_label}, file {self.file_name}{sheet_en}",
        )


def row_message(place: Place, row_number: int, issue: RowIssue) -> tuple[str, str]:
    """Return the message for a rejected row, in Chinese and English."""
    reason = ROW_REASONS[issue.reason_code]
    where_zh, where_en = place.words()
    column_zh = column_en = ""
    if issue.column is not None:
        column_zh = f"，列 {issue.column.title_zh}（{issue.column.name}）"
        column_en = f", column {issue.column.name}"
    value = shown(issue.value)
    return (
        f"{where_zh} 第 {row_number} 行{column_zh}：值 {value} {reason.meaning_zh}；应为{issue.expected_zh}。"
        f"{reason.advice_zh}。",
        f"{where_en}, row {row_number}{column_en}: the value {value} {_verb(reason.meaning_en)}; "
        f"expected {issue.expected_en}. Please {reason.advice_en}.",
    )


def stop_message(place: Place, stop: UnreadableFileError) -> str:
    """Return the message for a file that was not loaded: a line in Chinese, a line in English."""
    reason = STOP_REASONS[stop.reason_code]
    where_zh, where_en = place.words()
    return (
        f"{where_zh}：{reason.meaning_zh}（{stop.detail_zh}）。未装入，原有数据保持不变。{reason.advice_zh}。\n"
        f"{where_en}: {reason.meaning_en} ({stop.detail_en}). Nothing was loaded, the data there stay as they "
        f"were. Please {reason.advice_en}."
    )


def expected(column: Column) -> tuple[str, str]:
    """Return what a column's value should be, in Chinese and English."""
    if column.codes:
        return _code_words(column)
    if column.identifier == "uscc":
        return (
            "校验位正确的 18 位统一社会信用代码 (GB 32100)",
            "a unified social credit code (GB 32100), 18 characters",
        )
    if column.identifier == "plate":
        return "号牌，如 苏G12345、苏GD12345、苏G12345D", "a plate such as 苏G12345, 苏GD12345 or 苏G12345D"
    zh, en = _TYPE_WORDS[column.logical_type]
    if column.pattern:
        zh, en = f"{zh}，格式 {column.pattern}", f"{en} of the form {column.pattern}"
    if column.max_length:
        zh, en = f"{zh}，不超过 {column.max_length} 字", f"{en} of at most {column.max_length} characters"
    bounds_zh, bounds_en = _bounds(column)
    unit = column.unit if column.unit not in (None, "1") else None
    return (
        f"{zh}{bounds_zh}{f'，单位 {unit}' if unit else ''}",
        f"{en}{bounds_en}{f', in {unit}' if unit else ''}",
    )


def shown(value: Any) -> str:
    """Return a value as a message shows it: quoted, and cut where it is long."""
    text = "（空）" if value is None or value == "" else str(value)
    cut = text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
    return f"“{cut}”"


def _verb(meaning: str) -> str:
    return f"({meaning})" if meaning.startswith(("a ", "the ")) else meaning


_TYPE_WORDS = {
    "string": ("文字", "a text"),
    "number": ("数字", "a number"),
    "integer": ("整数", "a whole number"),
    "date": ("日期，如 2025-09-30", "a date such as 2025-09-30"),
    "timestamp": ("日期和时刻，如 2025-09-30 08:00:00", "a date and time such as 2025-09-30 08:00:00"),
    "boolean": ("是或否", "yes or no (是/否, true/false)"),
    "array": ("明细列表", "a list of details"),
}


def _bounds(column: Column) -> tuple[str, str]:
    if column.minimum is not None and column.maximum is not None:
        return (
            f"，在 {column.minimum} 与 {column.maximum} 之间",
            f" between {column.minimum} and {column.maximum}",
        )
    if column.maximum is not None:
        return f"，不大于 {column.maximum}", f" of at most {column.maximum}"
    return "", ""


def _code_words(column: Column) -> tuple[str, str]:
    labels = [f"{code.value} {code.label.partition(' / ')[0]}" for code in column.codes.values()]
    values = list(column.codes)
    more = "…" if len(values) > _MOST_CODES else ""
    return (
        f"代码表 {column.code_system} 中的值：{'、'.join(labels[:_MOST_CODES])}{more}",
        f"a value of the code list {column.code_system}: {', '.join(values[:_MOST_CODES])}{more}",
    )
