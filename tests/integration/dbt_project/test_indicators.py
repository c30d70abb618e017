"""The indicators in SQL against the city's own truth in Python, and dbt's unit tests of every formula."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from green_freight import figure_text
from green_freight.building import build, dbt_run
from green_freight.loading.raw_tables import prepare_raw_tables
from green_freight.settings import PROJECT
from jinja2 import Environment
from psycopg.types.json import Jsonb

from demo_city.city import City
from demo_city.random_generator import month_end, month_starts
from demo_city.truth import true_scorecard, true_values
from demo_city.truth_programme import true_programme
from tests.integration.coverage.agreement import assert_star_agrees
from tests.integration.dbt_project.raw_city import fill

if TYPE_CHECKING:
    from tests.conftest import Warehouse

AS_OF = date(2025, 9, 30)
FIGURE = "numerator, denominator, actual_value, target_value, expected_value, completion_ratio, status_code"
TOTAL = (
    "period_month, as_of_date, plan_total_value, cumulative_value, remaining_value, completion_ratio,"
    " cumulative_expected_value, yearly_targets_due_value, status_code"
)


@dataclass(frozen=True)
class Built:
    """A warehouse whose candidate holds the demonstration city as of AS_OF."""

    warehouse: Warehouse
    city: City

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return a query's rows, as the builder."""
        with self.warehouse.connect("builder") as builder:
            return builder.execute(query).fetchall()


@pytest.fixture(scope="module")
def built(module_warehouse: Warehouse) -> Iterator[Built]:
    """Give the city of registers and forms, built once for this module."""
    city = City(volume=0.0)
    with module_warehouse.connect("loader") as loader:
        prepare_raw_tables(loader)
        loader.execute(
            "insert into ops.run (run_id, kind_code, business_day, code_version, started_at)"
            " values ('test', 'nightly', %s, 'test', now())",
            [AS_OF],
        )
        fill(loader, city, AS_OF)
    build(module_warehouse, "test", AS_OF)
    yield Built(module_warehouse, city)


def test_every_figure_of_every_month_is_the_citys_truth(built: Built) -> None:
    found = {
        (row[0], row[1]): row[2:]
        for row in built.rows(
            f"select indicator_code, period_month, {FIGURE}, null_reason_code from candidate.fct_indicator_value"
        )
    }
    truth = {
        (t.indicator_code, t.period_month): (
            t.numerator, t.denominator, t.actual_value, t.target_value, t.expected_value, t.completion_ratio,
            t.status_code, t.null_reason,
        )
        for t in true_values(built.city, AS_OF)
    }  # fmt: skip
    assert len(truth) == 28 * 33
    assert {key: (found.get(key), value) for key, value in truth.items() if found.get(key) != value} == {}
    assert set(found) == set(truth)


def test_the_scorecard_is_the_last_month_of_each_year(built: Built) -> None:
    found = {
        (row[0], row[1]): row[2:]
        for row in built.rows(
            f"select indicator_code, year, {FIGURE}, as_of_date, is_stale from candidate.scorecard"
        )
    }
    for true in true_scorecard(built.city, AS_OF):
        assert found.pop((true.indicator_code, true.year)) == (
            true.numerator, true.denominator, true.actual_value, true.target_value, true.expected_value,
            true.completion_ratio, true.status_code, true.as_of_date, False,
        )  # fmt: skip
    assert found == {}


def test_the_texts_of_the_scorecard_are_those_of_the_terminal(built: Built) -> None:
    rows = built.rows(
        "select decimals, unit_zh, target_value, expected_value, actual_value, completion_ratio, target_display,"
        " expected_display, actual_display, completion_display from candidate.scorecard"
    )
    assert len(rows) == 84
    for decimals, unit, target, expected, actual, completion, *shown in rows:
        texts = [
            None if value is None else figure_text.figure(value, decimals, *others, unit=unit)
            for value, others in ((target, [target]), (expected, [expected]), (actual, [target, expected]))
        ]
        assert shown == [*texts, None if completion is None else figure_text.completion(completion)]


def test_the_texts_of_the_programmes_totals_are_those_of_the_terminal(built: Built) -> None:
    rows = built.rows(
        "select decimals, plan_total_value, cumulative_value, cumulative_expected_value, completion_ratio,"
        " plan_total_display, cumulative_display, cumulative_expected_display, completion_display"
        " from candidate.programme_scorecard"
    )
    assert len(rows) == 24
    for decimals, total, reached, expected, completion, *shown in rows:
        assert shown == [
            figure_text.figure(total, decimals, total),
            figure_text.figure(reached, decimals, total, expected),
            figure_text.figure(expected, decimals, expected),
            figure_text.completion(completion),
        ]


