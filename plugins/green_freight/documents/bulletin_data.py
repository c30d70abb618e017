"""What the bulletin of a month says, as one publication states it, before it is put into words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from green_freight.documents.errors import MonthNotClosedError, NothingOfPeriodError
from green_freight.evidence.figures import Publication, choose_publication, read
from green_freight.labels import labels
from green_freight.messages import message
from green_freight.periods import Period
from green_freight.programme import programme
from green_freight.warehouse import Session, scalar
from green_freight.work_status import is_lagging, work_status

_FIGURES = Path(__file__).with_name("bulletin.sql").read_text(encoding="utf-8")
_UNITS = """
select u.unit_name_zh, u.display_order, b.role_code, b.work_no
from mart_asof.bridge_work_unit as b inner join mart_asof.dim_unit as u using (city_code, unit_code)
where b.city_code = %s order by u.display_order, b.role_code <> 'lead', b.work_no
"""
_COURSE = """
select period_month, status_code, count(*) as count from mart_asof.fct_indicator_value
where city_code = %s and region_code = city_code and period_month between %s and %s group by 1, 2 order by 1, 2
"""
_RESTATEMENTS = """
select r.indicator_name_zh, r.indicator_code, r.period_month, r.publication_no, r.old_actual_value, r.new_actual_value,
    r.old_status_code, r.new_status_code, r.cause_codes, r.reason, i.unit_zh, i.decimals, i.measure_kind_code
from mart_asof.figure_revision as r inner join mart_asof.dim_indicator as i using (city_code, indicator_code)
where r.city_code = %s and r.region_code = r.city_code and r.is_restatement and r.publication_no > %s
    and r.period_month <= %s
order by i.display_order, r.period_month, r.publication_no
"""
_PROGRAMME = """
select p.indicator_code, p.work_no, p.work_name_zh, p.indicator_name_zh, p.unit_zh, p.decimals, i.measure_kind_code,
    p.plan_total_value, p.cumulative_expected_value, p.cumulative_value, p.completion_ratio, p.status_code, p.as_of_date
from mart_asof.programme_scorecard as p inner join mart_asof.dim_indicator as i using (city_code, indicator_code)
where p.city_code = %s and p.year = %s order by p.display_order
"""
_QUALITY = """
select subject_name_zh, agency_code, complete_through, completeness_ratio, rows_in_file, rows_rejected, is_stale
from mart_asof.data_quality where city_code = %s and subject_kind_code = 'dataset' order by agency_code, subject_code
"""
# A revert may open a month again; then the publication counts that closes it afterwards.
_CLOSED_IN = """
select min(publication_no) from mart.publication
where publication_no <= %(through)s
    and publication_no > coalesce(
        (
            select max(publication_no) from mart.publication
            where publication_no <= %(through)s and as_of_date < %(closing_day)s
        ), 0
    )
"""
# The work that asks for the bulletin, whose lead unit issues it.
_ISSUING_WORK = 2


@dataclass(frozen=True)
class MonthFigure:
    """The city's figure of an indicator in the month."""

    indicator_code: str
    work_no: int
    work_name_zh: str
    indicator_name_zh: str
    unit_zh: str
    decimals: int
    measure_kind_code: str
    target_value: Decimal | None
    target_text_zh: str | None
    expected_value: Decimal | None
    actual_value: Decimal | None
    completion_ratio: Decimal | None
    status_code: str
    revision_state_code: str
    as_of_date: date
    is_stale: bool
    is_synthetic: bool

    @property
    def aim(self) -> Decimal | None:
        """Return what the status compares with: the expected value, else the target."""
        return self.target_value if self.expected_value is None else self.expected_value

    @property
    def gap(self) -> Decimal | None:
        """Return how far the figure is below that; None where it is not."""
        if not is_lagging(self.status_code) or self.aim is None or self.actual_value is None:
            return None
        return self.aim - self.actual_value


@dataclass(frozen=True)
class ProgrammeFigure:
    """What the programme has reached of a total of the plan, as of the year's newest day."""

    indicator_code: str
    work_no: int
    work_name_zh: str
    indicator_name_zh: str
    unit_zh: str
    decimals: int
    measure_kind_code: str
    plan_total_value: Decimal
    cumulative_expected_value: Decimal
    cumulative_value: Decimal | None
    completion_ratio: Decimal | None
    status_code: str
    as_of_date: date


@dataclass(frozen=True)
class Responsibility:
    """A unit's responsibility for a work."""

    unit_name_zh: str
    display_order: int
    role_code: str
    work_no: int


@dataclass(frozen=True)
class UnitWorks:
    """A unit in one role: the numbers of its works, and how many stand as each status of a work."""

    unit_name_zh: str
    role_code: str
    works: tuple[int, ...]
    standing: Counter[str]


@dataclass(frozen=True)
class MonthStatus:
    """How many indicators of a month have a status."""

    period_month: date
    status_code: str
    count: int


