"""What a build has to do: its as-of date, what changed since the candidate was built, and the months that the large
facts replace.

The candidate may keep what did not change only if the same models wrote it. A mark beside the candidate says which code
and which build left it: taken away when a build begins and set when it has ended well, so that a killed or failed build
is followed by a full one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from psycopg.rows import dict_row

from green_freight import settings
from green_freight.code_version import files_below, hash_of
from green_freight.contracts import contracts
from green_freight.warehouse import Session, scalar
from green_freight.warehouse.large_facts import LargeFact, columns_of, month_contents, months_that_differ
from green_freight.warehouse.statements import statements

_SQL = statements(__file__)

# The models that replace months instead of being built whole, and the view that names months to build again.
PERIOD_MODELS = (
    "fct_charging_session",
    "fct_pile_energy_day",
    "fct_vehicle_operation",
    "charging_station_day",
    "charging_station_hour",
)
MONTHS_TO_RESOLVE = "intermediate.int_charging__month_to_resolve"
AS_OF_MODEL = "int_build__as_of"
_MONTH = "period_month"
# The sources of dbt beside `raw`, which change with a load; the calendar is a function.
WRITTEN_WITH_LOADS = frozenset({"ops.load", "ops.source_file", "ops.rejected_row"})

_PARTS = ("macros", "models", "seeds", "dbt_project.yml")


@dataclass(frozen=True)
class BuildPlan:
    """The as-of date, the months to replace (all that were ever loaded, if full), and the newest load seen.

    `changed_inputs` names the sources (`raw.power_pile`) and models whose rows differ from those that the candidate was
    built of.
    """

    as_of_date: date
    changed_months: tuple[date, ...]
    changed_inputs: frozenset[str]
    is_full: bool
    through_load_id: int


@dataclass(frozen=True)
class CandidateState:
    """The build that left the candidate as it stands: the newest load that it has seen, and its as-of date."""

    build_id: int
    through_load_id: int
    as_of_date: date


def as_of_date_of(builder: Session, business_day: date) -> date:
    """Return the as-of date of a build for a business day: never before that of the newest publication."""
    published: date | None = scalar(
        builder, "select (select as_of_date from mart.publication order by publication_no desc limit 1)"
    )
    return max(business_day, published or business_day)


def plan_build(
    builder: Session, as_of_date: date, standing: CandidateState | None, run_id: str = ""
) -> BuildPlan:
    """Plan the build of the candidate for an as-of date, from the record of loads and builds.

    A night takes for unchanged what no load has changed. A backfill, by which an engineer puts something right, and the
    night after a revert make every table: a change of `raw` by hand is found then.

    The months are those that loads changed since the last *published* build, and those of which the candidate holds
    other rows than mart: a build that was never published, a revert or a person's hand left them so. They are built
    and audited again, since a publication is refused while a month differs that its build does not name. The whole is
    built when the candidate is absent or nothing was published yet, or where there is no `standing` candidate that this
    very code built.
    """
    base: int | None = scalar(
        builder,
        "select (select through_load_id from ops.build where outcome_code = 'published' "
        "order by build_id desc limit 1)",
    )
    is_full = base is None or standing is None or not _large_facts_stand(builder)
    loads = _loads_since(builder, 0 if is_full or base is None else base)
    months = {month for load in loads if load["took_rows"] for month in load["affected_months"]}
    if not is_full:
        # Months whose sessions today's registers would place at other piles or stations.
        to_resolve = builder.execute(f"select period_month from {MONTHS_TO_RESOLVE}")  # noqa: S608
        months |= {month for (month,) in to_resolve} | _months_of_repushed_orders(builder, loads)
    months |= _months_unlike_mart(builder, is_full)
    changed: set[str] = set()
    if not is_full and standing is not None:
        changed = _changed_inputs(builder, standing, as_of_date)
        if not scalar(builder, _SQL["is_nightly_after_a_night"], {"run_id": run_id}):
            changed |= {f"raw.{dataset}" for dataset in contracts()} | WRITTEN_WITH_LOADS
    return BuildPlan(
        as_of_date=as_of_date,
        changed_months=tuple(sorted(months)),
        changed_inputs=frozenset(changed | set(PERIOD_MODELS if months else ())),
        is_full=is_full,
        through_load_id=scalar(builder, "select coalesce(max(load_id), 0) from ops.load"),
    )


def _changed_inputs(builder: Session, standing: CandidateState, as_of_date: date) -> set[str]:
    """Return the sources that loads changed after the candidate was built, and the as-of date where it is another."""
    loads = _loads_since(builder, standing.through_load_id)
    found = {f"raw.{load['dataset_id']}" for load in loads if load["took_rows"]}
    if loads:
        found |= WRITTEN_WITH_LOADS
    return found | ({AS_OF_MODEL} if as_of_date != standing.as_of_date else set())


def _large_facts_stand(builder: Session) -> bool:
    names = [f"candidate.{model}" for model in PERIOD_MODELS] + [MONTHS_TO_RESOLVE]
    return bool(
        scalar(
            builder, "select bool_and(to_regclass(name) is not null) from unnest(%s::text[]) as name", [names]
        )
    )


def _months_unlike_mart(builder: Session, is_full: bool) -> set[date]:
    """Return the months of which candidate and mart hold different rows; all of mart's where the whole
    candidate is built.
    """
    found: set[date] = set()
    for model in PERIOD_MODELS:
        if columns_of(builder, "mart", model):
            columns = {_MONTH: "date"} if is_full else columns_of(builder, "candidate", model)
            fact = LargeFact(model, _MONTH, columns)
            built = {} if is_full else month_contents(builder, "candidate", fact)
            found.update(months_that_differ(built, month_contents(builder, "mart", fact)))
    return found


def _loads_since(builder: Session, through_load_id: int) -> list[dict[str, Any]]:
    """Return the loads that came after a number.

    A build keeps loads out while it plans and reads, so that it has seen every load up to its number and no other.
    """
    with builder.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_SQL["loads_since"], [through_load_id]).fetchall()


def _months_of_repushed_orders(builder: Session, loads: list[dict[str, Any]]) -> set[date]:
    """Return the months of every version of the orders in newly loaded push files.

    An order that is pushed again replaces its older version, and may have moved to another month; when a push
    file loses an order, the version before it counts again. Neither month is in the file that changed.
    """
    days = sorted(
        {
            load["period_label"]
            for load in loads
            if load["took_rows"] and load["dataset_id"] == "power_charge_order"
        }
    )
    if not days:
        return set()
    rows = builder.execute(_SQL["months_of_repushed_orders"], {"days": days})
    return {row[0] for row in rows}


def fingerprint(project: Path) -> str:
    """Return a hash of everything in the dbt project that decides what a build writes."""
    libraries = f"{version('dbt-core')} {version('dbt-postgres')}"
    return hash_of(project, files_below(project, _PARTS), libraries)


def mark(builder: Session, code: str, as_of_date: date) -> str:
    """Return what a candidate is marked with: all that decides its rows beside deliveries and as-of date.

    `code` is the fingerprint of the dbt project. The calendar is written for whole years, up to the one after the
    as-of date's.
    """
    calendar = f"calendar {version('chinesecalendar')} through {as_of_date.year + 1}"
    due: str = scalar(
        builder,
        "select md5(coalesce(string_agg(dataset::text, ' ' order by dataset::text), '')) from ops.expected_dataset "
        "as dataset",
    )
    return f"{code}, {calendar}, due {due}, synthetic {settings.is_synthetic()}"


def take_mark(builder: Session, wanted: str) -> CandidateState | None:
    """Take the candidate's mark away, and return the state in which the candidate stands where the mark is `wanted`."""
    builder.execute("create table if not exists intermediate.candidate_state (fingerprint text not null)")
    # Of candidates that releases before this column left, the next build makes the whole.
    builder.execute("alter table intermediate.candidate_state add column if not exists build_id bigint")
    builder.execute(
        "comment on table intermediate.candidate_state is "
        "'候选模型由哪一版代码、哪一次构建留下 / the code and the build that left the candidate as it stands, empty "
        "while it is not whole'"
    )
    row = builder.execute(_SQL["take_mark"], [wanted]).fetchone()
    return CandidateState(*row) if row else None


def forget_candidate(builder: Session) -> None:
    """Let the next build make the whole candidate."""
    builder.execute("drop table if exists intermediate.candidate_state")


def mark_candidate(builder: Session, value: str, build_id: int) -> None:
    """Record that the candidate is whole, and which code and build left it so."""
    builder.execute("delete from intermediate.candidate_state")
    builder.execute(
        "insert into intermediate.candidate_state (fingerprint, build_id) values (%s, %s)", [value, build_id]
    )
