"""Real sessions, as nobody cleaned them, rendered as charge orders: nothing is lost, the reasons are counted."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from green_freight.settings import PROJECT

from tests.integration.loading.deliveries import Deliveries, order_file

FOLDER = PROJECT.parent / "shared" / "data" / "charging_perth"
FILES = {
    "electricvehiclechargecorrected.csv": 13_676,
    "sept17toaug18standardisedcorrected.csv": 20_277,
    "sept18toaug19standardisedcorrected.csv": 32_711,
}
OPERATOR = "PERTH0001"
MONTH = "2019-08"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the shared facts are not beside the project"),
]


def _sessions() -> Iterator[dict[str, str]]:
    for name in FILES:
        with (FOLDER / name).open(encoding="utf-8-sig", newline="") as file:
            yield from csv.DictReader(file)


def _moment(day: str, time: str) -> str:
    if not day.strip() or not time.strip():
        return ""
    form = "%d/%m/%Y %H:%M:%S" if time.count(":") == 2 else "%d/%m/%Y %H:%M"
    return str(datetime.strptime(f"{day.strip()} {time.strip()}", form))  # noqa: DTZ007 (local time, as published)


def _order(number: int, session: dict[str, str]) -> dict[str, Any]:
    return {
        "StartChargeSeq": f"{OPERATOR}{number:018d}",
        "OperatorID": OPERATOR,
        "ConnectorID": f"{session['CP ID'].strip()}-{session['Connector'].strip()}",
        "StartTime": _moment(session["Start Date"], session["Start Time"]),
        "EndTime": _moment(session["End Date"], session["End Time"]),
        "TotalPower": session["Total kWh"].strip(),
        "TotalElecMoney": 0,
        "TotalSeviceMoney": 0,
        "TotalMoney": 0,
        "StopReason": 0,
        "SumPeriod": 0,
        "ChargeDetails": [],
    }


def test_every_session_is_loaded_or_rejected_with_its_reason(warehouse: Any, deliveries: Deliveries) -> None:
    orders = [_order(number, session) for number, session in enumerate(_sessions())]
    assert len(orders) == sum(FILES.values()) == 66_664
    expected: Counter[str] = Counter()
    energy: defaultdict[date, Decimal] = defaultdict(Decimal)
    for each in orders:
        reason = _expected_reason(each)
        expected[reason] += 1
        if reason == "loaded":
            energy[date.fromisoformat(each["StartTime"][:10]).replace(day=1)] += Decimal(each["TotalPower"])
    deliveries.land("power", "charge_orders", MONTH, "perth.jsonl.gz", order_file(orders))
    [outcome] = deliveries.load("power", "charge_orders", MONTH)
    assert outcome.rows_loaded + outcome.rows_rejected == outcome.rows_in_file == 66_664
    assert outcome.affected_months == tuple(sorted(energy))
    with warehouse.connect("loader") as connection:
        reasons = connection.execute(
            "select reason_code, count(*) from ops.rejected_row group by 1"
        ).fetchall()
        by_month = connection.execute(
            "select date_trunc('month', started_at)::date, sum(energy_kwh) from raw.power_charge_order group by 1"
        ).fetchall()
    assert dict(reasons) | {"loaded": outcome.rows_loaded} == dict(expected)
    assert dict(by_month) == dict(energy)
    assert dict(reasons)["negative_energy"] <= 7
    assert dict(reasons)["missing_value"] >= 37 + 43 + 105


def _expected_reason(each: dict[str, Any]) -> str:
    # Computed here from the published text alone, not with the loader's code.
    if "" in (each["StartTime"], each["EndTime"], each["TotalPower"]):
        return "missing_value"
    if Decimal(each["TotalPower"]) > 10_000:
        return "out_of_range"
    if each["EndTime"] < each["StartTime"]:
        return "end_before_start"
    return "negative_energy" if Decimal(each["TotalPower"]) < 0 else "loaded"
