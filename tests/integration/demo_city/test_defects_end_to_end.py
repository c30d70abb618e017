"""Every defect of the registry, served for real, fetched and loaded for real, has the effect that it claims.

Rejected: exactly the planted rows are in ops.rejected_row, with the reason code. Absorbed: raw holds what it holds
without the defect. Warned: every row is kept and the load has a warning. Audited: every
row is kept, and the expectation exists. Stopped: no row is loaded.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from green_freight.agencies.connector import Connection
from green_freight.agencies.fetch import fetch_agency
from green_freight.contracts import Granularity, contract
from green_freight.loading import LoadOutcome, load_agency
from green_freight.periods import Period
from green_freight.settings import PROJECT

from demo_city.city import City
from demo_city.defects import REGISTRY, Defect
from demo_city.servers import DemoAgencies
from tests.planted_defects import PlantedDefect, planted_defects

CLOCK = datetime.fromisoformat("2025-10-20T02:00:00+08:00")
DAY, MONTH = "2025-09-25", "2025-08"
# Other periods than the usual ones, and deliveries of defects that concern no single dataset.
WHERE = {
    "transport_enterprise": ("enterprises", "2023-01"),
    "transport_node": ("nodes", "2024-12"),
    "transport_stopping_place": ("stopping_places", "2024-12"),
    "commerce_monthly_report": ("monthly_report", MONTH),
    "postal_files": ("tricycles", MONTH),
    "power_responses": ("stations", "2023-01"),
    "transport_responses": ("nodes", "2023-01"),
}


def _where(dataset: str) -> tuple[str, str]:
    """Return the delivery and period in which a dataset's defects are looked for."""
    if dataset in WHERE:
        return WHERE[dataset]
    known = contract(dataset)
    return known.delivery, DAY if known.granularity is Granularity.DAY else MONTH


# What these change in raw is undone in staging: other codes of one region, plates with fillers, an order's other day.
_NORMALISED_LATER = {
    "vehicle_plate_separator",
    "enterprise_retired_region",
    "node_retired_region",
    "stopping_place_retired_region",
    "tricycle_retired_region",
    "terminal_retired_region",
    "order_unknown_connector",
    "order_pushed_late",
    "order_pushed_twice",
}


@dataclass
class House:
    """A city's agencies with one defect, and a warehouse that takes from them."""

    agencies: DemoAgencies
    warehouse: Any

    def take(self, agency: str, delivery: str, period: str) -> tuple[Any, list[LoadOutcome]]:
        """Fetch and load one delivery; return the fetch's outcome and the loads'."""
        connections = {}
        for name, found in self.agencies.connections.items():
            facts = asdict(found)
            facts["extra"] = {**facts["extra"], "attempts": "2", "first_wait_seconds": "0.01"}
            connections[name] = Connection(**facts)
        work = [(delivery, Period(period))]
        report = fetch_agency(self.warehouse, agency, work, connections, "run-1", date(2025, 10, 19))
        [fetched] = report.outcomes
        return fetched, load_agency(self.warehouse, agency, work, "run-1").outcomes

    def raw(self, dataset: str) -> Counter[str]:
        """Return the content of a raw table, without what tells one load from another."""
        columns = (
            "to_jsonb(t) - array['_load_id', '_received_at', '_source_file_key', '_row_number', '_sheet']"
        )
        with self.warehouse.connect("loader") as connection:
            rows = connection.execute(f"select ({columns})::text from raw.{dataset} t").fetchall()
        return Counter(_plain(text) for (text,) in rows)

    def rejected(self, dataset: str) -> Counter[tuple[str, str | None]]:
        """Return how many rows were rejected for which reason and column."""
        query = "select reason_code, column_name from ops.rejected_row where dataset_id = %s"
        with self.warehouse.connect("loader") as connection:
            return Counter(connection.execute(query, [dataset]).fetchall())


def _number(text: str) -> str:
    return format(Decimal(text).normalize(), "f")


def _plain(row: str) -> str:
    """Return a row without the trailing zeros that numeric keeps: 0.40 and 0.4 are one number."""
    numbers = json.loads(row, parse_float=_number, parse_int=_number)
    return json.dumps(numbers, sort_keys=True, ensure_ascii=False)


@pytest.fixture(scope="module")
def narrow_city() -> City:
    return City(volume=0.05, first_day=date(2025, 8, 1))


@pytest.fixture
def house_with(narrow_city: City, module_warehouse: Any, tmp_path: Path) -> Any:
    homes = iter(range(9))

    @contextmanager
    def build(agency: str, defect_rates: dict[str, float]) -> Iterator[House]:
        home = tmp_path / str(next(homes))
        with module_warehouse.admin() as admin:
            admin.execute("truncate ops.fetch, ops.source_file, ops.load, ops.rejected_row")
            for (table,) in admin.execute(
                "select tablename from pg_tables where schemaname = 'raw'"
            ).fetchall():
                admin.execute(f"truncate raw.{table}")
        with DemoAgencies(narrow_city, home, CLOCK, defect_rates, agencies=(agency,)) as agencies:
            yield House(agencies, module_warehouse)

    return build


