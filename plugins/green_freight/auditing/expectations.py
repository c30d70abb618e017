"""The expectations of each published table: those of `expectations/<table>.yml` and those that follow from its keys."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from green_freight.contracts import contracts
from green_freight.contracts.code_lists import code_list
from green_freight.labels import labels
from green_freight.messages import message
from green_freight.publishing.specs import ForeignKey, TableSpec
from green_freight.settings import PROJECT

EXPECTATIONS = PROJECT / "expectations"
SHARED = "_shared.yml"

# Rows of a failure that a result keeps.
SAMPLE_ROWS = 20

_NEEDED = {"severity", "zh", "en"}
_DEFAULT_ACTION = "developers"
_QUERY = "unexpected_rows_expectation"


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

    `key` names the columns that identify a bad row; `month_column` that of a large fact's months, of which only those
    of the build are evaluated (None: the whole table).
    """

    table: str
    key: tuple[str, ...]
    month_column: str | None
    expectations: tuple[Expectation, ...]

    def __getitem__(self, code: str) -> Expectation:
        return next(one for one in self.expectations if one.code == code)

    def result_format(self, expectation_type: str) -> dict[str, Any]:
        """Return what Great Expectations reports of the bad rows of an expectation of this type, with their keys.

        Only COMPLETE carries a query's rows, at most 200; for a column expectation COMPLETE has no bound, and SUMMARY
        keeps a broken table of a million rows from being sent back.
        """
        return {
            "result_format": "COMPLETE" if expectation_type == _QUERY else "SUMMARY",
            "partial_unexpected_count": SAMPLE_ROWS,
            "unexpected_index_column_names": list(self.key),
        }


def read_suites(specs: Sequence[TableSpec], folder: Path = EXPECTATIONS) -> list[Suite]:
    """Return the suite of every published table, in the order of the tables' names.

    Raises ValueError where a file belongs to no published table, an expectation lacks its severity or a text or does
    not have exactly one rule, or two of a table have one code or say the same.
    """
    shared = yaml.safe_load((folder / SHARED).read_text(encoding="utf-8"))
    files = {path.stem: path for path in folder.glob("*.yml") if path.name != SHARED}
    unknown = sorted(files.keys() - {spec.name for spec in specs})
    if unknown:
        tables = {"tables_zh": "、".join(unknown), "tables_en": ", ".join(unknown)}
        raise ValueError(message("expectations_of_unpublished_tables", **tables))
    suites = []
    for spec in sorted(specs, key=lambda spec: spec.name):
        path = files.get(spec.name)
        own = yaml.safe_load(path.read_text(encoding="utf-8")) if path else {}
        expectations = (*_of_keys(spec, shared), *(_read(spec, shared, code, own[code]) for code in own))
        _refuse_duplicates(spec.name, expectations)
        suites.append(Suite(spec.name, spec.primary_key, spec.partition_month_column, expectations))
    return suites


def _read(spec: TableSpec, shared: Mapping[str, Any], code: str, text: Mapping[str, Any]) -> Expectation:
    """Return one expectation of a file; what is left of it beside severity, texts and action is its rule."""
    text = {**shared["texts"].get(code, {}), **text}
    rule = {key: value for key, value in text.items() if key not in _NEEDED | {"action"}}
    try:
        if _NEEDED - text.keys():
            raise KeyError(", ".join(sorted(_NEEDED - text.keys())))
        action = text.get("action", _DEFAULT_ACTION)
        action = shared["actions"][action] if isinstance(action, str) else action
        kind, kwargs = _rule(spec, shared, rule)
        return Expectation(
            code, text["severity"], text["zh"], text["en"], action["zh"], action["en"], kind, kwargs
        )
    except (KeyError, TypeError) as missing:
        raise ValueError(
            message("expectation_incomplete", table=spec.name, expectation=code, missing=missing)
        ) from None


