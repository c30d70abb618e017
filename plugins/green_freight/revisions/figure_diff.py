"""Comparing a candidate's figures, or those of a past publication, with the published ones, figure by figure, and the
months of its large facts.

Works on any connection that may read both sides: as the builder before publishing, as the publisher within the
publication's own transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from green_freight import settings
from green_freight.entities import entity_kind, known_entities
from green_freight.messages import message
from green_freight.revisions import queries
from green_freight.revisions.approval_rules import approval_codes
from green_freight.revisions.causes import Facts, causes
from green_freight.revisions.fact_changes import FactChange
from green_freight.revisions.fact_diff import FactComparison, compare_facts
from green_freight.revisions.figures import NOTHING, FigureChange, FigureKey, Values
from green_freight.revisions.reverts import evidence_is_back, figures_taken_away
from green_freight.warehouse import Session, pin
from green_freight.warehouse.large_facts import LargeFact

FIGURES = "fct_indicator_value"

Row = Mapping[str, Any]
Change = FigureChange | FactChange


@dataclass(frozen=True)
class Comparison:
    """What a build would change: against which publication (None: it is the first), figure by figure, in order, and
    month by month of the large facts.
    """

    build_id: int
    publication_no: int | None
    changes: tuple[FigureChange, ...]
    facts: FactComparison = field(default_factory=FactComparison)

    @property
    def waiting(self) -> tuple[Change, ...]:
        """Return the changes that need an approval: of figures, then of facts."""
        changes: list[Change] = [*self.changes, *self.facts.changes]
        return tuple(change for change in changes if change.needs_approval)

    @property
    def unaudited(self) -> tuple[FactChange, ...]:
        """Return the changes of months that the build does not name, so that no audit has seen them."""
        return tuple(change for change in self.facts.changes if not change.is_audited)


def compare(session: Session, build_id: int, facts: Sequence[LargeFact]) -> Comparison:
    """Compare the candidate, as the build `build_id` left it, with the newest publication: figures and large facts.

    Raises LookupError: there is no such build; SettingError: the share of a final figure or of a fact's month that may
    change is not one from 0 on.
    """
    build = _one(session, queries.BUILD, [build_id])
    if build is None:
        raise LookupError(message("no_build_to_compare", build_id=build_id))
    base = _one(session, queries.BASE)
    changes = _figure_changes(session, build) if FIGURES in _tables(session, "candidate") else ()
    publication_no, as_of = (base["publication_no"], base["as_of_date"]) if base else (None, None)
    compared = compare_facts(session, facts, build["changed_months"] or (), as_of)
    return Comparison(build_id, publication_no, changes, compared)


def _figure_changes(session: Session, build: Row) -> tuple[FigureChange, ...]:
    with session.transaction():
        rows = _changed_figures(session, sql.Identifier("candidate", FIGURES))
        base = _one(session, queries.BASE) if _is_published(session) else None
        new_datasets = _new_datasets(session, build, base) if base else {}
        facts = (
            _facts(session, rows, build, base, new_datasets) if base else [Facts(is_first=True)] * len(rows)
        )
        undoing = _undoing_reverts(session, rows)
    limit = settings.current().final_change_share
    changes = []
    for row, fact in zip(rows, facts, strict=True):
        key, cause_codes = FigureKey.of(row), causes(fact)
        old, new = Values.of(row, "old"), Values.of(row, "new")
        codes = approval_codes(old, new, row["is_restatement"], cause_codes, key in undoing, limit)
        changes.append(FigureChange.of(row, cause_codes, new_datasets.get(key.indicator_code, ()), codes))
    return tuple(changes)


def _undoing_reverts(session: Session, rows: Iterable[Row]) -> set[FigureKey]:
    """Return the changed figures that become what a revert took away, or rest on all evidence that it took away."""
    taken_away = figures_taken_away(session)
    changed = {
        key: Values.of(row, "new") or NOTHING for row in rows if (key := FigureKey.of(row)) in taken_away
    }
    equal = {key for key, new in changed.items() if new in taken_away[key].values()}
    publications: dict[tuple[Any, ...], set[int]] = {}
    for key in changed.keys() - equal:
        figure = (key.city_code, key.indicator_code, key.period_month)
        publications.setdefault(figure, set()).update(taken_away[key])
    back = evidence_is_back(session, publications)
    return equal | {key for key in changed if (key.city_code, key.indicator_code, key.period_month) in back}


def compare_with_past(session: Session, publication_no: int, build_id: int) -> Comparison:
    """Compare what the publication `publication_no` showed, made by `build_id`, with the newest one: a revert."""
    with session.transaction():
        pin(session, publication_no)
        rows = _changed_figures(session, sql.Identifier("mart_asof", FIGURES))
        base = _one(session, queries.BASE)
        pin(session, None)
    changes = tuple(FigureChange.of(row, ["revert"]) for row in rows)
    return Comparison(build_id, base["publication_no"] if base else None, changes)


def _facts(
    session: Session, rows: Sequence[Row], build: Row, base: Row, new_datasets: Mapping[str, Sequence[str]]
) -> list[Facts]:
    """Return what may explain each changed figure since the publication `base`."""
    evidence = _evidence(session)
    definitions = {(row["indicator_code"], row["year"]) for row in _all(session, queries.DEFINITIONS)}
    found = []
    for row in rows:
        code, month = row["indicator_code"], row["period_month"]
        found.append(
            Facts(
                is_first=row["is_first"],
                is_as_of_moved=row["is_as_of_moved"],
                is_definition_changed=bool({(code, None), (code, month.year)} & definitions),
                is_availability_changed=row["is_availability_changed"],
                has_new_loads=code in new_datasets,
                has_new_models=build["model_fingerprint"] != base["model_fingerprint"],
                **evidence.get((row["city_code"], code, month), {}),
            )
        )
    return found


def _evidence(session: Session) -> dict[tuple[str, str, date], dict[str, int]]:
    """Return how many evidence rows are late, corrected and deleted, as in Facts, by city, indicator and month."""
    query = sql.SQL(queries.EVIDENCE).format(
        known_before=known_entities("mart", _tables(session, "mart")),
        known_now=known_entities("candidate", _tables(session, "candidate")),
    )
    found = {}
    for row in _all(session, query):
        for code in row["entity_kinds"]:
            entity_kind(code)
        figure = (row["city_code"], row["indicator_code"], row["period_month"])
        found[figure] = {name: row[name] for name in ("late_rows", "corrected_rows", "deleted_rows")}
    return found


def _changed_figures(session: Session, new: sql.Identifier) -> list[Row]:
    """Find the figures that differ, keep them for the queries that follow, and return them in order."""
    old: sql.Composable = sql.Identifier("mart", FIGURES)
    if not _is_published(session):
        old = sql.SQL("(select * from {} where false) as f").format(new)
    session.execute("drop table if exists pg_temp.changed_figure")
    session.execute(sql.SQL(queries.CHANGED).format(old=old, new=new))
    return _all(session, "select * from changed_figure order by period_month, indicator_code, region_code")


def _new_datasets(session: Session, build: Row, base: Row) -> dict[str, Sequence[str]]:
    """Return by indicator the datasets that it depends on and that were loaded since the publication."""
    window = {"after": base["through_load_id"] or 0, "through": build["through_load_id"] or 0}
    return {row["indicator_code"]: row["dataset_ids"] for row in _all(session, queries.NEW_DATASETS, window)}


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
