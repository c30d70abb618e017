"""A warehouse's record of loads and answers, as fetching and loading leave it, without the rows themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from green_freight.agencies import AGENCIES
from green_freight.agencies.fetch_plan import requests_of_month
from green_freight.coverage import Coverage, coverage
from green_freight.periods import Period, months

if TYPE_CHECKING:
    from tests.conftest import Warehouse

FIRST_MONTH = Period("2023-01")
DELIVERIES = {
    dataset: (agency.code, delivery.name)
    for agency in AGENCIES.values()
    for delivery in agency.deliveries.values()
    for dataset in delivery.datasets
}
_LOAD = """
insert into ops.load (run_id, agency_code, dataset_id, delivery_name, period_label, outcome_code, rows_in_file,
    rows_loaded, rows_rejected, complete_through, finished_at)
values ('r', %s, %s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp())
"""
_FETCH = """
insert into ops.fetch (run_id, agency_code, delivery_name, period_label, outcome_code) values ('r', %s, %s, %s, %s)
"""


@dataclass(frozen=True)
class Records:
    """Writes what a run leaves in `ops`, as the roles that do it."""

    warehouse: Warehouse

    def run(self, business_day: date) -> None:
        """Note a run for a business day."""
        self._write(
            "loader",
            "insert into ops.run (run_id, kind_code, business_day, code_version) values (%s, 'nightly', %s, 'v')",
            [f"run {business_day}", business_day],
        )

    def publication(self, as_of: date, number: int = 1) -> None:
        """Note a publication as of a day."""
        self._write(
            "publisher",
            """
            insert into mart.publication (publication_no, published_at, kind_code, as_of_date, code_version, build_id,
                run_id, verdict_passed_count, verdict_warning_count)
            values (%s, now() + %s * interval '1 second', 'nightly', %s, 'v', 1, 'r', 0, 0)
            """,
            [number, number, as_of],
        )

    def restatement(self, month: date, datasets: list[str], is_restatement: bool = True) -> None:
        """Note a figure of a month that publication 1 changed because of loads of some datasets."""
        self._write(
            "publisher",
            """
            insert into mart.figure_revision (city_code, indicator_code, region_code, period_month, publication_no,
                published_at, indicator_name_zh, indicator_name_en, is_restatement, cause_codes, dataset_ids,
                is_synthetic)
            values ('320700', %s, '320700', %s, 1, now(), '指标', 'indicator', %s, '{correction}', %s, true)
            """,
            ["+".join(datasets), month, is_restatement, datasets],
        )

    def load(
        self,
        dataset: str,
        label: str,
        through: date | None = None,
        outcome: str = "loaded",
        rows: tuple[int, int, int] = (10, 10, 0),
    ) -> None:
        """Note a load of a dataset and period; `through` is the period's last day unless it is given."""
        agency, delivery = DELIVERIES[dataset]
        reached = None if outcome == "stopped" else through or Period(label).last_day
        self._write("loader", _LOAD, [agency, dataset, delivery, label, outcome, *rows, reached])

    def answer(self, dataset: str, label: str, outcome: str) -> None:
        """Note what the agency of a dataset answered when it was asked for a period."""
        self._write("loader", _FETCH, [*DELIVERIES[dataset], label, outcome])

    def forget(self, dataset: str, label: str) -> None:
        """Take out the loads of a dataset and period."""
        self._write(
            "owner", "delete from ops.load where (dataset_id, period_label) = (%s, %s)", [dataset, label]
        )

    def everything(self, until: date) -> None:
        """Note that all that history asks the agencies for was loaded through a day."""
        columns = "run_id, agency_code, dataset_id, delivery_name, period_label, outcome_code, rows_in_file"
        columns += ", rows_loaded, rows_rejected, complete_through, finished_at"
        with (
            self.warehouse.connect("loader") as loader,
            loader.cursor().copy(f"copy ops.load ({columns}) from stdin") as copy,
        ):
            for dataset, (agency, delivery) in DELIVERIES.items():
                for period in _asked_for(agency, delivery, until):
                    through = min(period.last_day, until)
                    copy.write_row(
                        ["r", agency, dataset, delivery, period.label, "loaded", 10, 10, 0, through, through]
                    )
        # Planned for an empty table, the coverage takes seconds.
        self._write("owner", "analyze ops.load", [])

    def cells(self) -> dict[tuple[str, str], Coverage]:
        """Return the coverage by dataset and month (`2025-09`)."""
        with self.warehouse.connect("loader") as loader:
            return {(one.dataset_id, one.month.label): one for one in coverage(loader)}

    def cell(self, dataset: str, month: str) -> Coverage:
        """Return the coverage of one dataset and month."""
        return self.cells()[dataset, month]

    def _write(self, role: str, statement: str, values: list[Any]) -> None:
        with self.warehouse.connect(role) as connection:
            connection.execute(statement.encode(), values)


def _asked_for(agency: str, delivery: str, until: date) -> list[Period]:
    asked = [requests_of_month(agency, month, until) for month in months(FIRST_MONTH, Period.day(until))]
    return [period for questions in asked for name, period in questions if name == delivery]
