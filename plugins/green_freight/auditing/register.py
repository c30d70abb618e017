"""Register suites in the file context: `python -m green_freight.auditing.register` after adding a suite.

Great Expectations wants, besides a suite, a data asset, a validation definition and a checkpoint, tied by ids.
All of that follows from the suite's file, so this writes it: ids that depend on names alone, one checkpoint a
table with the table's key as the columns that name a bad row.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import yaml

from green_freight.auditing.suites import BATCH, DATASOURCE, EXPECTATIONS, Suite, read_suites

_MARK = "# Below: written by green_freight.auditing.register from the suites.\n"


def register(folder: Path = EXPECTATIONS) -> None:
    """Write ids, data assets, validation definitions and checkpoints for the suites of a folder."""
    suites = read_suites(folder)
    for suite in suites:
        _write(folder / "suites" / f"{suite.table}.json", _suite_with_ids(folder, suite))
        _write(folder / "validation_definitions" / f"{suite.table}.json", _validation_definition(suite.table))
        _write(folder / "checkpoints" / f"{suite.table}.json", _checkpoint(suite))
    for kind in ("validation_definitions", "checkpoints"):
        for left in (folder / kind).glob("*.json"):
            if left.stem not in {suite.table for suite in suites}:
                left.unlink()
    configuration = folder / "great_expectations.yml"
    written_by_hand = configuration.read_text(encoding="utf-8").partition(_MARK)[0]
    configuration.write_text(written_by_hand + _MARK + _datasource(suites), encoding="utf-8")


def _id(*names: str) -> str:
    return str(uuid5(NAMESPACE_URL, "green-freight/expectations/" + "/".join(names)))


def _suite_with_ids(folder: Path, suite: Suite) -> dict[str, Any]:
    text: dict[str, Any] = json.loads((folder / "suites" / f"{suite.table}.json").read_text(encoding="utf-8"))
    for expectation in text["expectations"]:
        expectation["id"] = _id("expectation", suite.table, expectation["meta"]["code"])
    return text | {"id": _id("suite", suite.table)}


def _validation_definition(table: str) -> dict[str, Any]:
    return {
        "name": table,
        "id": _id("validation_definition", table),
        "data": {
            "datasource": {"name": DATASOURCE, "id": _id("datasource")},
            "asset": {"name": table, "id": _id("asset", table)},
            "batch_definition": {"name": BATCH, "id": _id("batch_definition", table)},
        },
        "suite": {"name": table, "id": _id("suite", table)},
    }


def _checkpoint(suite: Suite) -> dict[str, Any]:
    return {
        "name": suite.table,
        "id": _id("checkpoint", suite.table),
        "actions": [],
        "validation_definitions": [{"name": suite.table, "id": _id("validation_definition", suite.table)}],
        # SUMMARY bounds what a broken million-row table sends back; the count stays exact.
        "result_format": suite.result_format("SUMMARY"),
    }


def _datasource(suites: list[Suite]) -> str:
    assets = {suite.table: _asset(suite) for suite in suites}
    configuration = {
        "fluent_datasources": {
            DATASOURCE: {
                "type": "postgres",
                "id": _id("datasource"),
                "connection_string": "${GREEN_FREIGHT_AUDIT_URL}",
                "create_temp_table": False,
                "assets": assets,
            }
        }
    }
    return yaml.safe_dump(configuration, allow_unicode=True, sort_keys=False, width=110)


def _asset(suite: Suite) -> dict[str, Any]:
    batches = {"batch_definitions": {BATCH: {"id": _id("batch_definition", suite.table)}}}
    # Not a query: to learn its columns, Great Expectations would run it and fetch every row of a large fact.
    return {
        "type": "table",
        "id": _id("asset", suite.table),
        "table_name": f"audited_{suite.table}",
    } | batches


def _write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    register()
