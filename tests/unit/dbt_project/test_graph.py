"""The order of the dbt models and what their metadata state, read from the manifest."""

from __future__ import annotations

import copy
import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from green_freight.building.plan import WRITTEN_WITH_LOADS
from green_freight.labels import SEED
from green_freight.publishing.specs import from_manifest
from green_freight.settings import PROJECT

LAYERS = ("staging", "core", "indicators", "reports")
SEEDS = PROJECT / "dbt_project" / "seeds"
# Columns whose name means something else in these tables.
OTHER_MEANINGS = {
    "agency_code": {"data_quality"},
    "as_of_day": {"int_quarterly_form__quarter"},
    "in_service_on": {"dim_pile"},
    "is_centre_area": {"fct_store_delivery"},
    "out_of_service_on": {"dim_pile"},
    "region_code": {"dim_region", "plan_region"},
    "vin": {"fct_charging_session"},
    "year": {"fct_fund_payment", "fct_milestone", "int_milestone__report"},
}

# Codes that name one thing, whose own columns stand beside them, and that nobody has to look up.
IDENTIFIERS = {
    "city_code", "credit_code", "current_region_code", "indicator_code", "quarter_code", "region_code", "store_code",
    "subject_code", "unit_code",
}  # fmt: skip


def nodes(manifest: dict[str, Any], *kinds: str) -> Iterator[dict[str, Any]]:
    """Yield the nodes of these resource types."""
    return (node for node in manifest["nodes"].values() if node["resource_type"] in kinds)


