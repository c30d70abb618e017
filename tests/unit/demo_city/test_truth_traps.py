"""The plan's traps (domain.md §1), each by a small case that is counted by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from demo_city.plan_targets import INDICATORS, PlannedIndicator
from demo_city.truth import expected_value, status_of
from demo_city.truth_measures import AsOfState, Parts, measure_of
from demo_city.versioned_register import Row

PLANS = {plan.code: plan for plan in INDICATORS}
SEPTEMBER, YEAR_END = date(2025, 9, 30), date(2025, 12, 31)


def _plan(code: str) -> PlannedIndicator:
    return PLANS[code]


def _parts(numerator: str | int, denominator: str | int | None = None) -> Parts:
    return Parts(Decimal(numerator), None if denominator is None else Decimal(denominator))


def _vehicle(on: date, kind: str | None = "BEV", entry: str = "new", **more: object) -> Row:
    row: Row = {
        "new_energy_kind_code": kind,
        "entry_kind_code": entry,
        "in_service_on": on,
        "out_of_service_on": None,
        "out_of_service_reason_code": None,
        "body_kind_code": "van",
    }
    return row | more


def _store(total: int, joint: int, night: int, both: int, is_centre: bool = True) -> Row:
    names = ("total_tonnes", "joint_tonnes", "night_tonnes", "joint_night_tonnes")
    tonnes = {name: Decimal(value) for name, value in zip(names, (total, joint, night, both), strict=True)}
    return {**tonnes, "is_centre_area": is_centre}


def test_plan_has_the_documents_indicators_and_sums() -> None:
    """28 indicators on 16 works; additions add up to what the plan names."""
    assert len(INDICATORS) == 28
    assert {plan.work_no for plan in INDICATORS} == set(range(1, 17))
    sums = {code: sum(_plan(code).targets.values()) for code in PLANS if code.endswith("_added")}
    assert sums == {
        "node_level1_added": 3,
        "node_level2_added": 8,
        "terminal_station_added": 80,
        "charging_station_added": 5,
        "charging_pile_added": 300,
        "stopping_place_added": 80,
        "nev_added": 150,
    }


def test_shifted_row_of_the_piles() -> None:
    assert list(_plan("charging_pile_added").targets.values()) == [100, 150, 50]


def test_a_dash_is_no_target_and_not_zero() -> None:
    assert _plan("public_platform").targets == {2024: 1}
    assert status_of(_plan("public_platform"), _parts(0), date(2023, 12, 31)) == "no_target"
    assert expected_value(_plan("public_platform"), SEPTEMBER) is None
    assert status_of(_plan("nev_share_of_initial_stock"), _parts(0, 9), date(2024, 12, 31)) == "no_target"


def test_3a_enterprises_are_a_cumulative_stock() -> None:
    """1, 2, 3 is not 6: three at the end of 2025 are enough, and the expectation grows from 2 to 3."""
    plan = _plan("enterprise_3a")
    assert status_of(plan, _parts(3), YEAR_END) == "met"
    assert expected_value(plan, date(2025, 1, 1)) == 2
    # 2 + 181/365 = 2.4959, 2 + 183/365 = 2.5014
    assert expected_value(plan, date(2025, 6, 30)) == 2
    assert expected_value(plan, date(2025, 7, 2)) == 3


def test_3a_counts_enterprises_with_a_valid_certificate() -> None:
    day = date(2025, 6, 30)
    certificate = {"valid_from": date(2024, 1, 1), "valid_to": day, "revoked_on": None}
    later = {"valid_from": date(2025, 7, 1), "valid_to": date(2028, 6, 30)}
    known = AsOfState(
        day,
        registers={
            "transport_enterprise": [
                {"enterprise_id": e, "closed_on": day if e == "closed" else None}
                for e in ("a", "b", "c", "d", "closed")
            ],
            "transport_enterprise_grade": [
                {**certificate, "enterprise_id": "a", "grade_code": "3A"},
                {**certificate, "enterprise_id": "a", "grade_code": "4A"},
                {**certificate, "enterprise_id": "b", "grade_code": "2A"},
                {**certificate, "enterprise_id": "c", "grade_code": "5A", "revoked_on": day},
                {**certificate, **later, "enterprise_id": "d", "grade_code": "3A"},
                {**certificate, "enterprise_id": "closed", "grade_code": "3A"},
            ],
        },
    )
    assert measure_of("enterprise_3a")(known, day) == _parts(1)
    # a certificate is valid on its last day and not on the next, when another one begins
    assert measure_of("enterprise_3a")(known, date(2025, 7, 1)) == _parts(1)
    without_later = [
        row for row in known.registers["transport_enterprise_grade"] if row["enterprise_id"] != "d"
    ]
    known = replace(known, registers={**known.registers, "transport_enterprise_grade": without_later})
    assert measure_of("enterprise_3a")(known, date(2025, 7, 1)) == _parts(0)


def test_additions_count_the_year_and_survive_leaving() -> None:
    days = [date(2024, 12, 31), date(2025, 1, 1), date(2025, 9, 30), date(2025, 10, 1)]
    fleet = [_vehicle(day) for day in days] + [_vehicle(date(2025, 2, 1), out_of_service_on=date(2025, 3, 1))]
    fleet += [
        _vehicle(date(2025, 2, 1), entry="renewal"),
        _vehicle(date(2025, 2, 1), kind=None, energy_code="O"),
    ]
    assert measure_of("nev_added")(
        AsOfState(SEPTEMBER, registers={"transport_vehicle": fleet}), SEPTEMBER
    ) == _parts(3)


def test_period_ratio_is_cumulative_and_not_the_mean_of_the_years() -> None:
    """2023: 1 of 1; 2024: 1 of 4. Cumulative 2 of 5 = 40%, the mean of the years would be 62.5%."""
    fleet = [_vehicle(date(2023, 5, 1)), _vehicle(date(2024, 5, 1))]
    fleet += [_vehicle(date(2024, 6, n), kind=None, entry="renewal") for n in (1, 2)]
    fleet += [_vehicle(date(2024, 7, 1), entry="renewal"), _vehicle(date(2022, 5, 1), entry="initial")]
    assert measure_of("nev_share_of_new")(
        AsOfState(YEAR_END, registers={"transport_vehicle": fleet}), date(2024, 12, 31)
    ) == _parts(2, 5)


def test_initial_stock_is_what_was_in_service_when_2022_ended() -> None:
    initial = [date(2022, 12, 31), date(2020, 1, 1), date(2020, 1, 1)]
    fleet = [_vehicle(day, entry="initial") for day in initial]
    fleet[1]["out_of_service_on"] = date(2022, 12, 31)
    fleet[2]["out_of_service_on"] = date(2023, 1, 1)
    fleet.append(_vehicle(date(2023, 1, 1)))
    known = AsOfState(SEPTEMBER, registers={"transport_vehicle": fleet})
    assert measure_of("nev_share_of_initial_stock")(known, SEPTEMBER) == _parts(1, 2)


def test_freight_both_joint_and_at_night_counts_once() -> None:
    """40 joint, 30 at night, 20 of it both: 50 of 100, not 70; the year's delivered months are added up."""
    months = {
        date(2024, 12, 1): [_store(100, 100, 0, 0)],
        date(2025, 1, 1): [_store(100, 40, 30, 20), _store(900, 900, 0, 0, is_centre=False)],
        date(2025, 2, 1): [_store(300, 50, 0, 0)],
        date(2025, 3, 1): [_store(10, 10, 0, 0)],
    }
    known = AsOfState(SEPTEMBER, forms={"commerce_store_delivery": months})
    assert measure_of("joint_delivery_share")(known, date(2025, 2, 28)) == _parts(100, 400)


