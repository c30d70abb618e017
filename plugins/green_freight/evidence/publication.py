"""The publication a pack rests on, and the session that reads nothing but it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

import psycopg
from psycopg.errors import UndefinedColumn, UndefinedTable
from psycopg.rows import TupleRow, class_row

from green_freight.evidence.errors import NoSuchChoice, NothingPublished, WarehouseOlder

Session = psycopg.Connection[TupleRow]


@dataclass(frozen=True)
class Publication:
    """A row of `mart.publication`; approval is empty where nothing needed one."""

    publication_no: int
    published_at: datetime
    kind_code: str
    reason: str | None
    as_of_date: date
    code_version: str
    stale_agencies: list[str]
    reverted_to: int | None
    approved_by: str | None
    approved_at: datetime | None
    approval_reason: str | None


@contextmanager
def reading(url: str) -> Iterator[Session]:
    """Give a session that sees one state of the warehouse throughout and cannot change it.

    `url` is that of a role that may read `mart_asof` and `ops.source_file`: the builder.

    Raises:
        WarehouseOlder: it was not yet brought to this version of the code.
        psycopg.OperationalError: the warehouse does not answer.
    """
    with psycopg.connect(url, application_name="green-freight evidence") as session:
        session.execute("set transaction isolation level repeatable read, read only")
        try:
            yield session
        except (UndefinedTable, UndefinedColumn) as error:
            raise WarehouseOlder(error.diag.message_primary) from error


def pin(session: Session, publication_no: int | None) -> Publication:
    """Choose a publication for the rest of the session's transaction, the newest by default, and return it.

    Raises:
        NothingPublished: there is none yet.
        NoSuchChoice: there is none of that number.
    """
    found = session.execute("select publication_no from mart.publication order by publication_no").fetchall()
    there_is = [row[0] for row in found]
    if not there_is:
        raise NothingPublished
    chosen = there_is[-1] if publication_no is None else publication_no
    if chosen not in there_is:
        raise NoSuchChoice(f"没有第 {chosen} 号发布", f"there is no publication {chosen}", there_is)
    session.execute("select set_config('green_freight.publication', %s, true)", [str(chosen)])
    with session.cursor(row_factory=class_row(Publication)) as cursor:
        publication = cursor.execute(
            """
            select publication_no, published_at, kind_code, reason, as_of_date, code_version, stale_agencies,
                reverted_to, approved_by, approved_at, approval_reason
            from mart.publication where publication_no = %s
            """,
            [chosen],
        ).fetchone()
    assert publication
    return publication
