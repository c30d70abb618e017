"""Coverage: what was due of every dataset and month, what of it is there, and how to ask for the rest.

The expected calendar is SQL (`ops.calendar`): coverage, the nightly fetch plan and dbt read the same statement.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from psycopg.rows import class_row

from green_freight.agencies import AGENCIES
from green_freight.contracts import Granularity, contracts
from green_freight.periods import Period
from green_freight.programme import programme
from green_freight.warehouse import Session

_UPSERT = """
insert into ops.expected_dataset (dataset_id, agency_code, delivery_name, granularity_code, expected_from)
values (%s, %s, %s, %s, %s)
on conflict (dataset_id) do update
set agency_code = excluded.agency_code, delivery_name = excluded.delivery_name,
    granularity_code = excluded.granularity_code, expected_from = excluded.expected_from
"""


@dataclass(frozen=True)
class DatasetMonth:
    """What was due of a dataset in a month and what of it is there: a row of `ops.dataset_month`.

    Parts are days, or the one form of a dataset that comes by month; `parts_not_delivered` of the missing ones the
    agency had not delivered when it was last asked. `period_month` is the month's first day.
    """

    agency_code: str
    dataset_id: str
    granularity_code: str
    period_month: date
    due_from: date
    parts_due: int
    parts_delivered: int
    parts_not_delivered: int
    missing_labels: list[str]

    @property
    def month(self) -> Period:
        """Return the month as a period."""
        return Period.month_of(self.period_month)

    @property
    def parts_missing(self) -> int:
        """Return how many parts were due and are not there."""
        return self.parts_due - self.parts_delivered


@dataclass(frozen=True)
class Coverage(DatasetMonth):
    """The same through the newest business day, with the rows behind it: a row of `ops.coverage`.

    The comments of the view's columns say what each is.
    """

    as_of_date: date
    state_code: str
    rows_in_file: int
    rows_loaded: int
    rows_rejected: int
    loads_stopped: int
    last_loaded_at: datetime | None
    revision_state_code: str


def coverage(session: Session, agencies: Collection[str] = (), years: Collection[int] = ()) -> list[Coverage]:
    """Return the coverage by agency, dataset (as the registry has them) and month, of all unless some are named.

    `session` is of a role that may read `ops`; `agencies` are codes, `years` calendar years.
    """
    with session.cursor(row_factory=class_row(Coverage)) as cursor:
        found = cursor.execute(
            """
            select * from ops.coverage
            where (cardinality(%(agencies)s::text[]) = 0 or agency_code = any(%(agencies)s))
                and (cardinality(%(years)s::int[]) = 0 or extract(year from period_month) = any(%(years)s))
            """,
            {"agencies": list(agencies), "years": list(years)},
        ).fetchall()
    return sorted(found, key=_place)


def through(session: Session, business_day: date) -> list[DatasetMonth]:
    """Return what was due through a business day and what of it is there, in the same order."""
    with session.cursor(row_factory=class_row(DatasetMonth)) as cursor:
        found = cursor.execute("select * from ops.dataset_month(%s)", [business_day]).fetchall()
    return sorted(found, key=_place)


@dataclass(frozen=True)
class BackfillRange:
    """The months from `first` to `last`, both included, of some agencies (codes, in the registry's order)."""

    first: Period
    last: Period
    agencies: tuple[str, ...]


def backfill_of(found: Iterable[DatasetMonth]) -> BackfillRange | None:
    """Return the range that encloses every month with a missing part, None where nothing is missing.

    It may enclose complete months: the backfill is run with `only_missing`, which asks period by period for what is
    not loaded, so that nothing complete is fetched again and all gaps make one publication.
    """
    gaps = [one for one in found if one.parts_missing]
    if not gaps:
        return None
    lacking = {one.agency_code for one in gaps}
    agencies = tuple(agency for agency in AGENCIES if agency in lacking)
    return BackfillRange(min(one.month for one in gaps), max(one.month for one in gaps), agencies)


def never_requested_before(session: Session, wanted: BackfillRange, until: date) -> BackfillRange | None:
    """Return the earlier months of which registers or forms were never requested, where a range lacks the same ones.

    To load the range alone would make figures of a fragment: a register counts from its first window, a year's forms
    add up. What an agency was asked for is no such gap, whatever it responded. `until` is the last day to load.
    """
    datasets = [one for one in through(session, until) if one.agency_code in wanted.agencies]
    datasets = [one for one in datasets if one.granularity_code != Granularity.DAY]
    lacking = {
        one.dataset_id
        for one in datasets
        if wanted.first <= one.month <= wanted.last and (one.parts_missing or not one.parts_delivered)
    }
    requested = set(
        session.execute(
            "select distinct dataset.dataset_id, left(fetched.period_label, 7) from ops.fetch as fetched "
            "inner join ops.expected_dataset as dataset using (agency_code, delivery_name)"
        ).fetchall()
    )
    return backfill_of(
        one
        for one in datasets
        if one.dataset_id in lacking
        and one.month < wanted.first
        and one.parts_missing
        and (one.dataset_id, one.month.label) not in requested
    )


def update_expected_datasets(owner: Session) -> None:
    """Make ops.expected_dataset equal to the contracts, in one transaction, as the owner.

    A dataset is expected from the programme's first day where its contract names no other.
    """
    first_day = programme().first_day
    rows = [
        (found.id, found.agency, found.delivery, found.granularity.value, found.expected_from or first_day)
        for found in contracts().values()
    ]
    with owner.transaction(), owner.cursor() as cursor:
        cursor.execute(
            "delete from ops.expected_dataset where dataset_id <> all(%s)", [[row[0] for row in rows]]
        )
        cursor.executemany(_UPSERT, rows)


def _place(one: DatasetMonth) -> tuple[int, date]:
    places = _places()
    # A dataset whose contract was removed stays until the warehouse is prepared again: last.
    return places.get(one.dataset_id, len(places)), one.period_month


@cache
def _places() -> dict[str, int]:
    datasets = (
        dataset
        for agency in AGENCIES.values()
        for delivery in agency.deliveries.values()
        for dataset in delivery.datasets
    )
    return {dataset: place for place, dataset in enumerate(datasets)}
