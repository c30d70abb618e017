"""What a build has to do: its as-of date, and the months that the large facts replace.

A large fact may keep the months that did not change only if the same models wrote them. A mark beside the candidate
says which code built it: taken away when a build begins and set when it has ended well, so that a killed or failed
build is followed by a full one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from psycopg.rows import dict_row

from green_freight.code_version import files_below, hash_of
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
_MONTH = "period_month"

# A build that read raw while loads went on may lack some that have a lower number than it names: a candidate without
# this word was built so, and is followed by a full build.
_ONE_STATE = "one state of raw: "
_PARTS = ("macros", "models", "seeds", "dbt_project.yml")


@dataclass(frozen=True)
class BuildPlan:
    """The as-of date, the months to replace (all that were ever loaded, if full), and the newest load seen."""

    as_of_date: date
    changed_months: tuple[date, ...]
    is_full: bool
    through_load_id: int


def plan_build(builder: Session, business_day: date, *, is_same_code: bool) -> BuildPlan:
    """Plan the build of the candidate for a business day, from the record of loads and builds.

    The months are those that loads changed since the last *published* build, and those of which the candidate holds
    other rows than mart: a build that was never published, a revert or a person's hand left them so. They are built
    and audited again, since a publication is refused while a month differs that its build does not name. The whole is
    built when the candidate is absent, nothing was published yet, or `is_same_code` denies that the candidate stands
    as this very code built it.
    """
    base: int | None = scalar(
        builder,
        "select (select through_load_id from ops.build where outcome_code = 'published' "
        "order by build_id desc limit 1)",
    )
    is_full = base is None or not is_same_code or not _large_facts_stand(builder)
    loads = _loads_since(builder, 0 if is_full or base is None else base)
    months = {month for load in loads for month in load["affected_months"]}
    if not is_full:
        # Months whose sessions today's registers would place at other piles or stations.
        to_resolve = builder.execute(f"select period_month from {MONTHS_TO_RESOLVE}")  # noqa: S608
        months |= {month for (month,) in to_resolve} | _months_of_repushed_orders(builder, loads)
    months |= _months_unlike_mart(builder, is_full)
    published: date | None = scalar(
        builder, "select (select as_of_date from mart.publication order by publication_no desc limit 1)"
    )
    return BuildPlan(
        as_of_date=max(business_day, published or business_day),
        changed_months=tuple(sorted(months)),
        is_full=is_full,
        through_load_id=scalar(builder, "select coalesce(max(load_id), 0) from ops.load"),
    )


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
    days = sorted({load["period_label"] for load in loads if load["dataset_id"] == "power_charge_order"})
    if not days:
        return set()
    rows = builder.execute(_SQL["months_of_repushed_orders"], {"days": days})
    return {row[0] for row in rows}


def fingerprint(project: Path) -> str:
    """Return a hash of everything in the dbt project that decides what a build writes."""
    libraries = f"{version('dbt-core')} {version('dbt-postgres')}"
    return hash_of(project, files_below(project, _PARTS), libraries)


def take_mark(builder: Session) -> str | None:
    """Return the fingerprint that the candidate was built by, and take the mark away."""
    builder.execute("create table if not exists intermediate.candidate_state (fingerprint text not null)")
    builder.execute(
        "comment on table intermediate.candidate_state is "
        "'候选模型由哪一版代码完整构建 / the code that built the candidate as it stands, empty while it is not whole'"
    )
    found: str = scalar(builder, "delete from intermediate.candidate_state returning fingerprint") or ""
    return found.removeprefix(_ONE_STATE) if found.startswith(_ONE_STATE) else None


def mark_candidate(builder: Session, value: str) -> None:
    """Record that the candidate is whole and which code built it."""
    builder.execute(
        "insert into intermediate.candidate_state (fingerprint) values (%s)", [_ONE_STATE + value]
    )
