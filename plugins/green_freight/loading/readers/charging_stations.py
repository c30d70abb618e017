"""T/CEC 102 answers of the power company: stations with piles and connectors, and station statistics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from green_freight.landing import Exchange
from green_freight.loading.issues import RowIssue, SourceRow, UnreadableFileError
from green_freight.loading.outcomes import LoadWarning
from green_freight.loading.readers.base import Source
from green_freight.loading.readers.json_columns import KeyedColumns
from green_freight.loading.readers.tcec_names import standard_names
from green_freight.loading.readers.transport_pages import body, exchanges, keyed_row
from green_freight.protocols import tcec102_drift as drift

_SHAPES = {"stations": drift.STATION, "piles": drift.EQUIPMENT, "connectors": drift.CONNECTOR}
_INHERITED = ("OperatorID", "StationID", "EquipmentID")
_PER_ITEM = Decimal("0.01")


class _Messages:
    """What the two readers share: canonical messages, rows by key, the drift that was absorbed."""

    sheet: str | None = None

    def __init__(self, source: Source, shape: drift.Shape, more: Iterable[str]) -> None:
        self._source = source
        self._columns = KeyedColumns(source.contract, standard_names(shape), (*shape.names.values(), *more))
        self._drift: Counter[str] = Counter()

    def absent(self) -> set[str]:
        """Return the columns no message carried."""
        return self._columns.absent()

    def new_columns(self) -> list[str]:
        """Return the keys that neither contract nor standard knows."""
        return self._columns.new_columns()

    def warnings(self) -> list[LoadWarning]:
        """Return the drift that was absorbed."""
        return drift_warnings(self._drift)

    def _answer(self, exchange: Exchange, line: int) -> dict[str, Any]:
        message = body(exchange, line)
        if not isinstance(message, dict):
            raise UnreadableFileError(
                "unreadable_file", f"第 {line} 个应答不是对象", f"answer {line} is no object"
            )
        return message


class StationPages(_Messages):
    """Reads stations, piles or connectors (the contract's `content`) from pages of query_stations_info."""

    def __init__(self, source: Source) -> None:
        super().__init__(source, _SHAPES[source.contract.content or ""], _INHERITED)
        self._level = tuple(_SHAPES).index(source.contract.content or "")

    def rows(self) -> Iterator[SourceRow]:
        """Yield the entries of the asked level in the order of the pages."""
        number = 0
        for line, exchange in enumerate(exchanges(self._source), start=1):
            page = drift.canonical_stations_page(self._answer(exchange, line), self._drift)
            stations = page.get("StationInfos")
            if not isinstance(stations, list):
                detail = f"answer {line} has no StationInfos"
                raise UnreadableFileError("unreadable_file", f"第 {line} 个应答没有 StationInfos", detail)
            for entry in _entries(stations, self._level):
                number += 1
                yield keyed_row(number, entry, self._columns, line)


class StationStatistics(_Messages):
    """Reads the connectors of query_station_stats; sums that do not add up fail the rows below them."""

    def __init__(self, source: Source) -> None:
        names = ("StatDate", "StationID", "StationElectricity", "EquipmentID", "EquipmentElectricity")
        super().__init__(source, drift.CONNECTOR_STATS, names)

    def rows(self) -> Iterator[SourceRow]:
        """Yield a row a connector."""
        number = 0
        for line, exchange in enumerate(exchanges(self._source), start=1):
            answer = self._answer(exchange, line)
            stats = drift.canonical_stats(answer, self._drift) if answer else {}
            for item, fault in self._connectors(stats, exchange):
                number += 1
                row = keyed_row(number, item, self._columns, line)
                yield row if row.fault or fault is None else row._replace(fault=fault)

    def _connectors(self, stats: dict[str, Any], exchange: Exchange) -> Iterator[tuple[Any, RowIssue | None]]:
        equipments = _list(stats, "EquipmentStatsInfos")
        station = {
            "StatDate": _day(stats.get("StartTime") or exchange.request.get("StartTime")),
            "StationID": stats.get("StationID") or exchange.request.get("StationID"),
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
        if not _all_numbers([total, *values]):
            return None
        found, tolerance = sum(values, Decimal(0)), _PER_ITEM * max(1, len(values))
        if abs(found - total) <= tolerance:
            return None
        facts = {"detail": name, "sum": found, "tolerance": tolerance}
        return RowIssue("detail_sum_mismatch", self._source.contract.column(column), total, facts)


def drift_warnings(found: Counter[str]) -> list[LoadWarning]:
    """Return one note that says which drift of the exchange was absorbed; unknown keys are told elsewhere."""
    absorbed = {note: count for note, count in found.items() if not note.startswith("unknown key")}
    if not absorbed:
        return []
    words = ", ".join(f"{note} × {count}" for note, count in sorted(absorbed.items()))
    return [
        LoadWarning(
            "drift_absorbed",
            f"与标准写法不同，已按标准读取：{words}",
            f"spelt otherwise than the standard, read as the standard: {words}",
            severity="info",
            count=sum(absorbed.values()),
        )
    ]


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
    found = message.get(name)
    return found if isinstance(found, list) else []


def _day(value: Any) -> Any:
    return value[:10] if isinstance(value, str) else value


def _all_numbers(values: list[Any]) -> bool:
    return all(isinstance(value, Decimal | int) and not isinstance(value, bool) for value in values)
