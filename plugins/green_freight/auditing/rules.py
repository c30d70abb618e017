"""The rule of an expectation: the expectation of Great Expectations that evaluates it, and what its texts may name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from green_freight.contracts import contracts
from green_freight.labels import Label, labels
from green_freight.publishing.specs import TableSpec

QUERY = "unexpected_rows_expectation"
# Where a row of a traced table was read: its file, and its place there.
LINEAGE = ("source_file_key", "source_sheet", "source_row_number")

# The keys of which a rule of one column has one, beside the column.
_OF_COLUMN = ("between", "at_least", "in", "labels", "regex", "not_null")
# The codes of such rules end so; what stands before is the column.
_CODE_ENDINGS = ("_in_range", "_in_code_list", "_well_formed", "_present")
# Names in the SQL of a shared rule that need no argument.
_FILLED_IN = {"batch", "published", "registered", "id"}


@dataclass(frozen=True)
class Rule:
    """An expectation of Great Expectations with its arguments, and the facts that its texts may name."""

    type: str
    kwargs: Mapping[str, Any]
    facts: Mapping[str, Any]


def default_texts(shared: Mapping[str, Any], code: str, own: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `_shared.yml` states for an expectation: for its kind of rule, its shared rule and its code."""
    of_column: dict[str, Any] = next((shared["columns"][kind] for kind in _OF_COLUMN if kind in own), {})
    of_code = shared["texts"].get(code, {})
    rule = own.get("rule") or of_code.get("rule")
    return {**of_column, **shared["texts"].get(rule, {}), **of_code}


def read_rule(spec: TableSpec, shared: Mapping[str, Any], code: str, rule: Mapping[str, Any]) -> Rule:
    """Return the rule that is left of an expectation beside its severity, texts and action.

    Raises:
        KeyError: it is none, has an unknown part, or lacks one.
    """

    def query(text: str, arguments: Mapping[Any, Any] | None = None) -> Rule:
        kwargs = {"unexpected_rows_query": sql(spec, shared, text, arguments)}
        return Rule(QUERY, kwargs, _facts(spec, arguments or {}))

    name = rule.get("rule", code)
    match sorted(rule.items()):
        case [("sql", text)]:
            return query(text)
        case [("where", condition)]:
            return query(shared["rules"]["where"], {"condition": condition})
        case [("beside", other), ("where", condition)]:
            arguments = {"beside": shared["names"][other], "condition": condition}
            return query(shared["rules"]["where_beside"], arguments)
        case _ if "recomputed" in rule or "delivered" in rule:
            return query(shared["rules"]["recomputed"], _of_rows(spec, shared, **rule))
        case _ if name in shared["rules"]:
            arguments = {key: value for key, value in rule.items() if key != "rule"}
            if wrong := arguments.keys() ^ _places(shared, name):
                raise KeyError(f"{name}: {', '.join(sorted(wrong))}")
            return query(shared["rules"][name], arguments)
        case _ if len(kinds := rule.keys() & {*_OF_COLUMN}) == 1 and rule.keys() <= kinds | {"column"}:
            [kind] = kinds
            return _of_column(spec, rule.get("column") or _column(code), kind, rule[kind])
    raise KeyError(f"the rule {sorted(rule)}")


def _of_column(spec: TableSpec, column: str, kind: str, value: Any) -> Rule:
    if column not in spec.columns:
        raise KeyError(column)
    expected: tuple[str, dict[str, Any]]
    facts: dict[str, Any] = {"column": column}
    match kind:
        case "between":
            low, high = value
            expected = "be_between", {"min_value": low, "max_value": high}
            facts |= {"low": low, "high": high}
        case "at_least":
            expected = "be_between", {"min_value": value}
            facts |= {"low": value}
        case "in":
            expected = "be_in_set", {"value_set": list(value)}
        case "labels":
            expected = "be_in_set", {"value_set": list(labels(value))}
        case "regex":
            expected = "match_regex", {"regex": value}
        case _:
            expected = "not_be_null", {}
    name, kwargs = expected
    return Rule(f"expect_column_values_to_{name}", {"column": column, **kwargs}, _facts(spec, facts))


