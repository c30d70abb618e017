"""Reading a contract file of the Open Data Contract Standard (ODCS 3.1) into a `Contract`."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from jsonschema.validators import validator_for

from green_freight.contracts.model import Code, Column, Contract, ContractError, RowRule

CONTAINERS = ("transport_pages", "tcec_stations", "tcec_station_stats", "order_lines", "csv", "workbook")
IDENTIFIERS = ("uscc", "vin", "plate")
_ENGINE = "green-freight"


def schema_errors(path: Path) -> list[str]:
    """Return what the standard's own JSON schema says against a contract file; empty when it is valid."""
    document = _document(path)
    return [f"{path.name} {error.json_path}: {error.message}" for error in _schema().iter_errors(document)]


def read_contract(path: Path) -> Contract:
    """Read one contract file.

    Raises:
        ContractError: an entry that the loader needs is absent or has a value it does not know.
    """
    document = _document(path)
    try:
        return _contract(document)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ContractError(f"contract {path.name}: {type(error).__name__}: {error}") from error


def _document(path: Path) -> Any:
    # libyaml's loader: every task reads its contracts anew, and the pure Python one takes a second for them.
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def _contract(document: Mapping[str, Any]) -> Contract:
    custom = _custom(document)
    table = document["schema"][0]
    levels = {entry["property"]: entry for entry in document["slaProperties"]}
    title_zh, _, title_en = document["name"].partition(" / ")
    found = Contract(
        id=document["id"],
        version=document["version"],
        title_zh=title_zh,
        title_en=title_en,
        agency=custom["agency"],
        delivery=custom["delivery"],
        container=_one_of(custom["container"], CONTAINERS),
        content=custom.get("content"),
        sheet_names=tuple(custom.get("sheetNames", ())),
        columns=tuple(_column(entry) for entry in table["properties"]),
        rules=tuple(_rule(entry) for entry in table["quality"] if entry.get("engine") == _ENGINE),
        event_date_column=custom["eventDateColumn"],
        stops_at_new_column=_one_of(custom["onNewColumn"], ("stop", "ignore_with_warning")) == "stop",
        frequency=_one_of(levels["frequency"]["unit"], ("d", "m")),
        due_lag_days=int(levels["latency"]["value"]),
        tolerated_rejected_rows=int(custom["toleratedRejectedRows"]),
        tolerated_rejected_share=float(custom["toleratedRejectedShare"]),
        description=table["dataGranularityDescription"],
    )
    _check(found, document)
    return found


def _check(found: Contract, document: Mapping[str, Any]) -> None:
    if not found.id.startswith(f"{found.agency}_"):
        raise ValueError(f"the id {found.id} does not begin with the agency {found.agency}")
    if document["schema"][0]["physicalName"] != f"raw.{found.id}":
        raise ValueError(f"the table is not raw.{found.id}")
    if not found.key:
        raise ValueError("no column is a key")
    if found.event_date_column:
        found.column(found.event_date_column)


def _column(entry: Mapping[str, Any]) -> Column:
    custom, options = _custom(entry), entry.get("logicalTypeOptions", {})
    required = bool(entry.get("required", False))
    identifier = custom.get("identifier")
    return Column(
        name=entry["name"],
        title_zh=entry["businessName"],
        description=entry["description"],
        logical_type=entry["logicalType"],
        physical_type=entry["physicalType"],
        required=required,
        source_names=tuple(custom["sourceNames"]),
        key_position=entry.get("primaryKeyPosition") if entry.get("primaryKey") else None,
        pattern=options.get("pattern"),
        max_length=options.get("maxLength"),
        minimum=options.get("minimum") if entry["logicalType"] in ("number", "integer") else None,
        maximum=options.get("maximum") if entry["logicalType"] in ("number", "integer") else None,
        codes={each["value"]: _code(each) for each in entry.get("enum", ())},
        code_system=custom.get("codeSystem"),
        unit=custom.get("unit"),
        identifier=_one_of(identifier, IDENTIFIERS) if identifier else None,
        is_kept_when_invalid=_one_of(custom.get("onInvalid", "reject"), ("reject", "warn")) == "warn",
        stops_when_absent=required or custom.get("onMissingColumn") == "stop",
        is_filled_down=bool(custom.get("fillDown", False)),
        value_from=custom.get("valueFrom"),
    )


def _code(entry: Mapping[str, Any]) -> Code:
    return Code(entry["value"], entry["label"], tuple(_custom(entry).get("sourceNames", ())))


def _rule(entry: Mapping[str, Any]) -> RowRule:
    settings = dict(entry["implementation"])
    return RowRule(settings.pop("rule"), entry["description"], settings)


def _custom(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {each["property"]: each["value"] for each in entry.get("customProperties", ())}


def _one_of(value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ValueError(f"{value!r} is none of {', '.join(allowed)}")
    return value


@functools.cache
def _schema() -> Any:
    text = resources.files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8")
    schema = json.loads(text)
    return validator_for(schema)(schema)
