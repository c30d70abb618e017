"""The dashboards' source: what contradicts itself is refused by name, and an import changes in place what it made."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
import yaml
from green_freight.publishing.plan import RECORDS
from green_freight.warehouse.bootstrap import DETAIL

from bi import bundle
from bi.bundle import BundleError, Chart, Column, Dashboard
from tests import published_models

DASHBOARDS = bundle.dashboards()
OWN_NAMES: dict[str, str] = yaml.safe_load((bundle.SOURCE / "columns.yaml").read_text("utf-8"))
CHARTS = [(dashboard, chart) for dashboard in DASHBOARDS for chart in dashboard.charts]


def _columns(names: Sequence[str]) -> dict[str, list[Column]]:
    return {"score": [Column(name, "text") for name in names]}


@pytest.mark.parametrize("expression", ["sum(completion_ratio)", "avg(path_ratio)", "SUM( actual_value )"])
def test_a_sum_over_what_does_not_add_up_is_refused(expression: str) -> None:
    chart = Chart("图 Chart", "score", "number", metrics={"值": expression})
    with pytest.raises(BundleError, match=r"does not add up|adds up"):
        bundle._check(DASHBOARDS[0], chart, _columns(["completion_ratio"]))


@pytest.mark.parametrize(
    "wrong",
    [{"columns": ["nothing"]}, {"x": "nothing"}, {"filters": [["nothing", "==", 1]]}, {"by": ["nothing"]}],
)
def test_a_column_that_the_dataset_lacks_is_named(wrong: dict[str, object]) -> None:
    chart = replace(Chart("图 Chart", "score", "table"), **wrong)
    with pytest.raises(BundleError, match=r"图 Chart.*nothing"):
        bundle._check(DASHBOARDS[0], chart, _columns(["year"]))


def test_a_column_without_a_label_is_named() -> None:
    with pytest.raises(BundleError, match=r"columns of score have no label.*unheard_of"):
        bundle._dataset("score", [Column("unheard_of", "text")])


@pytest.mark.parametrize("name", bundle.dataset_names())
def test_a_dataset_is_one_query_on_published_tables(name: str) -> None:
    query = bundle.dataset_sql(name)
    assert "{{" not in query
    assert ";" not in query
    assert "mart." in query
    assert query.startswith("-- One row per ") or name == "publication"


def tables(query: str) -> set[str]:
    """Return the tables that a query names, with their schemas where they have one."""
    query = re.sub(r"extract\([^()]*\)", "", query)
    return set(re.findall(r"\b(?:from|join)\s+([\w.]+)", query)) - set(re.findall(r"(\w+) as \(", query))


def unreadable(query: str) -> set[str]:
    """Return what a query names that a plain reader may not read, or that is not published."""
    plain = {f"mart.{spec.name}" for spec in published_models.specs() if spec.reader_level != DETAIL}
    return {name for name in tables(query) if name not in plain | {f"mart.{record}" for record in RECORDS}}


@pytest.mark.parametrize("name", bundle.dataset_names())
def test_a_dataset_reads_what_every_reader_may(name: str) -> None:
    query = bundle.dataset_sql(name)
    assert tables(query)
    assert unreadable(query) - {"unnest"} == set()


@pytest.mark.parametrize(
    "planted",
    [
        "mart.fct_charging_session",
        "mart.fct_vehicle_operation",
        "mart.dim_vehicle",
        "ops.load",
        "mart_asof.scorecard",
    ],
)
def test_a_planted_table_that_readers_may_not_read_is_found(planted: str) -> None:
    query = bundle.dataset_sql("charging_month")
    assert unreadable(query.replace("mart.charging_station_month", planted)) == {planted}
    assert unreadable(f"{query} inner join {planted} as other using (city_code)") == {planted}


def test_every_dataset_is_shown_and_every_label_is_of_a_column() -> None:
    assert {chart.dataset for _, chart in CHARTS} == set(bundle.dataset_names())
    queries = " ".join(map(bundle.dataset_sql, bundle.dataset_names()))
    unused = [name for name in OWN_NAMES if name not in queries and not name.endswith("_year")]
    assert unused == []


def test_a_name_that_published_columns_share_is_stated_once() -> None:
    shared = bundle.shared_names()
    assert repeated(OWN_NAMES, shared) == []
    planted = {name: shared[name] for name in ("year", "weight", "rows_rejected")}
    assert repeated(OWN_NAMES | planted, shared) == [*planted]
    assert bundle.column_labels()["rows_rejected"] == "拒收行数 Rows rejected"
    assert bundle.column_labels()["energy_kwh"] == "充电量（千瓦时） Energy in kWh"
    # Where the shared name is longer than a column is wide, the shorter one stands.
    assert bundle.column_labels()["indicator_name_zh"] == OWN_NAMES["indicator_name_zh"]


def repeated(own: dict[str, str], shared: dict[str, str]) -> list[str]:
    """Return the columns whose own name is the one that published columns share."""
    return [name for name, label in own.items() if shared.get(name) == label]


def test_titles_are_bilingual_and_unique_on_a_dashboard() -> None:
    for dashboard in DASHBOARDS:
        titles = [chart.title for chart in dashboard.charts]
        assert len(titles) == len(set(titles))
        assert all(
            title.isascii() is False and any(c.isascii() and c.isalpha() for c in title) for title in titles
        )


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda one: one.slug)
def test_each_dashboard_states_the_kind_of_data_and_leads_to_evidence(dashboard: Dashboard) -> None:
    first, *_, last = dashboard.charts
    assert "data_kind" in first.columns
    assert (last.dataset, last.is_paged) == ("evidence", True)
    assert {"entity_key", "file_name", "source_row_number", "data_kind"} <= set(last.columns)


def test_the_same_source_gives_the_same_bundle_and_identities() -> None:
    def describe(query: str) -> list[Column]:
        names = [name for name in bundle.column_labels() if name in query or name.endswith("_year")]
        return [Column(name, "date" if name == "period_month" else "text") for name in names]

    first = bundle.bundle("postgresql+psycopg2://reader:secret@host/db", describe)
    assert first == bundle.bundle("postgresql+psycopg2://reader:secret@host/db", describe)
    contents = [yaml.safe_load(text) for text in first.values()]
    identities = [one["uuid"] for one in contents if "uuid" in one]
    assert len(identities) == len(set(identities)) == len(contents) - 1
    holding_the_password = [path for path, text in first.items() if "secret" in text]
    assert holding_the_password == ["databases/warehouse.yaml"]
    assert json.dumps(contents, default=str)