def parents(manifest: dict[str, Any], child: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the models and seeds that a model reads."""
    return [manifest["nodes"][key] for key in child["depends_on"]["nodes"] if key in manifest["nodes"]]


def backward_edges(manifest: dict[str, Any]) -> list[tuple[str, str]]:
    """Return (parent, child) of every edge from a later layer to an earlier one."""
    return [
        (parent["name"], child["name"])
        for child in nodes(manifest, "model")
        for parent in parents(manifest, child)
        if parent["resource_type"] == "model"
        and LAYERS.index(parent["fqn"][1]) > LAYERS.index(child["fqn"][1])
    ]


def described_differently(manifest: dict[str, Any]) -> dict[str, set[str]]:
    """Return each column name with more than one description, except where OTHER_MEANINGS allows it."""
    found: dict[str, set[str]] = defaultdict(set)
    for node in nodes(manifest, "model", "seed"):
        for name, column in node["columns"].items():
            if node["name"] not in OTHER_MEANINGS.get(name, ()):
                found[name].add(column["description"].strip())
    return {name: texts for name, texts in found.items() if len(texts) > 1}


def fixed_by_a_build(manifest: dict[str, Any]) -> list[str]:
    """Return the views, which stay from build to build, whose SQL holds a variable of the build that made them.

    Whether data are synthetic is none: where that changes, the whole is built.
    """

    def holds_variable(sql: str, macros: list[str]) -> bool:
        used = [manifest["macros"][name] for name in macros if name.startswith("macro.green_freight.")]
        return bool(re.search(r"var\(.(?!is_synthetic)", sql)) or any(
            holds_variable(macro["macro_sql"], macro["depends_on"]["macros"]) for macro in used
        )

    return [
        node["name"]
        for node in nodes(manifest, "model")
        if node["config"]["materialized"] == "view"
        and holds_variable(node["raw_code"], node["depends_on"]["macros"])
    ]


def label_kinds() -> set[str]:
    """Return the kinds of code that `dim_label` has."""
    files = [SEED, SEED.with_name("agency_label.csv")]
    return {row["kind"] for path in files for row in csv.DictReader(path.read_text("utf-8").splitlines())}


def unlabelled_codes(manifest: dict[str, Any]) -> list[str]:
    """Return each code column of a published table without a label beside it, behind a foreign key, or in dim_label."""
    models = {node["name"]: node for node in nodes(manifest, "model")}
    found = []
    for spec in from_manifest(manifest):
        referring = {column for key in spec.foreign_keys for column in key.columns}
        columns = models[spec.name]["columns"]
        for name in columns:
            if not re.search(r"_code(_\w+)?$|_kind$", name) or name in referring or name in IDENTIFIERS:
                continue
            stem = re.sub(r"_code(_\w+)?$", "", name)
            if {f"{stem}_name_zh", f"{stem}_name_en"} <= columns.keys() and stem not in label_kinds():
                continue
            if columns[name]["config"]["meta"].get("label_kind") not in label_kinds():
                found.append(f"{spec.name}.{name}")
    return found


def test_each_code_has_labels(manifest: dict[str, Any]) -> None:
    assert unlabelled_codes(manifest) == []


def test_planted_codes_without_labels_are_found(manifest: dict[str, Any]) -> None:
    planted = copy.deepcopy(manifest)
    models = {node["name"]: node for node in nodes(planted, "model")}
    models["scorecard"]["columns"]["status_code"]["config"]["meta"].clear()
    models["dim_vehicle"]["columns"]["energy_code_ga249"]["config"]["meta"]["label_kind"] = "energie"
    models["dim_indicator"]["columns"]["target_kind"]["config"]["meta"].clear()
    models["fct_policy"]["columns"]["channel_code"] = {"name": "channel_code", "config": {"meta": {}}}
    assert set(unlabelled_codes(planted)) == {
        "scorecard.status_code", "dim_vehicle.energy_code_ga249", "dim_indicator.target_kind",
        "fct_policy.channel_code",
    }  # fmt: skip


def test_labels_of_one_kind_have_one_code_and_one_place_each() -> None:
    rows = [
        row
        for path in (SEED, SEED.with_name("agency_label.csv"))
        for row in csv.DictReader(path.read_text("utf-8").splitlines())
    ]
    for place in ("code", "sort_order", "label_zh", "label_en"):
        assert all(row[place].strip() for row in rows), place
        assert len({(row["kind"], row[place]) for row in rows}) == len(rows), place


def test_what_builds_keep_holds_no_variable_of_a_build(manifest: dict[str, Any]) -> None:
    assert fixed_by_a_build(manifest) == []


def test_a_planted_variable_in_a_kept_model_is_found(manifest: dict[str, Any]) -> None:
    planted = copy.deepcopy(manifest)
    planted["nodes"]["model.green_freight.stg_power__station"]["raw_code"] += "{{ var('as_of_date') }}"
    assert fixed_by_a_build(planted) == ["stg_power__station"]


def test_no_edge_points_backwards(manifest: dict[str, Any]) -> None:
    assert {node["fqn"][1] for node in nodes(manifest, "model")} == set(LAYERS)
    assert backward_edges(manifest) == []


def test_a_planted_backward_edge_is_found(manifest: dict[str, Any]) -> None:
    planted = copy.deepcopy(manifest)
    vehicle = planted["nodes"]["model.green_freight.dim_vehicle"]
    vehicle["depends_on"]["nodes"].append("model.green_freight.scorecard")
    assert backward_edges(planted) == [("scorecard", "dim_vehicle")]


def test_staging_reads_one_source_and_seeds_alone(manifest: dict[str, Any]) -> None:
    for child in nodes(manifest, "model"):
        read = {key for key in child["depends_on"]["nodes"] if key.startswith("source.")}
        if child["fqn"][1] == "staging":
            assert len(read) == 1, child["name"]
            assert {parent["resource_type"] for parent in parents(manifest, child)} <= {"seed"}, child["name"]
        else:
            assert read == set(), child["name"]


def test_one_description_for_the_same_column(manifest: dict[str, Any]) -> None:
    assert described_differently(manifest) == {}


def test_a_planted_second_description_is_found(manifest: dict[str, Any]) -> None:
    planted = copy.deepcopy(manifest)
    columns = planted["nodes"]["model.green_freight.dim_store"]["columns"]
    columns["store_key"]["description"] = "门店 / store"
    assert set(described_differently(planted)) == {"store_key"}


def test_columns_with_another_meaning_exist(manifest: dict[str, Any]) -> None:
    columns = {node["name"]: node["columns"] for node in nodes(manifest, "model", "seed")}
    for name, tables in OTHER_MEANINGS.items():
        assert all(name in columns[table] for table in tables), name


def test_seeds_state_a_type_and_a_description_for_each_column(manifest: dict[str, Any]) -> None:
    for seed in nodes(manifest, "seed"):
        with (SEEDS / f"{seed['name']}.csv").open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file))
        assert list(seed["config"]["column_types"]) == header, seed["name"]
        assert list(seed["columns"]) == header, seed["name"]


def test_each_indicator_of_the_plan_has_its_evidence_model(manifest: dict[str, Any]) -> None:
    with (SEEDS / "plan_indicator.csv").open(encoding="utf-8", newline="") as file:
        planned = {row["indicator_code"] for row in csv.DictReader(file)}
    prefix = "int_evidence__"
    models = {
        node["name"].removeprefix(prefix) for node in nodes(manifest, "model") if prefix in node["name"]
    }
    evidence = parents(manifest, manifest["nodes"]["model.green_freight.fct_indicator_evidence"])
    united = {node["name"].removeprefix(prefix) for node in evidence if prefix in node["name"]}
    assert planned <= models
    assert models == united


def test_each_report_has_a_reader(manifest: dict[str, Any]) -> None:
    read = {key for exposure in manifest["exposures"].values() for key in exposure["depends_on"]["nodes"]}
    reports = {node["unique_id"] for node in nodes(manifest, "model") if node["fqn"][1:-1] == ["reports"]}
    assert reports <= read


def test_what_dbt_reads_beside_deliveries_changes_with_loads(manifest: dict[str, Any]) -> None:
    """A build takes a source for unchanged that no load has changed; the calendar follows from days and contracts."""
    read = {f"{source['schema']}.{source['name']}" for source in manifest["sources"].values()}
    others = {name for name in read if not name.startswith("raw.") or name == "raw.reference_calendar"}
    assert others == {*WRITTEN_WITH_LOADS, "ops.calendar", "raw.reference_calendar"}
