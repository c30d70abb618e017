"""Messages about rejected rows and files: what happened to which object, why, what was done, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from green_freight.contracts.model import Column, Contract
from green_freight.loading.outcomes import (
    IDENTIFIER_WORDS,
    ROW_REASONS,
    STOP_REASONS,
    TYPE_WORDS,
    RowIssue,
    UnreadableFileError,
)
from green_freight.messages import printable

_LONGEST_VALUE = 80
_MOST_CODES = 12
_UNITS_ZH = {"t": "吨", "CNY": "元", "kg": "千克", "km": "公里", "m3": "立方米"}


@dataclass(frozen=True)
class Place:
    """The file that a row or an issue is from."""

    contract: Contract
    period_label: str
    file_name: str
    sheet: str | None = None

    def words(self) -> tuple[str, str]:
        """Return agency, dataset, period, file and sheet in Chinese and English."""
        contract, (agency_zh, agency_en) = self.contract, self.agency_names()
        sheet_zh = f"，工作表“{self.sheet}”" if self.sheet else ""
        sheet_en = f', sheet "{self.sheet}"' if self.sheet else ""
        return (
            f"{agency_zh}，{contract.title_zh}（{contract.id}）{self.period_label}，文件 {self.file_name}{sheet_zh}",
            f"{agency_en}, {contract.title_en} ({contract.id}) {self.period_label}, file {self.file_name}{sheet_en}",
        )

    def agency_names(self) -> tuple[str, str]:
        """Return the agency's names in Chinese and English."""
        # The agencies read registers with this package's readers: at the top this would be a cycle.
        from green_freight.agencies import agency_named

        found = agency_named(self.contract.agency)
        return found.name_zh, found.name_en


def row_message(place: Place, row_number: int, issue: RowIssue) -> tuple[str, str]:
    """Return the message for a rejected row, in Chinese and English."""
    reason, where, agency = ROW_REASONS[issue.reason_code], place.words(), place.agency_names()
    facts_zh, facts_en = _facts(issue, agency, 0), _facts(issue, agency, 1)
    return (
        f"{where[0]}，第 {row_number} 行：{reason.meaning_zh.format(**facts_zh)}。该行已拒收；"
        f"{reason.advice_zh.format(**facts_zh)}。",
        f"{where[1]}, row {row_number}: {reason.meaning_en.format(**facts_en)}. The row was rejected; "
        f"{reason.advice_en.format(**facts_en)}.",
    )


def stop_message(place: Place, stop: UnreadableFileError) -> str:
    """Return the message for a file that was not loaded: a line in Chinese, a line in English."""
    reason, where, agency = STOP_REASONS[stop.reason_code], place.words(), place.agency_names()
    advice_zh, advice_en = stop.advice or (reason.advice_zh, reason.advice_en)
    return (
        f"{where[0]}：{reason.meaning_zh}（{stop.detail_zh}）。该文件未装载，原有数据保持不变；"
        f"{advice_zh.format(agency=agency[0])}。\n"
        f"{where[1]}: {reason.meaning_en} ({stop.detail_en}). The file was not loaded and the existing data stay "
        f"unchanged; {advice_en.format(agency=_inside_a_sentence(agency[1]))}."
    )


def expected(column: Column) -> tuple[str, str]:
    """Return what a column's value must be, in Chinese and English."""
    if column.codes:
        return _code_words(column)
    if column.is_checked:
        return IDENTIFIER_WORDS[column.identifier or ""]
    zh, en = TYPE_WORDS[column.logical_type]
    if column.pattern:
        zh, en = f"{zh}，格式 {column.pattern}", f"{en} of the form {column.pattern}"
    if column.max_length:
        zh, en = f"{zh}，不超过 {column.max_length} 字", f"{en} of at most {column.max_length} characters"
    unit = column.unit if column.unit not in (None, "1") else None
    if column.maximum is not None:
        low = column.minimum
        zh += f"，不大于 {column.maximum}" if low is None else f"，在 {low} 与 {column.maximum} 之间"
        en += f" of at most {column.maximum}" if low is None else f" between {low} and {column.maximum}"
    return (f"{zh}，单位：{_UNITS_ZH.get(unit, unit)}", f"{en}, in {unit}") if unit else (zh, en)


def _facts(issue: RowIssue, agency: tuple[str, str], language: int) -> dict[str, str]:
    column, value = issue.column, _value(issue.value, issue.column, language)
    found = {name: _fact(fact, issue, language) for name, fact in issue.facts.items()}
    found |= {"value": value, "agency": (agency[0], _inside_a_sentence(agency[1]))[language]}
    if column is None:
        return {**found, "subject": (f"内容 {value}", f"the content {value}")[language]}
    name = found["column"] = _label(column, language)
    found["subject"] = (f"{name}的值 {value}", f"the value {value} of {name}")[language]
    return {"expected": expected(column)[language], **found}


def _fact(fact: Any, issue: RowIssue, language: int) -> str:
    if isinstance(fact, tuple):
        return str(fact[language])
    if isinstance(fact, Column):
        return _label(fact, language)
    return _value(fact, issue.column, language) if isinstance(fact, Decimal | date) else str(fact)


def _label(column: Column, language: int) -> str:
    return f"{column.title_zh}（{column.name}）" if language == 0 else f"{column.name} ({column.title_en})"


def _value(value: Any, column: Column | None, language: int) -> str:
    if value is None or value == "":
        return ("（空）", "(empty)")[language]
    if isinstance(value, int | float | Decimal) and column is not None and column.unit not in (None, "1"):
        unit = column.unit or ""
        return f"{value} {_UNITS_ZH.get(unit, unit) if language == 0 else unit}"
    cut = printable(str(value), _LONGEST_VALUE)
    if not isinstance(value, str):
        return cut
    return f"“{cut}”" if language == 0 else f'"{cut}"'


def _inside_a_sentence(name: str) -> str:
    return name[:1].lower() + name[1:]


def _code_words(column: Column) -> tuple[str, str]:
    labels = [f"{code.value} {code.label.partition(' / ')[0]}" for code in column.codes.values()]
    values = list(column.codes)
    more = "…" if len(values) > _MOST_CODES else ""
    return (
        f"代码表 {column.code_system} 中的值：{'、'.join(labels[:_MOST_CODES])}{more}",
        f"a value of the code list {column.code_system}: {', '.join(values[:_MOST_CODES])}{more}",
    )
