"""Messages for people, in Chinese and English: the sentences of every `messages.yaml`, and reasons with what to do."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

# The package, and the stack of one machine beside it, which an installation on servers does not have.
FOLDERS = (Path(__file__).parent, Path(__file__).parents[2] / "local_stack")


@dataclass(frozen=True)
class Reason:
    """Why something failed: what is wrong (a clause or a template of one), and what the reader should do."""

    meaning_zh: str
    meaning_en: str
    advice_zh: str
    advice_en: str

    @classmethod
    def of(cls, words: dict[str, Any], **facts: Any) -> Any:
        """Return the reason that an entry of a YAML file describes; `facts` are the fields that a subclass adds."""
        advice = words["advice"]
        return cls(words["zh"], words["en"], advice["zh"], advice["en"], **facts)


def printable(text: str, longest: int = 1000) -> str:
    """Return a quotation of what others wrote, cut to `longest` characters, with what is not printable escaped."""
    begin = text[: longest + 1]
    if not begin.isprintable():
        begin = "".join(c if c.isprintable() else repr(c)[1:-1] for c in begin)
    return begin if len(begin) <= longest else f"{begin[:longest]}…"


def read_words(path: Path) -> Any:
    """Return what a YAML file of the package holds, by libyaml: the loader in Python takes ten times as long."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


@cache
def templates() -> dict[str, dict[str, str]]:
    """Return the messages by code, each in `zh` and `en`, of every `messages.yaml` in FOLDERS."""
    words: dict[str, dict[str, str]] = {}
    for path in sorted(path for folder in FOLDERS for path in folder.rglob("messages.yaml")):
        words |= read_words(path)
    return words


def message(code: str, /, **facts: object) -> str:
    """Return a message in both languages, Chinese first, with the facts filled in."""
    words = templates()[code]
    return f"{words['zh']} / {words['en']}".format(**facts)