def test_the_macro_and_python_give_the_same_text(built: Built) -> None:
    """Values around their targets, at halves, of every size and sign that a figure may have."""
    template = Environment(autoescape=False).from_string(
        (PROJECT / "dbt_project" / "macros" / "figure_text.sql").read_text("utf-8")
        + "{{ figure_text('v', 'd', 'u', ['a', 'b']) }}, {{ completion_text('v') }}"
    )
    targets = [
        Decimal(text) for text in ("0", "0.005", "0.25", "0.875", "1", "12.345678", "2000", "1234567.5")
    ]
    offsets = [
        Decimal(sign) * Decimal(text)
        for sign in (-1, 1)
        for text in ("0", "0.000001", "0.0005", "0.05", "0.5")
    ]
    values = [target + offset for target in targets for offset in offsets]
    cases = [
        (value, decimals, unit, target, other)
        for target in targets
        for value in values
        for decimals, unit, other in (
            (0, "辆", None),
            (2, "%", target),
            (4, "桩/车", Decimal(1)),
            (0, "是/否", target),
        )
    ]
    with built.warehouse.connect("builder") as builder:
        query = (
            f"select {template.render().replace('%', '%%')} from jsonb_to_recordset(%s)"
            " as c (n int, v numeric, d int, u text, a numeric, b numeric) order by n"
        )
        stated = [
            {"n": n, "v": str(v), "d": d, "u": u, "a": str(a), "b": None if b is None else str(b)}
            for n, (v, d, u, a, b) in enumerate(cases)
        ]
        found = builder.execute(query.encode(), [Jsonb(stated)]).fetchall()
    assert len(found) == 2560
    for (value, decimals, unit, target, other), texts in zip(cases, found, strict=True):
        expected = figure_text.figure(value, decimals, target, other, unit=unit)
        assert texts == (expected, figure_text.completion(value)), (value, target, other, unit)


def test_the_money_of_all_years_is_the_money_of_the_register(built: Built) -> None:
    for kind in ("budgeted", "paid"):
        [(shown,)] = built.rows(
            f"select sum(actual_value) from candidate.scorecard where indicator_code = 'fund_{kind}_yuan'"
        )
        entries = built.city.register_as_known("transport_fund", AS_OF)
        assert shown == sum(row["amount_yuan"] for row in entries if row["fund_kind_code"] == kind)


def test_the_programmes_totals_are_the_citys_truth(built: Built) -> None:
    """The star adds the years' figures up; the city counts its registers from the programme's first day."""
    found = {
        (row[0], row[1]): row[2:]
        for row in built.rows(f"select indicator_code, year, {TOTAL} from candidate.programme_scorecard")
    }
    truth = {
        (one.indicator_code, one.year): tuple(getattr(one, name) for name in TOTAL.split(", "))
        for one in true_programme(built.city, AS_OF)
    }
    assert len(truth) == 8 * 3
    assert found == truth


def test_the_scorecard_shows_when_a_milestone_was_reported(built: Built) -> None:
    """The dates of demo_city/events/transport_milestone.csv, by hand."""
    found = {
        (row[0], row[1]): row[2:]
        for row in built.rows(
            "select indicator_code, year, milestone_achieved_on, milestone_reported_on, is_reported_after_year,"
            " status_code from candidate.scorecard where milestone_reported_on is not null"
        )
    }
    assert len(found) == 20
    late = date(2024, 1, 18)
    assert found["yearly_assessment_done", 2023] == (late, late, True, "not_met")
    assert found["policy_evaluation_done", 2024] == (date(2024, 12, 27), date(2025, 1, 9), True, "met")
    assert found["supervision_done", 2024] == (date(2024, 6, 21), date(2024, 6, 21), False, "met")
    survey = date(2023, 10, 27)
    assert [found["capacity_survey_done", year][:3] for year in (2023, 2024, 2025)] == [
        (survey, survey, False)
    ] * 3
    assert ("pharma_delivery_system", 2024) not in found
    assert found["pharma_delivery_system", 2025][1] == date(2025, 6, 20)
    assert {key for key, row in found.items() if row[2]} == {
        ("yearly_assessment_done", 2023), ("policy_evaluation_done", 2024)
    }  # fmt: skip


def test_each_weight_leads_to_a_file_and_row(built: Built) -> None:
    nowhere = built.rows(
        """
        select indicator_code, count(*) from candidate.fct_indicator_evidence as evidence
        left join candidate.dim_source_file as files using (city_code, source_file_key)
        where files.source_file_key is null or evidence.source_row_number is null
        group by indicator_code
        """
    )
    assert nowhere == []
    assert built.rows("select count(*) > 100000 from candidate.fct_indicator_evidence") == [(True,)]


def test_a_unit_counts_its_works_once(built: Built) -> None:
    works = built.rows(
        """
        select unit_code, sum(work_count) from candidate.unit_scorecard where year = 2024 group by unit_code
        except
        select unit_code, count(distinct work_no) from candidate.bridge_work_unit group by unit_code
        """
    )
    assert works == []
    assert built.rows(
        "select sum(work_count) from candidate.unit_scorecard where year = 2024 and role_code = 'lead'"
    ) == built.rows("select count(*) from candidate.bridge_work_unit where role_code = 'lead'")


