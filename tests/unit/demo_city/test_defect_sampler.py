"""Planting: rates by name and group, the same places at every call, one defect a row at most."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from demo_city.city import City
from demo_city.defects import REGISTRY, DefectSampler, rates
from tests.planted_defects import planted_defects

CLOCK = datetime.fromisoformat("2025-10-01T02:00:00+08:00")


@pytest.fixture(scope="module")
def city() -> City:
    return City(volume=0.05, first_day=date(2025, 9, 1), last_day=date(2025, 12, 31))


def test_the_more_special_name_wins() -> None:
    found = rates({"order_bad_vin": 0.5, "power": 0.2, "all": 0.1})
    assert (found["order_bad_vin"], found["orders_late"], found["vehicle_bad_vin"]) == (0.5, 0.2, 0.1)
    assert set(rates({"rejected": 0.1})) == {d.name for d in REGISTRY.values() if d.effect == "rejected"}


@pytest.mark.parametrize("wrong", [{"no_such_defect": 0.1}, {"all": 1.5}, {"power": -0.1}])
def test_wrong_names_and_rates_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        DefectSampler(wrong)


def test_nothing_planted_changes_nothing(city: City) -> None:
    rows = city.form_rows("postal_tricycle", date(2025, 9, 1))
    assert DefectSampler().rows("postal_tricycle", "2025-09", rows) is rows
    assert list(planted_defects(city, DefectSampler(), CLOCK)) == []


def test_the_same_seed_strikes_the_same_places_and_another_others(city: City) -> None:
    def places(seed: int) -> list[tuple[str, str, str]]:
        return [
            (h.defect, h.period, h.key)
            for h in planted_defects(city, DefectSampler({"rejected": 0.05}, seed), CLOCK)
        ]

    assert places(1) == places(1) != places(2)


def test_a_rate_is_about_the_share_that_is_struck(city: City) -> None:
    hits = list(planted_defects(city, DefectSampler({"order_fee_sum_wrong": 0.1}, 3), CLOCK))
    orders = sum(len(city.power.charge_orders_pushed(date(2025, 9, day))) for day in range(1, 31))
    assert 0.07 < len(hits) / orders < 0.13


def test_a_row_has_one_defect_at_most(city: City) -> None:
    hits = [
        h
        for h in planted_defects(city, DefectSampler({"row": 0.4}, 5), CLOCK)
        if h.dataset == "power_charge_order"
    ]
    places = [(h.period, h.key) for h in hits]
    assert len(places) == len(set(places)) > 100


def test_an_order_never_changes_in_the_citys_own_memory(city: City) -> None:
    day = date(2025, 9, 30)
    before = repr(city.power.charge_orders_pushed(day))
    DefectSampler({"power": 1.0}, 1).rows(
        "power_charge_order", str(day), city.power.charge_orders_pushed(day)
    )
    assert repr(city.power.charge_orders_pushed(day)) == before


def test_every_defect_says_what_it_is_in_both_languages() -> None:
    for defect in REGISTRY.values():
        assert defect.zh and defect.en
        assert (defect.reason_code is None) == (defect.effect == "absorbed")
