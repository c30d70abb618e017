"""Changes in words: a sentence each for a log or a form, all of them as a CSV file that Excel opens."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TextIO

from green_freight import exports
from green_freight.labels import label
from green_freight.messages import message
from green_freight.revisions import fact_rendering
from green_freight.revisions.fact_changes import FactChange
from green_freight.revisions.figure_diff import Change, Comparison
from green_freight.revisions.figures import NOTHING, FigureChange, Values

# A log or a form lists so many changes; the file has all of them.
SHOWN = 40

_HEADINGS = (
    "指标代码 indicator_code", "指标 indicator", "区划 region_code", "月份 period_month",
    "原值 old_actual_value", "新值 new_actual_value", "原分子 old_numerator", "新分子 new_numerator",
    "原分母 old_denominator", "新分母 new_denominator", "原目标 old_target_value", "新目标 new_target_value",
    "原状态 old_status_code", "新状态 new_status_code", "是否最终值 is_restatement", "原因 cause_codes",
    "数据集 dataset_ids", "须批准 approval_codes",
)  # fmt: skip


def lines(comparison: Comparison, shown: int = SHOWN) -> Iterator[str]:
    """Yield a heading, the changes that need approval first, and how many there are of each cause."""
    changes = comparison.changes
    waiting = sum(change.needs_approval for change in changes)
    if comparison.publication_no is None:
        yield message("first_publication_changes", count=len(changes), waiting=waiting)
    else:
        yield message(
            "changes_since_publication",
            publication_no=comparison.publication_no, count=len(changes), waiting=waiting,
        )  # fmt: skip
    counts = Counter(code for change in changes for code in change.cause_codes)
    for code, count in counts.most_common():
        yield f"  {_label('cause', code)}: {count}"
    listed = [change for change in changes if change.cause_codes != ("first",)]
    for change in sorted(listed, key=lambda one: not one.needs_approval)[:shown]:
        yield f"  {sentence(change)}"
    if (more := len(listed) - shown) > 0:
        yield f"  {message('more_changes_in_file', more=more)}"
    yield from fact_rendering.lines(comparison.facts.changes, shown)


def sentence(change: Change) -> str:
    """Return a change in one line: figure, value, what else changes of it, causes, and why it needs approval; of a
    month of a large fact its rows and sums.
    """
    if isinstance(change, FactChange):
        return fact_rendering.sentence(change)
    old, new = change.old or NOTHING, change.new or NOTHING
    parts = [_value(change)]
    if old.target_value != new.target_value:
        parts.append(f"目标 target {_step(number(old.target_value), number(new.target_value))}")
    if old.status_code != new.status_code:
        parts.append(f"[{_step(_label('status', old.status_code), _label('status', new.status_code))}]")
    if change.is_restatement:
        parts.append("最终值 final")
    causes, approval = _words("cause", change.cause_codes), _words("approval_reason", change.approval_codes)
    place = f"{change.key.period_month:%Y-%m} {change.key.indicator_code} {change.name_zh}"
    line = f"{place}: {' '.join(parts)}; {causes}"
    return f"{line}; ！须批准 needs approval: {approval}" if approval else line


def table(changes: Sequence[Change], reason: str) -> str:
    """Return changes as Markdown tables, one of figures and one of facts, for the form on which a person approves them,
    under the run's reason.

    Where old and new differ, a cell reads old → new.
    """
    figures = [change for change in changes if isinstance(change, FigureChange)]
    facts = [change for change in changes if isinstance(change, FactChange)]
    tables = [_figure_table(figures)] if figures else []
    return "\n\n".join([reason, *tables, *([fact_rendering.table(facts)] if facts else [])])


def _figure_table(changes: Sequence[FigureChange]) -> str:
    head = (
        "| 月份 month | 指标 indicator | 数值 value | 目标 target | 状态 status | 原因 cause "
        "| 为何须批准 why it needs an approval |\n|---|---|---|---|---|---|---|\n"
    )
    return head + "\n".join(_table_row(change) for change in changes)


def write_csv(comparison: Comparison, path: Path) -> list[Path]:
    """Write every change of a figure as CSV (UTF-8 with a mark, as Excel wants it), beside it those of large facts
    where there are any, and return the paths.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _written(path) as target:
        exports.write_csv(target, _HEADINGS, map(_cells, comparison.changes))
    of_facts = fact_file_path(path)
    if not comparison.facts.changes:
        of_facts.unlink(missing_ok=True)
        return [path]
    with _written(of_facts) as target:
        fact_rendering.write_csv(comparison.facts.changes, target)
    return [path, of_facts]


def file_path(home: Path, run_id: str) -> Path:
    """Return where a run's difference is written as a file."""
    name = re.sub(r"[^\w.-]+", "_", run_id)
    return home / "differences" / f"{name}.csv"


def fact_file_path(path: Path) -> Path:
    """Return where the changes of facts are written, beside those of figures."""
    return path.with_name(f"{path.stem}.facts.csv")


@contextmanager
def _written(path: Path) -> Iterator[TextIO]:
    """Give a file that takes its name when it is complete."""
    partial = path.with_name(f"{path.name}.part")
    with partial.open("w", encoding="utf-8-sig", newline="") as target:
        yield target
    partial.replace(path)


def number(value: Decimal | None) -> str:
    """Return a number without needless zeros, a dash for none."""
    return "–" if value is None else f"{value.normalize():f}"


def _cells(change: FigureChange) -> list[str]:
    key, sides = change.key, (change.old or NOTHING, change.new or NOTHING)
    names = ("actual_value", "numerator", "denominator", "target_value")
    values = (getattr(side, name) for name in names for side in sides)
    return [
        key.indicator_code, change.name_zh, key.region_code, f"{key.period_month:%Y-%m}",
        *("" if value is None else number(value) for value in values),
        *(side.status_code or "" for side in sides), "是 yes" if change.is_restatement else "否 no",
        *map(" ".join, (change.cause_codes, change.dataset_ids, change.approval_codes)),
    ]  # fmt: skip


def _table_row(change: FigureChange) -> str:
    old, new = change.old or NOTHING, change.new or NOTHING
    cells = [
        f"{change.key.period_month:%Y-%m}{' 最终 final' if change.is_restatement else ''}",
        f"{change.name_zh} {change.key.indicator_code}",
        _value(change),
        _step(number(old.target_value), number(new.target_value)),
        _step(_label("status", old.status_code), _label("status", new.status_code)),
        _words("cause", change.cause_codes),
        _words("approval_reason", change.approval_codes),
    ]
    return f"| {' | '.join(cells)} |"


def _value(change: FigureChange) -> str:
    """Return a figure's value and, of a ratio, its two parts."""
    old, new = change.old or NOTHING, change.new or NOTHING
    value = _step(number(old.actual_value), number(new.actual_value))
    return (
        f"{value} ({_step(_fraction(old), _fraction(new))})" if old.denominator or new.denominator else value
    )


def _step(old: str, new: str) -> str:
    return old if old == new else f"{old} → {new}"


def _fraction(values: Values) -> str:
    return f"{number(values.numerator)}/{number(values.denominator)}"


def _words(kind: str, codes: Sequence[str]) -> str:
    return ", ".join(_label(kind, code) for code in codes)


def _label(kind: str, code: str | None) -> str:
    return label(kind, code).both if code else "–"
