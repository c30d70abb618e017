"""The T/CEC 102 service over real HTTP, asked with the openssl command's cryptography."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from demo_city.city import City
from demo_city.city_source import LateKnowledge
from demo_city.servers import DemoAgencies
from tests.integration.demo_city.clients import ExchangeClient, openssl_sign

DAY = "2025-09-30"


@pytest.fixture
def client(agencies: DemoAgencies) -> Iterator[ExchangeClient]:
    yield ExchangeClient(agencies.connections["power"]).log_in()


def _stations(client: ExchangeClient, page_size: int = 50, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    page = 0
    while True:
        page += 1
        answer = client.data("query_stations_info", PageNo=page, PageSize=page_size, **more)
        assert answer["PageNo"] == page
        found += answer["StationInfos"]
        if page >= answer["PageCount"]:
            assert len(found) == answer["ItemSize"]
            return found


def test_stations_come_in_pages_with_the_total_of_all(client: ExchangeClient) -> None:
    stations = _stations(client, page_size=2)
    assert len({s["StationID"] for s in stations}) == len(stations) > 4
    assert sum(len(s["EquipmentInfos"]) for s in stations) >= 250


def test_last_query_time_leaves_out_what_did_not_change(client: ExchangeClient, small_city: City) -> None:
    changes = {info["StationID"]: at for at, info in small_city.power.station_versions()}
    newest = max(at for at in changes.values() if at < datetime.fromisoformat("2025-10-01T02:00:00+08:00"))
    assert (
        0
        < len(_stations(client, LastQueryTime=newest.strftime("%Y-%m-%d %H:%M:%S")))
        < len(_stations(client))
    )
    assert _stations(client, LastQueryTime="2025-10-01 01:59:59") == []


def test_a_page_past_the_end_is_an_empty_list(client: ExchangeClient) -> None:
    answer = client.data("query_stations_info", PageNo=99, PageSize=50)
    assert answer["StationInfos"] == []
    assert answer["ItemSize"] > 0


def test_statistics_add_up_and_equal_the_orders_of_the_day(client: ExchangeClient, small_city: City) -> None:
    total = Decimal(0)
    for station in _stations(client):
        stats = client.data("query_station_stats", StationID=station["StationID"], StartTime=DAY, EndTime=DAY)
        stats = stats["StationStats"]
        piles = stats["EquipmentStatsInfos"]
        energy = Decimal(str(stats["StationElectricity"]))
        assert energy == sum(Decimal(str(p["EquipmentElectricity"])) for p in piles)
        connectors = [c["ConnectorElectricity"] for p in piles for c in p["ConnectorStatsInfos"]]
        assert energy == sum(Decimal(str(kwh)) for kwh in connectors)
        total += energy
    day = date.fromisoformat(DAY)
    pushed = [o for d in (day, date(2025, 10, 1)) for o in small_city.power.charge_orders_pushed(d)]
    assert total == sum((o["TotalPower"] for o in pushed if o["StartTime"].startswith(DAY)), Decimal(0))


def test_a_week_of_statistics_is_the_sum_of_its_days_and_eight_days_are_refused(
    client: ExchangeClient,
) -> None:
    station = _stations(client)[0]["StationID"]

    def energy(first: str, last: str) -> Decimal:
        stats = client.data("query_station_stats", StationID=station, StartTime=first, EndTime=last)
        return Decimal(str(stats["StationStats"]["StationElectricity"]))

    days = [f"2025-09-{n}" for n in range(24, 31)]
    assert energy(days[0], days[-1]) == sum(energy(day, day) for day in days)
    refused = client.ask(
        "query_station_stats", StationID=station, StartTime="2025-09-23", EndTime="2025-09-30"
    )
    assert refused["Ret"] == 4004


@pytest.mark.parametrize(
    ("interface", "parameters"),
    [
        ("query_station_stats", {"StationID": "none", "StartTime": DAY, "EndTime": DAY}),
        ("query_station_stats", {"StationID": "none", "StartTime": DAY}),
        ("query_station_stats", {"StartTime": "30.09.2025", "EndTime": DAY}),
        ("query_stations_info", {"PageNo": 0, "PageSize": 10, "LastQueryTime": "gestern"}),
        ("query_stations_info", {"PageNo": "x", "PageSize": 10}),
        ("query_station_status", {"StationIDs": [str(n) for n in range(51)]}),
        ("query_station_status", {}),
        ("check_charge_orders", {"CheckOrderSeq": "1"}),
    ],
)
def test_bad_parameters_are_4004(client: ExchangeClient, interface: str, parameters: dict[str, Any]) -> None:
    assert client.ask(interface, **parameters)["Ret"] == 4004


def test_status_tells_each_connector(client: ExchangeClient) -> None:
    stations = _stations(client)
    answer = client.data("query_station_status", StationIDs=[s["StationID"] for s in stations])
    states = [c for s in answer["StationStatusInfos"] for c in s["ConnectorStatusInfos"]]
    assert len(states) == sum(len(e["ConnectorInfos"]) for s in stations for e in s["EquipmentInfos"])
    assert {c["Status"] for c in states} <= {0, 1, 2, 3, 4, 255}


def test_checking_orders_names_those_that_differ(client: ExchangeClient, small_city: City) -> None:
    orders = small_city.power.charge_orders_pushed(date(2025, 9, 30))[:4]
    told = [
        {
            "StartChargeSeq": o["StartChargeSeq"],
            "TotalPower": float(o["TotalPower"]),
            "TotalMoney": float(o["TotalMoney"]),
        }
        for o in orders
    ]
    told[1]["TotalMoney"] += 5
    told[2]["TotalPower"] += 5
    told[3]["StartChargeSeq"] = "0" * 27
    answer = client.data(
        "check_charge_orders",
        CheckOrderSeq="1",
        StartTime=f"{DAY} 00:00:00",
        EndTime=f"{DAY} 23:59:59",
        OrderCount=4,
        ChargeOrders=told,
    )
    assert [d["DisputeReason"] for d in answer["DisputeOrders"]] == [2, 3, 1]
    assert answer["TotalDisputeOrder"] == 3


def test_envelopes_are_validated_in_the_standards_order(client: ExchangeClient) -> None:
    good = client.envelope({"PageNo": 1, "PageSize": 10})
    assert client.send("query_stations_info", {k: v for k, v in good.items() if k != "Seq"})["Ret"] == 4003
    assert client.send("query_stations_info", [])["Ret"] == 4003
    assert client.send("query_stations_info", good | {"Sig": "0" * 32})["Ret"] == 4001
    assert client.send("query_stations_info", good | {"OperatorID": "999999999"})["Ret"] == 4001
    client.token = "stolen"
    assert client.send("query_stations_info", good | {"Sig": "0" * 32})["Ret"] == 4001
    assert client.send("query_stations_info", good)["Ret"] == 4002


def test_refusals_are_signed_too(client: ExchangeClient) -> None:
    client.token = ""
    refused = client.ask("query_stations_info", PageNo=1, PageSize=1)
    assert refused["Ret"] == 4002
    assert refused["Sig"] == openssl_sign(f"4002{refused['Msg']}", client.keys["sig_secret"])


def test_wrong_secrets_get_no_token(client: ExchangeClient) -> None:
    found = client.data("query_token", OperatorID=client.keys["platform_id"], OperatorSecret="wrong")
    assert (found["SuccStat"], found["FailReason"], found["AccessToken"]) == (1, 2, "")
    found = client.data("query_token", OperatorID="999999999", OperatorSecret=client.keys["operator_secret"])
    assert (found["SuccStat"], found["FailReason"]) == (1, 1)


def test_tokens_expire(run_agencies: Callable[..., DemoAgencies]) -> None:
    running = run_agencies(agencies=("power",), token_seconds=1)
    client = ExchangeClient(running.connections["power"]).log_in()
    assert client.ask("query_stations_info", PageNo=1, PageSize=1)["Ret"] == 0
    time.sleep(1.1)
    assert client.ask("query_stations_info", PageNo=1, PageSize=1)["Ret"] == 4002
    assert client.log_in().ask("query_stations_info", PageNo=1, PageSize=1)["Ret"] == 0


def test_it_speaks_for_any_operator(tmp_path: Any) -> None:
    connector = {"ConnectorID": "C1", "ConnectorType": 3, "Power": Decimal("22.0")}
    station = {
        "StationID": "S1",
        "OperatorID": "REALPERTH",
        "EquipmentInfos": [{"EquipmentID": "E1", "ConnectorInfos": [connector]}],
    }
    order = {"StartChargeSeq": "REALPERTH" + "1" * 18, "EndTime": None, "TotalPower": None}

    class Perth:
        operator_id = "REALPERTH"

        def station_versions(self) -> list[Any]:
            return [(datetime.fromisoformat("2016-09-01T00:00:00+08:00"), station)]

        def station_stats(self, station_id: str, day: date) -> dict[str, Any]:
            return {"StationElectricity": Decimal(0), "EquipmentStatsInfos": []}

        def charge_orders_pushed(self, day: date) -> list[dict[str, Any]]:
            return [order]

    days = {"first_day": date(2016, 9, 1), "last_day": date(2016, 9, 2)}
    town = SimpleNamespace(power=Perth(), late_knowledge=LateKnowledge(), **days)
    clock = datetime.fromisoformat("2019-09-01T00:00:00+08:00")
    with DemoAgencies(town, tmp_path, clock, agencies=("power",)) as running:  # type: ignore[arg-type]
        client = ExchangeClient(running.connections["power"]).log_in()
        assert [s["StationID"] for s in _stations(client)] == ["S1"]
        assert running.connections["power"].extra["operator_id"] == "REALPERTH"


def _planted(run_agencies: Callable[..., DemoAgencies], defect: str) -> ExchangeClient:
    running = run_agencies(agencies=("power",), defect_rates={defect: 1.0})
    return ExchangeClient(running.connections["power"]).log_in()


def test_drift_of_keys_numbers_and_signature(run_agencies: Callable[..., DemoAgencies]) -> None:
    first_page: dict[str, Any] = {"PageNo": 1, "PageSize": 1}
    plain = {}
    for defect in ("exchange_lower_camel", "exchange_operation_id", "exchange_text_numbers"):
        client = _planted(run_agencies, defect)
        plain[defect] = json.loads(client.plain(client.ask("query_stations_info", **first_page)))
    assert {"pageNo", "pageCount", "itemSize", "stationInfos"} == set(plain["exchange_lower_camel"])
    assert "equipmentInfos" in plain["exchange_lower_camel"]["stationInfos"][0]
    assert "OperationID" in plain["exchange_operation_id"]["StationInfos"][0]
    assert "OperatorID" not in plain["exchange_operation_id"]["StationInfos"][0]
    assert isinstance(plain["exchange_text_numbers"]["ItemSize"], str)
    client = _planted(run_agencies, "exchange_lower_signature")
    signature = client.ask("query_stations_info", **first_page)["Sig"]
    assert signature == signature.lower() != signature.upper()


def test_drift_of_paging(run_agencies: Callable[..., DemoAgencies]) -> None:
    client = _planted(run_agencies, "exchange_empty_last_page")
    answer = client.data("query_stations_info", PageNo=1, PageSize=50)
    assert answer["PageCount"] == 2
    assert client.data("query_stations_info", PageNo=2, PageSize=50)["StationInfos"] == []
    client = _planted(run_agencies, "exchange_changing_total")
    first, second = (client.data("query_stations_info", PageNo=n, PageSize=50) for n in (1, 2))
    assert first["ItemSize"] + 1 == second["ItemSize"]
    once_more = client.data("query_stations_info", PageNo=1, PageSize=50)
    assert once_more["ItemSize"] == second["ItemSize"]
    assert once_more["StationInfos"][0] not in first["StationInfos"] + second["StationInfos"]


def test_an_answer_with_a_trailing_comma_is_signed_but_no_json(
    run_agencies: Callable[..., DemoAgencies],
) -> None:
    client = _planted(run_agencies, "exchange_trailing_comma")
    text = client.plain(client.ask("query_stations_info", PageNo=1, PageSize=1))
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)
    assert text.endswith(",}")
