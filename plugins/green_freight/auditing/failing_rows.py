"""The rows that break an expectation: their keys, all of them, to compare audits by, and the first ones to look at.

The key of a failing row is the table's primary key where the query returns all of it. Otherwise it is what the query
returns and is no measure: texts, dates, and numbers that are part of a primary key. A measure would change every night.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Connection, text

from green_freight.auditing.expectations import SAMPLE_ROWS, Expectation, Suite
from green_freight.auditing.rules import QUERY
from green_freight.warehouse.statements import statements

_SQL = statements(__file__)

# Rows that are evaluated in every build: of a table without months, or without a month of their own.
NO_MONTH = ""


@dataclass(frozen=True)
class FailingRows:
    """The failing rows of one expectation: hashes of their keys by month (`2025-09-01`, NO_MONTH), and the first rows.

    A row of the sample has `is_new`, its key, and the columns that the rule names.
    """

    hashes: Mapping[str, frozenset[int]]
    sample: Sequence[dict[str, Any]]


def read(
    connection: Connection, suite: Suite, expectation: Expectation, known: Collection[int] = ()
) -> FailingRows:
    """Return the failing rows of an expectation; `known` are the hashes of those that the last publication had.

    The search path of the connection and the views are those of the audit (`audit_views`).
    """
    query = failing_query(suite, expectation)
    columns = _columns(connection, query)
    key = _key(suite, columns)
    shown = [*key, *(name for name in columns if name not in key and re.search(rf"\b{name}\b", query))]
    statement = (
        _SQL["failing_rows"]
        .decode()
        .format(
            query=_literal(query),
            key=_listed("f", key),
            month=_month(suite, key, columns),
            order=_listed("k", key) or "true",
            shown=_listed("r", shown) or "null",
            sample_rows=SAMPLE_ROWS,
        )
    )
    rows: Sequence[Any] = connection.execute(text(statement).bindparams(known=list(known))).all()
    hashes: dict[str, set[int]] = {}
    for row_hash, month, _ in rows:
        hashes.setdefault(month or NO_MONTH, set()).add(row_hash)
    return FailingRows(
        {month: frozenset(found) for month, found in hashes.items()},
        [
            dict(zip(["is_new", *shown], json.loads(row), strict=False))
            for *_, row in rows[:SAMPLE_ROWS]
            if row is not None
        ],
    )


def failing_query(suite: Suite, expectation: Expectation) -> str:
    """Return the SQL of the rows that break an expectation, over the audited part of its table."""
    audited = f"audited_{suite.table}"
    if expectation.type == QUERY:
        return str(expectation.kwargs["unexpected_rows_query"]).replace("{batch}", audited)
    return f"select * from {audited}\nwhere {_condition(expectation)}"  # noqa: S608


def _condition(expectation: Expectation) -> str:
    """Return what makes a row fail an expectation about one column; as for Great Expectations, NULL fails none."""
    options, column = expectation.kwargs, expectation.kwargs["column"]

    def literal(value: Any) -> str:
        return sql.Literal(value).as_string()

    match expectation.type.removeprefix("expect_column_values_to_"):
        case "not_be_null":
            return f"{column} is null"
        case "be_in_set":
            return f"{column} not in ({', '.join(map(literal, options['value_set']))})"
        case "match_regex":
            return f"{column} !~ {literal(options['regex'])}"
        case "be_between":
            bounds = {"<": options.get("min_value"), ">": options.get("max_value")}
            return " or ".join(
                f"{column} {sign} {literal(bound)}" for sign, bound in bounds.items() if bound is not None
            )
    raise KeyError(expectation.type)


def _columns(connection: Connection, query: str) -> dict[str, Any]:
    """Return the names and types of a query's columns, without its rows."""
    result = connection.execute(text(f"select * from (\n{_literal(query)}\n) as f limit 0"))  # noqa: S608
    description = result.cursor.description if result.cursor else ()
    return {column[0]: column[1] for column in description}


def _key(suite: Suite, columns: Mapping[str, Any]) -> list[str]:
    if columns.keys() >= set(suite.key):
        return list(suite.key)
    return [
        name
        for name, kind in columns.items()
        if kind in (psycopg.STRING, psycopg.DATETIME) or name in suite.key_names
    ]


def _month(suite: Suite, key: Sequence[str], columns: Mapping[str, Any]) -> str:
    """Return the SQL of the month in which a row is evaluated, as text; of an aggregate, that of its first date."""
    dates = [name for name in (suite.month_column, *key) if columns.get(name or "") == psycopg.DATETIME]
    if suite.month_column is None or not dates:
        return "cast(null as text)"
    return f"to_char(date_trunc('month', f.\"{dates[0]}\"), 'YYYY-MM-DD')"


def _listed(alias: str, names: Sequence[str]) -> str:
    return ", ".join(f'{alias}."{name}"' for name in names)


def _literal(query: str) -> str:
    """Return a query in which SQLAlchemy finds no parameters."""
    return query.replace(":", "\\:")
