"""Why a row is rejected or a file is not loaded, and what a load warns of: the words of `reasons.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Reason:
    """One reason: a template of what is wrong, and what the reader of the message should do."""

    meaning_zh: str
    meaning_en: str
    advice_zh: str
    advice_en: str


def _reason(words: dict[str, Any]) -> Reason:
    return Reason(words["zh"], words["en"], words["advice"]["zh"], words["advice"]["en"])


_WORDS = yaml.load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
ROW_REASONS = {code: _reason(words) for code, words in _WORDS["rows"].items()}
STOP_REASONS = {code: _reason(words) for code, words in _WORDS["files"].items()}
# In Chinese and English, by logical type and by identifier.
TYPE_WORDS = {name: (words["zh"], words["en"]) for name, words in _WORDS["types"].items()}
IDENTIFIER_WORDS = {name: (words["zh"], words["en"]) for name, words in _WORDS["identifiers"].items()}
# In Chinese (`zh`) and English (`en`); a warning has a severity where it is not `warning`.
DETAILS: dict[str, dict[str, str]] = _WORDS["details"]
WARNINGS: dict[str, dict[str, str]] = _WORDS["warnings"]
