"""Rows of a CSV file that became the text of one cell, because a quote was opened and closed rows later."""

from __future__ import annotations

import re

_LINE_END = re.compile(r"\r\n|\r|\n")


def swallowed_lines(cells: list[str], delimiter: str, width: int) -> list[str]:
    """Return the lines of a row that is more than one row of the file; none where it is one.

    A remark may have line breaks, and separators too; as many separators as a row has (`width` - 1), or a row of
    another width as well, are rows between two stray quotes.
    """
    suspicious = [cell for cell in cells if delimiter in cell and ("\n" in cell or "\r" in cell)]
    is_of_other_width = len(cells) < width or any(cells[width:])
    if not any(is_of_other_width or cell.count(delimiter) >= width - 1 for cell in suspicious):
        return []
    whole = delimiter.join(f'"{cell}"' if cell in suspicious else cell for cell in cells)
    return _LINE_END.split(whole)
