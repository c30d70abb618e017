"""The data dictionary for readers: generated from dbt's metadata, so that it says what is published, no more."""

from __future__ import annotations

import json
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from green_freight.messages import message
from green_freight.publishing.plan import RECORDS
from green_freight.publishing.specs import TableSpec, from_manifest
from green_freight.reporting import pages
from green_freight.settings import PROJECT
from green_freight.warehouse import migrate

PAGE = PROJECT / "docs" / "data_dictionary.md"

# Heading by folder of the models, in the order in which a reader meets them.
_SECTIONS = {
    "reports": "读者表 / Readers' tables",
    "indicators": "指标 / Indicators",
    "core": "明细与维度 / Details and dimensions",
}
# The records of publications are no models of dbt: migrations make them, and their comments describe them.
_COMMENT = re.compile(
    r"comment on (?:table|view|column) mart\.(?P<table>\w+)(?:\.(?P<column>\w+))? is\s+"
    r"(?P<text>(?:'(?:[^']|'')*'\s*)+);"
)


class DictionaryIncompleteError(RuntimeError):
    """A published table or column is not described in both languages; the message names every one."""


def parsed_manifest() -> dict[str, Any]:
    """Return the manifest of the project from `dbt parse` in this process; RuntimeError where it cannot be parsed."""
    from dbt.cli.main import dbtRunner

    project = str(PROJECT / "dbt_project")
    with tempfile.TemporaryDirectory() as folder:
        places = ["--project-dir", project, "--profiles-dir", project]
        places += ["--target-path", folder, "--log-path", folder, "--log-level", "none"]
        parsed = dbtRunner().invoke(["parse", "--no-partial-parse", *places])
        if not parsed.success:
            raise RuntimeError(f"dbt parse: {parsed.exception}")
        return dict(json.loads(Path(folder, "manifest.json").read_text(encoding="utf-8")))


def markdown(manifest: Mapping[str, Any]) -> str:
    """Return the dictionary of a dbt manifest's published tables as a Markdown page.

    Raises DictionaryIncompleteError: a description is missing or in one language only; InvalidSpecError: what is to be
    published contradicts itself.
    """
    models = {
        node.get("alias") or node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }
    specs = sorted(from_manifest(manifest), key=lambda spec: spec.name)
    _insist_on_descriptions(specs)
    sections = {
        title: [
            (spec, [*_columns(spec, models[spec.name])])
            for spec in specs
            if models[spec.name]["fqn"][1] == folder
        ]
        for folder, title in _SECTIONS.items()
    }
    comments = _comments()
    return pages.render(
        "data_dictionary", sections=sections, records={name: comments[name] for name in RECORDS}
    )


def _insist_on_descriptions(specs: Sequence[TableSpec]) -> None:
    missing = [
        name
        for spec in specs
        for name, text in [
            (spec.name, spec.description),
            *((f"{spec.name}.{c}", t) for c, t in spec.columns.items()),
        ]
        if " / " not in text
    ]
    if missing:
        raise DictionaryIncompleteError(message("dictionary_incomplete", missing=", ".join(missing)))


def _columns(spec: TableSpec, model: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Yield name, type, meaning, and referred table or kind of label, of each column, as the page shows them."""
    references = {
        column: f"[{key.references}](#{key.references})"
        for key in spec.foreign_keys
        for column in key.columns
        if column != "city_code"
    }
    for name, column in model["columns"].items():
        is_key = name in spec.primary_key
        is_required = any(constraint["type"] == "not_null" for constraint in column.get("constraints") or ())
        yield (
            f"**{name}**" if is_key else name,
            column["data_type"] + ("" if is_key or is_required else ", null"),
            column["description"],
            references.get(name) or _labels(column),
        )


def _labels(column: Mapping[str, Any]) -> str:
    """Return where the labels of a column's codes stand; nothing where it has none."""
    kind = column["config"]["meta"].get("label_kind")
    return f"[dim_label](#dim_label): `{kind}`" if kind else ""


def _comments() -> dict[str, dict[str, str]]:
    """Return the comments by table and column ('' for the table itself), in the order in which they were made."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for migration in migrate.known():
        for comment in _COMMENT.finditer(migration.sql):
            pieces = re.findall(r"'((?:[^']|'')*)'", comment["text"])
            found[comment["table"]][comment["column"] or ""] = "".join(pieces).replace("''", "'")
    return found
