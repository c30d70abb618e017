"""Which changes need an approval: verdicts that flip, final figures that move, the unexplained, undone reverts."""

from __future__ import annotations

from decimal import Decimal

import pytest
from green_freight import settings
from green_freight.revisions.approval_rules import approval_codes
from green_freight.revisions.figures import Values

LIMIT = Decimal("0.01")


def values(actual: str | None, status: str | None) -> Values:
    number = None if actual is None else Decimal(actual)
    return Values(number, None, number, Decimal(100), status)


def codes(
    old: Values | None,
    new: Values | None,
    is_restatement: bool = False,
    causes: tuple[str, ...] = ("correction",),
    undoes_revert: bool = False,
) -> tuple[str, ...]:
    return approval_codes(old, new, is_restatement, causes, undoes_revert, LIMIT)


@pytest.mark.parametrize(
    ("old", "new", "flips"),
    [
        ("met", "not_met", True),
        ("not_met", "met", True),
        ("met", "no_data", True),
        ("met", "no_target", True),
        ("not_met", "behind", True),
        ("met", "met", False),
        # The year ends: a verdict is given, none is turned.
        ("on_track", "met", False),
        ("behind", "not_met", False),
        ("on_track", "behind", False),
        # A milestone whose day has passed is reached before its year is over.
        ("not_met", "on_track", False),
    ],
)
def test_a_verdict_that_turns_or_is_lost_needs_an_approval(old: str, new: str, flips: bool) -> None:
    found = codes(values("100", old), values("100", new))
    assert found == (("status_flip",) if flips else ())


@pytest.mark.parametrize(
    ("old", "new", "is_beyond"),
    [
        ("100", "101", False),
        ("100", "101.000001", True),
        ("100", "98.999999", True),
        ("0", "0.000001", True),
        ("0", "0", False),
        ("100", None, True),
        (None, "0", True),
        (None, None, False),
    ],
)
def test_a_final_figure_may_move_by_the_limit_and_no_more(
    old: str | None, new: str | None, is_beyond: bool
) -> None:
    before, after = values(old, "behind"), values(new, "behind")
    assert codes(before, after, is_restatement=True) == (("final_change",) if is_beyond else ())
    assert codes(before, after, is_restatement=False) == ()


def test_a_first_figure_needs_none_and_a_vanished_one_does() -> None:
    for cause in ("first", "unexplained"):
        assert codes(None, values("1", "met"), causes=(cause,)) == ()
    assert codes(values("1", "met"), None, is_restatement=True) == ("status_flip", "final_change")


def test_what_nothing_explains_and_what_a_revert_took_away_need_one() -> None:
    before, after = values("90", "behind"), values("100", "behind")
    assert codes(before, after, causes=("unexplained",)) == ("unexplained",)
    for one, other in ((before, after), (None, after), (before, None)):
        assert codes(one, other, undoes_revert=True) == ("undoes_revert",)


def test_the_limit_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GREEN_FREIGHT_FINAL_CHANGE_SHARE", raising=False)
    assert settings.current().final_change_share == LIMIT
    monkeypatch.setenv("GREEN_FREIGHT_FINAL_CHANGE_SHARE", "0.05")
    assert settings.current().final_change_share == Decimal("0.05")
    for wrong in ("-1", "5%", "abc"):
        monkeypatch.setenv("GREEN_FREIGHT_FINAL_CHANGE_SHARE", wrong)
        with pytest.raises(ValueError, match="0\\.01"):
            settings.current()
