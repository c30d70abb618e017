"""How the agencies write what they deliver: JSON, gzipped JSON lines, CSV."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import orjson

# Level 3 takes a third of the time of level 9 for 15% more bytes.
_GZIP_LEVEL = 3


def dumps(value: Any) -> bytes:
    """Return compact UTF-8 JSON; a Decimal becomes the shortest number that reads back as its value."""
    return orjson.dumps(value, default=_json_number)


def order_file(orders: Iterable[Mapping[str, Any]]) -> bytes:
    """Return a day's file of charge orders: gzip, one order a line; no clock goes into the bytes."""
    lines = b"".join(dumps(order) + b"\n" for order in orders)
    return gzip.compress(lines, _GZIP_LEVEL, mtime=0)


def csv_bytes(month: date, titles: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return a CSV file with Windows line ends; `titles` are the header's texts by field."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(titles.values())
    writer.writerows([_csv_cell(row.get(field)) for field in titles] for row in rows)
    # the postal administration has two machines
    return text.getvalue().encode("utf-8-sig" if month.month % 2 else "gb18030")


def half(content: bytes) -> bytes:
    """Return the first half of a file whose transfer broke off."""
    return content[: len(content) // 2]


def _json_number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value)} has no JSON form here")


def _csv_cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "是" if value else "否"
    return format(value, "f") if isinstance(value, Decimal) else value
