"""Comparing what is published with what the demonstration city knows to be true."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from green_freight.cli.errors import NotAvailableError
from green_freight.cli.scorecard import NOTHING_PUBLISHED, published
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from demo_city.city import City

COMPARED = (
    "numerator",
    "denominator",
    "actual_value",
    "target_value",
    "expected_value",
    "status_code",
    "null_reason_code",
)
COMPARED_OF_PROGRAMME = (
    "plan_total_value",
    "cumulative_value",
    "remaining_value",
    "completion_ratio",
    "cumulative_expected_value",
    "yearly_targets_due_value",
    "status_code",
)
MICRO = Decimal("0.000001")

Key = tuple[str, date]
Figures = Mapping[Key, Mapping[str, Any]]


@dataclass(frozen=True)
class Difference:
    """One field in which the published figure of an indicator and month is not the true one."""

    table: str
    indicator_code: str
    period_month: date
    field: str
    published: Any
    true: Any


@dataclass(frozen=True)
class Comparison:
    """The outcome: how many figures were compared, as of which day, and what differs."""

    as_of: date
    figures: int
    scores: int
    totals: int
    differences: list[Difference]


def compare(reader_url: str, city: City) -> Comparison:
    """Compare every indicator of every month, the scorecard of every year and the programme's totals with the truth.

    Raises:
        NotAvailableError: nothing has been published yet.
    """
    select = "select *, period_month as at from "
    figures = published(reader_url, select + "mart.fct_indicator_value where region_code = city_code")
    scores = published(reader_url, select + "mart.scorecard")
    totals = published(reader_url, select + "mart.programme_scorecard")
    if not figures:
        raise NotAvailableError(NOTHING_PUBLISHED)
    as_of = max(row["as_of_date"] for row in figures)
    true_figures, true_scores = truth(city, as_of)
    differences = [
        *differing("fct_indicator_value", _by_key(figures), true_figures),
        *differing("scorecard", _by_key(scores), true_scores),
        *differing("programme_scorecard", _by_key(totals), true_totals(city, as_of), COMPARED_OF_PROGRAMME),
    ]
    return Comparison(as_of, len(figures), len(scores), len(totals), differences)


def truth(city: City, as_of: date) -> tuple[Figures, Figures]:
    """Return the true figures by indicator and month, and those of each year's last month up to the as-of day."""
    from demo_city.truth import true_values

    figures: dict[Key, Mapping[str, Any]] = {}
    newest: dict[tuple[str, int], Key] = {}
    for value in true_values(city, as_of):
        row = {name: getattr(value, name) for name in COMPARED if name != "null_reason_code"}
        row["null_reason_code"] = value.null_reason
        key = (value.indicator_code, value.period_month)
        figures[key] = row
        year = (value.indicator_code, value.year)
        newest[year] = max(key, newest.get(year, key))
    return figures, {key: figures[key] for key in newest.values()}


def true_totals(city: City, as_of: date) -> Figures:
    """Return the programme's true totals by indicator and each year's last month up to the as-of day."""
    from demo_city.truth_programme import true_programme

    return {(total.indicator_code, total.period_month): vars(total) for total in true_programme(city, as_of)}


def differing(
    table: str, published: Figures, true: Figures, fields: Sequence[str] = COMPARED
) -> list[Difference]:
    """Return the fields in which two sets of figures differ; a figure that only one side has differs as a whole."""
    found = []
    for key in sorted({*published, *true}):
        ours, theirs = published.get(key), true.get(key)
        if ours is None or theirs is None:
            found.append(Difference(table, *key, "row", _presence(ours), _presence(theirs)))
            continue
        for name in fields:
            if rounded(ours[name]) != rounded(theirs[name]):
                found.append(Difference(table, *key, name, ours[name], theirs[name]))
    return found


def rounded(value: Any) -> Any:
    """Return a number with six decimals (half up), as figures are published; anything else unchanged."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return value
    return Decimal(str(value)).quantize(MICRO, ROUND_HALF_UP)


def print_comparison(comparison: Comparison, console: Console, shown: int = 40) -> None:
    """Print the outcome, and a table of what differs."""
    if not comparison.differences:
        console.print(
            f"[green]✓[/] 与演示城市真值一致 · equal to the demonstration city's true values as of"
            f" {comparison.as_of}: {comparison.figures:,} 个月度指标值 monthly figures,"
            f" {comparison.scores:,} 行 scorecard rows, {comparison.totals:,} 行示范期累计 programme rows"
        )
        return
    title = f"{len(comparison.differences):,} 处不一致 · differences as of {comparison.as_of}"
    table = Table(
        "table", "indicator", "month", "field", "published", "true", title=title, title_justify="left"
    )
    for one in comparison.differences[:shown]:
        month = one.period_month.strftime("%Y-%m")
        table.add_row(one.table, one.indicator_code, month, one.field, str(one.published), str(one.true))
    console.print(table)


def _by_key(rows: Iterable[Mapping[str, Any]]) -> Figures:
    return {(row["indicator_code"], row["at"]): row for row in rows}


def _presence(row: Mapping[str, Any] | None) -> str:
    return "absent" if row is None else "present"