def _column(code: str) -> str:
    return next((code.removesuffix(ending) for ending in _CODE_ENDINGS if code.endswith(ending)), code)


def _places(shared: Mapping[str, Any], name: str) -> set[str]:
    """Return the arguments that the SQL of a shared rule needs."""
    known: set[str] = {*_FILLED_IN, *shared["names"], *newest_records()}
    return set(re.findall(r"\{(\w+)\}", shared["rules"][name])) - known


def _facts(spec: TableSpec, arguments: Mapping[Any, Any]) -> dict[str, Any]:
    """Return what the texts of an expectation may name: its arguments, and the names of those that are columns."""
    facts: dict[str, Any] = {}
    for key, value in arguments.items():
        facts[key] = f"{value:,}" if isinstance(value, int | float) else value
        if value in spec.columns:
            name = column_name(spec, value)
            facts |= {f"{key}_zh": name.zh, f"{key}_en": name.en}
    return facts


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
    # Of a row that is missing in the table, what was delivered names the file.
    named = dict.fromkeys([*spec.primary_key, *(column for column in LINEAGE if column in compared)])
    selects = [select for one in counted for select in _counted(shared["counted"], **one)]
    return {
        "recomputed": (recomputed or delivered).strip().replace("\n", "\n    "),
        "things": "\n    union all\n    ".join(selects),
        "codes": ", ".join(
            sorted({found for select in selects for found in re.findall(r"^select ('\w+')", select)})
        ),
        "keys": ",\n    ".join(f"coalesce(b.{column}, e.{column}) as {column}" for column in named),
        "first": spec.primary_key[0],
        "same_key": " and ".join(f"b.{column} = e.{column}" for column in spec.primary_key),
        "found": ", ".join(f"b.{column}" for column in compared),
        "expected": ", ".join(f"e.{column}" for column in compared),
        "holds": shared["names"]["raw_is_as_built"] if delivered else "true",
    }


def _counted(template: Mapping[str, Any], **thing: Any) -> Iterator[str]:
    """Yield the SQL of a kind of thing that counts, for each of its codes: the template's select, filled.

    `{code}` in what the thing states stands for the code.
    """
    codes = [thing["code"]] if isinstance(thing["code"], str) else thing["code"]
    for code in codes:
        filled = {key: str(value).replace("{code}", code) for key, value in thing.items()}
        yield _select(template, {**filled, "code": code})


def _select(template: Mapping[str, Any], thing: Mapping[str, str]) -> str:
    filled = {**template["otherwise"], **thing}
    if filled["until"] in ("year", "quarter"):
        length = "1 year" if filled["until"] == "year" else "3 months"
        filled["until"] = f"date_trunc('{filled['until']}', {filled['since']}) + interval '{length}'"
    return str(template["select"]).format(**{"key": f"n.{filled['kind']}_key", **filled}).strip()


@cache
def newest_records() -> dict[str, str]:
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


def sql(
    spec: TableSpec, shared: Mapping[str, Any], query: str, arguments: Mapping[Any, Any] | None = None
) -> str:
    """Return SQL with its arguments and what the project's SQL may name; `{batch}` is left to Great Expectations."""
    places = {
        **shared["names"],
        **newest_records(),
        "published": f"intermediate.published_{spec.name}",
        "registered": "not is_inferred" if "is_inferred" in spec.columns else "true",
        "id": spec.primary_key[-1],
    }
    for name, value in {**(arguments or {}), **places}.items():
        query = query.replace(f"{{{name}}}", str(value))
    # In a query that joins, Great Expectations leaves the alias of its subquery to the author; in others it adds one.
    if re.search(r"\bjoin\b", query):
        query = re.sub(r"\{batch\}(?! as )", "{batch} as batch", query)
    return query.strip()


def column_name(spec: TableSpec, column: str) -> Label:
    """Return a column's name in both languages: its description up to what explains it; a unit belongs to the name."""
    zh, _, en = spec.columns[column].partition(" / ")
    named = re.match(r"[^：，；。（]*(（[^）]*）)?", zh)
    return Label(named[0].strip() if named else zh, re.split(r"[:,;(]", en)[0].strip())
