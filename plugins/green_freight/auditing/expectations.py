"""The expectations of each published table: those of `expectations/<table>.yml` and those that follow from its keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from green_freight.auditing.rules import LINEAGE, QUERY, column_name, default_texts, read_rule, sql
from green_freight.messages import message, read_words
from green_freight.publishing.specs import ForeignKey, TableSpec
from green_freight.settings import PROJECT

EXPECTATIONS = PROJECT / "expectations"
SHARED = "_shared.yml"

# Rows of a failure that a result keeps.
SAMPLE_ROWS = 20

_NEEDED = {"severity", "zh", "en"}
_DEFAULT_ACTION = "developers"


@dataclass(frozen=True)
class Expectation:
    """One rule of one table: its code, what must hold, what an operator does otherwise, and how GX evaluates it."""

    code: str
    severity: str
    zh: str
    en: str
    action_zh: str
    action_en: str
    type: str
    kwargs: Mapping[str, Any]

    def configuration(self) -> dict[str, Any]:
        """Return the expectation as Great Expectations takes it; its page in the Data Docs shows the text."""
        return {
            "type": self.type,
            "kwargs": dict(self.kwargs),
            "severity": self.severity,
            "description": f"{self.zh} / {self.en}",
            "meta": {"code": self.code},
        }


@dataclass(frozen=True)
class Suite:
    """The expectations of one candidate table.

    `key` names the columns that identify a bad row, `key_names` those that do in any table; `month_column` is that of a
    large fact's months, of which only those of the build are evaluated (None: the whole table). A row of a traced table
    names its file.
    """

    table: str
    key: tuple[str, ...]
    month_column: str | None
    expectations: tuple[Expectation, ...]
    key_names: frozenset[str] = frozenset()
    is_traced: bool = False

    def __getitem__(self, code: str) -> Expectation:
        return next(one for one in self.expectations if one.code == code)


def read_suites(specs: Sequence[TableSpec], folder: Path = EXPECTATIONS) -> list[Suite]:
    """Return the suite of every published table, in the order of the tables' names.

    Raises ValueError where a file belongs to no published table, an expectation lacks its severity or a text or does
    not have exactly one rule, or two of a table have one code or say the same.
    """
    shared = read_words(folder / SHARED)
    files = {path.stem: path for path in folder.glob("*.yml") if path.name != SHARED}
    unknown = sorted(files.keys() - {spec.name for spec in specs})
    if unknown:
        tables = {"tables_zh": "、".join(unknown), "tables_en": ", ".join(unknown)}
        raise ValueError(message("expectations_of_unpublished_tables", **tables))
    key_names = frozenset(column for spec in specs for column in spec.primary_key)
    suites = []
    for spec in sorted(specs, key=lambda spec: spec.name):
        path = files.get(spec.name)
        own = read_words(path) if path else {}
        expectations = (*_of_keys(spec, shared), *(_read(spec, shared, code, own[code]) for code in own))
        _refuse_duplicates(spec.name, expectations)
        is_traced = spec.columns.keys() >= set(LINEAGE)
        suites.append(
            Suite(
                spec.name, spec.primary_key, spec.partition_month_column, expectations, key_names, is_traced
            )
        )
    return suites


def _read(spec: TableSpec, shared: Mapping[str, Any], code: str, own: Mapping[str, Any]) -> Expectation:
    """Return one expectation of a file; what is left of it beside severity, texts and action is its rule."""
    try:
        text = {**default_texts(shared, code, own), **own}
        if _NEEDED - text.keys():
            raise KeyError(", ".join(sorted(_NEEDED - text.keys())))
        action = text.get("action", _DEFAULT_ACTION)
        action = shared["actions"][action] if isinstance(action, str) else action
        rule = read_rule(
            spec, shared, code, {key: text[key] for key in text if key not in _NEEDED | {"action"}}
        )
        zh, en = (text[language].format(**rule.facts) for language in ("zh", "en"))
        return Expectation(
            code,
            text["severity"],
            zh,
            en[:1].upper() + en[1:],
            action["zh"],
            action["en"],
            rule.type,
            rule.kwargs,
        )
    except (KeyError, TypeError) as missing:
        raise ValueError(
            message("expectation_incomplete", table=spec.name, expectation=code, missing=missing)
        ) from None


def _of_keys(spec: TableSpec, shared: Mapping[str, Any]) -> Iterator[Expectation]:
    """Yield what follows from the keys: the primary key is filled and unique, every reference finds its parent."""
    key = ", ".join(spec.primary_key)
    names = {"key": key, "key_zh": "、".join(_name_zh(spec, column) for column in spec.primary_key)}
    any_null = " or ".join(f"{column} is null" for column in spec.primary_key)
    yield _of_key(spec, shared, "key_present", "key_present", names, any_null=any_null)
    # Grouped: the window that Great Expectations' own expectation counts by takes four times as long.
    yield _of_key(spec, shared, "key_unique", "key_unique", names, key=key)
    for reference in spec.foreign_keys:
        yield _of_reference(spec, shared, reference)


def _of_reference(spec: TableSpec, shared: Mapping[str, Any], reference: ForeignKey) -> Expectation:
    column, parent_column = reference.columns[-1], reference.referenced_columns[-1]
    is_lineage = reference.references == "dim_source_file"
    applies = f"b.{column} is not null"
    if is_lineage:
        applies = "not b.is_inferred" if "is_inferred" in spec.columns else "true"
    pairs = zip(reference.columns, reference.referenced_columns, strict=True)
    return _of_key(
        spec,
        shared,
        "lineage" if is_lineage else "parent_known",
        re.sub(r"_(key|code|no)$", "", parent_column) + "_known",
        {"column": column, "column_zh": _name_zh(spec, column), "parent": reference.references},
        parent=reference.references,
        same_key=" and ".join(f"d.{parent} = b.{child}" for child, parent in pairs),
        applies=applies,
        parent_column=parent_column,
    )


def _of_key(
    spec: TableSpec,
    shared: Mapping[str, Any],
    template: str,
    code: str,
    names: Mapping[str, str],
    **arguments: str,
) -> Expectation:
    text, action = shared["keys"][template], shared["actions"][_DEFAULT_ACTION]
    return Expectation(
        code=code,
        severity=text["severity"],
        zh=text["zh"].format(**names),
        en=text["en"].format(**names),
        action_zh=action["zh"],
        action_en=action["en"],
        type=QUERY,
        kwargs={"unexpected_rows_query": sql(spec, shared, text["sql"], arguments)},
    )


def _name_zh(spec: TableSpec, column: str) -> str:
    """Return a column's Chinese name without its unit or standard."""
    return column_name(spec, column).zh.partition("（")[0]


def _refuse_duplicates(table: str, expectations: Sequence[Expectation]) -> None:
    """A result is found by its code, and Great Expectations may merge two expectations that say the same."""
    codes = [one.code for one in expectations]
    rules = [f"{one.type} {dict(one.kwargs)}" for one in expectations]
    for values in (codes, rules):
        duplicates = sorted({value for value in values if values.count(value) > 1})
        if duplicates:
            names = {"names_zh": "、".join(duplicates), "names_en": ", ".join(duplicates)}
            raise ValueError(message("expectations_alike", table=table, **names))
