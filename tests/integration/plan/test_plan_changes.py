"""The plan is data: a plan year, an indicator or another city's plan is added by rows, and what is built is published.

Each test copies the project, edits seeds of the copy (and adds one model for a new formula), then builds, audits and
publishes the demonstration city with the copy's own code in a process of its own.
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
from typing import TYPE_CHECKING

import pytest
from green_freight.loading.raw_tables import prepare_raw_tables
from green_freight.programme import programme
from green_freight.settings import PROJECT

from demo_city import DEMONSTRATION_DAY
from demo_city.city import City
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

AS_OF = DEMONSTRATION_DAY


def seed(name: str) -> list[Row]:
    """Return a seed's rows as text, by column."""
    with (PROJECT / "dbt_project" / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Copy:
    """A copy of the project whose seeds a test edits."""

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


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """Give a copy of the project."""
    return Copy(tmp_path / "project")


def load(warehouse: Warehouse, as_of: date) -> None:
    """Leave in `raw` what the demonstration's agencies had delivered at the end of a day, without daily events."""
    with warehouse.connect("loader") as loader:
        prepare_raw_tables(loader)
        raw_city.fill(loader, City(volume=0.0), as_of)


def published(warehouse: Warehouse, query: str) -> list[tuple[object, ...]]:
    """Return what a reader gets."""
    with warehouse.connect("reader") as reader:
        return reader.execute(query.encode()).fetchall()


def test_a_plan_year_is_added_by_rows(warehouse: Warehouse, copy: Copy) -> None:
    last_year = str(programme().last_day.year)
    next_year = str(programme().last_day.year + 1)
    last_targets = {
        row["indicator_code"]: row["target_value"] for row in seed("plan_target") if row["year"] == last_year
    }

    def with_another_year(rows: list[Row]) -> list[Row]:
        of_last_year = [row for row in rows if row["year"] == last_year]
        return rows + [
            row | {"year": next_year, "due_on": row["due_on"].replace(last_year, next_year)}
            for row in of_last_year
        ]

    def with_its_totals(rows: list[Row]) -> list[Row]:
        return [
            row | {"plan_total_value": str(int(total) + int(last_targets[row["indicator_code"]]))}
            if (total := row["plan_total_value"]) and row["target_kind"] == "yearly_addition"
            else row
            for row in rows
        ]

    copy.edit("programme", lambda rows: [row | {"last_day": f"{next_year}-12-31"} for row in rows])
    copy.edit("plan_target", with_another_year)
    copy.edit("plan_indicator", with_its_totals)
    as_of = date(int(next_year), 3, 31)
    load(warehouse, as_of)
    copy.publish(warehouse, as_of)
    assert published(
        warehouse,
        "select year, target_value, as_of_date from scorecard"
        " where indicator_code = 'charging_pile_added' order by year desc limit 2",
    ) == [(int(next_year), 50, as_of), (int(last_year), 50, programme().last_day)]


def test_an_indicator_with_a_target_is_added_by_rows_and_one_model(warehouse: Warehouse, copy: Copy) -> None:
    code, like = "node_level3_added", "node_level2_added"

    def with_it(rows: list[Row]) -> list[Row]:
        added = [row | {"indicator_code": code} for row in rows if row["indicator_code"] == like]
        for row in added:
            if "display_order" in row:
                row["display_order"] = str(len(rows) + 1)
        return rows + added

    for name in ("plan_indicator", "plan_target"):
        copy.edit(name, with_it)
    models = copy.root / "dbt_project" / "models" / "indicators" / "evidence"
    model = (models / f"int_evidence__{like}.sql").read_text(encoding="utf-8")
    formula = model.replace(like, code).replace("level2", "level3")
    (models / f"int_evidence__{code}.sql").write_text(formula, encoding="utf-8")
    copy.run(GENERATE, warehouse)
    load(warehouse, AS_OF)
    copy.publish(warehouse, AS_OF)
    targets = [int(row["target_value"]) for row in seed("plan_target") if row["indicator_code"] == like]
    assert (
        published(
            warehouse,
            f"select year, target_value from scorecard where indicator_code = '{code}' order by year",
        )
        == list(zip(range(programme().first_day.year, programme().last_day.year + 1), targets, strict=True))
    )  # fmt: skip
    assert published(
        warehouse,
        f"select count(*) > 0 from fct_indicator_evidence where indicator_code = '{code}'",
    ) == [(True,)]


def test_another_citys_plan_is_other_rows(
    warehouse: Warehouse, copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Huai'an's region code, an invented plan.
    code = "320800"
    of_this_city = {row["city_code"] for row in seed("programme")}
    assert of_this_city != {code}

    def of_the_other_city(rows: list[Row]) -> list[Row]:
        return [
            {name: code if value in of_this_city else value for name, value in row.items()} for row in rows
        ]

    for path in (PROJECT / "dbt_project" / "seeds").glob("*.csv"):
        copy.edit(path.stem, of_the_other_city)
    copy.edit(
        "programme",
        lambda rows: [row | {"city_name_zh": "淮安市", "city_name_en": "Huai'an"} for row in rows],
    )
    monkeypatch.setattr(raw_city, "programme", lambda: replace(programme(), city_code=code))
    load(warehouse, AS_OF)
    copy.publish(warehouse, AS_OF)
    assert published(warehouse, "select distinct city_code from scorecard") == [(code,)]
    assert published(
        warehouse,
        "select actual_value from scorecard where indicator_code = 'node_level1_added' and year = 2025",
    ) == [(1,)]
