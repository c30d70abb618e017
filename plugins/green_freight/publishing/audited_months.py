"""What is published is what was audited: a publication changes tables and months of its build and no other.

The months of the large facts are those that the build names; the audit evaluates exactly these. The rule is checked
twice: before the merge, candidate against mart, and after it, mart against what it held before. Of the other tables, a
build makes those whose inputs changed, and no other may differ.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from pathlib import Path

from green_freight.messages import message
from green_freight.publishing.errors import ConservationError, UnauditedChangeError
from green_freight.publishing.merge import TableChange
from green_freight.publishing.plan import PlannedTable
from green_freight.publishing.specs import from_manifest_file, read_shapes
from green_freight.revisions import Comparison
from green_freight.revisions.fact_diff import Contents
from green_freight.revisions.rendering import SHOWN, sentence
from green_freight.warehouse import Session
from green_freight.warehouse.large_facts import LargeFact, MonthContent, months_that_differ


def large_facts(session: Session, manifest: Path) -> list[LargeFact]:
    """Return the large facts of the candidate as the manifest that its build left describes them.

    Raises InvalidSpecError where there is no manifest, or it cannot be published.
    """
    shapes = read_shapes(session, "candidate")
    return [
        LargeFact(spec.name, spec.partition_month_column, shapes[spec.name].columns, spec.primary_key)
        for spec in from_manifest_file(manifest)
        if spec.partition_month_column and spec.name in shapes
    ]


def large_facts_among(tables: Iterable[PlannedTable]) -> list[LargeFact]:
    """Return the large facts among tables to publish."""
    return [
        LargeFact(table.name, table.partition_column, table.columns, table.key)
        for table in tables
        if table.partition_column
    ]


def require_audited(comparison: Comparison) -> None:
    """Raise UnauditedChangeError where the candidate differs from mart in a month that its build does not name."""
    found = comparison.unaudited
    if found:
        listed = [f"- {sentence(change)}" for change in found[:SHOWN]]
        if (more := len(found) - SHOWN) > 0:
            listed.append(f"- {message('more_changes_in_file', more=more)}")
        raise UnauditedChangeError("\n".join([message("unaudited_changes", count=len(found)), *listed]))


def require_audited_tables(
    changes: Iterable[TableChange], tables: Iterable[PlannedTable], audited: Collection[str] | None
) -> None:
    """Raise UnauditedChangeError where a publication changes a table that its build, and those before it that were not
    published, did not make; `audited` are those (None: each). Of a large fact, the months decide.
    """
    whole = {table.name for table in tables if table.partition_column is None and not table.is_new}
    found = [c for c in changes if audited is not None and c.table_name in whole - set(audited)]
    if found:
        listed = [message("unaudited_table", change=change) for change in found]
        raise UnauditedChangeError("\n".join([message("unaudited_tables"), *listed]))


def require_conservation(before: Contents, after: Contents, audited: Collection[date]) -> None:
    """Raise ConservationError where mart holds other rows than before the merge in a month that was not audited."""
    broken = [
        message(
            "month_not_conserved",
            table=table, month=f"{month:%Y-%m}", old=_facts(before[table], month), new=_facts(after[table], month),
        )
        for table in after
        for month in months_that_differ(before[table], after[table])
        if month not in audited
    ]  # fmt: skip
    if broken:
        raise ConservationError("\n".join([*broken, message("months_not_conserved")]))


def _facts(contents: Mapping[date, MonthContent], month: date) -> str:
    found = contents.get(month, MonthContent())
    sums = ", ".join(f"{measure} {total:,}" for measure, total in found.sums.items())
    return f"{found.rows:,} 行 rows ({sums})" if sums else f"{found.rows:,} 行 rows"
