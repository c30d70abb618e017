"""Sessions in columns become ChargeOrderInfo messages of T/CEC 102, with exact decimals and local times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import numpy as np

from demo_city.charging_operator import Message
from demo_city.charging_sessions import DAY, Sessions
from demo_city.columns import Ints, hundredths, ten_thousandths

_CLOCK = [
    f" {hour:02d}:{minute:02d}:{s:02d}" for hour in range(24) for minute in range(60) for s in range(60)
]


def render_orders(
    sessions: Sessions,
    rows: Ints,
    day: date,
    operator_id: str,
    connector_ids: Sequence[str],
    vins: Sequence[str],
) -> list[Message]:
    """Return the orders of the sessions at `rows` (ascending); `vins` has one text per row, "" for unknown."""
    details = _details(sessions, rows, day)
    counts = sessions.count[rows]
    serial = f"{operator_id}{day:%Y%m%d}"
    columns = zip(
        rows.tolist(),
        sessions.plug[rows].tolist(),
        _moments(day, sessions.start[rows].tolist()),
        _moments(day, sessions.end[rows].tolist()),
        hundredths(sessions.energy[rows].tolist()),
        hundredths(sessions.electricity_fee[rows].tolist()),
        hundredths(sessions.service_fee[rows].tolist()),
        hundredths((sessions.electricity_fee + sessions.service_fee)[rows].tolist()),
        sessions.stop_reason[rows].tolist(),
        (np.cumsum(counts) - counts).tolist(),
        counts.tolist(),
        vins,
        strict=True,
    )
    orders = []
    for row, plug, start, end, energy, electricity, service, total, reason, first, count, vin in columns:
        order: Message = {
            "StartChargeSeq": f"{serial}{row + 1:010d}",
            "OperatorID": operator_id,
            "ConnectorID": connector_ids[plug],
            "StartTime": start,
            "EndTime": end,
            "TotalPower": energy,
            "TotalElecMoney": electricity,
            "TotalSeviceMoney": service,
            "TotalMoney": total,
            "StopReason": reason,
            "SumPeriod": count,
            "ChargeDetails": details[first : first + count],
        }
        if vin:
            order["Vin"] = vin
        orders.append(order)
    return orders


def _details(sessions: Sessions, rows: Ints, day: date) -> list[Message]:
    """Return the tariff periods of the sessions at `rows`, one after another."""
    wanted = np.zeros(len(sessions.plug), dtype=bool)
    wanted[rows] = True
    parts = np.flatnonzero(np.repeat(wanted, sessions.count))
    columns = zip(
        _moments(day, sessions.part_start[parts].tolist()),
        _moments(day, sessions.part_end[parts].tolist()),
        ten_thousandths(sessions.part_price[parts].tolist()),
        ten_thousandths(sessions.part_service_price[parts].tolist()),
        hundredths(sessions.part_energy[parts].tolist()),
        hundredths(sessions.part_electricity_fee[parts].tolist()),
        hundredths(sessions.part_service_fee[parts].tolist()),
        strict=True,
    )
    return [
        {
            "DetailStartTime": start,
            "DetailEndTime": end,
            "ElecPrice": price,
            "SevicePrice": service_price,
            "DetailPower": energy,
            "DetailElecMoney": fee,
            "DetailSeviceMoney": service_fee,
        }
        for start, end, price, service_price, energy, fee, service_fee in columns
    ]


def _moments(day: date, seconds: Iterable[int]) -> list[str]:
    """Return `yyyy-MM-dd HH:mm:ss` for seconds from a day's midnight; the next day's are allowed."""
    today, tomorrow = day.isoformat(), (day + timedelta(days=1)).isoformat()
    return [today + _CLOCK[s] if s < DAY else tomorrow + _CLOCK[s - DAY] for s in seconds]
