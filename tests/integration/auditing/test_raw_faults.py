"""Faults in what the agencies delivered, planted in `raw` of a copy of an undisturbed night and followed by a build.

Those that change what a reader sees of a target stop the publication; raw_faults.yml lists them. One build serves all
faults of a list. `./green-freight test tests/integration/auditing/test_raw_faults.py -s` prints the verdict of each.
"""

from __future__ import annotations

from typing import Any

import pytest
from green_freight import pipeline
from green_freight.auditing import audit_views
from green_freight.warehouse import runs

from tests import warehouses
from tests.integration.auditing.evaluator import evaluating
from tests.integration.auditing.raw_faults import FAULTS, Fault
from tests.integration.auditing.test_mutations import SUITES
from tests.integration.refresh.pipeline_warehouse import DAY
from tests.warehouses import Snapshot, Warehouse

_SEVERITIES = {"stop": "critical", "warn": "warning"}
# As if the months of the events had been loaded again.
_LOADED_AGAIN = """
insert into ops.load (
    run_id, agency_code, dataset_id, delivery_name, period_label, source_file_key, outcome_code, rows_in_file,
    rows_loaded, rows_rejected, affected_months, complete_through, finished_at
)
select distinct on (dataset_id)
    run_id, agency_code, dataset_id, delivery_name, period_label, source_file_key, outcome_code, rows_in_file,
    rows_loaded, rows_rejected, array['2025-08-01', '2025-09-01']::date[], complete_through, clock_timestamp()
from ops.load
where outcome_code = 'loaded' and length(period_label) = 10
order by dataset_id, load_id desc
"""


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_every_fault_has_its_verdict(reference: Snapshot, faults: list[Fault]) -> None:
    with warehouses.opened(warehouses.shared_server(), reference) as warehouse:
        _plant(warehouse, faults)
        # A night would not look where no load was.
        runs.begin(warehouse, "faulty", "backfill", DAY, "test")
        build_id = pipeline.build(warehouse, "faulty")["build_id"]
        audit_views.refresh(warehouse, SUITES, build_id)
        failing = _failing(warehouse, {code for fault in faults for code in fault.seen_by})
        for fault in faults:
            print(f"{fault.must:5} {fault.what}: {', '.join(fault.seen_by) or fault.reason}")
        wrong = [
            f"{fault.what}: {code} {failing.get(code, 'passes')}"
            for fault in faults
            for code in fault.seen_by
            if failing.get(code) != _SEVERITIES[fault.must]
        ]
        assert wrong == []
        assert [
            f"{fault.what}: {name}" for fault in faults for name in fault.unchanged if _moved(warehouse, name)
        ] == []


def _plant(warehouse: Warehouse, faults: list[Fault]) -> None:
    with warehouse.admin() as admin:
        for fault in faults:
            assert admin.execute(fault.sql.encode()).rowcount > 0, fault.what
        admin.execute(_LOADED_AGAIN)


def _failing(warehouse: Warehouse, codes: set[str]) -> dict[str, str]:
    """Return the severity of each of these expectations (`<table>.<code>`) that fails."""
    found = {}
    with evaluating(warehouse, SUITES) as evaluator:
        for suite in SUITES:
            wanted = [one.code for one in suite.expectations if f"{suite.table}.{one.code}" in codes]
            for result in evaluator.results(suite, *wanted) if wanted else ():
                assert not result.is_broken, result.sentence()
                if not result.is_success:
                    found[f"{suite.table}.{result.expectation_code}"] = result.severity_code
    return found


def _moved(warehouse: Warehouse, indicator: str) -> list[Any]:
    """Return the months in which an indicator's figure is another one than the published."""
    with warehouse.connect("builder") as builder:
        return builder.execute(
            """
            select period_month from candidate.fct_indicator_value as v
            inner join mart.fct_indicator_value as p using (city_code, indicator_code, region_code, period_month)
            where indicator_code = %s and v.actual_value is distinct from p.actual_value
            """,
            [indicator],
        ).fetchall()
