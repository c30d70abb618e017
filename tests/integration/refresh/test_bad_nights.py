"""Bad nights in a row: agencies broken, an audit failed, days in another order, the same day and an older one again.

What is not concerned publishes, what is stays and is marked, and once everything has come the warehouse is the one in
which nothing went wrong. One warehouse for the module: the tests follow each other as the nights do.

Every way of failing at every agency, as far as the fetch: tests/integration/fetch/test_faults.py.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import psycopg
import pytest
from green_freight import pipeline
from green_freight.agencies import AGENCIES
from green_freight.auditing.audit import AuditFailedError
from green_freight.contracts import Granularity
from green_freight.errors import KINDS, AgencyUnavailableError, BrokenDeliveryError
from green_freight.publishing.errors import NotAuditedError

from demo_city.servers import DemoAgencies
from tests.integration.coverage.agreement import assert_star_agrees

from .conftest import OpenWarehouse, Snapshot
from .pipeline_warehouse import DAY, EVE, Night, PipelineWarehouse

Figures = dict[str, dict[str, object]]


@dataclass(frozen=True)
class Broken:
    """A connection, its fault, the error code that it causes, and whether a later try may help."""

    connection: str
    fault: str
    code: str
    is_transient: bool = True

    @property
    def agency(self) -> str:
        return self.connection.partition("_")[0]


@dataclass(frozen=True)
class BrokenNight:
    """A night with broken agencies, and the figures before it."""

    day: date
    broken: tuple[Broken, ...]
    before: Figures
    night: Night

    @property
    def concerned(self) -> list[str]:
        return sorted({one.agency for one in self.broken})


DAILY = (
    Broken("transport", "wrong_token", "login_refused", is_transient=False),
    Broken("power", "slow:60", "time_out"),
    Broken("power_files", "down", "unreachable"),
)
# Their forms are due on the month's last day.
MONTHLY = (
    Broken("commerce", "garbage", "unreadable_file", is_transient=False),
    Broken("postal", "half_file", "answer_cut_off"),
)
MONTH = date(2025, 9, 1)
# Indicators by agency on whose deliveries alone they stand, and those that need several.
_DEPENDS = """
select indicator_code, array_agg(distinct split_part(dataset_id, '_', 1)) as agencies
from intermediate.int_indicator__dataset group by indicator_code
"""
_FIGURES = """
select indicator_code, numerator, denominator, actual_value, is_stale
from mart.fct_indicator_value where region_code = city_code and period_month = '2025-09-01'
"""
_SPOILT = "update raw.power_charge_order set energy_kwh = -energy_kwh where _period = %s returning 1"
_READ = """
select md5(string_agg(line, '|' order by line)) from (
    select value::text from mart.fct_indicator_value as value union all
    select score::text from mart.scorecard as score union all
    select count(*) || ' ' || sum(energy_kwh) from mart.fct_charging_session
) as content (line)
"""


@pytest.fixture(scope="module")
def warehouse(
    demo: DemoAgencies, base: Snapshot, open_warehouse: OpenWarehouse
) -> Iterator[PipelineWarehouse]:
    with open_warehouse(demo, base) as opened:
        yield opened
    for connection in demo.connections:
        demo.set_fault(connection, None)


@pytest.fixture(scope="module")
def eve(warehouse: PipelineWarehouse) -> BrokenNight:
    """The agencies of daily deliveries are broken."""
    return _broken_night(warehouse, EVE, DAILY)


@dataclass(frozen=True)
class FailedAudit:
    """The run whose audit failed, what readers saw meanwhile, and the tables before it."""

    run_id: str
    seen: set[str]
    reads: int
    tables: dict[str, str]


@pytest.fixture(scope="module")
def failed_audit(warehouse: PipelineWarehouse, eve: BrokenNight) -> FailedAudit:
    """Repaired, they deliver the last day before the one that was missed; its orders are spoilt in raw."""
    before = warehouse.tables()
    with Reader(warehouse.database.url("builder")) as reader:
        run_id = warehouse.load_only(DAY)
        assert warehouse.rows(_SPOILT, DAY.isoformat())
        pipeline.build(warehouse.database, run_id)
        with pytest.raises(AuditFailedError, match=r"fct_charging_session\.price_plausible"):
            pipeline.audit(warehouse.database, run_id)
        with pytest.raises(NotAuditedError, match="audit"):
            pipeline.publish(warehouse.database, run_id)
    return FailedAudit(run_id, reader.seen, reader.reads, before)


@pytest.fixture(scope="module")
def last_day(warehouse: PipelineWarehouse, failed_audit: FailedAudit) -> BrokenNight:
    """The orders are right again, the missed day comes after the last one, the agencies of forms are broken."""
    assert warehouse.rows(_SPOILT, DAY.isoformat())
    return _broken_night(warehouse, DAY, MONTHLY, order=("power", "postal", "commerce", "transport"))


@pytest.fixture(scope="module")
def repaired(warehouse: PipelineWarehouse, last_day: BrokenNight) -> Night:
    return warehouse.night()


def _broken_night(
    warehouse: PipelineWarehouse,
    day: date,
    broken: tuple[Broken, ...],
    order: tuple[str, ...] = tuple(AGENCIES),
) -> BrokenNight:
    before = _figures(warehouse)
    for one in broken:
        warehouse.demo.set_fault(one.connection, one.fault)
        if one.code == "time_out":
            warehouse.extra = {one.connection: {"answer_seconds": "0.2"}}
    night = warehouse.night(day, order)
    for one in broken:
        warehouse.demo.set_fault(one.connection, None)
    warehouse.extra = {}
    return BrokenNight(day, broken, before, night)


class Reader(threading.Thread):
    """A reader that queries the published figures all the time, each query in one transaction."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url, self.seen, self.reads = url, set[str](), 0
        self.is_over = threading.Event()

    def run(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as reader:
            while not self.is_over.is_set():
                row = reader.execute(_READ).fetchone()
                assert row is not None
                self.seen.add(row[0])
                self.reads += 1

    def __enter__(self) -> Reader:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over.set()
        self.join()


def test_the_others_publish_while_agencies_of_daily_deliveries_are_broken(
    warehouse: PipelineWarehouse, eve: BrokenNight
) -> None:
    assert eve.night.publication_no == 2
    _assert_messages(warehouse, eve)
    # The forms of September are not due yet.
    _assert_marked(warehouse, eve, lambda granularity: granularity is not Granularity.MONTH)
    _assert_figures(warehouse, eve)
    assert_star_agrees(warehouse.database)


def test_readers_never_see_a_failed_audit(warehouse: PipelineWarehouse, failed_audit: FailedAudit) -> None:
    assert failed_audit.reads > 100
    assert len(failed_audit.seen) == 1
    assert _negative(warehouse, "candidate") > 0
    assert warehouse.tables() == failed_audit.tables
    assert warehouse.value("select outcome_code from ops.build order by build_id desc limit 1") == "rejected"


def test_the_others_publish_while_agencies_of_forms_are_broken(
    warehouse: PipelineWarehouse, last_day: BrokenNight
) -> None:
    assert last_day.night.publication_no == 3
    _assert_messages(warehouse, last_day)
    _assert_marked(warehouse, last_day, lambda _: True)
    _assert_figures(warehouse, last_day)
    assert_star_agrees(warehouse.database)


def test_the_next_night_repairs_what_the_failed_audit_left(
    warehouse: PipelineWarehouse, last_day: BrokenNight
) -> None:
    assert _negative(warehouse, "candidate") == 0
    assert warehouse.value(
        "select %s = any(changed_months) from ops.build order by build_id desc limit 1", MONTH
    )


def test_a_repaired_night_lacks_nothing(
    warehouse: PipelineWarehouse, repaired: Night, reference: Snapshot
) -> None:
    """The reference took the missed day and the last one in one successful run."""
    assert (repaired.errors, repaired.publication_no) == ({}, 4)
    assert warehouse.value("select stale_agencies from mart.publication where publication_no = 4") == []
    assert pipeline.stale_datasets(warehouse.database, repaired.run_id) == []
    assert warehouse.tables() == reference.tables


def test_an_older_night_again_changes_nothing(
    warehouse: PipelineWarehouse, repaired: Night, reference: Snapshot
) -> None:
    raw = warehouse.raw()
    older = warehouse.night(EVE)
    assert (older.errors, older.publication_no) == ({}, None)
    assert warehouse.tables() == reference.tables
    assert warehouse.raw() == raw
    loads = "select count(*) from ops.load where run_id = %s and outcome_code <> 'unchanged'"
    assert warehouse.value(loads, older.run_id) == 0
    assert warehouse.value("select max(as_of_date) from mart.publication") == DAY


def _figures(warehouse: PipelineWarehouse) -> Figures:
    return {row.pop("indicator_code"): row for row in warehouse.rows(_FIGURES)}


def _assert_messages(warehouse: PipelineWarehouse, of: BrokenNight) -> None:
    """Each failure says who, what, for when, and what to do; it is an outcome of its own in ops.fetch."""
    night = of.night
    assert set(night.errors) == {(one.agency, "fetch") for one in of.broken}
    for one in of.broken:
        error = night.errors[one.agency, "fetch"]
        is_transient = all(other.is_transient for other in of.broken if other.agency == one.agency)
        assert isinstance(error, AgencyUnavailableError if is_transient else BrokenDeliveryError)
        rows = warehouse.rows(
            "select * from ops.fetch where run_id = %s and agency_code = %s and error_code = %s",
            night.run_id,
            one.agency,
            one.code,
        )
        assert rows, f"no {one.code} of {one.agency}"
        for row in rows:
            for word in (row["agency_code"], row["delivery_name"], row["period_label"]):
                assert word in row["error_message"]
            assert KINDS[one.code].advice_zh in row["error_message"]
            assert KINDS[one.code].advice_en in row["error_message"]
            assert row["error_message"].splitlines()[1] in night.report


def _assert_marked(
    warehouse: PipelineWarehouse, of: BrokenNight, is_due: Callable[[Granularity], bool]
) -> None:
    newest = "select stale_agencies from mart.publication where as_of_date = %s"
    assert warehouse.value(newest, of.day) == of.concerned
    stale = {
        row["subject_code"]
        for row in warehouse.rows(
            "select subject_code from mart.data_quality where is_stale and subject_kind_code = 'dataset'"
        )
    }
    assert stale == {
        dataset
        for agency in of.concerned
        for delivery in AGENCIES[agency].deliveries.values()
        for dataset in delivery.datasets
        if is_due(delivery.granularity)
    }
    sentences = pipeline.stale_datasets(warehouse.database, of.night.run_id)
    assert len(sentences) == len(stale)
    for dataset in stale:
        assert sum(f"The dataset {dataset} " in sentence for sentence in sentences) == 1
        assert any(f"The dataset {dataset} " in line for line in of.night.report.splitlines())


def _assert_figures(warehouse: PipelineWarehouse, of: BrokenNight) -> None:
    """A figure that stands on a broken agency stays and is marked; no other is."""
    now, concerned = _figures(warehouse), set(of.concerned)
    needed = {row["indicator_code"]: set(row["agencies"]) for row in warehouse.rows(_DEPENDS)}
    assert len(now) == len(needed) == 28
    for indicator, figure in now.items():
        assert figure["is_stale"] == bool(needed[indicator] & concerned), indicator
        if needed[indicator] <= concerned:
            assert figure | {"is_stale": None} == of.before[indicator] | {"is_stale": None}, indicator
    stale = warehouse.rows("select indicator_code, year from mart.scorecard where is_stale")
    assert {(row["indicator_code"], row["year"]) for row in stale} == {
        (indicator, of.day.year) for indicator in needed if needed[indicator] & concerned
    }


def _negative(warehouse: PipelineWarehouse, schema: str) -> int:
    found: int = warehouse.value(f"select count(*) from {schema}.fct_charging_session where energy_kwh < 0")
    return found
