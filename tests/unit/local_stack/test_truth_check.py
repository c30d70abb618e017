"""Comparing published figures with true ones: six decimals, nothing missing, nothing too much."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from local_stack.truth_check import COMPARED, differing

MONTH = date(2025, 9, 1)


def _figures(**changes: Any) -> dict[tuple[str, date], dict[str, Any]]:
    row: dict[str, Any] = dict.fromkeys(COMPARED)
    row |= {"numerator": Decimal("3"), "actual_value": Decimal("0.333333"), "status_code": "met"}
    return {("nev_share_of_new", MONTH): row | changes}


def test_equal_figures_have_no_difference_whatever_their_type() -> None:
    assert differing("t", _figures(), _figures(numerator=3, actual_value=Decimal("0.3333333"))) == []


def test_every_differing_field_is_named() -> None:
    found = differing("t", _figures(), _figures(status_code="behind", actual_value=Decimal("0.333334")))
    assert [(one.field, one.published, one.true) for one in found] == [
        ("actual_value", Decimal("0.333333"), Decimal("0.333334")),
        ("status_code", "met", "behind"),
    ]


def test_no_figure_is_not_zero() -> None:
    (found,) = differing("t", _figures(numerator=None), _figures(numerator=0))
    assert found.field == "numerator"


def test_a_figure_that_only_one_side_has_is_a_difference() -> None:
    (missing,) = differing("t", {}, _figures())
    (surplus,) = differing("t", _figures(), {})
    assert (missing.published, missing.true) == ("absent", "present")
    assert (surplus.published, surplus.true) == ("present", "absent")
