"""The postal administration's CSV files: Windows line ends, one of two encodings, a checksum file beside each."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from demo_city.deliveries import labels
from demo_city.deliveries.column_change import ColumnChange
from demo_city.deliveries.source import Row

COLUMNS = {
    "postal_tricycle": labels.TRICYCLE,
    "postal_terminal_station": labels.TERMINAL_STATION,
    "postal_parcel_volume": labels.PARCEL_VOLUME,
}


def csv_encoding(month: date) -> str:
    """Return the encoding of a month's files: the office has two machines."""
    return "utf-8-sig" if month.month % 2 else "gb18030"


def csv_bytes(dataset: str, month: date, rows: Sequence[Row], change: ColumnChange | None = None) -> bytes:
    """Return the file of one dataset and month."""
    titles = change.titled(dict(COLUMNS[dataset])) if change else COLUMNS[dataset]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(titles.values())
    for row in rows:
        shown = change.row(row) if change else row
        writer.writerow([_cell(shown.get(name)) for name in titles])
    return text.getvalue().encode(csv_encoding(month))


def checksum_line(file_name: str, content: bytes) -> bytes:
    """Return the line that sha256sum writes for a file."""
    return f"{hashlib.sha256(content).hexdigest()}  {file_name}\n".encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)