@pytest.mark.parametrize("code", ["joint_delivery_share", "tricycle_marking_share", "terminal_station_added"])
def test_nothing_delivered_is_no_data(code: str) -> None:
    parts = measure_of(code)(AsOfState(date(2023, 1, 15)), date(2023, 1, 15))
    assert parts.numerator is None
    assert status_of(_plan(code), parts, date(2023, 1, 15)) == "no_data"


def test_tricycles_come_from_the_newest_file_up_to_the_month() -> None:
    tricycle = {"in_use_from": date(2024, 1, 1), "in_use_to": None, "is_marking_uniform": True}
    gone = {**tricycle, "in_use_to": date(2025, 1, 31), "is_marking_uniform": False}
    bare = {**tricycle, "is_marking_uniform": False}
    files = {date(2025, 1, 1): [tricycle, gone, bare], date(2025, 3, 1): [tricycle]}
    known = AsOfState(SEPTEMBER, forms={"postal_tricycle": files})
    assert measure_of("tricycle_marking_share")(known, date(2025, 2, 28)) == _parts(1, 2)


def test_a_zero_denominator_has_no_status_but_no_data() -> None:
    parts = measure_of("pile_vehicle_ratio")(AsOfState(SEPTEMBER), SEPTEMBER)
    assert parts == _parts(0, 0)
    assert status_of(_plan("pile_vehicle_ratio"), parts, SEPTEMBER) == "no_data"


