"""Rows that name a vehicle or a person are of the detail level, read from the manifest."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from green_freight.publishing.errors import InvalidSpecError
from green_freight.publishing.specs import from_manifest
from green_freight.warehouse.bootstrap import DETAIL

# Words of a column's name that say that its values name a vehicle or a person.
NAMING = {
    "plate", "vin", "person", "driver", "phone", "mobile", "contact", "contacts", "resident", "representative", "idcard"
}  # fmt: skip


def naming(manifest: dict[str, Any]) -> dict[str, set[str]]:
    """Return the columns of plain tables that name a vehicle or a person; a key of vehicles makes each row one's."""
    found: dict[str, set[str]] = {}
    for spec in from_manifest(manifest):
        columns = {name for name in spec.columns if NAMING & set(name.split("_"))}
        columns |= {"vehicle_key"} & set(spec.columns)
        if columns and spec.reader_level != DETAIL:
            found[spec.name] = columns
    return found


def planted(manifest: dict[str, Any], table: str, column: str = "", **meta: str) -> dict[str, Any]:
    changed = copy.deepcopy(manifest)
    [model] = [
        node
        for node in changed["nodes"].values()
        if node["name"] == table and node["resource_type"] == "model"
    ]
    if column:
        model["columns"][column] = {"name": column, "data_type": "text"}
    model["config"]["meta"] |= meta
    return changed


def test_no_plain_table_names_a_vehicle_or_a_person(manifest: dict[str, Any]) -> None:
    assert naming(manifest) == {}


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("dim_enterprise", "contact_phone"),
        ("dim_pile", "vin"),
        ("fct_tricycle_inspection", "plate_no"),
        ("scorecard", "vehicle_key"),
    ],
)
def test_a_planted_column_is_found(manifest: dict[str, Any], table: str, column: str) -> None:
    assert naming(planted(manifest, table, column)) == {table: {column}}


@pytest.mark.parametrize("table", ["dim_vehicle", "fct_vehicle_operation", "fct_charging_session"])
def test_a_table_that_lost_its_level_is_found(manifest: dict[str, Any], table: str) -> None:
    assert naming(planted(manifest, table, reader_level="reader")).keys() == {table}


def test_another_level_is_refused(manifest: dict[str, Any]) -> None:
    with pytest.raises(InvalidSpecError, match=r"reader_level 为 everybody.*must be reader or reader_detail"):
        from_manifest(planted(manifest, "dim_pile", reader_level="everybody"))