@dataclass(frozen=True)
class Restatement:
    """A final figure that changed after the last bulletin."""

    indicator_name_zh: str
    indicator_code: str
    period_month: date
    publication_no: int
    old_actual_value: Decimal | None
    new_actual_value: Decimal | None
    old_status_code: str | None
    new_status_code: str | None
    cause_codes: list[str]
    reason: str | None
    unit_zh: str
    decimals: int
    measure_kind_code: str


@dataclass(frozen=True)
class Quality:
    """How complete a dataset is, and how many of its rows were rejected."""

    subject_name_zh: str
    agency_code: str
    complete_through: date | None
    completeness_ratio: Decimal | None
    rows_in_file: int
    rows_rejected: int
    is_stale: bool


@dataclass(frozen=True)
class BulletinData:
    """All that a bulletin says; `last_publication_no` is what the last bulletin was written from."""

    month: Period
    publication: Publication
    last_publication_no: int
    figures: Sequence[MonthFigure]
    programme: Sequence[ProgrammeFigure]
    responsibilities: Sequence[Responsibility]
    course: Sequence[MonthStatus]
    restatements: Sequence[Restatement]
    qualities: Sequence[Quality]

    @property
    def is_synthetic(self) -> bool:
        """Tell whether any figure rests on synthetic data."""
        return any(figure.is_synthetic for figure in self.figures)

    @property
    def is_closed(self) -> bool:
        """Tell whether the month's figures are final, but for corrections."""
        return self.publication.as_of_date >= closing_day(self.month)

    @property
    def issuer(self) -> str:
        """Return the unit that leads the work of the bulletin."""
        return next(
            one.unit_name_zh
            for one in self.responsibilities
            if one.work_no == _ISSUING_WORK and one.role_code == "lead"
        )

    def status_counts(self) -> dict[str, int]:
        """Return the number of indicators by status, in the labels' order, without those that are none."""
        counts = Counter(figure.status_code for figure in self.figures)
        return {code: counts[code] for code in labels("status") if counts[code]}

    def leads(self, work_no: int) -> list[str]:
        """Return the lead units of a work."""
        found = [one for one in self.responsibilities if one.work_no == work_no]
        return [one.unit_name_zh for one in found if one.role_code == "lead"]

    def units(self) -> list[UnitWorks]:
        """Return each unit in each role with its works, as `unit_scorecard` counts them at a year's end."""
        standing = {
            work: work_status(figure.status_code for figure in self.figures if figure.work_no == work)
            for work in {figure.work_no for figure in self.figures}
        }
        groups: dict[tuple[str, str], list[int]] = {}
        for one in self.responsibilities:
            groups.setdefault((one.unit_name_zh, one.role_code), []).append(one.work_no)
        return [
            UnitWorks(unit, role, tuple(works), Counter(standing[work] for work in works))
            for (unit, role), works in groups.items()
        ]


def closing_day(month: Period) -> date:
    """Return the day at whose end the figures of a month become final."""
    return month.last_day + timedelta(days=programme().days_to_close)


def closing_publication_no(session: Session, month: Period, through: int) -> int | None:
    """Return the publication that closed a month for good, among those up to one; None where it is open in that one."""
    facts = {"through": through, "closing_day": closing_day(month)}
    number: int | None = scalar(session, _CLOSED_IN, facts)
    return number


def read_bulletin(
    session: Session, month: Period, publication_no: int | None, *, may_be_provisional: bool
) -> BulletinData:
    """Return what the bulletin of a month says as of a publication, the newest by default.

    The last bulletin is taken to be that of the month before, from the first publication in which that month was
    closed. Raises MonthNotClosedError: the month is not closed (not even over, where it may be provisional);
    NothingOfPeriodError: it lies outside the programme; EvidenceError: there is no such publication.
    """
    city = programme().city_code
    publication = choose_publication(session, publication_no)
    needed = month.last_day if may_be_provisional else closing_day(month)
    if publication.as_of_date < needed:
        facts = {"month": month, "needed": needed, "as_of": publication.as_of_date}
        raise MonthNotClosedError(
            message("month_not_closed", publication_no=publication.publication_no, **facts)
        )
    figures = read(session, MonthFigure, _FIGURES, city, month.first_day)
    if not figures:
        first, last = programme().first_day, publication.as_of_date
        raise NothingOfPeriodError(message("no_figures_of_month", month=month, first=first, last=last))
    before = Period.month_of(month.first_day - timedelta(days=1))
    newest_no = publication.publication_no
    last_publication_no = closing_publication_no(session, before, newest_no) or newest_no
    year_begin = month.first_day.replace(month=1)
    return BulletinData(
        month=month,
        publication=publication,
        last_publication_no=last_publication_no,
        figures=figures,
        programme=read(session, ProgrammeFigure, _PROGRAMME, city, year_begin.year),
        responsibilities=read(session, Responsibility, _UNITS, city),
        course=read(session, MonthStatus, _COURSE, city, year_begin, month.first_day),
        restatements=read(session, Restatement, _RESTATEMENTS, city, last_publication_no, month.first_day),
        qualities=read(session, Quality, _QUALITY, city),
    )
