"""What a publication says of one work and year: the publication, the key work, its figures and their revisions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from psycopg.errors import UndefinedColumn, UndefinedObject, UndefinedTable
from psycopg.rows import class_row

from green_freight.evidence.errors import NoSuchChoiceError, NothingPublishedError, OlderWarehouseError
from green_freight.messages import message
from green_freight.warehouse import Session, Warehouse, pin

T = TypeVar("T")


@dataclass(frozen=True)
class Request:
    """What a pack is asked for: a work (1 to 16) and a year, all its indicators unless one is named, of the newest
    publication unless one is."""

    work_no: int
    year: int
    indicator_code: str | None = None
    publication_no: int | None = None


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


@dataclass(frozen=True)
class Unit:
    """A unit responsible for a work; the role is `lead` or `co_responsible`."""

    name_zh: str
    role_code: str


@dataclass(frozen=True)
class Work:
    """A key work of the plan, as the plan states it."""

    work_no: int
    name_zh: str
    task_name_zh: str
    plan_text_zh: str
    units: tuple[Unit, ...]


@dataclass(frozen=True)
class Figure:
    """One indicator at the year's last month up to the as-of day (a row of `scorecard`) with its card and, where the
    plan has a total, what the programme has reached of it (a row of `programme_scorecard`).

    `numerator` and `denominator` are in the unit of what is counted (1, tonnes, yuan), exact to six decimals; the
    denominator is empty for everything but ratios. The dates are those of a milestone's report.
    """

    indicator_code: str
    name_zh: str
    display_order: int
    unit_zh: str
    decimals: int
    measure_kind_code: str
    plan_words_zh: str
    formula_zh: str
    note_zh: str | None
    owner_zh: str
    year: int
    period_month: date
    as_of_date: date
    target_value: Decimal | None
    target_text_zh: str | None
    actual_value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    completion_ratio: Decimal | None
    status_code: str
    null_reason_code: str | None
    milestone_achieved_on: date | None
    milestone_reported_on: date | None
    is_reported_after_year: bool | None
    plan_total_value: Decimal | None
    cumulative_value: Decimal | None
    remaining_value: Decimal | None
    cumulative_completion_ratio: Decimal | None
    cumulative_expected_value: Decimal | None
    yearly_targets_due_value: Decimal | None
    cumulative_status_code: str | None
    revision_state_code: str
    is_stale: bool
    is_synthetic: bool


@dataclass(frozen=True)
class Revision:
    """One publication's change of a figure, as `figure_revision` stores it."""

    publication_no: int
    published_at: datetime
    old_actual_value: Decimal | None
    new_actual_value: Decimal | None
    is_restatement: bool
    cause_codes: list[str]
    reason: str | None


_FIGURES = """
select
    s.indicator_code, s.indicator_name_zh as name_zh, s.display_order, s.unit_zh, s.decimals, i.measure_kind_code,
    i.plan_words_zh, i.formula_zh, i.note_zh, u.unit_name_zh as owner_zh, s.year, s.period_month, s.as_of_date,
    s.target_value, s.target_text_zh, s.actual_value, s.numerator, s.denominator, s.completion_ratio, s.status_code,
    s.null_reason_code, s.milestone_achieved_on, s.milestone_reported_on, s.is_reported_after_year,
    p.plan_total_value, p.cumulative_value, p.remaining_value, p.completion_ratio as cumulative_completion_ratio,
    p.cumulative_expected_value, p.yearly_targets_due_value, p.status_code as cumulative_status_code,
    s.revision_state_code, s.is_stale, s.is_synthetic
from mart_asof.scorecard as s
left join mart_asof.programme_scorecard as p using (city_code, indicator_code, year)
inner join mart_asof.dim_indicator as i using (city_code, indicator_code)
inner join mart_asof.dim_unit as u on u.city_code = i.city_code and u.unit_code = i.owner_unit_code
where s.city_code = %s and s.work_no = %s and s.year = %s
order by s.display_order
"""

_PUBLICATIONS = """
select publication_no, published_at, kind_code, reason, as_of_date, code_version, stale_agencies, reverted_to,
    approved_by, approved_at, approval_reason
from mart.publication order by publication_no
"""

