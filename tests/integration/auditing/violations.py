"""The catalogue of planted violations: for every expectation, what is done to a good candidate to break it.

Most follow from the expectation itself (`derived`); the others stand in violations.yml.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from green_freight.auditing.suites import Suite

PLANTED: dict[str, dict[str, str]] = yaml.safe_load(
    Path(__file__).with_suffix(".yml").read_text(encoding="utf-8")
)
SHARED = PLANTED.pop("shared")

_DUPLICATE = "insert into candidate.{table} select * from candidate.{table} limit 1"


def violations(suite: Suite, expectation: dict[str, Any]) -> list[str]:
    """Return the statements that each break one expectation of a good candidate, in different ways.

    Raises:
        LookupError: the catalogue has none: an expectation that nobody has seen fail guards nothing.
    """
    code = expectation["meta"]["code"]
    planted = PLANTED.get(suite.table, {}).get(code) or derived(suite, expectation) or SHARED.get(code)
    if not planted:
        raise LookupError(f"{suite.table}.{code} has no planted violation")
    statements = [planted] if isinstance(planted, str) else planted
    return [statement.replace("{table}", suite.table) for statement in statements]


def derived(suite: Suite, expectation: dict[str, Any]) -> list[str]:
    """Return the violations that follow from an expectation's type, or from a code that says it all."""
    options, code = expectation["kwargs"], expectation["meta"]["code"]
    update = f"update candidate.{{table}} set {options.get('column')} = "
    match expectation["type"].removeprefix("expect_"):
        case "column_values_to_not_be_null":
            return [update + "null"]
        case "column_values_to_be_between":
            low, high = options.get("min_value"), options.get("max_value")
            return [update + str(bound) for bound in (low and low - 1, high and high + 1) if bound] or [
                update + "-1"
            ]
        case "column_values_to_be_in_set":
            return [update + ("'?'" if isinstance(options["value_set"][0], str) else "999")]
        case "column_values_to_match_regex":
            return [update + "'?'"]
        case "compound_columns_to_be_unique":
            return [_DUPLICATE]
        case "table_row_count_to_equal":
            return [_DUPLICATE, "delete from candidate.{table}"]
    if code == "key_present":
        return [f"update candidate.{{table}} set {column} = null" for column in suite.key]
    begin, is_order, end = code.partition("_before_")
    if is_order:
        return [f"update candidate.{{table}} set {begin} = '2023-03-02', {end} = '2023-03-01'"]
    return []
