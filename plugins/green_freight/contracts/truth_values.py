"""Yes and no in every usual spelling: of people, spreadsheets, databases and platforms."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from green_freight.written_dates import plain

# -1 is how Access and Visual Basic write true; U+0001 and U+0000 are the bits of MySQL.
_YES = frozenset(
    (
        "是",
        "有",
        "对",
        "真",
        "已删除",
        "√",
        "✓",
        "✔",
        "☑",
        "y",
        "yes",
        "true",
        "t",
        "on",
        "1",
        "1.0",
        "-1",
        "\x01",
    )
)
_NO = frozenset(
    (
        "否",
        "无",
        "不是",
        "没有",
        "假",
        "未删除",
        "×",
        "✗",
        "✘",
        "x",
        "n",
        "no",
        "false",
        "f",
        "off",
        "0",
        "0.0",
        "\x00",
    )
)


def truth_value(value: Any) -> Any:
    """Return True or False for what means yes or no, else the value as it is.

    ○ and ☒ are left: to some they mean yes, to others no.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return value
    words = plain(str(value))
    return True if words in _YES else False if words in _NO else value
