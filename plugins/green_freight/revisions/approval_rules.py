"""Which changes of figures somebody has to approve before readers see them."""

from __future__ import annotations

from decimal import Decimal

from green_freight.revisions.figures import NOTHING, Values

_VERDICTS = ("met", "not_met")


def approval_codes(
    old: Values | None,
    new: Values | None,
    is_restatement: bool,
    cause_codes: tuple[str, ...],
    taken_away: Values | None,
    final_change_share: Decimal,
) -> tuple[str, ...]:
    """Return why a change needs an approval, nothing where it does not.

    `old` and `new` are the figure as published and as it would be, None where it is absent; a restatement was
    published as final. `taken_away` is the value that the last revert took away, None where no revert stands. A final
    figure may change by `final_change_share` of itself unapproved; 0.01 is one percent.
    """
    if old is None:
        return ()
    after = new or NOTHING
    needed = {
        "status_flip": _flips(old.status_code, after.status_code),
        "final_change": is_restatement and _exceeds(old.actual_value, after.actual_value, final_change_share),
        "unexplained": "unexplained" in cause_codes,
        "undoes_revert": taken_away is not None and after == taken_away,
    }
    return tuple(code for code, is_needed in needed.items() if is_needed)


def _flips(old: str | None, new: str | None) -> bool:
    """Tell whether a verdict turns or is lost; a milestone reached late in its running year is neither."""
    return old in _VERDICTS and new != old and (old, new) != ("not_met", "on_track")


def _exceeds(old: Decimal | None, new: Decimal | None, share: Decimal) -> bool:
    if old is None or new is None:
        return old != new
    return abs(new - old) > share * abs(old)
