"""The records of publications for the data dictionary, from the comments that the migrations give them.

They are no models of dbt: the frame of the warehouse makes them, so their words stand in its SQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from green_freight.warehouse import migrate

NAMES = ("publication", "publication_table_change", "publication_file", "figure_revision")
_COMMENT = re.compile(
    r"comment on (?:table|column) mart\.(?P<table>\w+)(?:\.(?P<column>\w+))? is (?P<text>(?:'(?:[^']|'')*'\s*)+);"
)


def markdown() -> Iterator[str]:
    """Yield the lines of the dictionary's section on the records of publications."""
    yield "## 发布记录 / Records of publications\n"
    yield "、".join(f"[{name}](#{name})" for name in NAMES) + "\n"
    for name in NAMES:
        words = _comments()[name]
        yield f"### {name}\n"
        yield f"{words['']}\n"
        yield "| 列 / column | 含义 / meaning |"
        yield "|---|---|"
        yield from (f"| {column} | {text} |" for column, text in words.items() if column)
        yield ""


@cache
def _comments() -> dict[str, dict[str, str]]:
    """Return the comments by table and column ('' for the table itself), in the order in which they were made."""
    found: dict[str, dict[str, str]] = {}
    for migration in migrate.known():
        for comment in _COMMENT.finditer(migration.sql):
            pieces = re.findall(r"'((?:[^']|'')*)'", comment["text"])
            text = "".join(pieces).replace("''", "'").replace("|", "\\|")
            found.setdefault(comment["table"], {})[comment["column"] or ""] = text
    return found
