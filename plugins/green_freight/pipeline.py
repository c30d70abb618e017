"""The steps of a run in their order, for every caller: Airflow's tasks, the tests, a command line.

Each step finds what it needs in the warehouse by the run's id, so that any of them can be repeated alone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from green_freight import business_days, loading, revisions, settings
from green_freight.agencies import agency_named
from green_freight.agencies.connector import Connection, UnplacedFile
from green_freight.agencies.fetch import Progress, fetch_agency
from green_freight.agencies.fetch_plan import DAYS_BACK, nightly_plan
from green_freight.agencies.fetch_records import store_unplaced
from green_freight.errors import PermanentError
from green_freight.messages import message
from green_freight.periods import SHANGHAI, Period
from green_freight.reporting import alerts, run_report
from green_freight.revisions import rendering
from green_freight.warehouse import Warehouse, lease, runs, scalar
from green_freight.warehouse.statements import statements

_SQL = statements(__file__)

log = logging.getLogger(__name__)

# A run that finds another one between build and publish waits this long: longer than any build has taken.
CANDIDATE_WAIT = timedelta(minutes=45)

Work = list[tuple[str, Period]]


class UnknownRunError(PermanentError, LookupError):
    """A step was asked for a run that never began: its first task has failed."""


def begin_nightly(warehouse: Warehouse, run_id: str, day: date, *, is_typed: bool = False) -> None:
    """Record that the nightly run of a business day begins.

    Raises BusinessDayError: the day is not over; or, unless a person typed it, it is further after the last night than
    a night reaches back, which a machine's wrong clock looks like.
    """
    business_days.require_over(day, business_days.yesterday())
    if not is_typed and not settings.is_synthetic():
        with warehouse.connect("loader") as loader:
            newest = scalar(loader, _SQL["last_night"], [run_id])
        if newest is not None and day - newest > timedelta(days=DAYS_BACK):
            facts = {"day": day, "newest": newest, "days": (day - newest).days, "now": business_days.now()}
            raise business_days.BusinessDayError(message("business_day_leaps", **facts))
    runs.begin(warehouse, run_id, "nightly", day, reason="每日更新 / nightly refresh")
    log.info(message("night_begins", day=day))


def fetch_due(
    warehouse: Warehouse, run_id: str, agency: str, connections: Mapping[str, Connection]
) -> dict[str, int]:
    """Fetch and land what is due from one agency for the run's business day; return deliveries by outcome.

    Raises as `AgencyFetchReport.raise_for_failures`.
    """
    day = business_day_of(warehouse, run_id)
    plan = nightly_plan(warehouse, agency, day, connections)
    _report_unplaced(warehouse, run_id, agency, plan.unplaced)
    report = fetch_agency(
        warehouse, agency, plan.requests, connections, run_id, day, log_fetched, plan.anomalies
    )
    report.raise_for_failures()
    return report.counts


def _report_unplaced(warehouse: Warehouse, run_id: str, agency: str, files: Sequence[UnplacedFile]) -> None:
    for file in files:
        log.warning(message("file_not_taken", agency=agency_named(agency), file=file))
    with warehouse.connect("loader", autocommit=True) as session:
        store_unplaced(session, run_id, agency, files)


def load_landed(warehouse: Warehouse, run_id: str, agency: str) -> dict[str, int]:
    """Load what has landed from one agency and is not in the warehouse yet; return loads and rows.

    Raises LoadStoppedError where a file breaks its contract as a whole; every other one has been loaded.
    """
    business_day_of(warehouse, run_id)
    loaded = loading.load_agency(warehouse, agency, _landed(warehouse, run_id, agency), run_id)
    loaded.raise_if_stopped()
    return loaded.counts


def build(warehouse: Warehouse, run_id: str) -> dict[str, Any]:
    """Take the candidate for this run, waiting CANDIDATE_WAIT for another one, and build it; return what was built."""
    from green_freight import building

    day = business_day_of(warehouse, run_id)
    with lease.held(warehouse, run_id, wait=CANDIDATE_WAIT), _given_back_on_failure(warehouse, run_id):
        built = building.build(warehouse, run_id, day)
    return {"build_id": built.build_id, "as_of_date": built.as_of_date.isoformat(), "rows": built.model_rows}


def audit(warehouse: Warehouse, run_id: str) -> dict[str, Any]:
    """Audit the run's candidate, which is given back where nothing may be published; return the counts of verdicts."""
    from green_freight import auditing

    with lease.held(warehouse, run_id), _given_back_on_failure(warehouse, run_id):
        return auditing.audit(warehouse, run_id, _build_id(warehouse, run_id)).counts


def compare(warehouse: Warehouse, run_id: str) -> dict[str, Any]:
    """Compare the run's candidate with what is published, figures and large facts: store it, log it, write it as files.

    Where a person has to approve it, the candidate is given back meanwhile: other runs need not wait.
    """
    from green_freight import publishing

    with (
        lease.held(warehouse, run_id),
        _given_back_on_failure(warehouse, run_id),
        warehouse.connect("builder") as builder,
    ):
        facts = publishing.large_facts(builder, warehouse.manifest_path)
        comparison = revisions.compare(builder, _build_id(warehouse, run_id), facts)
        revisions.save_comparison(builder, run_id, comparison)
        waiting = revisions.outstanding(builder, comparison)
    if waiting:
        lease.release(warehouse, run_id)
    path = write_comparison(warehouse, run_id, comparison)
    return {
        "changes": len(comparison.changes),
        "fact_months": len(comparison.facts.changes),
        "unaudited": len(comparison.unaudited),
        "waiting": len(waiting),
        "file": str(path),
    }


