"""What the exchange responds to each request, before it is encrypted.

Limits are the standard's: 50 stations a status request, 7 days a statistics request.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from demo_city.city_source import Message, station_stats
from demo_city.deliveries.source import SMALL_PAGE, Source
from demo_city.random_generator import SHANGHAI, days_between
from demo_city.servers.credentials import Now

MOST_STATIONS = 50
MOST_DAYS = 7
MOST_ITEMS = 2000
MONEY_TOLERANCE = Decimal("0.01")
# T/CEC 102.4, DisputeReason.
NO_SUCH_ORDER, OTHER_MONEY, OTHER_POWER = 1, 2, 3
_CHANGING = "exchange_changing_total"
_FREE, _CHARGING, _OUT_OF_ORDER = 1, 3, 255


class BadParameterError(ValueError):
    """A business parameter is missing, malformed or beyond its limit (Ret 4004)."""


class TcecResponses:
    """Responses about a source's charging operator, as it stands at the moment `now`."""

    def __init__(self, source: Source, now: Now) -> None:
        self._source, self._now = source, now
        self._stations = lru_cache(maxsize=1)(source.stations)

    def stations_info(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Return one page of the stations changed since LastQueryTime; past the end the list is empty."""
        since = _moment(parameters["LastQueryTime"]) if parameters.get("LastQueryTime") else None
        page = _whole(parameters.get("PageNo") or 1, "PageNo")
        size = min(_whole(parameters.get("PageSize") or 10, "PageSize"), MOST_ITEMS)
        stations = self._stations(self._now())
        chosen = [info for changed_at, info in stations if since is None or changed_at >= since]
        walk, sampler = str(since), self._source.sampler
        if sampler.happens(_CHANGING, walk):
            size = min(size, SMALL_PAGE)
            is_longer = page == 1 and len(chosen) > SMALL_PAGE
            # who only goes on reading misses the station that is not there on the first page of the first walk
            if is_longer and self._source.changes_while_read(_CHANGING, walk):
                chosen = chosen[1:]
        extra_pages = int(sampler.happens("exchange_empty_last_page", walk))
        return {
            "PageNo": page,
            "PageCount": -(-len(chosen) // size) + extra_pages,
            "ItemSize": len(chosen),
            "StationInfos": chosen[(page - 1) * size : page * size],
        }

    def station_status(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Return the connectors' states of at most 50 stations; unknown stations are left out."""
        ids = parameters.get("StationIDs")
        if not isinstance(ids, list) or not ids or len(ids) > MOST_STATIONS:
            raise BadParameterError(f"StationIDs 应为 1 至 {MOST_STATIONS} 个")
        known = {info["StationID"]: info for _, info in self._stations(self._now())}
        found = [known[one] for one in ids if one in known]
        return {"StationStatusInfos": [self._status(info) for info in found]}

    def station_stats(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Return a station's energy over at most 7 days (kWh), by pile and connector."""
        first, last = _day(parameters, "StartTime"), _day(parameters, "EndTime")
        days, now = _few_days(first, last, "StartTime 至 EndTime "), self._now()
        station_id = str(parameters.get("StationID", ""))
        try:
            stats = [self._source.station_stats(station_id, d, now) for d in days if d <= now.date()]
        except KeyError as problem:
            raise BadParameterError(f"没有充电站 {station_id}") from problem
        return {"StationStats": _added_up(station_id, first, last, stats)}

    def check_charge_orders(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Return which of the client's orders differ from the operator's own, pushed in those days."""
        orders = parameters.get("ChargeOrders")
        if not isinstance(orders, list):
            raise BadParameterError("缺少 ChargeOrders")
        start, end = (_moment(parameters.get(name)).date() for name in ("StartTime", "EndTime"))
        days, power = _few_days(start, end, "对账区间"), self._source.city.power
        own = {order["StartChargeSeq"]: order for day in days for order in power.charge_orders_pushed(day)}
        disputed = [d for order in orders if (d := _disputed(order, own)) is not None]
        return {
            "CheckOrderSeq": parameters.get("CheckOrderSeq", ""),
            "StartTime": parameters["StartTime"],
            "EndTime": parameters["EndTime"],
            "TotalDisputeOrder": len(disputed),
            "TotalDisputePower": sum((_number(d["TotalPower"]) for d in disputed), Decimal(0)),
            "TotalDisputeMoney": sum((_number(d["TotalMoney"]) for d in disputed), Decimal(0)),
            "DisputeOrders": disputed,
        }

    def _status(self, info: Message) -> Message:
        hour = self._now().hour
        connectors = [c for pile in info["EquipmentInfos"] for c in pile["ConnectorInfos"]]
        states = (_FREE, _CHARGING, _FREE, _FREE, _OUT_OF_ORDER)
        return {
            "StationID": info["StationID"],
            "ConnectorStatusInfos": [
                {"ConnectorID": c["ConnectorID"], "Status": states[(n * 7 + hour) % len(states)]}
                for n, c in enumerate(connectors)
            ],
        }


def _disputed(order: Message, own: dict[str, Message]) -> Message | None:
    seq = order.get("StartChargeSeq", "")
    stated = {name: order.get(name, 0) for name in ("TotalPower", "TotalMoney")}
    if seq not in own:
        return {"StartChargeSeq": seq, **stated, "DisputeReason": NO_SUCH_ORDER}
    for name, reason in (("TotalMoney", OTHER_MONEY), ("TotalPower", OTHER_POWER)):
        if abs(_number(stated[name]) - _number(own[seq][name])) > MONEY_TOLERANCE:
            return {"StartChargeSeq": seq, **stated, "DisputeReason": reason}
    return None


def _added_up(station_id: str, first: date, last: date, stats: list[Message]) -> Message:
    if len(stats) == 1:
        return stats[0] | {"StationID": station_id, "StartTime": str(first), "EndTime": str(last)}
    piles: dict[str, dict[str, Decimal]] = {}
    for pile in (pile for day in stats for pile in day["EquipmentStatsInfos"]):
        connectors = piles.setdefault(pile["EquipmentID"], defaultdict(Decimal))
        for connector in pile["ConnectorStatsInfos"]:
            connectors[connector["ConnectorID"]] += _number(connector["ConnectorElectricity"])
    return station_stats(station_id, first, last, piles)


def _number(value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation as problem:
        raise BadParameterError(f"{value!r} 不是数字") from problem


def _whole(value: Any, name: str) -> int:
    if not str(value).isdigit() or int(value) < 1:
        raise BadParameterError(f"{name} 应为正整数")
    return int(value)


def _few_days(first: date, last: date, what: str) -> list[date]:
    if not first <= last < first + timedelta(days=MOST_DAYS):
        raise BadParameterError(f"{what}应为 1 至 {MOST_DAYS} 天")
    return days_between(first, last)


def _moment(value: Any) -> datetime:
    return _parsed(value, "%Y-%m-%d %H:%M:%S", f"{value!r} 不是 yyyy-MM-dd HH:mm:ss")


def _day(parameters: dict[str, Any], name: str) -> date:
    return _parsed(parameters.get(name), "%Y-%m-%d", f"{name} 应为 yyyy-MM-dd").date()


def _parsed(value: Any, form: str, refusal: str) -> datetime:
    try:
        return datetime.strptime(str(value), form).replace(tzinfo=SHANGHAI)
    except ValueError as problem:
        raise BadParameterError(refusal) from problem
