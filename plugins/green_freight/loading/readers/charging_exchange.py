"""T/CEC 102 messages of the power company: stations with piles and connectors, station statistics, charge orders.

The orders of a day come as a file: gzip, one JSON order (ChargeOrderInfo) a line.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from green_freight import json_text
from green_freight.limits import Limits
from green_freight.loading.outcomes import RowIssue, SourceRow, UnreadableFileError
from green_freight.loading.readers import Source
from green_freight.loading.readers.json_rows import MOST_SHAPES, JsonReading, standard_name
from green_freight.protocols.http import whole_number
from green_freight.protocols.tcec102_drift import SHAPES, Shape, canonical, canonical_stats

_SHAPES = {"stations": SHAPES["station"], "piles": SHAPES["equipment"], "connectors": SHAPES["connector"]}
_INHERITED = ("OperatorID", "StationID", "EquipmentID")
_PER_ITEM = Decimal("0.01")

_OPERATOR = "OperatorID"
_OPERATOR_LENGTH = 9
_BUFFER_BYTES = 1 << 18


class StationPages(JsonReading):
    """Reads stations, piles or connectors (the contract's `content`) from pages of query_stations_info."""

    def __init__(self, source: Source) -> None:
        content = source.contract.content or ""
        super().__init__(source, _SHAPES[content], _INHERITED)
        self._level = tuple(_SHAPES).index(content)

    def _rows(self) -> Iterator[SourceRow]:
        number = 0
        for line, _, answer in self.answers():
            page = canonical(_message(line, answer), SHAPES["stations_answer"], self._drift)
            stations = page.get("StationInfos")
            if stations is None and whole_number(page.get("ItemSize")) == 0:
                continue
            if not isinstance(stations, list):
                raise UnreadableFileError.of(
                    "unreadable_file", "response_lacks", line=line, name="StationInfos"
                )
            for entry in _entries(stations, self._level):
                number += 1
                yield self.row(number, entry, line)


class StationStatistics(JsonReading):
    """Reads the connectors of query_station_stats; sums that do not add up fail the rows below them."""

    def __init__(self, source: Source) -> None:
        names = ("StatDate", "StationID", "StationElectricity", "EquipmentID", "EquipmentElectricity")
        super().__init__(source, SHAPES["connector_stats"], names)

    def _rows(self) -> Iterator[SourceRow]:
        number = 0
        for line, request, answer in self.answers():
            message = _message(line, answer)
            stats = canonical_stats(message, self._drift) if message else {}
            for item, fault in self._connectors(stats, request):
                number += 1
                row = self.row(number, item, line)
                yield row if row.fault or fault is None else row._replace(fault=fault)

    def _connectors(self, stats: dict[str, Any], request: Any) -> Iterator[tuple[Any, RowIssue | None]]:
        equipments = _list(stats, "EquipmentStatsInfos")
        station = {
            "StatDate": _day(stats.get("StartTime") or request.get("StartTime")),
            "StationID": stats.get("StationID") or request.get("StationID"),
            "StationElectricity": stats.get("StationElectricity"),
        }
        station_fault = self._sum_fault(
            "station_kwh", stats.get("StationElectricity"), equipments, "EquipmentElectricity"
        )
        for equipment in equipments:
            if not isinstance(equipment, dict):
                yield equipment, None
                continue
            connectors = _list(equipment, "ConnectorStatsInfos")
            energy = equipment.get("EquipmentElectricity")
            fault = station_fault or self._sum_fault(
                "equipment_kwh", energy, connectors, "ConnectorElectricity"
            )
            above = {**station, "EquipmentID": equipment.get("EquipmentID"), "EquipmentElectricity": energy}
            for connector in connectors:
                yield ({**above, **connector} if isinstance(connector, dict) else connector), fault

    def _sum_fault(self, column: str, total: Any, parts: list[Any], name: str) -> RowIssue | None:
        values: list[Any] = [part.get(name) for part in parts if isinstance(part, dict)]
        if any(isinstance(value, bool) or not isinstance(value, Decimal | int) for value in (total, *values)):
            return None
        found, tolerance = sum(values, Decimal(0)), _PER_ITEM * max(1, len(values))
        if abs(found - total) <= tolerance:
            return None
        facts = {"detail": name, "sum": found, "tolerance": tolerance}
        return RowIssue("detail_sum_mismatch", self._source.contract.column(column), total, facts)


def _message(line: int, answer: Any) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise UnreadableFileError.of("unreadable_file", "response_no_object", line=line)
    return answer


def _entries(stations: list[Any], level: int) -> Iterator[Any]:
    for station in stations:
        if level == 0 or not isinstance(station, dict):
            yield station
            continue
        above = {name: station.get(name) for name in ("OperatorID", "StationID")}
        for equipment in _list(station, "EquipmentInfos"):
            if level == 1 or not isinstance(equipment, dict):
                yield {**above, **equipment} if isinstance(equipment, dict) else equipment
                continue
            known = {**above, "EquipmentID": equipment.get("EquipmentID")}
            for connector in _list(equipment, "ConnectorInfos"):
                yield {**known, **connector} if isinstance(connector, dict) else connector


def _list(message: dict[str, Any], name: str) -> list[Any]:
    """Return the parts of a message; one alone may stand without its list, and what is no part is rejected as a row."""
    found = message.get(name)
    return found if isinstance(found, list) else [] if found in (None, "") else [found]


def _day(value: Any) -> Any:
    return value[:10] if isinstance(value, str) else value


class OrderLines(JsonReading):
    """Reads orders line by line; a row's number is its line. Orders in the standard's spelling are not rewritten."""

    def __init__(self, source: Source) -> None:
        super().__init__(source, SHAPES["charge_order"])
        self._is_plain: dict[tuple[str, ...], bool] = {}

    def _rows(self) -> Iterator[SourceRow]:
        loads = json_text.read
        read = unreadable = 0
        for number, line in enumerate(self._lines(), start=1):
            if not line or line.isspace():
                continue
            read += 1
            self.text_bytes += len(line)
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
            packed_bytes = packed.seek(0, io.SEEK_END)
            packed.seek(0)
            try:
                with gzip.GzipFile(fileobj=packed) as unpacked:
                    yield from _buffered_lines(unpacked, packed_bytes, self._source.contract.limits)
            except EOFError as error:
                raise UnreadableFileError.of("truncated_file", "cut_off_gzip") from error
            except (gzip.BadGzipFile, zlib.error) as error:
                raise UnreadableFileError.of("unreadable_file", "no_gzip", error=error) from error

    def _standard(self, order: Any) -> Any:
        if not isinstance(order, dict):
            return order
        if not self._spelt_as_the_standard(order):
            order = canonical(order, SHAPES["charge_order"], self._drift)
        if order.get(_OPERATOR) in (None, ""):
            # The number of an order begins with its operator's (T/CEC 102: 27 = OperatorID + 18).
            sequence = order.get("StartChargeSeq")
            order[_OPERATOR] = sequence[:_OPERATOR_LENGTH] if isinstance(sequence, str) else None
        return order

    def _spelt_as_the_standard(self, order: dict[str, Any]) -> bool:
        if not self._plain_keys(tuple(order), SHAPES["charge_order"]):
            return False
        details = order.get("ChargeDetails")
        if not isinstance(details, list):
            return not isinstance(details, str)
        # A sender that deviates in one detail of an order deviates in all of them.
        first = details[0] if details else None
        return not isinstance(first, dict) or (
            self._plain_keys(tuple(first), SHAPES["charge_detail"])
            and not isinstance(first.get("DetailPower"), str)
        )

    def _plain_keys(self, keys: tuple[str, ...], shape: Shape) -> bool:
        known = self._is_plain.get(keys)
        if known is None:
            known = all(standard_name(shape, key) == key for key in keys)
            if len(self._is_plain) < MOST_SHAPES:
                self._is_plain[keys] = known
        return known


def _buffered_lines(stream: gzip.GzipFile, packed_bytes: int, limits: Limits) -> Iterator[bytes]:
    # GzipFile's own line iterator costs a Python call a line; splitting large blocks does not.
    begun: list[bytes] = []
    begun_bytes = unpacked_bytes = number = 0
    while block := stream.read(_BUFFER_BYTES):
        unpacked_bytes += len(block)
        limits.check_unpacked(unpacked_bytes, packed_bytes)
        first, *others = block.split(b"\n")
        begun.append(first)
        begun_bytes += len(first)
        limits.check("text_bytes", begun_bytes, row=number + 1)
        if others:
            yield b"".join(begun)
            number += len(others)
            limits.check("rows", number, row=number)
            yield from others[:-1]
            begun, begun_bytes = others[-1:], len(others[-1])
    if begun_bytes:
        yield b"".join(begun)
