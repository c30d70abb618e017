"""Why a figure changes, from what is known of it."""

from __future__ import annotations

import pytest
from green_freight.labels import labels
from green_freight.revisions.causes import Facts, causes

DATA = {"has_new_loads": True}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(is_first=True, has_new_loads=True, late_rows=3), ("first",)),
        (Facts(**DATA, late_rows=1), ("late_data",)),
        (Facts(**DATA, corrected_rows=1), ("correction",)),
        (Facts(**DATA, deleted_rows=2), ("deletion",)),
        (
            Facts(**DATA, late_rows=1, corrected_rows=1, deleted_rows=1),
            ("late_data", "correction", "deletion"),
        ),
        # What a new day brings to a running month is not late.
        (Facts(**DATA, is_as_of_moved=True, late_rows=4), ("progress",)),
        (Facts(**DATA, is_as_of_moved=True, late_rows=4, corrected_rows=1), ("progress", "correction")),
        (Facts(is_as_of_moved=True), ("progress",)),
        # A delivery that holds nothing to count turns "no data" into 0.
        (Facts(**DATA, is_availability_changed=True), ("late_data",)),
        (Facts(has_new_models=True, corrected_rows=5), ("definition",)),
        (Facts(has_new_models=True), ("definition",)),
        (Facts(**DATA, is_definition_changed=True), ("definition",)),
        (Facts(**DATA, is_definition_changed=True, late_rows=1), ("late_data", "definition")),
        (Facts(corrected_rows=5), ("unexplained",)),
        (Facts(), ("unexplained",)),
        # New loads alone explain nothing where no evidence differs.
        (Facts(**DATA), ("unexplained",)),
    ],
)
def test_the_causes_of_a_change(facts: Facts, expected: tuple[str, ...]) -> None:
    assert causes(facts) == expected
    assert set(expected) <= labels("cause").keys()
