"""The bulletins that an installation issues by itself: one of each month, from the publication that closed it.

What is issued follows from the publications and from the files that are there, so that an attempt can be repeated, and
one that did not take place is made up for by the next.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from green_freight.documents.bulletin import bulletin_stems, write_bulletin
from green_freight.documents.bulletin_data import closing_day, closing_publication_no
from green_freight.documents.files import DocumentStore
from green_freight.evidence.figures import read_session
from green_freight.periods import Period, months
from green_freight.programme import programme
from green_freight.warehouse import Session, Warehouse

_ENDS = "select min(publication_no), max(publication_no) from mart.publication"
_AS_OF = "select as_of_date from mart.publication where publication_no = %s"


def issue_bulletins(warehouse: Warehouse, url: str) -> Iterator[str]:
    """Write the bulletins that are due and not there into a folder or an object store; yield each file's place.

    Raises what `write_bulletin` raises, and OSError where the store cannot be written.
    """
    store = DocumentStore(url)
    with read_session(warehouse, "reader") as session:
        due = due_bulletins(session)
    for month, publication_no in due:
        there = store.names()
        if all(_is_there(stem, there) for stem in bulletin_stems(month, publication_no)):
            continue
        with tempfile.TemporaryDirectory() as folder:
            bulletin = write_bulletin(warehouse, month, Path(folder), publication_no)
            for path in (bulletin.document, bulletin.workbook):
                yield store.put(path)


def due_bulletins(session: Session) -> list[tuple[Period, int]]:
    """Return the months of which there should be a bulletin, each with the publication that closed it.

    They begin with the newest month that the first publication closed: those before it were over when the installation
    began. A month that a revert opened again is closed by a later publication, and due again.
    """
    [(first_no, newest_no)] = session.execute(_ENDS).fetchall()
    if newest_no is None:
        return []
    [(begun,)] = session.execute(_AS_OF, [first_no]).fetchall()
    plan = programme()
    due = []
    for month in months(Period.month_of(plan.first_day), Period.month_of(plan.last_day)):
        closed_in = closing_publication_no(session, month, newest_no)
        if closed_in is not None and closing_day(month.next) > begun:
            due.append((month, closed_in))
    return due


def _is_there(stem: str, names: set[str]) -> bool:
    # After the number of the publication: the mark of synthetic data, or the suffix.
    return any(name.startswith((f"{stem}.", f"{stem}_")) for name in names)
