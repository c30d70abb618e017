"""A small candidate that passes every expectation, made in two seconds: nothing of it is built by dbt.

Its columns come from the models' own descriptions, its plan from the seeds, so that it follows them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from green_freight.auditing.expectations import Suite, read_suites
from green_freight.building.working_calendar import calendar_day
from green_freight.settings import PROJECT
from psycopg import Connection, sql

from tests import published_models

AS_OF = date(2023, 4, 30)
MONTHS = [date(2023, month, 1) for month in (1, 2, 3, 4)]
CITY = "320700"
# What the expectations read of the seeds.
_REFERENCE = {
    "dataset": {"dataset_id": "text"},
    "programme": {"city_code": "text", "first_day": "date", "last_day": "date"},
    "plan_task": {"task_no": "integer"},
    "plan_key_work": {"city_code": "text", "work_no": "integer"},
    "plan_indicator": {"city_code": "text", "indicator_code": "text"},
}
# The codes under which a table is compared row by row with what it was made of.
RECOMPUTED = frozenset({"as_planned", "as_delivered", "as_computed", "availability_as_delivered"})
_HERE = Path(__file__).parent
_SEEDS = PROJECT / "dbt_project" / "seeds"


def suites() -> list[Suite]:
    """Return the suites without the expectations that need what the agencies delivered; test_mutations.py has those."""
    return [
        replace(suite, expectations=tuple(one for one in suite.expectations if one.code not in RECOMPUTED))
        for suite in read_suites(published_models.specs())
    ]


@cache
def marts() -> dict[str, dict[str, str]]:
    """Return the columns and types of every published model, as their descriptions state them."""
    return {
        name: {column["name"]: column["data_type"] for column in model["columns"]}
        for name, model in published_models.models().items()
    }


def make(builder: Connection[Any]) -> int:
    """Make the candidate as the role builder, with its row in ops.build; return the build's id."""
    for table, columns in marts().items():
        _create(builder, sql.Identifier("candidate", table), columns)
    for seed, columns in _REFERENCE.items():
        _create(builder, sql.Identifier("reference", seed), columns)
        for row in _seed(seed):
            _insert(builder, sql.Identifier("reference", seed), {name: row[name] for name in columns})
    _fill_plan(builder)
    for script in ("good_candidate.sql", "good_figures.sql"):
        builder.execute((_HERE / script).read_text(encoding="utf-8").encode())
    build = builder.execute(
        """
        insert into ops.build (run_id, as_of_date, changed_months, code_version, outcome_code, started_at)
        values ('run', %s, %s, 'test', 'built', clock_timestamp()) returning build_id
        """,
        [AS_OF, MONTHS],
    ).fetchone()
    builder.commit()
    assert build
    return int(build[0])


def publish_copies(admin: Connection[Any], tables: Iterable[str]) -> None:
    """Let `mart` hold what the candidate holds, as after a publication (as the server's administrator)."""
    for table in tables:
        admin.execute(
            sql.SQL("create table mart.{0} as table candidate.{0}").format(sql.Identifier(table)).as_string()
        )
        admin.execute(sql.SQL("grant select on mart.{} to public").format(sql.Identifier(table)).as_string())


def _create(builder: Connection[Any], table: sql.Identifier, columns: Mapping[str, str]) -> None:
    body = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in columns.items()
    )
    builder.execute(sql.SQL("create table {} ({})").format(table, body))


def _fill_plan(builder: Connection[Any]) -> None:
    tasks = {row["task_no"]: row for row in _seed("plan_task")}
    for row in _seed("plan_region"):
        _insert_model(builder, "dim_region", row, "region_name")
    for kind in ("label", "agency_label"):
        for row in _seed(kind):
            _insert_model(builder, "dim_label", {"city_code": CITY, **row})
    for row in _seed("plan_unit"):
        _insert_model(builder, "dim_unit", row, "unit_name")
    for row in _seed("plan_key_work"):
        task = tasks[row["task_no"]]
        names = {"task_name_zh": task["name_zh"], "task_name_en": task["name_en"]}
        _insert_model(builder, "dim_key_work", row | names, "work_name")
    for row in _seed("plan_indicator"):
        _insert_model(builder, "dim_indicator", row, "indicator_name")
    for row in _seed("plan_responsibility"):
        _insert_model(builder, "bridge_work_unit", row)
    for row in _seed("plan_target"):
        _insert_model(builder, "fct_indicator_target", row)
    for offset in range(365):
        _insert_day(builder, date(2023, 1, 1) + timedelta(days=offset))


def _seed(name: str) -> list[dict[str, str]]:
    with (_SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _insert_model(builder: Connection[Any], table: str, row: Mapping[str, Any], name: str = "") -> None:
    """Insert what the table has columns for; the seed's `name_zh` goes to `<name>_zh`."""
    renamed = {f"{name}_{key[-2:]}" if key in ("name_zh", "name_en") else key: row[key] for key in row}
    known = {key: value for key, value in renamed.items() if key in marts()[table]}
    _insert(builder, sql.Identifier("candidate", table), known)


def _insert(builder: Connection[Any], table: sql.Identifier, row: Mapping[str, Any]) -> None:
    """Insert a row; an empty text is NULL."""
    builder.execute(
        sql.SQL("insert into {} ({}) values ({})").format(
            table,
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join(sql.Placeholder() for _ in row),
        ),
        [None if value == "" else value for value in row.values()],
    )


def _insert_day(builder: Connection[Any], day: date) -> None:
    known = calendar_day(day)
    _insert_model(builder, "dim_date", {
        "city_code": CITY, "date_day": day, "period_month": day.replace(day=1), "year": day.year, "month": day.month,
        "quarter": (day.month + 2) // 3, "weekday": day.isoweekday(), "is_working_day": known.is_working_day,
        "is_official_holiday": known.is_official_holiday, "is_make_up_working_day": known.is_make_up_working_day,
        "is_calendar_provisional": known.is_calendar_provisional,
    })  # fmt: skip
