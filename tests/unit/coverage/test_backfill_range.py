"""The smallest backfill: every gap once, nothing whole, and no plan needs fewer requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from itertools import chain, combinations

import pytest
from green_freight.coverage import (
    AgencyMonth,
    BackfillRange,
    DatasetMonth,
    backfill_of,
    enclosing,
    smallest_backfill,
)
from green_freight.periods import Period, months
from green_freight.settings import AGENCIES
from hypothesis import given, settings
from hypothesis import strategies as st

WHOLE, GAP, FREE = "●", "○", "·"
FIRST = Period("2024-11")


def _grid(*lines: str) -> tuple[set[AgencyMonth], set[AgencyMonth], set[AgencyMonth]]:
    """Return the gaps, the free and the whole cells of a drawing: a line an agency, a sign a month."""
    found: dict[str, set[AgencyMonth]] = {WHOLE: set(), GAP: set(), FREE: set()}
    for agency, line in zip(AGENCIES, lines, strict=False):
        for month, sign in zip(months(FIRST, Period("2026-12")), line, strict=False):
            found[sign].add((agency, month))
    return found[GAP], found[FREE], found[WHOLE]


def _written(requests: Iterable[BackfillRange]) -> list[str]:
    return [f"{one.first} {one.last} {' '.join(one.agencies)}" for one in requests]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("●●●", "●●●"), []),
        (("●○●", "●●●"), ["2024-12 2024-12 transport"]),
        (("○○○", "○○○"), ["2024-11 2025-01 transport commerce"]),
        # A whole month between two gaps is not asked for again: it could come back corrected.
        (("○●○",), ["2024-11 2024-11 transport", "2025-01 2025-01 transport"]),
        # What is not due yet lets a request run on.
        (("○○○", "○○·"), ["2024-11 2025-01 transport commerce"]),
        (("○·○",), ["2024-11 2025-01 transport"]),
        # … but is not asked for without need.
        (("○··", "●●●"), ["2024-11 2024-11 transport"]),
        # Two requests, where the months in a row of each agency alone would make three.
        (("○○●●", "●●○○", "○○○○"), ["2024-11 2024-12 transport postal", "2025-01 2025-02 commerce postal"]),
    ],
)
def test_gaps_become_requests(lines: tuple[str, ...], expected: list[str]) -> None:
    gaps, free, _ = _grid(*lines)
    assert _written(smallest_backfill(gaps, free)) == expected


GRIDS = st.integers(1, 6).flatmap(
    lambda width: st.lists(st.text(WHOLE + GAP + GAP + FREE, min_size=width, max_size=width), max_size=4)
)
SMALL_GRIDS = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.text(WHOLE + GAP + FREE, min_size=width, max_size=width), max_size=3)
)


@given(GRIDS, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_every_gap_is_asked_for_once_and_nothing_whole_at_all(lines: list[str], random: object) -> None:
    gaps, free, whole = _grid(*lines)
    requests = smallest_backfill(gaps, free)
    asked = Counter(chain.from_iterable(one.agency_months for one in requests))
    assert gaps <= set(asked)
    assert {asked[cell] for cell in gaps} <= {1}
    assert whole.isdisjoint(asked)
    assert set(asked) <= gaps | free
    shuffled = sorted(gaps, key=lambda _: random.random())  # type: ignore[attr-defined]
    assert smallest_backfill(shuffled, free) == requests


@given(SMALL_GRIDS)
@settings(deadline=None)
def test_no_plan_has_fewer_requests(lines: list[str]) -> None:
    gaps, free, _ = _grid(*lines)
    requests = smallest_backfill(gaps, free)
    assert _is_possible(gaps, gaps, free, len(requests))
    assert not requests or not _is_possible(gaps, gaps, free, len(requests) - 1)


def _is_possible(left: set[AgencyMonth], gaps: set[AgencyMonth], free: set[AgencyMonth], count: int) -> bool:
    """Tell by trying everything whether so many requests are enough for the gaps that are left."""
    if not left:
        return True
    if not count:
        return False
    agency, first = min(left, key=lambda cell: (cell[1], cell[0]))
    others = [each for each in AGENCIES if each != agency]
    for joined in chain.from_iterable(combinations(others, size) for size in range(len(others) + 1)):
        for last in months(first, max(month for _, month in gaps)):
            cells = set(BackfillRange(first, last, (agency, *joined)).agency_months)
            may = cells <= left | free and cells.isdisjoint(gaps - left)
            if may and _is_possible(left - cells, gaps, free, count - 1):
                return True
    return False


def _month(agency: str, dataset: str, month: int, due: int, delivered: int) -> DatasetMonth:
    first = date(2025, month, 1)
    return DatasetMonth(agency, dataset, "day", first, first, due, delivered, 0, [])


def test_one_dataset_that_lacks_a_part_makes_its_agencys_month_a_gap() -> None:
    found = [
        _month("power", "power_station", 8, 31, 31),
        _month("power", "power_charge_order", 8, 31, 30),
        _month("commerce", "commerce_store_delivery", 8, 1, 1),
        _month("commerce", "commerce_pharma_enterprise", 8, 1, 0),
        _month("commerce", "commerce_store_delivery", 9, 0, 0),
        _month("power", "power_charge_order", 9, 29, 0),
    ]
    assert _written(backfill_of(found)) == ["2025-08 2025-09 commerce power"]


def test_a_month_with_something_delivered_and_a_form_not_due_yet_is_whole() -> None:
    found = [
        _month("transport", "transport_vehicle", 8, 31, 0),
        _month("transport", "transport_vehicle", 9, 29, 29),
        _month("transport", "transport_reported_figure", 9, 0, 0),
        _month("transport", "transport_vehicle", 10, 1, 0),
    ]
    assert _written(backfill_of(found)) == ["2025-08 2025-08 transport", "2025-10 2025-10 transport"]


def test_one_range_encloses_all() -> None:
    gaps, free, _ = _grid("●○●", "○●●", "●●●", "●●○")
    ranges = smallest_backfill(gaps, free)
    assert len(ranges) == 3
    assert enclosing(ranges) == BackfillRange(FIRST, Period("2025-01"), ("transport", "commerce", "power"))
    assert enclosing([]) is None