_REVISIONS = """
select publication_no, published_at, old_actual_value, new_actual_value, is_restatement, cause_codes, reason
from mart_asof.figure_revision
where city_code = %s and region_code = city_code and indicator_code = %s and period_month = %s
order by publication_no
"""

_WORK = """
select work_no, work_name_zh, task_name_zh, plan_text_zh
from mart_asof.dim_key_work where city_code = %s and work_no = %s
"""

# As the plan lists them: lead units first, each group in its own order.
_UNITS = """
select u.unit_name_zh as name_zh, b.role_code
from mart_asof.bridge_work_unit as b
inner join mart_asof.dim_unit as u using (city_code, unit_code)
where b.city_code = %s and b.work_no = %s
order by b.role_code <> 'lead', b.stated_order
"""


def read(session: Session, row_class: type[T], query: str, *values: object) -> list[T]:
    """Return the rows of a query as objects whose fields are its columns."""
    with session.cursor(row_factory=class_row(row_class)) as cursor:
        return cursor.execute(query.encode(), values).fetchall()


@contextmanager
def read_session(warehouse: Warehouse, role: str = "builder") -> Iterator[Session]:
    """Give a session of a role that sees one state of the warehouse throughout and cannot change it.

    Raises OlderWarehouseError: it was not yet brought to this version of the code; psycopg.OperationalError: the
    warehouse does not answer.
    """
    with warehouse.connect(role) as session:
        session.execute("set transaction isolation level repeatable read, read only")
        try:
            yield session
        except (UndefinedTable, UndefinedColumn, UndefinedObject) as error:
            lacking = error.diag.message_primary
            raise OlderWarehouseError(message("older_warehouse", lacking=lacking)) from error


def choose_publication(session: Session, publication_no: int | None) -> Publication:
    """Choose a publication for the rest of the session's transaction, the newest by default, and return it.

    Raises NothingPublishedError: there is none yet; NoSuchChoiceError: there is none of that number.
    """
    found = read(session, Publication, _PUBLICATIONS)
    if not found:
        raise NothingPublishedError(message("no_evidence_published"))
    chosen = [one for one in found if publication_no in (None, one.publication_no)]
    if not chosen:
        there = _listed(one.publication_no for one in found)
        raise NoSuchChoiceError(
            message("no_publication_of_number", publication_no=publication_no, there=there)
        )
    pin(session, chosen[-1].publication_no)
    return chosen[-1]


def read_work(session: Session, city_code: str, work_no: int) -> Work:
    """Return a key work with its units. Raises NoSuchChoiceError: the plan has no work of that number."""
    found = session.execute(_WORK, [city_code, work_no]).fetchone()
    if found is None:
        works = "select work_no from mart_asof.dim_key_work where city_code = %s order by work_no"
        there = _listed(row[0] for row in session.execute(works, [city_code]))
        raise NoSuchChoiceError(message("no_such_work", work_no=work_no, there=there))
    number, name_zh, task_name_zh, plan_text_zh = found
    units = tuple(read(session, Unit, _UNITS, city_code, work_no))
    return Work(number, name_zh, task_name_zh, plan_text_zh, units)


def read_figures(session: Session, city_code: str, request: Request) -> list[Figure]:
    """Return the figures that are asked for, in the plan's order; NoSuchChoiceError where there is none."""
    found = read(session, Figure, _FIGURES, city_code, request.work_no, request.year)
    if not found:
        years = "select distinct year from mart_asof.scorecard where city_code = %s order by year"
        there = _listed(row[0] for row in session.execute(years, [city_code]))
        raise NoSuchChoiceError(message("no_figure_of_year", year=request.year, there=there))
    chosen = [figure for figure in found if request.indicator_code in (None, figure.indicator_code)]
    if not chosen:
        there = _listed(figure.indicator_code for figure in found)
        raise NoSuchChoiceError(message("no_such_indicator", request=request, there=there))
    return chosen


def read_revisions(session: Session, city_code: str, figure: Figure) -> list[Revision]:
    """Return how a figure came to its value, publication by publication."""
    return read(session, Revision, _REVISIONS, city_code, figure.indicator_code, figure.period_month)


def _listed(choices: Iterable[object]) -> str:
    return ", ".join(map(str, choices)) or "–"
