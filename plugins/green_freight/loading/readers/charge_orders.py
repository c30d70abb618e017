"""The power company's daily file of charge orders: gzip, one JSON order (ChargeOrderInfo) a line."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from typing import Any

import orjson

from green_freight.loading.outcomes import RowIssue, SourceRow, UnreadableFileError
from green_freight.loading.readers import Source
from green_freight.loading.readers.json_rows import JsonReading, standard_name
from green_freight.protocols.tcec102_drift import CHARGE_DETAIL, CHARGE_ORDER, Shape, canonical

_OPERATOR = "OperatorID"
_OPERATOR_LENGTH = 9
_BUFFER_BYTES = 1 << 18


class OrderLines(JsonReading):
    """Reads orders line by line; a row's number is its line. Orders in the standard's spelling are not rewritten."""

    def __init__(self, source: Source) -> None:
        super().__init__(source, CHARGE_ORDER)
        self._is_plain: dict[tuple[str, ...], bool] = {}

    def rows(self) -> Iterator[SourceRow]:
        """Yield a row a line; blank lines are no rows."""
        loads = orjson.loads
        read = unreadable = 0
        for number, line in enumerate(self._lines(), start=1):
            if not line or line.isspace():
                continue
            read += 1
            try:
                order = loads(line)
            except ValueError:
                unreadable += 1
                text = line[:2000].decode("utf-8", "replace")
                yield SourceRow(number, [], text, RowIssue("not_json", None, text))
                continue
            yield self.row(number, self._standard(order))
        if read and read == unreadable:
            raise UnreadableFileError.of("no_row_readable", "no_json_line", count=read)

    def _lines(self) -> Iterator[bytes]:
        with self._source.open() as packed:
            # gzip takes an empty file for an empty stream; an empty day's file has at least its header.
            if not packed.read(1):
                raise UnreadableFileError.of("truncated_file", "empty")
            packed.seek(0)
            try:
                with gzip.GzipFile(fileobj=packed) as unpacked:
                    yield from _buffered_lines(unpacked)
            except EOFError as error:
                raise UnreadableFileError.of("truncated_file", "cut_off_gzip") from error
            except (gzip.BadGzipFile, zlib.error) as error:
                raise UnreadableFileError.of("unreadable_file", "no_gzip", error=error) from error

    def _standard(self, order: Any) -> Any:
        if not isinstance(order, dict):
            return order
        if not self._spelt_as_the_standard(order):
            order = canonical(order, CHARGE_ORDER, self._drift)
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
        # A sender that deviates in one detail of an order deviates in all of them.
        first = details[0] if details else None
        return not isinstance(first, dict) or (
            self._plain_keys(tuple(first), CHARGE_DETAIL) and not isinstance(first.get("DetailPower"), str)
        )

    def _plain_keys(self, keys: tuple[str, ...], shape: Shape) -> bool:
        known = self._is_plain.get(keys)
        if known is None:
            known = self._is_plain[keys] = all(standard_name(shape, key) == key for key in keys)
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
