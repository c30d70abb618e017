"""Figures as people read them: rounded, but never so far that a text contradicts the status beside it.

The macro `figure_text` of the dbt project states the same rule for the readers' tables, which a publication older than
their columns `*_display` does not have; tests/integration/dbt_project compares both.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

# More than any value has that a warehouse keeps, so that a difference is never rounded away.
_MOST_DECIMALS = 12
# Units of the plan's indicators that decide how a value reads.
PER_CENT, YES_NO = "%", "是/否"
# A value in these says its unit itself.
SELF_EXPLAINING = (PER_CENT, YES_NO)
_HUNDRED = Decimal(100)


def figure(value: Decimal, decimals: int, *others: Decimal | None, unit: str = "") -> str:
    """Return a value with `decimals`, or with more where a value that differs would be shown as one of `others`.

    The unit decides: PER_CENT makes a share of a fraction of 1, YES_NO a word of what is reached or not; of others the
    number alone is returned.

    A share of 0.004989 is shown as 0.499%, not as the 0.5% of its target, which it misses. `others` are what the value
    is compared with. A value that is compared as it is written in the plan (a
    target) has itself among `others`, so that all its decimals are shown.
    """
    if unit == YES_NO:
        return "是" if value > 0 else "否"
    is_share = unit == PER_CENT
    scale = _HUNDRED if is_share else Decimal(1)
    scaled, compared = value * scale, [other * scale for other in others if other is not None]
    tried = range(decimals, _MOST_DECIMALS)
    needed = next((n for n in tried if _is_faithful(scaled, _rounded(scaled, n), compared)), _MOST_DECIMALS)
    return f"{_rounded(scaled, needed):z,.{needed}f}{'%' if is_share else ''}"


def completion(ratio: Decimal, decimals: int = 0) -> str:
    """Return a completion ratio in per cent; one below 1 is never shown as 100%."""
    return figure(ratio, decimals, *([Decimal(1)] if ratio < 1 else []), unit=PER_CENT)


def _rounded(value: Decimal, decimals: int) -> Decimal:
    """Return a value rounded as the database rounds: a half away from zero."""
    return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def _is_faithful(value: Decimal, shown: Decimal, others: list[Decimal]) -> bool:
    return all((shown < other, shown > other) == (value < other, value > other) for other in others)
