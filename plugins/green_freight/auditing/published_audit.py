"""What the audit of the last publication found, and how the results of this one differ from it.

Builds of different months evaluate different rows of the large facts. A row outside a build's months is neither new nor
resolved: it is kept as the last audit that evaluated it left it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from green_freight.auditing.failing_rows import NO_MONTH
from green_freight.auditing.results import ExpectationResult
from green_freight.warehouse import Session
from green_freight.warehouse.statements import statements

_SQL = statements(__file__)

# Hashes of the keys of failing rows by month.
RowHashes = Mapping[str, Collection[int]]


@dataclass(frozen=True)
class PublishedAudit:
    """The failing rows of the last publication by table and expectation; none before the first publication.

    `months` are those of the build that is compared with it, as `2025-09-01`.
    """

    rows: Mapping[tuple[str, str], RowHashes]
    months: frozenset[str]

    def known(self, table: str, expectation: str) -> set[int]:
        """Return the hashes of the rows that broke an expectation in the last publication."""
        return set().union(*self.rows.get((table, expectation), {}).values())

    def compare(self, result: ExpectationResult) -> ExpectationResult:
        """Return a result with its change since the last publication.

        The change is `new` (nothing broke the expectation), `growing` (other rows break it too), `standing` (no other
        row does) or `resolved` (it holds); none where it held and holds.
        """
        if result.is_broken:
            return replace(result, change_code="new")
        before = self.rows.get((result.table_name, result.expectation_code), {})
        known = self.known(result.table_name, result.expectation_code)
        found: set[int] = set().union(*result.row_hashes.values())
        seen = self.months | {NO_MONTH} | result.row_hashes.keys()
        unseen = {month: hashes for month, hashes in before.items() if month not in seen}
        resolved = set().union(*(before[month] for month in before.keys() & seen)) - found
        new = found - known
        if result.is_success:
            change = "resolved" if resolved else None
        else:
            change = "growing" if new and known else "new" if new else "standing"
        return replace(
            result,
            change_code=change,
            new_count=len(new),
            resolved_count=len(resolved),
            row_hashes={**unseen, **result.row_hashes},
        )


NOTHING_PUBLISHED = PublishedAudit({}, frozenset())


def published_audit(session: Session, build_id: int) -> PublishedAudit:
    """Return what the audit of the last published build found, to compare an audit of this build with."""
    rows = session.execute(_SQL["published_rows"], {"build_id": build_id}).fetchall()
    found = session.execute("select changed_months from ops.build where build_id = %s", [build_id]).fetchone()
    months = found[0] if found and found[0] else ()
    return PublishedAudit(
        {(table, code): hashes for table, code, hashes in rows},
        frozenset(month.isoformat() for month in months),
    )