def _datasets(defect: Defect, loads: list[LoadOutcome]) -> list[str]:
    known = [load.dataset_id for load in loads]
    return [defect.dataset] if defect.dataset in known else known


def _rows_hit(house: House, defect: Defect, period: str) -> list[PlantedDefect]:
    source = house.agencies.source
    found = planted_defects(source.city, source.sampler, CLOCK)
    # the first window of a register is open downwards
    before = "2023-02" if period == "2023-01" else ""
    return [
        h for h in found if h.defect == defect.name and (h.period.startswith(period) or h.period < before)
    ]


@pytest.mark.usefixtures("every_share_tolerated")
@pytest.mark.parametrize("name", [d.name for d in REGISTRY.values() if d.effect == "rejected"])
def test_rejected_rows_are_the_planted_ones(house_with: Any, name: str) -> None:
    defect = REGISTRY[name]
    delivery, period = _where(defect.dataset)
    with house_with(defect.agency, {name: 0.3}) as house:
        _, loads = house.take(defect.agency, delivery, period)
        hits = _rows_hit(house, defect, period)
        load = next(load for load in loads if load.dataset_id == defect.dataset)
        assert hits, "the period has no planted row"
        assert load.rows_in_file == load.rows_loaded + load.rows_rejected > 0
        assert {reason for reason, _ in house.rejected(defect.dataset)} == {defect.reason_code}
        if name != "stats_sum_wrong":
            assert load.rows_rejected == len(hits)
            assert house.rejected(defect.dataset) == {(defect.reason_code, defect.column): len(hits)}


@pytest.fixture(scope="module")
def raw_without_defects() -> dict[tuple[str, str], dict[str, Counter[str]]]:
    """Keep, by delivery and period, what raw holds when nothing is planted."""
    return {}


@pytest.mark.usefixtures("every_share_tolerated")
@pytest.mark.parametrize("name", [d.name for d in REGISTRY.values() if d.effect == "absorbed"])
def test_absorbed_defects_leave_raw_as_it_is_without_them(
    house_with: Any, raw_without_defects: dict[tuple[str, str], dict[str, Counter[str]]], name: str
) -> None:
    defect = REGISTRY[name]
    place = _where(defect.dataset)
    if place not in raw_without_defects:
        with house_with(defect.agency, {}) as house:
            _, loads = house.take(defect.agency, *place)
            raw_without_defects[place] = {load.dataset_id: house.raw(load.dataset_id) for load in loads}
    expected = raw_without_defects[place]
    with house_with(defect.agency, {name: 1.0}) as house:
        _, loads = house.take(defect.agency, *place)
        assert {load.outcome_code for load in loads} == {"loaded"}
        assert all(load.rows_rejected == 0 for load in loads)
        for dataset in _datasets(defect, loads):
            if name not in _NORMALISED_LATER:
                assert house.raw(dataset) == expected[dataset]
            elif name == "order_pushed_twice":
                assert expected[dataset] <= house.raw(dataset)
            elif name != "order_pushed_late":
                assert house.raw(dataset).total() == expected[dataset].total()


@pytest.mark.usefixtures("every_share_tolerated")
@pytest.mark.parametrize("name", [d.name for d in REGISTRY.values() if d.effect == "warned"])
def test_warned_defects_keep_every_row_and_say_so(house_with: Any, name: str) -> None:
    defect = REGISTRY[name]
    delivery, period = _where(defect.dataset)
    with house_with(defect.agency, {name: 1.0}) as house:
        _, loads = house.take(defect.agency, delivery, period)
        load = next(load for load in loads if load.dataset_id == defect.dataset)
    assert (load.outcome_code, load.rows_rejected) == ("loaded", 0)
    assert defect.reason_code in {warning.code for warning in load.warnings}


@pytest.mark.usefixtures("every_share_tolerated")
@pytest.mark.parametrize("name", [d.name for d in REGISTRY.values() if d.effect == "audited"])
def test_audited_defects_are_loaded_as_they_are(house_with: Any, name: str) -> None:
    defect = REGISTRY[name]
    delivery, period = _where(defect.dataset)
    with house_with(defect.agency, {name: 0.5}) as house:
        _, loads = house.take(defect.agency, delivery, period)
        hits = _rows_hit(house, defect, period)
    load = next(load for load in loads if load.dataset_id == defect.dataset)
    assert hits and (load.outcome_code, load.rows_rejected, load.warnings) == ("loaded", 0, ())
    rules = yaml.safe_load(
        (PROJECT / "expectations" / "fct_charging_session.yml").read_text(encoding="utf-8")
    )
    assert rules[defect.reason_code]["severity"] == "warning"


@pytest.mark.parametrize("name", [d.name for d in REGISTRY.values() if d.effect == "stopped"])
def test_stopped_defects_let_nothing_in(house_with: Any, name: str) -> None:
    defect = REGISTRY[name]
    delivery, period = _where(defect.dataset)
    with house_with(defect.agency, {name: 1.0}) as house:
        fetched, loads = house.take(defect.agency, delivery, period)
        stopped = [load for load in loads if load.outcome_code == "stopped"]
        if fetched.outcome_code.startswith("failed"):
            assert loads == []
        else:
            assert stopped and all(load.rows_loaded == 0 for load in stopped)
