"""T/CEC 102 answers of the power company: stations with piles and connectors, and station statistics."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from green_freight.loading.outcomes import RowIssue, SourceRow, UnreadableFileError
from green_freight.loading.readers import Source
from green_freight.loading.readers.json_rows import JsonReading
from green_freight.protocols import tcec102_drift as drift

_SHAPES = {"stations": drift.STATION, "piles": drift.EQUIPMENT, "connectors": drift.CONNECTOR}
_INHERITED = ("OperatorID", "StationID", "EquipmentID")
_PER_ITEM = Decimal("0.01")


class StationPages(JsonReading):
    """Reads stations, piles or connectors (the contract's `content`) from pages of query_stations_info."""

    def __init__(self, source: Source) -> None:
        content = source.contract.content or ""
        super().__init__(source, _SHAPES[content], _INHERITED)
        self._level = tuple(_SHAPES).index(content)

    def rows(self) -> Iterator[SourceRow]:
        """Yield the entries of the asked level in the order of the pages."""
        number = 0
        for line, _, answer in self.answers():
            page = drift.canonical(_message(line, answer), drift.STATIONS_ANSWER, self._drift)
            stations = page.get("StationInfos")
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
        super().__init__(source, drift.CONNECTOR_STATS, names)

    def rows(self) -> Iterator[SourceRow]:
        """Yield a row a connector."""
        number = 0
        for line, request, answer in self.answers():
            message = _message(line, answer)
            stats = drift.canonical_stats(message, self._drift) if message else {}
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
        if not _all_numbers([total, *values]):
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
    found = message.get(name)
    return found if isinstance(found, list) else []


def _day(value: Any) -> Any:
    return value[:10] if isinstance(value, str) else value


def _all_numbers(values: list[Any]) -> bool:
    return all(isinstance(value, Decimal | int) and not isinstance(value, bool) for value in values)
