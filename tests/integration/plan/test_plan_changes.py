"""The plan is data: a plan year, an indicator or another city's plan is added by rows, and what is built is published.

A copy of the project gets a plan year, an indicator (with one model for its formula) and another city's plan, then
builds, audits and publishes the demonstration city with the copy's own code in a process of its own.
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from green_freight.loading.raw_tables import prepare_raw_tables
from green_freight.programme import programme
from green_freight.settings import PROJECT

from demo_city.city import City
from demo_city.truth import true_scorecard
from tests.integration.dbt_project import raw_city

if TYPE_CHECKING:
    from tests.conftest import Warehouse

Row = dict[str, str]
COPIED = ("dbt_project", "demo_city", "expectations", "plugins")
PUBLISH = """
import sys
from datetime import date
from green_freight import pipeline
from green_freight.warehouse import Warehouse, runs

warehouse = Warehouse.from_settings()
runs.begin(warehouse, "test", "nightly", date.fromisoformat(sys.argv[1]), "test")
pipeline.build(warehouse, "test")
pipeline.audit(warehouse, "test")
pipeline.compare(warehouse, "test")
pipeline.publish(warehouse, "test")
"""
# What `dictionary --write` writes for dbt.
GENERATE = """
from green_freight.contracts.generated_files import generated_files

for path, text in generated_files().items():
    path.write_text(text, encoding="utf-8")
