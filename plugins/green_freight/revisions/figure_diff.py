"""Comparing a candidate's figures, or those of a past publication, with the published ones, figure by figure.

Works on any connection that may read both sides: as the builder before publishing, as the publisher within the
publication's own transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow, dict_row

from green_freight.entities import entity_kind, known_entities
from green_freight.revisions import queries
from green_freight.revisions.approval_rules import ApprovalRules, approval_codes
from green_freight.revisions.causes import Facts, causes
from green_freight.revisions.figures import FigureChange, FigureKey, Values

FIGURES = "fct_indicator_value"

Session = psycopg.Connection[TupleRow]
Row = Mapping[str, Any]
_Month = tuple[str, str, date]


@dataclass(frozen=True)
class Comparison:
    """What a build would change: against which publication (None: it is the first), figure by figure, in order."""

    build_id: int
    publication_no: int | None
    changes: tuple[FigureChange, ...]

    @property
    def waiting(self) -> tuple[FigureChange, ...]:
        """Return the changes that need an approval."""
        return tuple(change for change in self.changes if change.needs_approval)


def compare(session: Session, build_id: int, rules: ApprovalRules) -> Comparison:
    """Compare the candidate, as the build `build_id` left it, with the newest publication.

    Raises:
        LookupError: there is no such build.
    """
    build = _one(session, queries.BUILD, [build_id])
    if build is None:
        raise LookupError(f"没有构建 {build_id} / there is no build {build_id}")
    with session.transaction():
        rows = _changed_figures(session, sql.Identifier("candidate", FIGURES))
        base = _one(session, queries.BASE) if _is_published(session) else None
        facts = _Explaining(session, build, base).facts(rows) if base else [Facts(is_first=True)] * len(rows)
        taken_away = _taken_away_by_reverts(session)
    news = _news(session, build, base) if base else {}
    changes = []
    for row, fact in zip(rows, facts, strict=True):
        key, old, new = _key(row), _values(row, "old"), _values(row, "new")
        cause_codes = causes(fact)
        codes = approval_codes(old, new, row["is_restatement"], cause_codes, taken_away.get(key), rules)
        changes.append(_change(row, cause_codes, news.get(key.indicator_code, ()), codes))
    return Comparison(build_id, base["publication_no"] if base else None, tuple(changes))


def compare_with_past(session: Session, publication_no: int, build_id: int) -> Comparison:
    """Compare what the publication `publication_no` showed, made by `build_id`, with the newest one: a revert."""
    with session.transaction():
        session.execute("select set_config('green_freight.publication', %s, true)", [str(publication_no)])
        rows = _changed_figures(session, sql.Identifier("mart_asof", FIGURES))
        base = _one(session, queries.BASE)
        session.execute("select set_config('green_freight.publication', '', true)")
    changes = tuple(_change(row, ("revert",), (), ()) for row in rows)
    return Comparison(build_id, base["publication_no"] if base else None, changes)


@dataclass(frozen=True)
class _Explaining:
    """Looks up what may explain the changes of one build since the publication `base`."""

    session: Session
    build: Row
    base: Row

    def facts(self, rows: Sequence[Row]) -> list[Facts]:
        """Return the facts of each changed figure."""
        news = _news(self.session, self.build, self.base)
        evidence = self._evidence()
        definitions = {
            (row["indicator_code"], row["year"]) for row in _all(self.session, queries.DEFINITIONS)
        }
        has_new_models = self.build["model_fingerprint"] != self.base["model_fingerprint"]
        found = []
        for row in rows:
            code, month = row["indicator_code"], row["period_month"]
            late, corrected, deleted = evidence.get((row["city_code"], code, month), (0, 0, 0))
            found.append(
                Facts(
                    is_first=row["is_first"],
                    is_as_of_moved=row["is_as_of_moved"],
                    is_definition_changed=bool({(code, None), (code, month.year)} & definitions),
                    is_availability_changed=row["is_availability_changed"],
                    has_new_loads=code in news,
                    has_new_models=has_new_models,
                    late_rows=late,
                    corrected_rows=corrected,
                    deleted_rows=deleted,
                )
            )
        return found

    def _evidence(self) -> dict[_Month, tuple[int, int, int]]:
        query = sql.SQL(queries.EVIDENCE).format(
            known_before=known_entities("mart", _tables(self.session, "mart")),
            known_now=known_entities("candidate", _tables(self.session, "candidate")),
        )
        found = {}
        for row in _all(self.session, query):
            for code in row["entity_kinds"]:
                entity_kind(code)
            figure = (row["city_code"], row["indicator_code"], row["period_month"])
            found[figure] = (row["late_rows"], row["corrected_rows"], row["deleted_rows"])
        return found


def _changed_figures(session: Session, new: sql.Composable) -> list[Row]:
    """Find the figures that differ, keep them for the queries that follow, and return them in order."""
    nothing = sql.SQL("(select * from {} where false)").format(new)
    values = Values._fields
    statement = sql.SQL(queries.CHANGED).format(
        key=_names(FigureKey._fields),
        old=sql.Identifier("mart", FIGURES) if _is_published(session) else sql.SQL("{} as f").format(nothing),
        new=new,
        old_values=_renamed(values, "o", "old"),
        new_values=_renamed(values, "n", "new"),
        values_of_old=_names([*values, "null_reason_code", "is_there"], "o"),
        values_of_new=_names([*values, "null_reason_code", "is_there"], "n"),
    )
    session.execute("drop table if exists pg_temp.changed_figure")
    session.execute(statement)
    return _all(session, "select * from changed_figure order by period_month, indicator_code, region_code")


def _taken_away_by_reverts(session: Session) -> dict[FigureKey, Values]:
    """Return what the last revert took away of the figures that still stand as it left them."""
    return {
        _key(row): _values(row, "old") or Values(*[None] * 5) for row in _all(session, queries.TAKEN_AWAY)
    }


def _news(session: Session, build: Row, base: Row) -> dict[str, tuple[str, ...]]:
    """Return by indicator the datasets that it depends on and that were loaded since the publication."""
    window = {"after": base["through_load_id"] or 0, "through": build["through_load_id"] or 0}
    return {row["indicator_code"]: tuple(row["dataset_ids"]) for row in _all(session, queries.NEWS, window)}


def _change(
    row: Row, cause_codes: tuple[str, ...], dataset_ids: tuple[str, ...], codes: tuple[str, ...]
) -> FigureChange:
    return FigureChange(
        key=_key(row),
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        old=_values(row, "old"),
        new=_values(row, "new"),
        is_restatement=row["is_restatement"],
        cause_codes=cause_codes,
        dataset_ids=dataset_ids,
        approval_codes=codes,
    )


def _key(row: Row) -> FigureKey:
    return FigureKey(*(row[name] for name in FigureKey._fields))


def _values(row: Row, side: str) -> Values | None:
    if row.get("is_first" if side == "old" else "is_gone"):
        return None
    return Values(*(row[f"{side}_{name}"] for name in Values._fields))


def _names(names: Sequence[str], alias: str | None = None) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(*([alias] if alias else []), name) for name in names)


def _renamed(names: Sequence[str], alias: str, side: str) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("{} as {}").format(sql.Identifier(alias, name), sql.Identifier(f"{side}_{name}"))
        for name in names
    )


def _is_published(session: Session) -> bool:
    return FIGURES in _tables(session, "mart")


def _tables(session: Session, schema: str) -> frozenset[str]:
    rows = session.execute("select relname from pg_class where relnamespace = %s::regnamespace", [schema])
    return frozenset(name for (name,) in rows)


def _all(session: Session, query: str | sql.Composed, values: Any = None) -> list[Row]:
    statement = query.encode() if isinstance(query, str) else query
    with session.cursor(row_factory=dict_row) as cursor:
        return list(cursor.execute(statement, values).fetchall())


def _one(session: Session, query: str, values: Any = None) -> Row | None:
    return next(iter(_all(session, query, values)), None)
