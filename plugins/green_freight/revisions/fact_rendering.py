"""Changes of large facts in words: a sentence each, a table for the form of an approval, all of them as a CSV file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TextIO

from green_freight import exports
from green_freight.labels import label
from green_freight.messages import message
from green_freight.revisions.fact_changes import FactChange

_HEADINGS = (
    "表 table_name", "月份 period_month", "原行数 old_rows", "新行数 new_rows", "新增 rows_added", "变更 rows_changed",
    "删除 rows_removed", "合计变化 sums", "变动占比 changed_share", "是否经审核 is_audited", "须批准 approval_codes",
)  # fmt: skip
_TABLE_HEAD = (
    "| 月份 month | 表 table | 行数 rows | 新增、变更、删除 added, changed, removed | 合计 sums "
    "| 变动占比 share changed | 为何须批准 why it needs an approval |\n|---|---|---|---|---|---|---|\n"
)


def lines(changes: Sequence[FactChange], shown: int) -> Iterator[str]:
    """Yield a heading and the changes, first those that no audit has seen and those that need an approval; nothing
    where there are none. A fact that is published for the first time is counted only.
    """
    if not changes:
        return
    unaudited = sum(not change.is_audited for change in changes)
    waiting = sum(change.needs_approval for change in changes)
    yield message("fact_months_differ", count=len(changes), unaudited=unaudited, waiting=waiting)
    known = [
        change for change in changes if change.old.rows or change.needs_approval or not change.is_audited
    ]
    for change in sorted(known, key=lambda one: (one.is_audited, not one.needs_approval))[:shown]:
        yield f"  {sentence(change)}"
    if (more := len(known) - shown) > 0:
        yield f"  {message('more_changes_in_file', more=more)}"


def sentence(change: FactChange) -> str:
    """Return a change in one line: rows, sums, the share that changed, and why it must not be published as it is."""
    line = message(
        "fact_month_differs",
        table=change.table_name, month=f"{change.period_month:%Y-%m}",
        old=change.old.rows, new=change.new.rows,
        added=change.rows_added, changed=change.rows_changed, removed=change.rows_removed,
        sums=sums(change), share=_percent(change.changed_share),
    )  # fmt: skip
    if not change.is_audited:
        line += f" {message('fact_month_not_audited')}"
    if change.needs_approval:
        line += f" {message('fact_month_needs_approval', reasons=_reasons(change))}"
    return line


def table(changes: Sequence[FactChange]) -> str:
    """Return changes as a Markdown table for the form on which a person approves them."""
    return _TABLE_HEAD + "\n".join(f"| {' | '.join(_cells(change))} |" for change in changes)


def write_csv(changes: Sequence[FactChange], target: TextIO) -> None:
    """Write every change as CSV into an open text file."""
    rows = [
        (
            one.table_name, f"{one.period_month:%Y-%m}", one.old.rows, one.new.rows,
            one.rows_added, one.rows_changed, one.rows_removed, sums(one), one.changed_share,
            "是 yes" if one.is_audited else "否 no", " ".join(one.approval_codes),
        )
        for one in changes
    ]  # fmt: skip
    exports.write_csv(target, _HEADINGS, rows)


def sums(change: FactChange) -> str:
    """Return the sums of the measures that differ, `energy_kwh 145,630 → 0`; a dash where none does."""
    old, new = change.old.sums, change.new.sums
    changed = [
        f"{measure} {_number(old.get(measure))} → {_number(new.get(measure))}"
        for measure in dict.fromkeys([*old, *new])
        if old.get(measure, 0) != new.get(measure, 0)
    ]
    return ", ".join(changed) or "–"


def _cells(change: FactChange) -> list[str]:
    return [
        f"{change.period_month:%Y-%m}",
        change.table_name,
        f"{change.old.rows:,} → {change.new.rows:,}",
        f"{change.rows_added:,}, {change.rows_changed:,}, {change.rows_removed:,}",
        sums(change),
        _percent(change.changed_share),
        _reasons(change),
    ]


def _reasons(change: FactChange) -> str:
    return ", ".join(label("approval_reason", code).both for code in change.approval_codes)


def _percent(share: Decimal) -> str:
    return f"{share:.1%}"


def _number(value: Decimal | None) -> str:
    return f"{(value or Decimal(0)).normalize():,f}"