"""

LAST_YEAR = programme().last_day.year
NEXT_YEAR = LAST_YEAR + 1
AS_OF = date(NEXT_YEAR, 3, 31)
ADDED, LIKE = "node_level3_added", "node_level2_added"
# Huai'an's region code, an invented plan.
OTHER_CITY = "320800"


def seed(name: str) -> list[Row]:
    """Return a seed's rows as text, by column."""
    with (PROJECT / "dbt_project" / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Copy:
    """A copy of the project whose seeds are edited."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in COPIED:
            shutil.copytree(
                PROJECT / folder,
                root / folder,
                ignore=shutil.ignore_patterns("__pycache__", "target", "logs"),
            )

    def edit(self, seed: str, change: Callable[[list[Row]], list[Row]]) -> None:
        """Replace a seed's rows by what `change` returns for them."""
        path = self.root / "dbt_project" / "seeds" / f"{seed}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(change(rows))

    def publish(self, warehouse: Warehouse, as_of: date) -> None:
        """Build, audit and publish what a warehouse has loaded, by the copy's code."""
        self.run(PUBLISH, warehouse, as_of.isoformat())

    def run(self, program: str, warehouse: Warehouse, *arguments: str) -> None:
        """Run a program with the copy's code."""
        done = subprocess.run(
            [sys.executable, "-P", "-c", program, *arguments],
            cwd=self.root,
            env=os.environ | warehouse.variables | {"PYTHONPATH": f"{self.root}:{self.root / 'plugins'}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]


def load(warehouse: Warehouse, as_of: date, city_code: str) -> None:
    """Leave in `raw` what the demonstration's agencies had delivered at the end of a day, without daily events."""
    with warehouse.connect("loader") as loader, pytest.MonkeyPatch.context() as patch:
        patch.setattr(raw_city, "programme", lambda: replace(programme(), city_code=city_code))
        prepare_raw_tables(loader)
        raw_city.fill(loader, City(volume=0.0), as_of)


def published(warehouse: Warehouse, query: str) -> list[tuple[Any, ...]]:
    """Return what a reader gets."""
    with warehouse.connect("reader") as reader:
        return reader.execute(query.encode()).fetchall()


def add_year(copy: Copy) -> None:
    """Let the plan go on for a year, with the last year's targets."""

    def with_another_year(rows: list[Row]) -> list[Row]:
        of_last_year = [row for row in rows if row["year"] == str(LAST_YEAR)]
        return rows + [
            row | {"year": str(NEXT_YEAR), "due_on": row["due_on"].replace(str(LAST_YEAR), str(NEXT_YEAR))}
            for row in of_last_year
        ]

    def with_its_totals(rows: list[Row]) -> list[Row]:
        last_targets = {
            row["indicator_code"]: row["target_value"]
            for row in seed("plan_target")
            if row["year"] == str(LAST_YEAR)
        }
        return [
            row | {"plan_total_value": str(int(total) + int(last_targets[row["indicator_code"]]))}
            if (total := row["plan_total_value"]) and row["target_kind"] == "yearly_addition"
            else row
            for row in rows
        ]

    copy.edit("programme", lambda rows: [row | {"last_day": f"{NEXT_YEAR}-12-31"} for row in rows])
    copy.edit("plan_target", with_another_year)
    copy.edit("plan_indicator", with_its_totals)


def add_indicator(copy: Copy) -> None:
    """Let the plan have another indicator, with the targets of one that it has and a formula of its own."""

    def with_it(rows: list[Row]) -> list[Row]:
        added = [row | {"indicator_code": ADDED} for row in rows if row["indicator_code"] == LIKE]
        for row in added:
            if "display_order" in row:
                row["display_order"] = str(len(rows) + 1)
        return rows + added

    for name in ("plan_indicator", "plan_target"):
        copy.edit(name, with_it)
    models = copy.root / "dbt_project" / "models" / "indicators" / "evidence"
    model = (models / f"int_evidence__{LIKE}.sql").read_text(encoding="utf-8")
    formula = model.replace(LIKE, ADDED).replace("level2", "level3")
    (models / f"int_evidence__{ADDED}.sql").write_text(formula, encoding="utf-8")


def change_city(copy: Copy) -> None:
    """Let the plan be another city's: a change of rows alone."""
    of_this_city = {row["city_code"] for row in seed("programme")}
    assert of_this_city != {OTHER_CITY}

    def of_the_other_city(rows: list[Row]) -> list[Row]:
        return [
            {name: OTHER_CITY if value in of_this_city else value for name, value in row.items()}
            for row in rows
        ]

    for path in (PROJECT / "dbt_project" / "seeds").glob("*.csv"):
        copy.edit(path.stem, of_the_other_city)
    copy.edit(
        "programme",
        lambda rows: [row | {"city_name_zh": "淮安市", "city_name_en": "Huai'an"} for row in rows],
    )


@pytest.fixture(scope="module")
def changed(module_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Give a warehouse in which a plan with all three changes was published: no change disturbs another."""
    copy = Copy(tmp_path_factory.mktemp("copy") / "project")
    for change in (add_year, add_indicator, change_city):
        change(copy)
    copy.run(GENERATE, module_warehouse)
    load(module_warehouse, AS_OF, OTHER_CITY)
    copy.publish(module_warehouse, AS_OF)
    return module_warehouse


def test_a_plan_year_is_added_by_rows(changed: Warehouse) -> None:
    assert published(
        changed,
        "select year, target_value, as_of_date from scorecard"
        " where indicator_code = 'charging_pile_added' order by year desc limit 2",
    ) == [(NEXT_YEAR, 50, AS_OF), (LAST_YEAR, 50, programme().last_day)]


def test_an_indicator_with_a_target_is_added_by_rows_and_one_model(changed: Warehouse) -> None:
    targets = [int(row["target_value"]) for row in seed("plan_target") if row["indicator_code"] == LIKE]
    assert (
        published(
            changed,
            f"select year, target_value from scorecard where indicator_code = '{ADDED}' order by year",
        )
        == list(zip(range(programme().first_day.year, NEXT_YEAR + 1), [*targets, targets[-1]], strict=True))
    )  # fmt: skip
    assert published(
        changed,
        f"select count(*) > 0 from fct_indicator_evidence where indicator_code = '{ADDED}'",
    ) == [(True,)]


def test_another_citys_plan_is_other_rows(changed: Warehouse) -> None:
    assert published(changed, "select distinct city_code from scorecard") == [(OTHER_CITY,)]
    years = (
        "select year, actual_value from scorecard where indicator_code = 'node_level1_added' and year <= %d"
    )
    assert dict(published(changed, years % LAST_YEAR)) == {
        true.year: true.actual_value
        for true in true_scorecard(City(volume=0.0), programme().last_day)
        if true.indicator_code == "node_level1_added"
    }
