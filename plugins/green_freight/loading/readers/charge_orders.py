"""The power company's daily file of charge orders: gzip, one JSON order (ChargeOrderInfo) a line."""

from __future__ import annotations

import gzip
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson

from green_freight.loading.issues import RowIssue, SourceRow, UnreadableFileError
from green_freight.loading.outcomes import LoadWarning
from green_freight.loading.readers.base import Source
from green_freight.loading.readers.charging_stations import drift_warnings
from green_freight.loading.readers.json_columns import KeyedColumns
from green_freight.loading.readers.tcec_names import is_standard, standard_names
from green_freight.loading.readers.transport_pages import keyed_row
from green_freight.protocols.tcec102_drift import CHARGE_DETAIL, CHARGE_ORDER, canonical_order

_OPERATOR = "OperatorID"
_OPERATOR_LENGTH = 9
_BUFFER_BYTES = 1 << 18


class OrderLines:
    """Reads orders line by line; a row's number is its line. Standard spelling takes a short cut."""

    sheet: str | None = None

    def __init__(self, source: Source) -> None:
        self._source = source
        self._columns = KeyedColumns(
            source.contract, standard_names(CHARGE_ORDER), CHARGE_ORDER.names.values()
        )
        self._is_plain: dict[tuple[str, ...], bool] = {}
        self._drift: Counter[str] = Counter()

    def rows(self) -> Iterator[SourceRow]:
        """Yield a row a line; blank lines are no rows."""
        loads, columns = orjson.loads, self._columns
        read = unreadable = 0
        for number, line in enumerate(self._lines(), start=1):
            if not line or line.isspace():
                continue
            read += 1
            try:
                order = loads(line)
            except ValueError:
                unreadable += 1
                yield _broken(number, line)
                continue
            yield keyed_row(number, self._standard(order), columns)
        if read and read == unreadable:
            raise UnreadableFileError(
                "no_row_readable", f"{read} 行都不是 JSON", f"none of {read} lines is JSON"
            )

    def absent(self) -> set[str]:
        """Return the columns no order carried."""
        return self._columns.absent()

    def new_columns(self) -> list[str]:
        """Return the keys that neither contract nor standard knows."""
        return self._columns.new_columns()

    def warnings(self) -> list[LoadWarning]:
        """Return the drift that was absorbed."""
        return drift_warnings(self._drift)

    def _lines(self) -> Iterator[bytes]:
        with self._source.open() as packed:
            # gzip takes an empty file for an empty stream; an empty day's file has at least its header.
            if not packed.read(1):
                raise UnreadableFileError("truncated_file", "空文件", "the file is empty")
            packed.seek(0)
            try:
                with gzip.GzipFile(fileobj=packed) as unpacked:
                    yield from _buffered_lines(unpacked)
            except EOFError as error:
                raise UnreadableFileError(
                    "truncated_file", "gzip 中途结束", "the gzip stream ends half-way"
                ) from error
            except (gzip.BadGzipFile, zlib.error) as error:
                raise UnreadableFileError(
                    "unreadable_file", f"不是 gzip：{error}", f"no gzip file: {error}"
                ) from error

    def _standard(self, order: Any) -> Any:
        if not isinstance(order, dict):
            return order
        if not self._spelt_as_the_standard(order):
            order = canonical_order(order, self._drift)
        if order.get(_OPERATOR) in (None, ""):
            # The number of an order begins with its operator's (T/CEC 102: 27 = OperatorID + 18).
            sequence = order.get("StartChargeSeq")
            order[_OPERATOR] = sequence[:_OPERATOR_LENGTH] if isinstance(sequence, str) else None
        return order

    def _spelt_as_the_standard(self, order: dict[str, Any]) -> bool:
        if not self._plain_keys(tuple(order), CHARGE_ORDER):
            return False
        details = order.get("ChargeDetails")
        if not isinstance(details, list):
            return not isinstance(details, str)
        # Whoever writes one detail in his own way writes all of an order's details so.
        first = details[0] if details else None
        return not isinstance(first, dict) or (
            self._plain_keys(tuple(first), CHARGE_DETAIL) and not isinstance(first.get("DetailPower"), str)
        )

    def _plain_keys(self, keys: tuple[str, ...], shape: Any) -> bool:
        known = self._is_plain.get(keys)
        if known is None:
            known = self._is_plain[keys] = is_standard(shape, keys)
        return known


def _buffered_lines(stream: gzip.GzipFile) -> Iterator[bytes]:
    # GzipFile's own line iterator costs a Python call a line; splitting large blocks does not.
    rest = b""
    while block := stream.read(_BUFFER_BYTES):
        lines = (rest + block).split(b"\n")
        rest = lines.pop()
        yield from lines
    if rest:
        yield rest


def _broken(number: int, line: bytes) -> SourceRow:
    text = line[:2000].decode("utf-8", "replace")
    return SourceRow(number, [], text, RowIssue("not_json", None, text))
