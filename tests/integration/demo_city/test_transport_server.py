"""The transport platform over real HTTP: token, paging, windows of change, days, corrections."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from demo_city.city import City
from demo_city.servers import DemoAgencies
from demo_city.servers.transport_api import REGISTERS
from tests.integration.demo_city.clients import transport_client

NIGHT = datetime.fromisoformat("2025-10-01T02:00:00+08:00")


@pytest.fixture(scope="module")
def client(agencies: DemoAgencies) -> Iterator[httpx.Client]:
    with transport_client(agencies.connections["transport"]) as found:
        yield found


def _all(client: httpx.Client, path: str, page_size: int = 700, **question: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        params = question | {"page": len(found) // page_size + 1, "page_size": page_size}
        page = client.get(f"/api/v1/{path}", params=params).json()
        found += page["items"]
        if len(found) >= page["total"]:
            return found


@pytest.mark.parametrize("path", REGISTERS)
def test_a_register_in_pages_is_the_register_as_known_now(
    client: httpx.Client, small_city: City, path: str
) -> None:
    versions = [v for v in small_city.register_versions(REGISTERS[path]) if v["changed_at"] < NIGHT]
    key = next(iter(versions[0]))
    served = _all(client, path, page_size=7 if len(versions) < 100 else 700)
    assert {row[key] for row in served} == {v[key] for v in versions}
    assert len(served) == len({row[key] for row in served})
    newest = {v[key]: v["changed_at"] for v in versions}
    assert all(datetime.fromisoformat(row["changed_at"]) == newest[row[key]] for row in served)


def test_windows_of_change_cut_a_register_without_gap_or_overlap(client: httpx.Client) -> None:
    cuts = ["2023-02-01T00:00:00+08:00", "2024-06-15T12:00:00+08:00", "2025-09-30T00:00:00+08:00"]
    bounds = [None, *cuts, None]
    parts = []
    for since, before in itertools.pairwise(bounds):
        asked = {k: v for k, v in (("changed_since", since), ("changed_before", before)) if v}
        parts += [row["vehicle_id"] for row in _all(client, "vehicles", **asked)]
    assert sorted(parts) == sorted(row["vehicle_id"] for row in _all(client, "vehicles"))


def test_removed_records_come_as_tombstones(client: httpx.Client) -> None:
    assert any(row["is_deleted"] for row in _all(client, "vehicles"))


def test_a_day_of_operation_is_the_citys_and_a_running_day_is_empty(
    client: httpx.Client, small_city: City
) -> None:
    day = NIGHT.date() - timedelta(days=1)
    served = _all(client, "vehicle-operations", operation_date=str(day))
    expected = small_city.vehicle_operations(day)
    assert [row["vehicle_id"] for row in served] == [row["vehicle_id"] for row in expected]
    assert [str(row["distance_km"]) for row in served] == [
        str(float(row["distance_km"])).removesuffix(".0") for row in expected
    ]
    assert _all(client, "vehicle-operations", operation_date=str(NIGHT.date())) == []


def test_figures_are_reported_once_the_month_is_over(client: httpx.Client) -> None:
    assert _all(client, "reported-figures", period="2025-09")
    assert _all(client, "reported-figures", period="2025-10") == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("vehicle-operations", 400),
        ("vehicle-operations?operation_date=30.9.2025", 400),
        ("vehicles?page=0", 400),
        ("vehicles?page_size=2001", 400),
        ("vehicles?changed_since=yesterday", 400),
        ("reported-figures?period=2025", 400),
        ("secrets", 404),
    ],
)
def test_bad_questions_are_refused(client: httpx.Client, path: str, status: int) -> None:
    assert client.get(f"/api/v1/{path}").status_code == status


def test_a_page_past_the_end_is_empty(client: httpx.Client) -> None:
    page = client.get("/api/v1/nodes", params={"page": 99}).json()
    assert page["items"] == []
    assert page["total"] > 0


@pytest.mark.parametrize("token", ["", "wrong"])
def test_without_the_token_nothing_is_told(agencies: DemoAgencies, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    base = agencies.connections["transport"].extra["base_url"]
    answer = httpx.get(f"{base}/api/v1/vehicles", headers=headers)
    assert answer.status_code == 401
    assert "items" not in answer.json()


def test_a_corrected_day_changes_loses_a_row_and_is_listed(run_agencies: Callable[..., DemoAgencies]) -> None:
    running = run_agencies(defect_rates={"operations_corrected": 1.0}, agencies=("transport",))
    asked = {"operation_date": "2025-09-29"}
    with transport_client(running.connections["transport"]) as client:
        first = _all(client, "vehicle-operations", **asked)
        window = {"changed_since": "2025-10-03T00:00:00+08:00", "changed_before": "2025-10-04T00:00:00+08:00"}
        assert _all(client, "vehicle-operations/changes", **window) == []
        running.set_clock(NIGHT + timedelta(days=3))
        second = _all(client, "vehicle-operations", **asked)
        assert _all(client, "vehicle-operations/changes", **window) == [{"operation_date": "2025-09-29"}]
    vanished = {row["vehicle_id"] for row in first} - {row["vehicle_id"] for row in second}
    assert len(vanished) == 1
    assert [row["distance_km"] for row in first[:-1]] != [row["distance_km"] for row in second]


def test_a_list_that_changes_under_the_first_reader_holds_still_for_the_next(
    run_agencies: Callable[..., DemoAgencies],
) -> None:
    running = run_agencies(defect_rates={"transport_changing_total": 1.0}, agencies=("transport",))
    with transport_client(running.connections["transport"]) as client:
        pages = [client.get("/api/v1/nodes", params={"page": n, "page_size": 20}).json() for n in (1, 2)]
        again = [client.get("/api/v1/nodes", params={"page": n, "page_size": 20}).json() for n in (1, 2)]
    assert pages[0]["total"] + 1 == pages[1]["total"]
    assert {page["total"] for page in again} == {pages[1]["total"]}
