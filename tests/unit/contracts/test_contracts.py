"""The contract files: valid against the standard, complete in both languages, and what the deliveries carry."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml
from green_freight.agencies import agency_named
from green_freight.contracts import (
    FOLDER,
    SUFFIX,
    Contract,
    ContractError,
    contract,
    contracts,
    contracts_of,
    read_contract,
)
from green_freight.contracts.code_lists import FOLDER as CODE_LISTS
from green_freight.contracts.row_model import row_model
from green_freight.loading.readers import READERS
from green_freight.loading.row_rules import BY_READER, row_checks
from green_freight.messages import read_words
from green_freight.periods import Period
from jsonschema.validators import validator_for

EVERY = [pytest.param(found, id=found.id) for found in contracts().values()]


def _schema_errors(document: Any) -> list[str]:
    text = resources.files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8")
    schema = json.loads(text)
    return [
        f"{error.json_path}: {error.message}" for error in validator_for(schema)(schema).iter_errors(document)
    ]


def _document(found: Contract) -> dict:
    return read_words(FOLDER / f"{found.id}{SUFFIX}")


@pytest.mark.parametrize("found", EVERY)
def test_a_contract_names_an_agency_and_one_of_its_connections(found: Contract) -> None:
    assert found.connection in agency_named(found.agency).connections
    assert found.id in agency_named(found.agency).delivery(found.delivery).datasets


@pytest.mark.parametrize("found", EVERY)
def test_a_contract_is_valid_against_the_standard(found: Contract) -> None:
    assert _schema_errors(_document(found)) == []


@pytest.mark.parametrize("found", EVERY)
def test_whatever_people_read_is_in_both_languages(found: Contract) -> None:
    document = _document(found)
    table = document["schema"][0]
    texts = [document["name"], table["dataGranularityDescription"], *document.get("description", {}).values()]
    texts += [column["description"] for column in table["properties"]]
    texts += [rule["description"] for rule in table.get("quality", ())]
    for text in texts:
        chinese, separator, english = text.partition(" / ")
        assert separator, text
        assert english.isascii(), text
        assert not chinese.isascii() or chinese == "T/CEC 102" or "GSP" in chinese, text


@pytest.mark.parametrize("found", EVERY)
def test_a_column_names_its_unit_and_its_code_system(found: Contract) -> None:
    for column in found.columns:
        if column.logical_type in ("number", "integer"):
            assert column.unit or column.name == "reported_value", column.name
        if column.name.endswith("_code"):
            assert column.code_system, column.name
            assert column.codes or column.pattern or column.max_length, column.name


@pytest.mark.parametrize("found", EVERY)
def test_names_in_the_source_are_not_shared(found: Contract) -> None:
    names = [name for column in found.columns for name in column.source_names]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("found", EVERY)
def test_a_contract_compiles_and_its_rules_are_known(found: Contract) -> None:
    row_model(found)
    row_checks(found, Period("2025-09"))
    assert {rule.name for rule in found.rules} - BY_READER <= {
        "end_not_before_start", "part_not_above_whole", "within_period", "energy_not_negative", "fees_add_up",
        "details_add_up", "within_programme",
    }  # fmt: skip


def test_a_delivery_names_its_datasets() -> None:
    assert [found.id for found in contracts_of("power", "stations")] == [
        "power_connector",
        "power_pile",
        "power_station",
    ]
    with pytest.raises(KeyError, match="nothing"):
        contracts_of("power", "nothing")
    with pytest.raises(KeyError, match="power_nothing"):
        contract("power_nothing")


def test_the_key_is_in_the_order_of_its_positions() -> None:
    assert [column.name for column in contract("power_pile").key] == ["operator_id", "equipment_id"]


CHANGES = {
    "container that no reader opens": ("container", {"container": "fax"}),
    "event date that is no column": ("nowhere", {"eventDateColumn": "nowhere"}),
    "unknown way to treat a new column": ("onNewColumn", {"onNewColumn": "shrug"}),
    "unknown granularity": ("granularity", {"granularity": "week"}),
    "unknown limit": ("limits: row: Extra inputs are not permitted", {"limits": {"row": 5}}),
    "limit below one": ("limits: rows: Input should be greater than 0", {"limits": {"rows": 0}}),
    "misspelt property": ("onNewColum: Extra inputs are not permitted", {"onNewColum": "stop"}),
    "property that was removed": ("onRetypedColumn: Extra inputs", {"onRetypedColumn": "stop"}),
    "missing property": ("delivery: Field required", {"delivery": None}),
}
COLUMN_CHANGES = {
    "misspelt property": ("vin_no: onInvalied: Extra inputs", {"onInvalied": "warn"}),
    "unknown value": ("vin_no: onInvalid", {"onInvalid": "shrug"}),
    "code list that is not there": ("vin_no.*no_such_list", {"codeList": "no_such_list"}),
}


@pytest.mark.parametrize(("expected", "change"), CHANGES.values(), ids=CHANGES)
def test_an_unusable_contract_is_named(tmp_path: Path, change: dict[str, str | None], expected: str) -> None:
    document = _document(contract("postal_tricycle"))
    _change(document, change)
    _assert_refused(tmp_path, document, expected)


@pytest.mark.parametrize(("expected", "change"), COLUMN_CHANGES.values(), ids=COLUMN_CHANGES)
def test_an_unusable_column_is_named(tmp_path: Path, change: dict[str, str], expected: str) -> None:
    document = _document(contract("postal_tricycle"))
    column = document["schema"][0]["properties"][0]
    column["name"] = "vin_no"
    _change(column, change)
    _assert_refused(tmp_path, document, expected)


def _change(entry: dict, change: dict[str, str | None]) -> None:
    kept = {each["property"]: each["value"] for each in entry["customProperties"]} | change
    entry["customProperties"] = [{"property": k, "value": v} for k, v in kept.items() if v is not None]


def _assert_refused(folder: Path, document: dict, expected: str) -> None:
    path = folder / "postal_tricycle.odcs.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(ContractError, match=expected) as raised:
        read_contract(path)
    assert "postal_tricycle.odcs.yaml" in str(raised.value)


def test_the_standard_refuses_what_it_does_not_know() -> None:
    document = _document(contract("postal_tricycle"))
    document["schema"][0]["properties"][0]["logicalType"] = "chinese"
    assert "logicalType" in _schema_errors(document)[0]


def test_every_code_list_is_used_and_every_container_has_a_reader() -> None:
    used = {
        each["value"]
        for found in contracts().values()
        for column in _document(found)["schema"][0]["properties"]
        for each in column["customProperties"]
        if each["property"] == "codeList"
    }
    assert {path.stem for path in CODE_LISTS.glob("*.yaml")} == used
    assert {found.container for found in contracts().values()} == set(READERS)


def test_contracts_are_imported_without_the_clients_of_agencies_and_warehouse() -> None:
    program = "import sys, green_freight.contracts; print({'httpx', 'paramiko', 'psycopg'} & {*sys.modules})"
    printed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert printed == "set()\n"