def test_an_empty_register_counts_zero() -> None:
    assert measure_of("stopping_place_added")(AsOfState(SEPTEMBER), SEPTEMBER) == _parts(0)


def test_piles_work_from_the_later_to_the_earlier_date() -> None:
    march = date(2025, 3, 1)
    spans = [(march, None), (None, None), (march, date(2025, 9, 30))]
    piles = [{"in_service_on": since, "out_of_service_on": until} for since, until in spans]
    fleet = [_vehicle(date(2025, 1, 1)) for _ in range(4)]
    known = AsOfState(SEPTEMBER, registers={"usable_pile": piles, "transport_vehicle": fleet})
    assert measure_of("pile_vehicle_ratio")(known, SEPTEMBER) == _parts(1, 4)
    assert measure_of("charging_pile_added")(known, SEPTEMBER) == _parts(2)


def test_a_ratio_at_its_threshold_is_compared_by_its_parts() -> None:
    plan = _plan("nev_share_of_new")
    assert status_of(plan, _parts(50, 100), YEAR_END) == "met"
    # 0.4999996 is 0.500000 when rounded to six places
    assert status_of(plan, _parts(1_249_999, 2_500_000), YEAR_END) == "not_met"
    assert status_of(_plan("pile_vehicle_ratio"), _parts(206, 824), date(2024, 5, 31)) == "on_track"


def test_a_running_year_is_compared_pro_rata() -> None:
    """2025-09-30 is day 273 of 365: of 30 vehicles 22.4 are expected, so 22; of 50 piles 37.4."""
    assert expected_value(_plan("nev_added"), SEPTEMBER) == 22
    assert status_of(_plan("nev_added"), _parts(22), SEPTEMBER) == "on_track"
    assert status_of(_plan("nev_added"), _parts(21), SEPTEMBER) == "behind"
    assert expected_value(_plan("charging_pile_added"), SEPTEMBER) == 37
    # 2024 is a leap year: day 366 of 366
    assert expected_value(_plan("nev_added"), date(2024, 12, 31)) == 50
    assert expected_value(_plan("nev_added"), date(2024, 12, 30)) == 50
    # day 183 of 366 of one node is exactly a half: up
    assert expected_value(_plan("node_level1_added"), date(2024, 7, 1)) == 1


