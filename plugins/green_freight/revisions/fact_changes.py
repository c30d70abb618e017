"""One month of a large fact and how a build or a publication changes it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from green_freight.warehouse.large_facts import MonthContent

_WHOLE = Decimal(1)


@dataclass(frozen=True)
class RowDifference:
    """How the rows of a month differ, by number and by each measure in its own unit.

    `changed_sums` are the amounts by which published rows differ, those of removed rows whole; `removed_sums` are those
    of removed rows alone, `added_sums` those of added rows, `published_sums` those of all published rows. All are sums
    of absolute values.
    """

    old_rows: int
    added: int
    changed: int
    removed: int
    changed_sums: tuple[Decimal, ...] = ()
    removed_sums: tuple[Decimal, ...] = ()
    added_sums: tuple[Decimal, ...] = ()
    published_sums: tuple[Decimal, ...] = ()

    @property
    def changed_share(self) -> Decimal:
        """Return the largest share, 0 to 1, of the published rows or of a measure that changed or vanished."""
        rows = (Decimal(self.changed + self.removed), Decimal(self.old_rows))
        return _largest_share([rows, *zip(self.changed_sums, self.published_sums, strict=True)])

    @property
    def removed_share(self) -> Decimal:
        """Return the share as `changed_share` of removed rows alone."""
        rows = (Decimal(self.removed), Decimal(self.old_rows))
        return _largest_share([rows, *zip(self.removed_sums, self.published_sums, strict=True)])

    @property
    def share_with_additions(self) -> Decimal:
        """Return the share as `changed_share` where added rows count as well."""
        moved = [Decimal(self.added + self.changed + self.removed)]
        moved += [one + other for one, other in zip(self.changed_sums, self.added_sums, strict=True)]
        return _largest_share(zip(moved, [Decimal(self.old_rows), *self.published_sums], strict=True))


@dataclass(frozen=True)
class FactChange:
    """A month of a large fact that a publication changes, from `old` to `new`; a month without rows is empty on that
    side.

    `rows_changed` counts rows of which a published value changed or was lost, `changed_share` is from 0 to 1,
    `is_audited` tells whether the build names the month, so that its audit covered it. `approval_codes` are codes of
    the label `approval_reason`.
    """

    table_name: str
    period_month: date
    old: MonthContent
    new: MonthContent
    rows_added: int
    rows_changed: int
    rows_removed: int
    changed_share: Decimal
    is_audited: bool
    approval_codes: tuple[str, ...] = ()

    @property
    def needs_approval(self) -> bool:
        """Tell whether somebody has to approve it before it is published."""
        return bool(self.approval_codes)


def _largest_share(parts: Iterable[tuple[Decimal, Decimal]]) -> Decimal:
    """Return the largest of some parts of their wholes, 1 at most; a part of nothing is all of it."""
    shares = (min(part / whole, _WHOLE) if whole else _WHOLE * bool(part) for part, whole in parts)
    return max(shares).quantize(Decimal("0.000001"))