def test_coverage_says_what_the_star_says(built: Built) -> None:
    assert_star_agrees(built.warehouse)


def test_the_form_has_32_items_a_quarter_each_with_a_value_or_a_reason(built: Built) -> None:
    quarters = built.rows(
        """
        select quarter_code, count(*), count(*) filter (where (text_value is null) = (null_reason_code is null))
        from candidate.quarterly_form group by quarter_code order by quarter_code
        """
    )
    assert [row[0] for row in quarters] == [f"{y}Q{q}" for y in (2023, 2024, 2025) for q in range(1, 5)][:11]
    assert {row[1:] for row in quarters} == {(32, 0)}
    # No daily events were delivered to this warehouse, so the two items on operation have no data.
    assert built.rows(
        "select distinct item_no, null_reason_code from candidate.quarterly_form where item_no > 30 order by 1"
    ) == [(31, "no_data"), (32, "no_data")]


def test_the_form_says_yes_where_a_policy_on_express_vehicles_is_in_force(built: Built) -> None:
    [policy] = [
        row
        for row in built.city.register_as_known("transport_policy", AS_OF)
        if "快递电动三轮车规范管理" in row["title"]
    ]
    found = built.rows("select text_value, as_of_date from candidate.quarterly_form where item_no = 4")
    assert len(found) == 11 and policy["repealed_on"] is None
    assert {text for text, day in found if day >= policy["issued_on"]} == {"是"}
    assert {text for text, day in found if day < policy["issued_on"]} <= {"否"}


def test_the_lists_of_enterprises_are_what_the_commerce_bureau_reported(built: Built) -> None:
    months = month_starts(date(2023, 1, 1), AS_OF)
    cold = {
        (month, f"uscc:{row['credit_code']}", row["cold_storage_m3"], row["refrigerated_vehicle_count"])
        for month in months
        for row in built.city.form_rows("commerce_cold_chain_enterprise", month)
    }
    assert cold == set(
        built.rows(
            "select period_month, enterprise_key, cold_storage_m3, refrigerated_vehicle_count"
            " from candidate.fct_cold_chain_enterprise"
        )
    )
    pharma = {
        (month, f"uscc:{row['credit_code']}", row["gsp_certificate_no"], row["informatization_pct"] / 100)
        for month in months
        for row in built.city.form_rows("commerce_pharma_enterprise", month)
    }
    assert pharma == set(
        built.rows(
            "select period_month, enterprise_key, gsp_certificate_no, informatization_ratio"
            " from candidate.fct_pharma_enterprise"
        )
    )
    assert (len(cold), len(pharma)) == (33 * 6, 33 * 4)


def test_stated_refrigerated_vehicles_stand_beside_the_registered_ones(built: Built) -> None:
    """In every month all enterprises that are listed, or have such vehicles, each with what it states and has."""
    codes = {
        row["enterprise_id"]: f"uscc:{row['credit_code']}"
        for row in built.city.register_as_known("transport_enterprise", AS_OF)
    }
    fleet = built.city.register_as_known("transport_vehicle", AS_OF)
    expected = {}
    for month in month_starts(date(2023, 1, 1), AS_OF):
        end = month_end(month)
        stated = {
            f"uscc:{row['credit_code']}": row["refrigerated_vehicle_count"]
            for row in built.city.form_rows("commerce_cold_chain_enterprise", month)
        }
        registered = Counter(
            codes[row["enterprise_id"]]
            for row in fleet
            if row["body_kind_code"] in ("refrigerated", "insulated")
            and row["in_service_on"] <= end
            and (row["out_of_service_on"] is None or row["out_of_service_on"] > end)
        )
        for key in stated.keys() | registered.keys():
            expected[month, key] = (stated.get(key), registered[key])
    found = built.rows(
        "select period_month, enterprise_key, stated_vehicle_count, registered_vehicle_count,"
        " difference_vehicle_count from candidate.cold_chain_reconciliation"
    )
    assert {(month, key): (stated, registered) for month, key, stated, registered, _ in found} == expected
    newest = [row for row in found if row[0] == date(2025, 9, 1)]
    assert [sum(row[place] or 0 for row in newest) for place in (2, 3, 4)] == [27, 10, 17]


def test_every_unit_test_of_dbt_passes(built: Built) -> None:
    tested = dbt_run.invoke(built.warehouse, ["test", "--select", "test_type:unit"])
    assert tested.result is not None, tested.exception
    failed = [(r.node.name, r.message) for r in tested.result.results if str(r.status) != "pass"]
    assert failed == []
    formulas = {r.node.name for r in tested.result.results if r.node.name.endswith("__formula")}
    indicators = {
        f"{row[0]}__formula" for row in built.rows("select indicator_code from candidate.dim_indicator")
    }
    assert indicators - formulas == set()