def test_the_share_of_the_initial_stock_is_expected_over_the_programme() -> None:
    """2025-09-30 is day 1004 of 1096, so 20% × 1004 ÷ 1096 = 18.3212% of the initial stock is expected."""
    plan = _plan("nev_share_of_initial_stock")
    assert expected_value(plan, SEPTEMBER) == Decimal("0.183212")
    assert expected_value(plan, YEAR_END) == Decimal("0.2")
    assert status_of(plan, _parts(184, 1000), SEPTEMBER) == "on_track"
    assert status_of(plan, _parts(183, 1000), SEPTEMBER) == "behind"
    assert status_of(plan, _parts(199, 1000), YEAR_END) == "not_met"
    # the other ratio of the period is no accumulation: it is expected in full
    assert expected_value(_plan("nev_share_of_new"), SEPTEMBER) == Decimal("0.5")


def test_a_finished_year_is_met_or_not() -> None:
    assert status_of(_plan("nev_added"), _parts(30), YEAR_END) == "met"
    assert status_of(_plan("nev_added"), _parts(29), YEAR_END) == "not_met"


def _milestones(*reports: tuple[str, int, date]) -> AsOfState:
    rows = [{"indicator_code": c, "year": y, "achieved_on": on} for c, y, on in reports]
    return AsOfState(SEPTEMBER, registers={"transport_milestone": rows})


def test_a_yearly_milestone_belongs_to_its_year() -> None:
    """The assessment of 2023 was done in January 2024: it is neither in 2023 in time nor one of 2024."""
    known = _milestones(("yearly_assessment_done", 2023, date(2024, 1, 18)))
    measure, plan = measure_of("yearly_assessment_done"), _plan("yearly_assessment_done")
    for day in (date(2023, 12, 31), date(2024, 12, 31)):
        assert measure(known, day) == _parts(0)
        assert status_of(plan, measure(known, day), day) == "not_met"
    assert status_of(plan, _parts(0), date(2023, 12, 30)) == "not_due"


def test_a_milestone_reported_twice_is_still_one() -> None:
    days = (date(2025, 7, 11), date(2025, 8, 1))
    known = _milestones(*(("bulletin_issued", 2025, day) for day in days))
    parts = measure_of("bulletin_issued")(known, SEPTEMBER)
    assert parts == _parts(1)
    assert status_of(_plan("bulletin_issued"), parts, SEPTEMBER) == "on_track"


def test_a_one_off_milestone_has_until_the_programmes_end() -> None:
    plan, measure = _plan("enterprise_alliance_founded"), measure_of("enterprise_alliance_founded")
    known = _milestones(("enterprise_alliance_founded", 2024, date(2024, 5, 1)))
    assert status_of(plan, measure(known, date(2023, 12, 31)), date(2023, 12, 31)) == "not_due"
    assert status_of(plan, measure(known, YEAR_END), YEAR_END) == "met"
    assert status_of(plan, _parts(0), date(2024, 12, 31)) == "not_due"
    assert status_of(plan, _parts(0), date(2025, 12, 30)) == "not_due"
    assert status_of(plan, _parts(0), YEAR_END) == "not_met"
    assert status_of(plan, _parts(1), date(2026, 3, 31)) == "no_target"


def test_only_works_1_and_2_are_asked_for_each_year() -> None:
    """“每年” stands in the cell of works (1) and (2) alone; the survey of 2023 holds in 2024 too."""
    yearly = {plan.code for plan in INDICATORS if plan.is_milestone and not plan.is_one_off}
    assert yearly == {
        "work_plan_issued", "yearly_assessment_done", "supervision_done", "policy_evaluation_done", "bulletin_issued",
    }  # fmt: skip
    plan, measure = _plan("capacity_survey_done"), measure_of("capacity_survey_done")
    known = _milestones(("capacity_survey_done", 2023, date(2023, 10, 27)))
    found = [measure(known, day) for day in (date(2023, 9, 30), date(2023, 10, 31), date(2024, 12, 31))]
    assert found == [_parts(0), _parts(1), _parts(1)]
    days = (date(2023, 9, 30), date(2023, 10, 31), date(2024, 12, 31))
    statuses = [status_of(plan, parts, day) for parts, day in zip(found, days, strict=True)]
    assert statuses == ["not_due", "on_track", "met"]


