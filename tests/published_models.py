"""The published models as their YAML files state them: what tests need of dbt's manifest without running dbt."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import yaml
from green_freight.publishing.specs import TableSpec, from_manifest
from green_freight.settings import PROJECT

_MODELS = PROJECT / "dbt_project" / "models"


@cache
def models() -> dict[str, dict[str, Any]]:
    """Return every model that declares a primary key, by name, with its shared descriptions filled in."""
    blocks = dict(
        re.findall(
            r"{% docs (\w+) %}\n(.*?)\n{% enddocs %}", (_MODELS / "columns.md").read_text("utf-8"), re.S
        )
    )
    found = {}
    for layer in ("core", "indicators", "reports"):
        for path in sorted((_MODELS / layer).glob("*.yml")):
            text = re.sub(
                r"{{ doc\('(\w+)'\) }}", lambda used: blocks[used[1]], path.read_text(encoding="utf-8")
            )
            for model in yaml.load(text, yaml.CSafeLoader).get("models") or []:
                if model.get("constraints"):
                    found[model["name"]] = model
    return found


@cache
def specs() -> list[TableSpec]:
    """Return the published tables with their keys, as `from_manifest` reads them."""
    nodes = {
        name: {"resource_type": "model", "config": {}}
        | model
        | {"columns": {column["name"]: column for column in model["columns"]}}
        for name, model in models().items()
    }
    return from_manifest({"nodes": nodes})
