"""Changes in words: whatever of a figure changes is shown as old → new, in the log and on the form."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from green_freight.revisions import FigureChange, FigureKey, Values
from green_freight.revisions.rendering import sentence, table

KEY = FigureKey("320700", "pile_vehicle_ratio", "320700", date(2025, 9, 1))
OLD = Values(Decimal("2"), Decimal("370.2"), Decimal("0.005402"), Decimal("0.0055"), "met")
# Each part of a figure with another value, and how the step reads.
CHANGES: dict[str, tuple[Any, str]] = {
    "numerator": (Decimal("3"), "2/370.2 → 3/370.2"),
    "denominator": (Decimal("370.3"), "2/370.2 → 2/370.3"),
    "actual_value": (Decimal("0.008103"), "0.005402 → 0.008103"),
    "target_value": (Decimal("0.006"), "0.0055 → 0.006"),
    "status_code": ("not_met", "达标 met → 未达标 not met"),
}


def _change(old: Values | None, new: Values | None) -> FigureChange:
    return FigureChange(
        KEY, "桩车比", "pile-vehicle ratio", old, new, True, ("definition",), (), ("status_flip",)
    )


def test_every_part_of_a_figure_is_among_the_changes() -> None:
    assert set(CHANGES) == set(Values._fields)


@pytest.mark.parametrize("part", CHANGES)
def test_what_changes_is_shown_and_only_that_as_a_step(part: str) -> None:
    value, step = CHANGES[part]
    change = _change(OLD, OLD._replace(**{part: value}))
    for shown in (sentence(change), _row(change)):
        assert step in shown
        assert shown.count("→") == 1


def test_a_verdict_that_turns_with_its_target_shows_both() -> None:
    change = _change(OLD, OLD._replace(target_value=Decimal("0.006"), status_code="not_met"))
    for shown in (sentence(change), _row(change)):
        assert "0.005402 → 0.005402" not in shown
        assert "0.0055 → 0.006" in shown and "达标 met → 未达标 not met" in shown


def test_a_figure_that_comes_or_goes_steps_from_or_to_a_dash() -> None:
    assert "– → 0.005402" in sentence(_change(None, OLD))
    assert "0.005402 → –" in _row(_change(OLD, None))


def test_the_form_has_a_heading_for_each_cell() -> None:
    [head, line, row] = table([_change(OLD, None)], "why").splitlines()[-3:]
    assert head.count("|") == line.count("|") == row.count("|")


def _row(change: FigureChange) -> str:
    return table([change], "why").splitlines()[-1]
