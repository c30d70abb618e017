"""The figures of one work and year as they were published, each with its card, and the units responsible."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from psycopg.rows import class_row

from green_freight.evidence.errors import NoSuchChoice
from green_freight.evidence.publication import Session


@dataclass(frozen=True)
class Request:
    """What a pack is asked for: a work (1 to 16) and a year, all its indicators unless one is named, of the newest
    publication unless one is."""

    work_no: int
    year: int
    indicator_code: str | None = None
    publication_no: int | None = None


@dataclass(frozen=True)
class Unit:
    """A unit responsible for a work; the role is `lead` or `co_responsible`."""

    name_zh: str
    role_code: str


@dataclass(frozen=True)
class Work:
    """A key work of the plan, in the plan's words."""

    work_no: int
    name_zh: str
    task_name_zh: str
    plan_text_zh: str
    units: tuple[Unit, ...]


@dataclass(frozen=True)
class Figure:
    """One indicator at the year's last month up to the as-of day (a row of `scorecard`) with its card.

    `numerator` and `denominator` are in the unit of what is counted (1, tonnes, yuan), exact to six decimals; the
    denominator is empty for everything but ratios.
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
    revision_state_code: str
    is_stale: bool
    is_synthetic: bool


@dataclass(frozen=True)
class Revision:
    """One publication's change of a figure, as `figure_revision` keeps it."""

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
    s.null_reason_code, s.revision_state_code, s.is_stale, s.is_synthetic
from mart_asof.scorecard as s
inner join mart_asof.dim_indicator as i using (city_code, indicator_code)
inner join mart_asof.dim_unit as u on u.city_code = i.city_code and u.unit_code = i.owner_unit_code
where s.city_code = %(city)s and s.work_no = %(work_no)s and s.year = %(year)s
order by s.display_order
"""

_WORK = """
select w.work_no, w.work_name_zh, w.task_name_zh, w.plan_text_zh
from mart_asof.dim_key_work as w where w.city_code = %s and w.work_no = %s
"""

# As the plan lists them: lead units first, each group in its own order.
_UNITS = """
select u.unit_name_zh, b.role_code
from mart_asof.bridge_work_unit as b
inner join mart_asof.dim_unit as u using (city_code, unit_code)
where b.city_code = %s and b.work_no = %s
order by b.role_code <> 'lead', b.stated_order
"""

_REVISIONS = """
select publication_no, published_at, old_actual_value, new_actual_value, is_restatement, cause_codes, reason
from mart_asof.figure_revision
where city_code = %s and region_code = city_code and indicator_code = %s and period_month = %s
order by publication_no
"""


def read_work(session: Session, city_code: str, work_no: int) -> Work:
    """Return a key work with its units.

    Raises:
        NoSuchChoice: the plan has no work of that number.
    """
    found = session.execute(_WORK, [city_code, work_no]).fetchone()
    if found is None:
        works = session.execute(
            "select work_no from mart_asof.dim_key_work where city_code = %s order by work_no", [city_code]
        )
        raise NoSuchChoice(
            f"没有重点工作（{work_no}）", f"the plan has no work {work_no}", [row[0] for row in works]
        )
    units = session.execute(_UNITS, [city_code, work_no]).fetchall()
    number, name_zh, task_name_zh, plan_text_zh = found
    return Work(number, name_zh, task_name_zh, plan_text_zh, tuple(Unit(*unit) for unit in units))


def read_figures(session: Session, city_code: str, request: Request) -> list[Figure]:
    """Return the figures that are asked for, in the plan's order.

    Raises:
        NoSuchChoice: nothing is published for the year, or the work has no such indicator.
    """
    with session.cursor(row_factory=class_row(Figure)) as cursor:
        found = cursor.execute(
            _FIGURES, {"city": city_code, "work_no": request.work_no, "year": request.year}
        ).fetchall()
    if not found:
        years = session.execute(
            "select distinct year from mart_asof.scorecard where city_code = %s order by year", [city_code]
        )
        raise NoSuchChoice(
            f"没有 {request.year} 年的数值", f"no figure of {request.year}", [row[0] for row in years]
        )
    chosen = [figure for figure in found if request.indicator_code in (None, figure.indicator_code)]
    if not chosen:
        raise NoSuchChoice(
            f"重点工作（{request.work_no}）没有指标 {request.indicator_code}",
            f"work {request.work_no} has no indicator {request.indicator_code}",
            [figure.indicator_code for figure in found],
        )
    return chosen


def read_revisions(session: Session, city_code: str, figure: Figure) -> list[Revision]:
    """Return how a figure came to its value, publication by publication."""
    with session.cursor(row_factory=class_row(Revision)) as cursor:
        return cursor.execute(_REVISIONS, [city_code, figure.indicator_code, figure.period_month]).fetchall()
