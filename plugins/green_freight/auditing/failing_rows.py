"""The rows that break an expectation: their keys, all of them, to compare audits by, and the first ones to be shown.

The key of a failing row is the table's primary key where the query returns all of it. Otherwise it is what the query
returns and is no measure: texts, dates, and numbers that are part of a primary key. A measure would change every night.

A row is found again at its agency by file, sheet and row: those that the query returns, or those of the table's row
with its primary key. Rows of aggregates, and of tables made of others, have their keys alone.
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
from green_freight.auditing.rules import LINEAGE, QUERY
from green_freight.warehouse.statements import statements

_SQL = statements(__file__)

_FILE, *_PLACE = LINEAGE
# What an agency knows a file by.
_OF_FILE = ("agency_code", "file_name")

# Rows that are evaluated in every build: of a table without months, or without a month of their own.
NO_MONTH = ""


# The joins by which a failing row finds its file, by what names it.
_FILES = {
    "": "",
    "r": f"left join candidate.dim_source_file as s on r.place_ <= {{sample_rows}} and r.{_FILE} = s.{_FILE}",
    "o": "left join audited_{table} as o on r.place_ <= {sample_rows} and {same_key}"
    f" left join candidate.dim_source_file as s on o.{_FILE} = s.{_FILE}",
}


@dataclass(frozen=True)
class FailingRows:
    """The failing rows of one expectation: hashes of their keys by month (`2025-09-01`, NO_MONTH), and the first rows.

    A row of the sample has `is_new`, its key, the agency, file, sheet and row that it was read from, as far as it has
    them, and the columns that the rule names.
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
    origin = _origin(suite, columns)
    place = {name: f's."{name}"' for name in _OF_FILE if origin}
    place |= {name: f'{origin}."{name}"' for name in _PLACE if origin == "o" or (origin and name in columns)}
    named = [name for name in columns if re.search(rf"\b{name}\b", query)]
    shown = {name: f'r."{name}"' for name in key} | place
    shown |= {name: f'r."{name}"' for name in named if name not in shown}
    statement = (
        _SQL["failing_rows"]
        .decode()
        .format(
            query=_literal(query),
            key=_listed("f", key),
            month=_month(suite, key, columns),
            order=_listed("k", key) or "true",
            shown=", ".join(shown.values()) or "null",
            files=_FILES[origin].format(
                table=suite.table,
                same_key=" and ".join(f'o."{name}" = r."{name}"' for name in suite.key),
                sample_rows=SAMPLE_ROWS,
            ),
            sample_rows=SAMPLE_ROWS,
        )
    )
    rows: Sequence[Any] = connection.execute(text(statement).bindparams(known=list(known))).all()
    hashes: dict[str, set[int]] = {}
    for row_hash, month, _ in rows:
        hashes.setdefault(month or NO_MONTH, set()).add(row_hash)
    return FailingRows(
        {month: frozenset(found) for month, found in hashes.items()},
        [_shown(["is_new", *shown], row, place) for *_, row in rows[:SAMPLE_ROWS] if row is not None],
    )


def _shown(names: Sequence[str], row: str, place: Collection[str]) -> dict[str, Any]:
    """Return a row of the sample without the parts of its place that it does not have."""
    values = dict(zip(names, json.loads(row), strict=False))
    return {name: value for name, value in values.items() if value is not None or name not in place}


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
        if (kind in (psycopg.STRING, psycopg.DATETIME) or name in suite.key_names) and name not in LINEAGE
    ]


def _origin(suite: Suite, columns: Mapping[str, Any]) -> str:
    """Return the alias of what names the file of a failing row: the row itself, the table's row, or nothing."""
    if _FILE in columns:
        return "r"
    return "o" if suite.is_traced and columns.keys() >= set(suite.key) else ""


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
