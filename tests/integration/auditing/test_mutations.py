"""Every mutation of a built candidate is found: what changes what a reader sees stops the publication.

The candidate is the one of an undisturbed night over the small demonstration city; all mutations of a round lie in one
transaction, which is never committed. `./green-freight test tests/integration/auditing/test_mutations.py -s` prints
the table of mutations by family.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from green_freight.auditing import audit_views
from green_freight.auditing.expectations import Suite, read_suites

from tests import published_models, warehouses
from tests.integration.auditing import enforced_upstream, mutations
from tests.integration.auditing.enforced_upstream import UpstreamRule
from tests.integration.auditing.evaluator import Evaluator, evaluating
from tests.integration.auditing.good_candidate import RECOMPUTED
from tests.integration.auditing.mutations import Mutation
from tests.warehouses import Snapshot, Warehouse

SUITES = read_suites(published_models.specs())
_REJECTED = """
with rejected as (
    insert into ops.rejected_row (
        load_id, agency_code, dataset_id, period_label, file_name, row_number, reason_code, message_zh, message_en
    )
    select load.load_id, load.agency_code, load.dataset_id, load.period_label, 'file', 2, reason.code, '', ''
    from reference.label as reason
    cross join (
        select * from ops.load where outcome_code = 'loaded' and dataset_id = 'power_charge_order'
        order by load_id desc limit 1
    ) as load
    where reason.kind = 'rejection_reason' and reason.sort_order <= 20
    returning *
)
insert into candidate.rejected_reason_month
select
    month.city_code, month.period_month, month.dataset_id, rejected.reason_code, reason.label_zh, reason.label_en,
    month.dataset_name_zh, month.dataset_name_en, month.agency_code, month.agency_name_zh, month.agency_name_en, 1,
    month.is_synthetic
from rejected
inner join candidate.dataset_month as month
    on month.dataset_id = rejected.dataset_id
    and month.period_month = to_date(left(rejected.period_label, 7), 'YYYY-MM')
inner join reference.label as reason on reason.kind = 'rejection_reason' and reason.code = rejected.reason_code
"""
# The derived mutations are single values and rows: these expectations have to find all of them.
OF_ROWS = {*RECOMPUTED, "key_unique"}


@pytest.fixture(scope="module")
def built(reference: Snapshot) -> Iterator[Warehouse]:
    with warehouses.opened(warehouses.shared_server(), reference) as warehouse:
        with warehouse.connect("builder") as builder:
            [build_id] = builder.execute("select max(build_id) from ops.build").fetchone() or [0]
        _reject_rows(warehouse)
        audit_views.refresh(warehouse, SUITES, build_id)
        yield warehouse


def _reject_rows(warehouse: Warehouse) -> None:
    """Let loads have rejected rows for twenty reasons, as the candidate says it too: an undisturbed night has none."""
    with warehouse.admin() as admin:
        admin.execute(_REJECTED)


@pytest.fixture(scope="module")
def evaluator(built: Warehouse) -> Iterator[Evaluator]:
    with evaluating(built, SUITES) as evaluator:
        yield evaluator


def test_undisturbed_night_has_no_alarm_but_the_disagreements_of_the_demonstration(built: Warehouse) -> None:
    with built.connect("builder") as builder:
        failed = builder.execute(
            "select table_name, expectation_code, severity_code, unexpected_count from ops.verdict"
            " where not is_success and build_id = (select max(build_id) from ops.build)"
        ).fetchall()
    assert sorted(failed) == [
        ("cold_chain_reconciliation", "stated_agrees_with_register", "warning", 6),
        ("fct_indicator_value", "agrees_with_reported", "warning", 2),
    ]


@pytest.mark.parametrize("group", list(mutations.groups(SUITES)), ids=lambda group: group[0].table)
def test_every_changed_missing_added_and_repeated_row_is_found(
    evaluator: Evaluator, group: list[Suite]
) -> None:
    rounds = [mutations.derived(evaluator.connection, suite) for suite in group]
    evaluator.connection.undo()
    found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for number in (0, 1):
        for planted in rounds:
            for mutation in planted[number]:
                assert evaluator.connection.execute(mutation.statement).rowcount == 1, str(mutation)
        for suite, planted in zip(group, rounds, strict=True):
            rows = evaluator.failing_rows(suite, OF_ROWS)
            lost = [row for failing in rows.values() for row in failing if row.get("difference") == "missing"]
            assert all(row["source_file_key"] for row in lost if suite.is_traced)
            for mutation in planted[number]:
                found[suite.table, mutation.family][_verdict(suite, rows, mutation)] += 1
                assert _verdict(suite, rows, mutation) == "critical", str(mutation)
        evaluator.connection.undo()
    _print_table(found)


@pytest.mark.parametrize(
    "rule",
    [rule for rule in enforced_upstream.RULES if rule.can_be_broken],
    ids=lambda rule: f"{rule.table}.{rule.code}",
)
def test_what_is_enforced_before_the_audit_stops_the_publication_all_the_same(
    evaluator: Evaluator, rule: UpstreamRule
) -> None:
    [suite] = [suite for suite in SUITES if suite.table == rule.table]
    [comparison] = [one for one in suite.expectations if one.code in RECOMPUTED]
    result = evaluator.result(suite, comparison, rule.statement)
    assert result.code == "critical" and not result.is_broken, result.sentence()


def _verdict(suite: Suite, failing: dict[str, list[dict[str, Any]]], mutation: Mutation) -> str:
    """Return the gravest severity of the expectations whose rows are about a mutation, `unnoticed` without any."""
    found = {suite[code].severity for code, rows in failing.items() if mutation.is_found_in(rows)}
    return min(found, default="unnoticed")


def _print_table(found: dict[tuple[str, str], Counter[str]]) -> None:
    for (table, family), counts in sorted(found.items()):
        print(f"{table:26} {family:16} stops {counts['critical']:3} warns {counts['warning']:3}")