def _rule(spec: TableSpec, shared: Mapping[str, Any], rule: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    def query(text: str, arguments: Mapping[Any, Any] | None = None) -> tuple[str, dict[str, Any]]:
        return _QUERY, {"unexpected_rows_query": _sql(spec, shared, text, arguments)}

    match sorted(rule.items()):
        case [("sql", text)]:
            return query(text)
        case [("where", condition)]:
            return query(shared["rules"]["where"], {"condition": condition})
        case [("rule", {"name": name, **arguments})]:
            return query(shared["rules"][name], arguments)
        case _ if "recomputed" in rule or "delivered" in rule:
            return query(shared["rules"]["recomputed"], _of_rows(spec, shared, **rule))
        case [("column", column), ("not_null", True)]:
            return "expect_column_values_to_not_be_null", {"column": column}
        case [("column", column), ("in", values)]:
            return _in_set(column, values)
        case [("code_list", name), ("column", column)]:
            return _in_set(column, code_list(name).codes)
        case [("column", column), ("labels", kind)]:
            return _in_set(column, labels(kind))
        case [("column", column), ("regex", regex)]:
            return "expect_column_values_to_match_regex", {"column": column, "regex": regex}
        case [("between", [low, high]), ("column", column)]:
            bounds = {"min_value": low, "max_value": high}
            bounded = {name: bound for name, bound in bounds.items() if bound is not None}
            return "expect_column_values_to_be_between", {"column": column, **bounded}
    raise KeyError(f"the rule {sorted(rule)}")


def _of_rows(
    spec: TableSpec,
    shared: Mapping[str, Any],
    recomputed: str = "",
    delivered: str = "",
    counted: Sequence[Mapping[str, Any]] = (),
    only: Collection[str] | None = None,
) -> dict[str, str]:
    """Return what the rule `recomputed` needs to compare the columns of a table; `counted` fills `{things}` in the SQL.

    `{codes}` stands there for the codes of what is counted.

    TypeError where the rule has another part.
    """
    compared = [column for column in spec.columns if only is None or column in {*spec.primary_key, *only}]
    things = "\n    union all\n    ".join(_counted(shared["counted"], **one) for one in counted)
    return {
        "recomputed": (recomputed or delivered).strip().replace("\n", "\n    "),
        "things": things,
        "codes": ", ".join(sorted({f"'{one['code']}'" for one in counted if "code" in one})),
        "keys": ",\n    ".join(
            f"coalesce(b.{column}, e.{column}) as {column}" for column in spec.primary_key
        ),
        "first": spec.primary_key[0],
        "same_key": " and ".join(f"b.{column} = e.{column}" for column in spec.primary_key),
        "found": ", ".join(f"b.{column}" for column in compared),
        "expected": ", ".join(f"e.{column}" for column in compared),
        "holds": shared["names"]["raw_is_as_built"] if delivered else "true",
    }


def _counted(template: Mapping[str, Any], **thing: Any) -> str:
    """Return the SQL of one kind of thing that counts: the template's select, filled with what the thing states."""
    filled = {**template["otherwise"], **thing}
    if filled["until"] in ("year", "quarter"):
        length = "1 year" if filled["until"] == "year" else "3 months"
        filled["until"] = f"date_trunc('{filled['until']}', {filled['since']}) + interval '{length}'"
    return str(template["select"]).format(**{"key": f"n.{filled['kind']}_key", **filled}).strip()


def _in_set(column: str, values: Iterable[Any]) -> tuple[str, dict[str, Any]]:
    return "expect_column_values_to_be_in_set", {"column": column, "value_set": list(values)}


@cache
def _newest_records() -> dict[str, str]:
    """Return the newest version of each dataset's records in `raw` without deleted ones, as a subquery by its name."""
    found = {}
    for contract in contracts().values():
        key = ", ".join(column.name for column in contract.key)
        order = f"{key}, changed_at desc" if "changed_at" in contract.names else key
        kept = "not is_deleted" if "is_deleted" in contract.names else "true"
        found[f"newest_{contract.id}"] = (
            f"(select * from (select distinct on ({key}) * from raw.{contract.id}"  # noqa: S608
            f" order by {order}, _period desc, _row_number desc) as v where {kept})"
        )
    return found


def _sql(
    spec: TableSpec, shared: Mapping[str, Any], query: str, arguments: Mapping[Any, Any] | None = None
) -> str:
    """Fill what the project's SQL may name; `{batch}` is left to Great Expectations."""
    places = {
        **shared["names"],
        **_newest_records(),
        "published": f"intermediate.published_{spec.name}",
        "registered": "not is_inferred" if "is_inferred" in spec.columns else "true",
    }
    for name, value in {**(arguments or {}), **places}.items():
        query = query.replace(f"{{{name}}}", str(value))
    # In a query that joins, Great Expectations leaves the alias of its subquery to the author; in others it adds one.
    if re.search(r"\bjoin\b", query):
        query = re.sub(r"\{batch\}(?! as )", "{batch} as batch", query)
    return query.strip()


def _of_keys(spec: TableSpec, shared: Mapping[str, Any]) -> Iterator[Expectation]:
    """Yield what follows from the keys: the primary key is filled and unique, every reference finds its parent."""
    key = ", ".join(spec.primary_key)
    names = {"key": key, "key_zh": "、".join(column_name_zh(spec, column) for column in spec.primary_key)}
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
        {"column": column, "column_zh": column_name_zh(spec, column), "parent": reference.references},
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
        type=_QUERY,
        kwargs={"unexpected_rows_query": _sql(spec, shared, text["sql"], arguments)},
    )


def column_name_zh(spec: TableSpec, column: str) -> str:
    """Return a column's Chinese name: its description up to the first punctuation."""
    return re.split(r"[（：，；。]| / ", spec.columns[column])[0].strip()


def _refuse_duplicates(table: str, expectations: Sequence[Expectation]) -> None:
    """A result is found by its code, and Great Expectations may merge two expectations that say the same."""
    codes = [one.code for one in expectations]
    rules = [f"{one.type} {dict(one.kwargs)}" for one in expectations]
    for values in (codes, rules):
        duplicates = sorted({value for value in values if values.count(value) > 1})
        if duplicates:
            names = {"names_zh": "、".join(duplicates), "names_en": ", ".join(duplicates)}
            raise ValueError(message("expectations_alike", table=table, **names))
