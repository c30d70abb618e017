"""Which share of a month changes, and when that needs an approval."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from green_freight import settings
from green_freight.revisions.approval_rules import fact_approval_codes
from green_freight.revisions.fact_changes import RowDifference
from green_freight.warehouse.large_facts import LargeFact, MonthContent, months_that_differ

SEPTEMBER, OCTOBER = date(2025, 9, 1), date(2025, 10, 1)

LIMIT = Decimal("0.1")


def difference(
    old_rows: int,
    added: int = 0,
    changed: int = 0,
    removed: int = 0,
    sums: tuple[int, int, int, int] = (0, 0, 0, 0),
) -> RowDifference:
    """`sums` are the amounts changed, removed, added and published."""
    return RowDifference(old_rows, added, changed, removed, *((Decimal(one),) for one in sums))


@pytest.mark.parametrize(
    ("found", "share", "with_additions"),
    [
        (difference(100, changed=4, removed=6), "0.1", "0.1"),
        (difference(100, added=500), "0", "1"),
        (difference(0, added=5), "0", "1"),
        (difference(100, removed=100), "1", "1"),
        # One row, but half of the energy.
        (difference(100, changed=1, sums=(50, 0, 0, 100)), "0.5", "0.5"),
        # A value that becomes larger than all that was published.
        (difference(100, changed=1, sums=(900, 0, 0, 100)), "1", "1"),
        (difference(100, added=1, sums=(0, 0, 30, 100)), "0", "0.3"),
        # What was nothing and is something changes whole.
        (difference(100, changed=1, sums=(5, 0, 0, 0)), "1", "1"),
        (difference(3, changed=1), "0.333333", "0.333333"),
    ],
)
def test_the_share_is_the_largest_of_rows_and_sums(
    found: RowDifference, share: str, with_additions: str
) -> None:
    assert found.changed_share == Decimal(share)
    assert found.share_with_additions == Decimal(with_additions)


@pytest.mark.parametrize(
    ("found", "is_over", "is_reverted", "codes"),
    [
        (difference(100, removed=10), True, False, ()),
        (difference(100, removed=11), True, False, ("fact_change",)),
        (difference(100, changed=11), True, False, ("fact_change",)),
        (difference(100, added=11), True, False, ()),
        (difference(100, added=10), True, True, ()),
        (difference(100, added=11), True, True, ("undoes_revert",)),
        (difference(100, removed=11), True, True, ("fact_change", "undoes_revert")),
        # A running month still fills.
        (difference(100, changed=100, sums=(90, 0, 0, 100)), False, False, ()),
        (difference(100, removed=11), False, False, ("fact_change",)),
        (difference(100, removed=1, sums=(20, 20, 0, 100)), False, False, ("fact_change",)),
        (difference(100, changed=11), False, True, ("undoes_revert",)),
    ],
)
def test_more_than_the_limit_needs_an_approval(
    found: RowDifference, is_over: bool, is_reverted: bool, codes: tuple[str, ...]
) -> None:
    assert fact_approval_codes(found, is_over, is_reverted, False, LIMIT) == codes
    assert fact_approval_codes(found, is_over, is_reverted, False, Decimal(1)) == ()
    # What a revert took away needs one whatever its share.
    assert fact_approval_codes(found, is_over, True, True, Decimal(1)) == ("undoes_revert",)


def test_the_limit_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GREEN_FREIGHT_FACT_CHANGE_SHARE", raising=False)
    assert settings.current().fact_change_share == LIMIT
    monkeypatch.setenv("GREEN_FREIGHT_FACT_CHANGE_SHARE", "-1")
    with pytest.raises(ValueError, match="GREEN_FREIGHT_FACT_CHANGE_SHARE"):
        settings.current()


def test_a_measure_is_a_number_that_is_neither_a_key_nor_a_place_in_a_file() -> None:
    columns = {
        "period_month": "date", "line_no": "integer", "energy_kwh": "numeric(14,4)", "session_count": "integer",
        "vin": "text", "source_file_key": "text", "source_row_number": "integer", "ratio": "double precision",
    }  # fmt: skip
    fact = LargeFact("fct_x", "period_month", columns, ("period_month", "line_no"))
    assert fact.measures == ("energy_kwh", "session_count")
    assert fact.values == ("energy_kwh", "session_count", "vin", "ratio")


def test_months_differ_by_rows_sums_or_hash() -> None:
    one = MonthContent(2, {"energy_kwh": Decimal("3.50")}, Decimal(7))
    same = MonthContent(2, {"energy_kwh": Decimal("3.5")}, Decimal(7))
    assert months_that_differ({SEPTEMBER: one}, {SEPTEMBER: same}) == []
    for other in (
        MonthContent(3, one.sums, one.hash),
        MonthContent(2, {"energy_kwh": Decimal(4)}, one.hash),
        MonthContent(2, one.sums, Decimal(8)),
    ):
        assert months_that_differ({SEPTEMBER: one, OCTOBER: one}, {SEPTEMBER: other, OCTOBER: one}) == [
            SEPTEMBER
        ]
    assert months_that_differ({OCTOBER: one}, {SEPTEMBER: one}) == [SEPTEMBER, OCTOBER]
