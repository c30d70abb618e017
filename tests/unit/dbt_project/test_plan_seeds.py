"""The plan in the seeds: the numbers, the units and the traps of the official attachment (连政办发〔2023〕2号)."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from green_freight.contracts.code_lists import code_list
from green_freight.labels import labels
from green_freight.work_status import is_lagging, work_status

PROJECT = Path(__file__).resolve().parents[3]
SEEDS = PROJECT / "dbt_project" / "seeds"
PLAN = PROJECT.parent / "shared" / "data" / "plan"
MILESTONES = ("yearly_milestone", "one_off_milestone")
TOTALS = {
    "node_level1_added": 3,
    "node_level2_added": 8,
    "terminal_station_added": 80,
    "charging_station_added": 5,
    "charging_pile_added": 300,
    "stopping_place_added": 80,
    "nev_added": 150,
}


def seed(name: str) -> list[dict[str, str]]:
    """Return a seed's rows as text."""
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def targets() -> dict[str, list[str]]:
    """Return each indicator's target values of 2023, 2024, 2025; empty text where the plan has “–”."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in sorted(seed("plan_target"), key=lambda row: row["year"]):
        found[row["indicator_code"]].append(row["target_value"])
    return found


def test_eight_tasks_sixteen_works_28_indicators_of_three_years() -> None:
    assert [row["task_no"] for row in seed("plan_task")] == [str(n) for n in range(1, 9)]
    assert [row["work_no"] for row in seed("plan_key_work")] == [str(n) for n in range(1, 17)]
    codes = [row["indicator_code"] for row in seed("plan_indicator")]
    assert len(codes) == len(set(codes)) == 28
    assert {row["work_no"] for row in seed("plan_indicator")} == {str(n) for n in range(1, 17)}
    assert set(targets()) == set(codes)
    assert {len(values) for values in targets().values()} == {3}


@pytest.mark.parametrize(("code", "total"), TOTALS.items())
def test_yearly_additions_sum_to_the_plans_total(code: str, total: int) -> None:
    assert sum(int(value) for value in targets()[code]) == total
    card = next(row for row in seed("plan_indicator") if row["indicator_code"] == code)
    assert int(card["plan_total_value"]) == total
    assert card["target_kind"] == "yearly_addition"


def test_the_shifted_pile_row_is_100_150_50() -> None:
    assert targets()["charging_pile_added"] == ["100", "150", "50"]


def test_enterprises_are_a_cumulative_stock_whose_total_is_the_last_target() -> None:
    assert targets()["enterprise_3a"] == ["1", "2", "3"]
    card = next(row for row in seed("plan_indicator") if row["indicator_code"] == "enterprise_3a")
    assert (card["target_kind"], card["plan_total_value"]) == ("cumulative_stock", "3")


@pytest.mark.parametrize("code", ["public_platform", "enterprise_platform", "nev_share_of_initial_stock"])
def test_a_dash_is_no_target_and_never_zero(code: str) -> None:
    rows = [row for row in seed("plan_target") if row["indicator_code"] == code]
    without = [row for row in rows if row["target_text_zh"] == "–"]
    assert len(without) == 2
    assert {(row["target_value"], row["judged_by_code"], row["due_on"]) for row in without} == {
        ("", "none", "")
    }


def test_text_targets_carry_no_invented_number() -> None:
    rows = [row for row in seed("plan_target") if row["target_kind"] in (*MILESTONES, "amount")]
    assert {row["target_value"] for row in rows} == {""}
    assert all(row["target_text_zh"] and row["target_text_en"] for row in rows)


def test_one_off_milestones_are_due_at_the_periods_end() -> None:
    """The plan writes “每年” for works (1) and (2) only."""
    dues = defaultdict(set)
    for row in seed("plan_target"):
        if row["target_kind"] in MILESTONES:
            dues[row["target_kind"], row["indicator_code"]].add(row["due_on"])
    one_off = {code: due for (kind, code), due in dues.items() if kind == "one_off_milestone"}
    assert one_off == {
        "capacity_survey_done": {"2025-12-31"},
        "passage_policy_issued": {"2025-12-31"},
        "pharma_delivery_system": {"2025-12-31"},
        "enterprise_alliance_founded": {"2025-12-31"},
    }
    yearly = {code: due for (kind, code), due in dues.items() if kind == "yearly_milestone"}
    works = {card["indicator_code"]: card["work_no"] for card in seed("plan_indicator")}
    assert {works[code] for code in yearly} == {"1", "2"}
    assert all(due == {"2023-12-31", "2024-12-31", "2025-12-31"} for due in yearly.values())


def test_a_targets_kind_is_that_of_its_indicator() -> None:
    kinds = {card["indicator_code"]: card["target_kind"] for card in seed("plan_indicator")}
    assert [row for row in seed("plan_target") if row["target_kind"] != kinds[row["indicator_code"]]] == []


def test_ratios_have_the_plans_thresholds() -> None:
    expected = {
        "pile_vehicle_ratio": ("0.25", "0.25", "0.25"),
        "tricycle_marking_share": ("1", "1", "1"),
        "nev_share_of_new": ("0.5", "0.5", "0.5"),
        "joint_delivery_share": ("0.40", "0.45", "0.50"),
        "cold_vehicle_share": ("0.005", "0.005", "0.005"),
    }
    found = targets()
    for code, values in expected.items():
        assert [Decimal(value) for value in found[code]] == [Decimal(value) for value in values]


def test_work_8_states_no_co_responsible_unit_and_none_is_guessed() -> None:
    work = next(row for row in seed("plan_key_work") if row["work_no"] == "8")
    assert work["co_responsible_statement_code"] == "not_stated"
    roles = [row["role_code"] for row in seed("plan_responsibility") if row["work_no"] == "8"]
    assert roles == ["lead"] * 3


def test_a_unit_has_one_role_in_a_work_and_every_work_has_a_lead() -> None:
    rows = seed("plan_responsibility")
    pairs = [(row["work_no"], row["unit_code"]) for row in rows]
    assert len(pairs) == len(set(pairs))
    assert {row["work_no"] for row in rows if row["role_code"] == "lead"} == {str(n) for n in range(1, 17)}
    assert {row["unit_code"] for row in rows} == {row["unit_code"] for row in seed("plan_unit")}


def test_the_form_names_every_energy_that_its_last_item_leaves_out() -> None:
    item = next(row for row in seed("quarterly_form_item") if row["item_no"] == "32")
    named = re.search("能源登记为(.+?)（.+?）的车辆没有折算系数", item["meaning_zh"])
    assert named
    without = set(code_list("energy").codes) - {row["energy_code"] for row in seed("energy_factor")}
    labels = [code_list("energy").codes[code].label.partition(" / ")[0] for code in sorted(without)]
    assert named[1].split("、") == labels


def test_every_indicator_depends_on_a_dataset_with_a_contract() -> None:
    contracts = PROJECT / "plugins" / "green_freight" / "contracts"
    datasets = {row["dataset_id"] for row in seed("dataset")}
    assert datasets == {path.name.split(".")[0] for path in contracts.glob("*.odcs.yaml")}
    dependencies = {card["indicator_code"]: card["dataset_ids"].split() for card in seed("plan_indicator")}
    assert all(dependencies.values())
    assert {dataset for found in dependencies.values() for dataset in found} <= datasets
    assert {card["window_code"] for card in seed("plan_indicator")} == {
        "whole_register", "newest_up_to_month", "year_to_date"
    }  # fmt: skip


@pytest.mark.shared
@pytest.mark.skipif(not PLAN.exists(), reason="the plan's own text is not here")
def test_works_and_units_are_in_the_plans_own_text() -> None:
    text = re.sub(r"\s", "", (PLAN / "key_tasks_2023.txt").read_text(encoding="utf-8"))
    plain = text.replace(",", "，")
    for work in seed("plan_key_work"):
        assert re.sub(r"\s", "", work["plan_text_zh"]).replace(",", "，") in plain, work["work_no"]
    for task in seed("plan_task"):
        assert task["name_zh"] in text, task
    for unit in seed("plan_unit"):
        assert unit["name_zh"] in text, unit
    # What recurs each year is said in one cell, that of works (1) and (2).
    assert text.count("每年") == 1 and text.index("(1)") < text.index("每年") < text.index("(3)")
    for card in seed("plan_indicator"):
        assert re.sub(r"\s", "", card["plan_words_zh"]).replace(",", "，") in plain, card["indicator_code"]


@pytest.mark.shared
@pytest.mark.skipif(not PLAN.exists(), reason="the form's own list is not here")
def test_the_form_has_its_32_items_in_form_order() -> None:
    with (PLAN / "quarterly_form_32.csv").open(encoding="utf-8-sig", newline="") as file:
        source = list(csv.DictReader(file))
    ours = seed("quarterly_form_item")
    assert len(ours) == len(source) == 32
    for mine, theirs in zip(ours, source, strict=True):
        assert (mine["form_row"], mine["item_no"]) == (theirs["form_row"], theirs["item"])
        assert (mine["category_zh"], mine["name_zh"]) == (theirs["category"], theirs["name"])
        assert mine["value_type_zh"] == theirs["value_type"]


def test_each_status_decides_how_a_work_stands() -> None:
    """A status that the seed lacks would take its indicators out of `unit_scorecard`."""
    assert {row["status_code"] for row in seed("work_status")} == set(labels("status"))
    assert {code for code in labels("status") if is_lagging(code)} == {"behind", "not_met"}
    for codes, expected in (
        (["met", "not_met", "no_data"], "lagging"),
        (["on_track", "behind"], "lagging"),
        (["no_data", "met"], "no_data"),
        (["no_target", "not_due", "on_track"], "reached"),
        (["no_target", "not_due"], "not_due"),
        (["no_target"], "no_target"),
    ):
        assert work_status(codes) == expected