def test_a_passage_policy_counts_while_it_is_in_force() -> None:
    names = ("policy_kind_code", "issued_on", "repealed_on")
    rows = [
        ("parking", date(2023, 1, 1), None),
        ("passage", date(2023, 6, 9), date(2024, 5, 17)),
        ("time_area", date(2024, 8, 1), None),
    ]
    policies = [dict(zip(names, row, strict=True)) for row in rows]
    known = AsOfState(SEPTEMBER, registers={"transport_policy": policies})
    days = {
        date(2023, 6, 8): 0, date(2023, 6, 9): 1, date(2024, 1, 31): 1, date(2024, 5, 16): 1, date(2024, 5, 17): 0,
        date(2024, 7, 31): 0, date(2024, 8, 1): 1, SEPTEMBER: 1,
    }  # fmt: skip
    measure = measure_of("passage_policy_issued")
    assert {day: measure(known, day).numerator for day in days} == days
    assert status_of(_plan("passage_policy_issued"), _parts(0), date(2024, 5, 31)) == "not_due"


def test_text_targets_and_amounts_have_no_number() -> None:
    for code in ("work_plan_issued", "fund_paid_yuan", "noncompliant_vehicle_removed"):
        assert _plan(code).targets == {}
        assert expected_value(_plan(code), SEPTEMBER) is None
    assert status_of(_plan("fund_paid_yuan"), _parts("10.50"), YEAR_END) == "no_target"


def test_funds_belong_to_their_year_whenever_they_are_booked() -> None:
    """5.00 of 2024 was booked in January 2025: it is in December 2024 and in no month of 2025."""
    rows = [("paid", 2024, date(2024, 6, 1), "10.25"), ("paid", 2024, date(2025, 1, 12), "5.00")]
    rows += [("budgeted", 2024, date(2024, 1, 20), "99.00"), ("paid", 2023, date(2024, 1, 12), "7.00")]
    names = ("fund_kind_code", "year", "booked_on", "amount_yuan")
    funds = [dict(zip(names, (k, y, on, Decimal(yuan)), strict=True)) for k, y, on, yuan in rows]
    known = AsOfState(SEPTEMBER, registers={"transport_fund": funds})
    paid = {day: measure_of("fund_paid_yuan")(known, day).numerator for day in (
        date(2023, 12, 31), date(2024, 5, 31), date(2024, 12, 30), date(2024, 12, 31), date(2025, 1, 31)
    )}  # fmt: skip
    assert list(paid.values()) == [Decimal(yuan) for yuan in ("7.00", "0", "10.25", "15.25", "0")]


def test_only_joint_stations_and_nodes_of_the_level_count() -> None:
    day = date(2025, 3, 1)
    stations = [{"opened_on": day, "is_joint": joint} for joint in (True, True, False)]
    nodes = [{"node_level_code": level, "in_service_on": day} for level in "1233"]
    known = AsOfState(
        SEPTEMBER, registers={"transport_node": nodes}, forms={"postal_terminal_station": {day: stations}}
    )
    assert measure_of("terminal_station_added")(known, SEPTEMBER) == _parts(2)
    assert measure_of("node_level1_added")(known, SEPTEMBER) == _parts(1)
    assert measure_of("node_level2_added")(known, SEPTEMBER) == _parts(1)


def test_only_noncompliant_vehicles_taken_out_this_year_count() -> None:
    gone = [
        ("noncompliant", date(2025, 1, 1)),
        ("scrapped", date(2025, 2, 1)),
        ("noncompliant", date(2024, 12, 31)),
    ]
    fleet = [
        _vehicle(date(2019, 1, 1), None, "initial", out_of_service_reason_code=reason, out_of_service_on=on)
        for reason, on in gone
    ]
    known = AsOfState(SEPTEMBER, registers={"transport_vehicle": fleet})
    assert measure_of("noncompliant_vehicle_removed")(known, SEPTEMBER) == _parts(1)
    assert measure_of("cold_vehicle_share")(known, SEPTEMBER) == _parts(0, 0)
