"""What a chart has to show, asked of `mart` directly, and what Superset answered, in a form in which both compare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg

from bi import bundle
from bi.bundle import Chart, Dashboard

Row = tuple[Any, ...]


def published(session: psycopg.Connection[Any], dashboard: Dashboard, chart: Chart) -> Counter[Row]:
    """Return the rows of a chart by its own query on the published tables.

    Of a chart over `x`, each value is a row of its own: Superset answers with a column for each series.
    """
    dataset = f"({bundle.dataset_sql(chart.dataset)}) as dataset"
    dimensions = [*chart.columns, *([chart.x] if chart.x else []), *chart.by]
    shown = [*dimensions, *chart.metrics.values()]
    grouping = f" group by {', '.join(dimensions)}" if chart.metrics and dimensions else ""
    query = (
        f"select {', '.join(shown)} from {dataset} where {_conditions(session, dashboard, chart)}{grouping}"
    )
    rows = session.execute(query.encode()).fetchall()
    if chart.type not in ("line", "bar"):
        return Counter(tuple(map(_plain, row)) for row in rows)
    first = len(dimensions)
    return Counter(
        (_plain(row[0]), _plain(value)) for row in rows for value in row[first:] if value is not None
    )


def answered(chart: Chart, answer: Mapping[str, Any]) -> Counter[Row]:
    """Return the rows with which Superset answered a chart."""
    rows = answer["result"][0]["data"]
    if chart.type not in ("line", "bar"):
        names = [*chart.columns, *([chart.x] if chart.x else []), *chart.by, *chart.metrics]
        return Counter(tuple(_plain(row[name]) for name in names) for row in rows)
    return Counter(
        (_plain(row[chart.x]), _plain(value))
        for row in rows
        for name, value in row.items()
        if name != chart.x and value is not None
    )


def _conditions(session: psycopg.Connection[Any], dashboard: Dashboard, chart: Chart) -> str:
    conditions = ["true", *(_condition(*one) for one in chart.filters)]
    columns = session.execute(
        f"select * from ({bundle.dataset_sql(chart.dataset)}) as dataset limit 0".encode()
    ).description
    names = {column.name for column in columns or ()}
    conditions += [
        f"{one['column']} = (select max({one['column']}) from mart.scorecard)"
        for one in dashboard.filters
        if one.get("newest") and one["column"] in names
    ]
    return " and ".join(conditions)


def _condition(column: str, operator: str, value: Any = None) -> str:
    written = {"==": "=", "IS TRUE": "is true"}.get(operator, operator)
    if value is None:
        return f"{column} {written}"
    if isinstance(value, list):
        return f"{column} {written} ({', '.join(map(_literal, value))})"
    return f"{column} {written} {_literal(value)}"


def _literal(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)


def _plain(value: Any) -> Any:
    """Return a value as JSON brings it: days as text, numbers with the digits that a float holds."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float | Decimal):
        # Superset writes instants as milliseconds.
        if value > 1e12:
            return datetime.fromtimestamp(float(value) / 1000, UTC).date().isoformat()
        return f"{float(value):.9g}"
    return value


def differences(shown: Counter[Row], wanted: Counter[Row], is_paged: bool) -> Iterable[str]:
    """Return how the rows that are shown differ from the published ones; of a page, only what is not published."""
    yield from (f"shown, not published: {row}" for row in (shown - wanted))
    if not is_paged:
        yield from (f"published, not shown: {row}" for row in (wanted - shown))
