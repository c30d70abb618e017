"""Every kind of thing that the evidence models count has its table, key, datasets and details."""

from __future__ import annotations

import re
from functools import cache

import pytest
from green_freight.contracts import contract
from green_freight.entities import UnknownEntityKindError, entity_kind, entity_kinds
from green_freight.messages import read_words
from green_freight.settings import PROJECT

DBT = PROJECT / "dbt_project"
# The macro that writes an evidence row has the kind as its third argument, the one that writes a model as `entity`.
_KINDS = re.compile(r"evidence_columns\(\s*[\w']+,\s*'\w+',\s*'(\w+)'|'entity': '(\w+)'")


def counted_kinds(sql: str) -> set[str]:
    """Return the kinds that the SQL of evidence models names."""
    return {direct or described for direct, described in _KINDS.findall(sql)}


@cache
def _published_columns() -> dict[str, set[str]]:
    pages = [read_words(page) for page in (DBT / "models").rglob("*.yml")]
    models = [model for page in pages for model in page.get("models") or []]
    return {model["name"]: {column["name"] for column in model.get("columns") or []} for model in models}


def test_each_kind_that_dbt_counts_is_mapped_and_no_other() -> None:
    sql = "\n".join(page.read_text(encoding="utf-8") for page in sorted(DBT.rglob("*.sql")))
    assert counted_kinds(sql) == entity_kinds().keys()


@pytest.mark.parametrize(
    "sql",
    [
        "{{ evidence_columns(\n 'a', 'numerator', 'tram', 'trams.key', of='trams') }}",
        "{{ counted_evidence('a', numerator={'of': ref('dim_tram'), 'entity': 'tram', 'when': []}) }}",
    ],
    ids=["row", "model"],
)
def test_a_kind_that_dbt_would_add_is_found(sql: str) -> None:
    assert counted_kinds(sql) == {"tram"}


@pytest.mark.parametrize("code", entity_kinds())
def test_a_kinds_table_key_datasets_and_code_lists_exist(code: str) -> None:
    kind, columns = entity_kind(code), _published_columns()
    assert set(re.findall(r"[a-z_]+_key\b", kind.key)) <= columns[kind.table]
    assert all(contract(dataset).id == dataset for dataset in kind.datasets)
    for detail in kind.details:
        if detail.codes_of:
            dataset, _, column = detail.codes_of.partition(".")
            assert contract(dataset).column(column).codes, detail


def test_an_unknown_kind_is_an_error_that_names_it() -> None:
    with pytest.raises(UnknownEntityKindError, match="tram"):
        entity_kind("tram")