def write_comparison(warehouse: Warehouse, run_id: str, comparison: revisions.Comparison) -> Path:
    """Log a comparison, write it as CSV files below the warehouse's folder for state, and return the path of the one
    that holds the figures.
    """
    for line in rendering.lines(comparison):
        log.info("%s", line)
    paths = rendering.write_csv(comparison, rendering.file_path(warehouse.home, run_id))
    for path in paths:
        log.info(message("difference_written", path=path))
    return paths[0]


def require_audited(warehouse: Warehouse, run_id: str) -> None:
    """Stop a run before anybody is asked to approve it where its comparison found months that no audit has seen.

    Raises UnauditedChangeError; publishing checks the same again.
    """
    from green_freight import publishing

    with _given_back_on_failure(warehouse, run_id), warehouse.connect("builder") as builder:
        publishing.require_audited(revisions.saved_comparison(builder, run_id))


def outstanding(warehouse: Warehouse, run_id: str) -> list[revisions.Change]:
    """Return the changes that the run found and that still need an approval."""
    with warehouse.connect("builder") as builder:
        return revisions.outstanding(builder, revisions.saved_comparison(builder, run_id))


def approve(warehouse: Warehouse, run_id: str, approved_by: str, reason: str) -> int:
    """Approve what a run found, exactly as it was shown, for a reason; return the number of changes approved."""
    with warehouse.connect("builder") as builder:
        waiting = revisions.outstanding(builder, revisions.saved_comparison(builder, run_id))
        if waiting:
            revisions.approve(builder, run_id, waiting, approved_by, reason)
    log.info(message("changes_approved", person=approved_by, count=len(waiting)))
    return len(waiting)


def publish(warehouse: Warehouse, run_id: str) -> dict[str, Any]:
    """Publish the run's audited candidate and give it back; return the publication's number and changed rows."""
    from green_freight import building, publishing

    try:
        published = publishing.publish(warehouse, run_id, _build_id(warehouse, run_id), wait=CANDIDATE_WAIT)
    except publishing.UnauditedChangeError:
        # The next build makes the whole, and so puts right what is in the candidate by nobody's build.
        with warehouse.connect("builder") as builder:
            building.forget_candidate(builder)
        raise
    log.info("%s", published.sentence)
    return {"publication_no": published.publication_no, "rows_changed": published.rows_changed}


def report(warehouse: Warehouse, run_id: str) -> str:
    """Close the run and return its report in both languages: what changed, what is stale, what was warned of."""
    runs.finish(warehouse, run_id, "published")
    return run_report.text(warehouse, run_id)


def stale_datasets(warehouse: Warehouse, run_id: str) -> list[str]:
    """Return a sentence in both languages for each dataset that is not complete through the run's day."""
    business_day_of(warehouse, run_id)
    return run_report.stale_datasets(warehouse)


def alert_when_unpublished(
    warehouse: Warehouse,
    run_id: str,
    day: date,
    began: datetime | None = None,
    mail: alerts.Mail | None = None,
) -> None:
    """Alert that nothing is published for the business day of a run whose deadline has passed.

    A run of a day before yesterday, or one that `began` after its deadline, was late from the start: no alert.
    """
    is_late = began is not None and began > business_days.published_by(day)
    if is_late or day < business_days.yesterday(datetime.now(SHANGHAI)):
        log.info(message("no_alert_when_late", run_id=run_id, day=day))
        return
    newest = run_report.newest_as_of_date(warehouse)
    if newest is not None and newest >= day:
        return
    stands, changes = newest or "–", len(outstanding(warehouse, run_id))
    if changes:
        alerts.send(
            message("alert_waiting_for_approval", run_id=run_id, day=day, stands=stands, changes=changes),
            mail,
        )
    else:
        alert = message("alert_nothing_published", run_id=run_id, day=day, stands=stands)
        alerts.send("\n".join([alert, *run_report.first_failures(warehouse, run_id)]), mail)


def log_fetched(progress: Progress) -> None:
    """Log how far a fetch is: every failure, every hundredth delivery, and the last one."""
    latest = progress.latest
    if latest.error is not None:
        log.warning("%s", latest.error)
    elif progress.done % 100 == 0 or progress.done == progress.total:
        log.info("%s: %s of %s deliveries fetched", latest.agency, progress.done, progress.total)


@contextmanager
def _given_back_on_failure(warehouse: Warehouse, run_id: str) -> Iterator[None]:
    """Give the candidate back when a step fails: nobody will publish it."""
    try:
        yield
    except BaseException:
        lease.release(warehouse, run_id)
        raise


def business_day_of(warehouse: Warehouse, run_id: str) -> date:
    """Return the last business day that a run may load; UnknownRunError where it never began."""
    with warehouse.connect("loader") as loader:
        day: date | None = scalar(loader, "select business_day from ops.run where run_id = %s", [run_id])
    if day is None:
        raise UnknownRunError(message("run_not_begun", run_id=run_id))
    return day


def _build_id(warehouse: Warehouse, run_id: str) -> int:
    with warehouse.connect("builder") as builder:
        build_id: int | None = scalar(
            builder, "select max(build_id) from ops.build where run_id = %s", [run_id]
        )
    if build_id is None:
        raise UnknownRunError(message("run_without_build", run_id=run_id))
    return build_id


def _landed(warehouse: Warehouse, run_id: str, agency: str) -> Work:
    """Return what this run was given by an agency, and what landed earlier but never reached the warehouse.

    What landed under the name of a delivery that the contracts do not have any more stays in landing.
    """
    with warehouse.connect("loader") as loader:
        rows = loader.execute(_SQL["landed"], {"run_id": run_id, "agency": agency}).fetchall()
    known = agency_named(agency).deliveries
    return [(delivery, Period(label)) for delivery, label in rows if delivery in known]
