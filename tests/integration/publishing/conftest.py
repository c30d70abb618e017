"""A small star to publish: stations, their sessions by month, and a total that must always fit both."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from green_freight.publishing import ForeignKey, PublicationOutcome, TableSpec, publish
from green_freight.warehouse import runs

if TYPE_CHECKING:
    from tests.conftest import Warehouse

CITY = "320700"
SEPTEMBER = date(2025, 9, 1)
OCTOBER = date(2025, 10, 1)
# A full build names every month that was ever loaded.
EVERY_MONTH = tuple(date(2025, month, 1) for month in range(1, 13))

STATION = TableSpec(
    name="dim_station",
    description="充电站 / charging station",
    columns={
        "city_code": "城市代码 / city",
        "station_key": "站键 / station key",
        "station_name": "站名 / name",
        "power_kw": "功率 / power in kW",
    },
    primary_key=("city_code", "station_key"),
)
SESSION = TableSpec(
    name="fct_session",
    description="充电记录 / charging session",
    columns={
        "city_code": "城市代码 / city",
        "period_month": "月 / month",
        "session_key": "记录键 / session key",
        "station_key": "站键 / station key",
        "energy_kwh": "电量 / energy in kWh",
    },
    primary_key=("city_code", "period_month", "session_key"),
    foreign_keys=(ForeignKey(("city_code", "station_key"), "dim_station", ("city_code", "station_key")),),
    partition_month_column="period_month",
)
TOTAL = TableSpec(
    name="scorecard",
    description="合计 / totals",
    columns={
        "city_code": "城市代码 / city",
        "energy_kwh": "总电量 / total energy in kWh",
        "session_count": "记录数 / number of sessions",
        "round_no": "轮次 / round",
    },
    primary_key=("city_code",),
)
SPECS = [TOTAL, SESSION, STATION]

TYPES = {
    "station_name": "text",
    "power_kw": "numeric(10,2)",
    "period_month": "date",
    "energy_kwh": "numeric(14,4)",
    "session_count": "bigint",
    "round_no": "int",
}

Row = tuple[Any, ...]


@dataclass
class Star:
    """The candidate as rows in Python, and the steps that build, audit and publish it."""

    warehouse: Warehouse
    specs: list[TableSpec] = field(default_factory=lambda: list(SPECS))
    types: dict[str, str] = field(default_factory=lambda: dict(TYPES))
    rows: dict[str, list[Row]] = field(default_factory=dict)
    builds: int = 0

    def fill(self, round_no: int = 0, stations: int = 3, sessions: int = 20) -> None:
        """Make rows that differ from round to round and always fit together."""
        self.rows["dim_station"] = [
            (CITY, f"s{n}", f"站{n} 第{round_no // 3}轮" if n == 1 else f"站{n}", 60 * n)
            for n in range(stations)
        ]
        self.rows["fct_session"] = [
            (CITY, SEPTEMBER if n % 2 else OCTOBER, f"c{n + round_no}", f"s{n % stations}", n + round_no)
            for n in range(sessions + round_no % 2)
        ]
        self.fit_total(round_no)

    def fit_total(self, round_no: int) -> None:
        """Make the total fit the sessions."""
        energies = [row[4] for row in self.rows["fct_session"]]
        self.rows["scorecard"] = [(CITY, sum(energies), len(energies), round_no)]

    def respecify(self, name: str, **changes: Any) -> None:
        """Change one table's spec."""
        self.specs = [replace(spec, **changes) if spec.name == name else spec for spec in self.specs]

    def build(
        self,
        months: Iterable[date] = EVERY_MONTH,
        outcome: str = "audited",
        verdicts: Sequence[Row] = (),
        models: Sequence[str] | None = None,
    ) -> int:
        """Write the candidate as dbt would, record the build and its audit, and return the build's id.

        `models` are those that the record says were built, None: all.
        """
        self.builds += 1
        run_id = f"run-{self.builds}"
        runs.begin(
            self.warehouse,
            run_id,
            "nightly",
            date(2025, 9, 30) + timedelta(days=self.builds),
            f"round {self.builds}",
        )
        with self.warehouse.connect("builder") as builder:
            for spec in self.specs:
                columns = ", ".join(f"{name} {self.types.get(name, 'text')}" for name in spec.columns)
                builder.execute(f"drop table if exists candidate.{spec.name}")
                builder.execute(f"create table candidate.{spec.name} ({columns})")
                with builder.cursor().copy(f"copy candidate.{spec.name} from stdin") as copy:
                    for row in self.rows[spec.name]:
                        copy.write_row(row)
            recorded = builder.execute(
                "insert into ops.build (run_id, as_of_date, changed_months, through_load_id, code_version, "
                "outcome_code, built_models) values (%s, %s, %s, 0, 'test', %s, %s) returning build_id",
                [run_id, date(2025, 9, 30), list(months), outcome, models],
            ).fetchone()
            assert recorded
            for verdict in verdicts or [("critical", True), ("warning", False)]:
                builder.execute(
                    "insert into ops.verdict (build_id, run_id, table_name, expectation_code, "
                    "expectation_type, severity_code, is_success, message_zh, message_en) "
                    "values (%s, %s, 'scorecard', 'e', 'e', %s, %s, '', '')",
                    [recorded[0], run_id, *verdict],
                )
        return int(recorded[0])

    def publish(self, build_id: int | None = None, **options: Any) -> PublicationOutcome:
        """Publish a build (a new one by default) under the run of the newest build."""
        if build_id is None:
            build_id = self.build()
        return publish(self.warehouse, f"run-{self.builds}", build_id, self.specs, **options)

    def write_manifest(self) -> None:
        """Write the specs as the manifest that a build leaves, for the steps that read it from there."""
        models = {spec.name: _model(spec) for spec in self.specs}
        path = self.warehouse.manifest_path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"nodes": models}), encoding="utf-8")

    def read(self, table: str, settings: dict[str, str] | None = None, schema: str = "mart") -> set[Row]:
        """Return a published table's rows without their version, as the reader sees them."""
        spec = next(spec for spec in self.specs if spec.name == table)
        with self.warehouse.connect("reader") as reader:
            for name, value in (settings or {}).items():
                reader.execute("select set_config(%s, %s, false)", [name, value])
            rows = reader.execute(f"select {', '.join(spec.columns)} from {schema}.{table}").fetchall()
        assert len(rows) == len(set(rows)), "a row appears twice"
        return set(rows)

    def state(self, settings: dict[str, str] | None = None, schema: str = "mart") -> dict[str, set[Row]]:
        """Return all published tables."""
        return {spec.name: self.read(spec.name, settings, schema) for spec in self.specs}


def _model(spec: TableSpec) -> dict[str, Any]:
    month = spec.partition_month_column
    references = [
        {
            "type": "foreign_key",
            "columns": key.columns,
            "to": key.references,
            "to_columns": key.referenced_columns,
        }
        for key in spec.foreign_keys
    ]
    return {
        "resource_type": "model",
        "name": spec.name,
        "description": spec.description,
        "columns": {name: {"name": name, "description": text} for name, text in spec.columns.items()},
        "config": {"meta": {"partition_month_column": month} if month else {}},
        "constraints": [{"type": "primary_key", "columns": spec.primary_key}, *references],
    }


@pytest.fixture
def star(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Star:
    """Give a star with its first rows, nothing published yet; no change of its sessions needs an approval."""
    monkeypatch.setenv("GREEN_FREIGHT_FACT_CHANGE_SHARE", "1")
    made = Star(warehouse)
    made.fill()
    return made
