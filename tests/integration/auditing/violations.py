"""The catalogue of planted violations: for every expectation, what is done to a good candidate to break it.

Those of the keys follow from the models' constraints, most others from the expectation itself (`derived`); the rest
stands in violations.yml.
"""

from __future__ import annotations

from pathlib import Path

from green_freight.auditing.expectations import Expectation, Suite
from green_freight.messages import read_words

from tests import published_models

PLANTED: dict[str, dict[str, str]] = read_words(Path(__file__).with_suffix(".yml"))
SHARED = PLANTED.pop("shared")

_DUPLICATE = "insert into candidate.{table} select * from candidate.{table} limit 1"


def violations(suite: Suite, expectation: Expectation) -> list[str]:
    """Return the statements that each break one expectation of a good candidate, in different ways.

    Raises:
        LookupError: the catalogue has none: an expectation that was never seen to fail checks nothing.
    """
    planted = _planted(suite, expectation)
    if not planted:
        raise LookupError(f"{suite.table}.{expectation.code} has no planted violation")
    statements = [planted] if isinstance(planted, str) else planted
    return [statement.replace("{table}", suite.table) for statement in statements]


def has_violation(suite: Suite, expectation: Expectation) -> bool:
    """Tell whether the catalogue has a violation of an expectation."""
    return bool(_planted(suite, expectation))


def _planted(suite: Suite, expectation: Expectation) -> str | list[str] | None:
    code = expectation.code
    return (
        PLANTED.get(suite.table, {}).get(code)
        or of_keys(suite.table).get(code)
        or derived(expectation)
        or SHARED.get(code)
    )


def of_keys(table: str) -> dict[str, list[str]]:
    """Return the violations of a table's primary and foreign keys, as its model declares them."""
    [spec] = [spec for spec in published_models.specs() if spec.name == table]
    types = {column["name"]: column["data_type"] for column in published_models.models()[table]["columns"]}
    update = "update candidate.{table} set "
    found = {
        "key_present": [f"{update}{column} = null" for column in spec.primary_key],
        "key_unique": [_DUPLICATE],
    }
    for key in spec.foreign_keys:
        column, parent = key.columns[-1], key.referenced_columns[-1]
        invented = "'invented'" if types[column] == "text" else "17"
        found[f"{parent.rpartition('_')[0]}_known"] = [f"{update}{column} = {invented}"]
    return found


def derived(expectation: Expectation) -> list[str]:
    """Return the violations that follow from an expectation's type, or from a code that says it all."""
    options, code = expectation.kwargs, expectation.code
    update = f"update candidate.{{table}} set {options.get('column')} = "
    match expectation.type.removeprefix("expect_"):
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
    begin, is_order, end = code.partition("_before_")
    if is_order:
        return [f"update candidate.{{table}} set {begin} = '2023-03-02', {end} = '2023-03-01'"]
    return []
