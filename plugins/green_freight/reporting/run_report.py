"""The report of a run: what came from each agency, what was warned of, what was published, what is stale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import NotRequired, TypedDict

from psycopg.rows import dict_row

from green_freight.labels import label
from green_freight.messages import message, read_words
from green_freight.warehouse import Session, Warehouse, scalar


class _Lines(TypedDict):
    query: str
    sentence: str
    labels: NotRequired[dict[str, str]]


_LINES: dict[str, list[_Lines]] = read_words(Path(__file__).with_suffix(".yaml"))
# The text of a group robot's message is limited to 2,048 bytes.
FAILURES_IN_ALERT = 3
# What Airflow's column for the note of a run takes.
NOTE_LENGTH = 1000
_STALE = """
select subject_code, complete_through, as_of_date
from mart.data_quality
where is_stale and subject_kind_code = 'dataset'
order by subject_code
"""


def text(warehouse: Warehouse, run_id: str) -> str:
    """Return the report of a run as lines in Chinese and English."""
    with warehouse.connect("builder") as session:
        lines = [message("run_report", run_id=run_id), *_lines(session, "run", run_id)]
        lines += _lines(session, "audit", run_id)
        newest = "select max(publication_no) from mart.publication where run_id = %s"
        row = session.execute(newest, [run_id]).fetchone()
        if row and row[0] is not None:
            lines += [*_lines(session, "publication", row[0]), *_lines(session, "tables", row[0])]
        else:
            lines.append(message("nothing_new_published"))
        lines += stale_sentences(session)
    return "\n".join(lines)


def note(warehouse: Warehouse, run_id: str, failed_tasks: Sequence[str]) -> str:
    """Return what a run published and what is stale, as lines in Chinese and English of NOTE_LENGTH at most."""
    with warehouse.connect("builder") as session:
        session.execute("set local statement_timeout = '10s'")
        lines = [message("run_failed_tasks", tasks=", ".join(failed_tasks))] if failed_tasks else []
        newest = (
            "select max(publication_no) filter (where run_id = %s), max(publication_no) from mart.publication"
        )
        [(published, last)] = session.execute(newest, [run_id]).fetchall()
        if published is not None:
            lines += _lines(session, "publication", published)
        else:
            outcome = scalar(session, "select outcome_code from ops.run where run_id = %s", [run_id])
            is_equal = outcome in ("published", "unchanged")
            lines.append(message("nothing_new_published") if is_equal else message("run_published_nothing"))
        if last is not None:
            lines += stale_sentences(session)
    return _as_note(lines)


def bulletins_note(places: Sequence[str], failed_tasks: Sequence[str]) -> str:
    """Return which bulletins a run wrote, as lines in Chinese and English of NOTE_LENGTH at most."""
    lines = [message("bulletin_failed", tasks=", ".join(failed_tasks))] if failed_tasks else []
    lines += [message("bulletin_written", place=place) for place in places]
    return _as_note(lines or [message("no_bulletin_due")])


def _as_note(lines: Sequence[str]) -> str:
    text = "\n".join(lines)
    return text if len(text) <= NOTE_LENGTH else f"{text[: NOTE_LENGTH - 1]}…"


def stale_datasets(warehouse: Warehouse) -> list[str]:
    """Return a sentence for each dataset that the newest publication marks as stale."""
    with warehouse.connect("builder") as session:
        return list(stale_sentences(session))


def first_failures(warehouse: Warehouse, run_id: str) -> list[str]:
    """Return sentences of the first failures of a run's audit, new ones first, and how many more there are."""
    with warehouse.connect("builder") as session:
        lines = list(_lines(session, "audit", run_id))
    rest = len(lines) - FAILURES_IN_ALERT
    return lines[:FAILURES_IN_ALERT] + ([message("more_failures", count=rest)] if rest > 0 else [])


def newest_as_of_date(warehouse: Warehouse) -> date | None:
    """Return the day that the newest publication stands for, None before the first one."""
    with warehouse.connect("reader") as session:
        row = session.execute("select max(as_of_date) from mart.publication").fetchone()
    return row[0] if row else None


def _lines(session: Session, part: str, key: str | int) -> Iterator[str]:
    for lines in _LINES[part]:
        with session.cursor(row_factory=dict_row) as cursor:
            for row in cursor.execute(lines["query"].encode(), [key]):
                named = {column: label(kind, row[column]) for column, kind in lines.get("labels", {}).items()}
                yield lines["sentence"].format_map(row | named)


def stale_sentences(session: Session) -> Iterator[str]:
    """Yield a sentence for each dataset that the newest publication marks as stale."""
    for dataset, through, expected in session.execute(_STALE):
        if through is None:
            yield message("dataset_never_complete", dataset=dataset, expected=expected)
        else:
            yield message("dataset_stale", dataset=dataset, through=through, expected=expected)
