"""Which changes of figures and of the facts behind them somebody has to approve before readers see them."""

from __future__ import annotations

from decimal import Decimal

from green_freight.revisions.fact_changes import RowDifference
from green_freight.revisions.figures import NOTHING, Values

_VERDICTS = ("met", "not_met")


def approval_codes(
    old: Values | None,
    new: Values | None,
    is_restatement: bool,
    cause_codes: tuple[str, ...],
    undoes_revert: bool,
    final_change_share: Decimal,
) -> tuple[str, ...]:
    """Return why a change needs an approval, nothing where it does not.

    `old` and `new` are the figure as published and as it would be, None where it is absent; a restatement was
    published as final. It undoes a revert where what that took away is back (green_freight.revisions.reverts). A final
    figure may change by `final_change_share` of itself unapproved; 0.01 is one percent. A figure that readers do not
    have yet needs none unless a revert took it away.
    """
    before, after = old or NOTHING, new or NOTHING
    is_change = old is not None
    needed = {
        "status_flip": is_change and _flips(before.status_code, after.status_code),
        "final_change": is_restatement
        and _exceeds(before.actual_value, after.actual_value, final_change_share),
        "unexplained": is_change and "unexplained" in cause_codes,
        "undoes_revert": undoes_revert,
    }
    return tuple(code for code, is_needed in needed.items() if is_needed)


def fact_approval_codes(
    found: RowDifference, is_over: bool, is_reverted: bool, is_back: bool, fact_change_share: Decimal
) -> tuple[str, ...]:
    """Return why a changed month of a large fact needs an approval, nothing where it does not.

    Up to `fact_change_share` of its rows, or of a measure's sum, may change or vanish unapproved; 0.1 is a tenth.
    While a month is running (not `is_over` as of the newest publication) removed rows alone count: its newest days
    still fill, and on its second night they are all of it. Added rows are what a night and late deliveries bring, so
    they count only while the month stands as a revert left it (`is_reverted`). Where all that the revert took away is
    back (`is_back`), the share does not matter.
    """
    needed = {
        "fact_change": (found.changed_share if is_over else found.removed_share) > fact_change_share,
        "undoes_revert": is_back or (is_reverted and found.share_with_additions > fact_change_share),
    }
    return tuple(code for code, is_needed in needed.items() if is_needed)


def _flips(old: str | None, new: str | None) -> bool:
    """Tell whether a verdict turns or is lost; a milestone reached late in its running year is neither."""
    return old in _VERDICTS and new != old and (old, new) != ("not_met", "on_track")


def _exceeds(old: Decimal | None, new: Decimal | None, share: Decimal) -> bool:
    if old is None or new is None:
        return old != new
    return abs(new - old) > share * abs(old)
