"""What reverts took away: contents that somebody has to approve before they are published again.

A content is the values of a figure, absent ones included, or the rows of a month of a large fact. What a revert took
away needs an approval until one of three things happens to the figure or month: somebody approves it, another revert
restores it, or another content is published, which is the source's news, to which the usual rules apply.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from psycopg import sql
from psycopg.rows import dict_row

from green_freight.revisions.figures import NOTHING, FigureKey, Values
from green_freight.warehouse import Session, pin
from green_freight.warehouse.large_facts import LargeFact, columns_of
from green_freight.warehouse.statements import statements

EVIDENCE = "fct_indicator_evidence"
_EVIDENCE_FIGURE = ("city_code", "indicator_code", "period_month")
_EVIDENCE_ROW = (*_EVIDENCE_FIGURE, "part_code", "entity_key", "weight")

_SQL = statements(__file__)

Key = TypeVar("Key", bound=Hashable)
Content = TypeVar("Content")


@dataclass(frozen=True)
class Revision(Generic[Content]):
    """What a publication made of a figure or a month of a large fact; a revert names the publication it restored."""

    publication_no: int
    reverted_to: int | None
    old: Content
    new: Content


def contents_taken_away(revisions: Sequence[Revision[Content]]) -> dict[int, Content]:
    """Return the contents that must not return unapproved, by the publication that made them, from all revisions of a
    figure or month in order; none where its newest revision is no revert.

    A revert takes away all that was published after the publication that it restores, and what was taken away then
    still is; what it restores is not.
    """
    states: list[tuple[int, Content, dict[int, Content]]] = [(0, revisions[0].old, {})]
    for revision in revisions:
        away: dict[int, Content] = {}
        if (target := revision.reverted_to) is not None:
            # The newest one as well where the publication that made it was not recorded.
            later = {
                number: content for number, content, _ in states if number > target or number == states[-1][0]
            }
            _, _, standing = next(state for state in reversed(states) if state[0] <= target)
            merged = {**standing, **later}
            away = {number: content for number, content in merged.items() if content != revision.new}
        states.append((revision.publication_no, revision.new, away))
    return states[-1][2]


def figures_taken_away(session: Session) -> dict[FigureKey, dict[int, Values]]:
    """Return the values of figures that reverts took away, by figure and publication."""
    with session.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_SQL["figure_revisions"]).fetchall()
    return _by_thing(
        (
            FigureKey.of(row),
            Revision(
                row["publication_no"],
                row["reverted_to"],
                Values.of(row, "old") or NOTHING,
                Values.of(row, "new") or NOTHING,
            ),
        )
        for row in rows
    )


def months_taken_away(session: Session) -> dict[tuple[str, date], dict[int, tuple[int, Any]]]:
    """Return the contents (number of rows, hash) of months that reverts took away, by fact and month, and publication.

    A month that the newest revision did not leave as a revert made it has none.
    """
    rows = session.execute(_SQL["fact_revisions"]).fetchall()
    return _by_thing(
        ((table, month), Revision(number, target, (old_rows, old_hash), (new_rows, new_hash)))
        for table, month, number, target, old_rows, new_rows, old_hash, new_hash in rows
    )


def evidence_is_back(
    session: Session, wanted: Mapping[tuple[Any, ...], Iterable[int]]
) -> set[tuple[Any, ...]]:
    """Return the figures (city, indicator, month) of which the candidate holds again all evidence that reverts took
    away; `wanted` are the publications that showed it.
    """
    return {
        figure
        for publication_no, figures in _by_publication(wanted).items()
        for figure in _is_back(session, EVIDENCE, _EVIDENCE_FIGURE, _EVIDENCE_ROW, publication_no, figures)
    }


def month_is_back(session: Session, fact: LargeFact, month: date, publication_nos: Iterable[int]) -> bool:
    """Tell whether the candidate's month differs from the published one at least as it did in one of some publications:
    every row that a revert took away is there again, and every one that it restored has gone.
    """
    group = (fact.month_column,)
    columns = dict.fromkeys((*group, *fact.key, *fact.values))
    return any(_is_back(session, fact.name, group, tuple(columns), no, [(month,)]) for no in publication_nos)


def _is_back(
    session: Session,
    table: str,
    group: Sequence[str],
    columns: Sequence[str],
    publication_no: int,
    wanted: Sequence[tuple[Any, ...]],
) -> list[tuple[Any, ...]]:
    """Return the wanted groups of rows that are back in the candidate; none in a scratch, which has no history."""
    if not all(
        set(columns) <= columns_of(session, schema, table).keys() for schema in ("mart_asof", "candidate")
    ):
        return []
    statement = sql.SQL(_SQL["is_back"].decode()).format(
        table=sql.Identifier(table),
        group=sql.SQL(", ").join(map(sql.Identifier, group)),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        wanted=sql.SQL(", ").join(
            sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Literal, one))) for one in wanted
        ),
    )
    with session.transaction():
        pin(session, publication_no)
        found = session.execute(statement).fetchall()
        pin(session, None)
    return found


def _by_thing(
    revisions: Iterable[tuple[Key, Revision[Content]]],
) -> dict[Key, dict[int, Content]]:
    """Return the contents taken away of each figure or month that has any."""
    collected: dict[Key, list[Revision[Content]]] = {}
    for key, revision in revisions:
        collected.setdefault(key, []).append(revision)
    found = {key: contents_taken_away(of_key) for key, of_key in collected.items()}
    return {key: away for key, away in found.items() if away}


def _by_publication(wanted: Mapping[tuple[Any, ...], Iterable[int]]) -> dict[int, list[tuple[Any, ...]]]:
    found: dict[int, list[tuple[Any, ...]]] = {}
    for thing, publication_nos in wanted.items():
        for publication_no in publication_nos:
            found.setdefault(publication_no, []).append(thing)
    return found
