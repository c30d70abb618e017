"""The kinds of things that indicators count, from `entities.yaml`: their tables and keys in the star, their details."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from psycopg import sql

from green_freight.contracts import contract
from green_freight.errors import PermanentError
from green_freight.labels import labels
from green_freight.messages import message, read_words

_FILE = Path(__file__).with_suffix(".yaml")

Value = str | int | Decimal | date | None


class UnknownEntityKindError(PermanentError):
    """Evidence names a kind of thing that `entities.yaml` does not have."""

    def __init__(self, code: str) -> None:
        super().__init__(message("unknown_entity_kind", kind=code, file=_FILE.name))


@dataclass(frozen=True)
class Detail:
    """A readable column: its Chinese title, the expression that gives it, and the contract's column
    (`dataset.column`) whose code list labels its codes."""

    title_zh: str
    column: str
    codes_of: str = ""

    def read(self, value: Any) -> Value:
        """Return a value of the column as a person reads it."""
        if isinstance(value, bool):
            return "是" if value else "否"
        if self.codes_of and value is not None:
            dataset, _, column = self.codes_of.partition(".")
            code = contract(dataset).column(column).codes.get(value)
            # Labels are Chinese / English.
            return code.label.partition(" / ")[0] if code else str(value)
        return value if isinstance(value, int | Decimal | date) or value is None else str(value)


@dataclass(frozen=True)
class EntityKind:
    """A kind of counted thing (`entity_kind_code` of the evidence); the fields are those of `entities.yaml`,
    the name is the label of the code."""

    name_zh: str
    unit_zh: str
    table: str
    key: str
    datasets: tuple[str, ...]
    relation: str
    row_key: str
    details: tuple[Detail, ...]


@cache
def entity_kinds() -> dict[str, EntityKind]:
    """Return every kind by its code."""
    stated = read_words(_FILE)
    return {code: _kind(code, fields) for code, fields in stated.items()}


def entity_kind(code: str) -> EntityKind:
    """Return the kind of a code; UnknownEntityKindError where there is none."""
    if code not in entity_kinds():
        raise UnknownEntityKindError(code)
    return entity_kinds()[code]


def known_entities(schema: str, tables: frozenset[str]) -> sql.Composable:
    """Return the query of all things in a schema (`mart` or `candidate`) that has these tables."""
    parts = [
        sql.SQL("select {code} as entity_kind_code, {key} as entity_key from {table}").format(
            code=sql.Literal(code), key=sql.SQL(kind.key), table=sql.Identifier(schema, kind.table)
        )
        for code, kind in entity_kinds().items()
        if kind.table in tables
    ]
    nothing = sql.SQL("select null::text as entity_kind_code, null::text as entity_key where false")
    return sql.SQL(" union ").join([*parts, nothing])


def _kind(code: str, stated: dict[str, Any]) -> EntityKind:
    defaults = {"relation": f"mart_asof.{stated['table']}", "row_key": stated["key"]}
    columns = {title: [c] if isinstance(c, str) else c for title, c in stated["details"].items()}
    details = tuple(Detail(title, *column) for title, column in columns.items())
    facts: dict[str, Any] = {**defaults, **stated, "datasets": tuple(stated["datasets"]), "details": details}
    return EntityKind(name_zh=labels("entity_kind")[code].zh, **facts)
