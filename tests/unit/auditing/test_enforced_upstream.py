"""What enforces the rules that are no expectations is there; where it goes, the rule becomes an expectation again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import chain

from green_freight.auditing.expectations import read_suites
from green_freight.contracts import contracts
from green_freight.settings import PROJECT

from tests import published_models
from tests.integration.auditing.enforced_upstream import RULES


def test_what_enforces_each_rule_is_stated_where_the_catalogue_says() -> None:
    missing = [
        f"{rule.table}.{rule.code}: {statement}"
        for rule in RULES
        for statement in rule.by
        if statement not in enforced() and not _in_the_database(statement)
    ]
    assert missing == []


def test_no_rule_is_an_expectation_as_well() -> None:
    codes = {
        (suite.table, one.code)
        for suite in read_suites(published_models.specs())
        for one in suite.expectations
    }
    assert [rule for rule in RULES if (rule.table, rule.code) in codes] == []
    assert all(rule.by for rule in RULES)


@cache
def enforced() -> frozenset[str]:
    """Return what contracts, dbt unit tests and expectations enforce, as the catalogue writes it."""
    suites = read_suites(published_models.specs())
    unit_tests = {
        name
        for path in (PROJECT / "dbt_project" / "models").rglob("*_unit_tests.yml")
        for name in re.findall(r"^  - name: (\w+)", path.read_text(encoding="utf-8"), re.M)
    }
    return frozenset(
        {
            *_of_contracts(),
            *(f"dbt unit test: {name}" for name in unit_tests),
            *(
                f"dbt constraint: {name}.{column['name']} {constraint['type']}"
                for name, model in published_models.models().items()
                for column in model["columns"]
                for constraint in column.get("constraints") or ()
            ),
            *(f"expectation: {suite.table}.{one.code}" for suite in suites for one in suite.expectations),
        }
    )


def _of_contracts() -> Iterator[str]:
    for contract in contracts().values():
        for column in contract.columns:
            name = f"{contract.id}.{column.name}"
            if column.required:
                yield f"{name} required"
            if column.codes and column.rejects_invalid:
                yield f"{name} coded"
            yield f"{name} at least {column.minimum}"
            yield f"{name} at most {column.maximum}"
        for rule in contract.rules:
            lists = ([value] if isinstance(value, str) else value for value in rule.settings.values())
            yield " ".join([contract.id, rule.name, *chain.from_iterable(lists)])


def _in_the_database(statement: str) -> bool:
    kind, _, constraint = statement.partition("database: ")
    migrations = (PROJECT / "plugins" / "green_freight" / "warehouse" / "migrations").glob("*.sql")
    return not kind and any(constraint in path.read_text(encoding="utf-8") for path in migrations)
