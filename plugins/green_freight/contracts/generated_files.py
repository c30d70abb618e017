"""What `./green-freight dictionary --write` generates for dbt: sources, the seeds of datasets and of agencies' labels,
the list of indicators.

dbt has to know by name, before it reads the project, what a model refers to; a list in SQL would repeat the files.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import yaml

from green_freight.contracts import code_lists, contracts
from green_freight.settings import PROJECT

SOURCES = PROJECT / "dbt_project" / "models" / "sources.yml"
DATASETS = PROJECT / "dbt_project" / "seeds" / "dataset.csv"
LABELS = PROJECT / "dbt_project" / "seeds" / "agency_label.csv"
INDICATORS = PROJECT / "dbt_project" / "macros" / "evidence_indicators.sql"
AGENCIES = PROJECT / "plugins" / "green_freight" / "agencies"
EVIDENCE_MODELS = PROJECT / "dbt_project" / "models" / "indicators" / "evidence"
_HEADER = "# Generated from the contracts by ./green-freight dictionary --write; do not edit.\n"
_INDICATORS = """\
{# Generated from the models of the folder evidence by ./green-freight dictionary --write; do not edit. #}
{% macro evidence_indicators() %}
    {{ return([
        CODES
    ]) }}
{% endmacro %}
"""


def generated_files() -> dict[Path, str]:
    """Return the text that each generated file of the dbt project has to have.

    Raises:
        ContractError: a contract file is not usable.
    """
    return {SOURCES: _sources(), DATASETS: _datasets(), LABELS: _labels(), INDICATORS: _indicators()}


def _sources() -> str:
    tables = [{"name": found.id, "description": found.grain} for found in contracts().values()]
    raw = {
        "name": "raw",
        "description": "各单位交付的数据，按契约装载 / what the agencies delivered, loaded by contract",
        "schema": "raw",
        "tables": tables,
    }
    document = {"version": 2, "sources": [raw]}
    return _HEADER + yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=1000)


def _datasets() -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("dataset_id", "agency_code", "delivery_name", "granularity_code", "name_zh", "name_en"))
    for found in contracts().values():
        rows.writerow(
            (found.id, found.agency, found.delivery, found.granularity, found.title_zh, found.title_en)
        )
    return text.getvalue()


def _labels() -> str:
    """Return the labels of what agencies deliver: each code list under its name, and the agencies themselves."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("kind", "code", "label_zh", "label_en", "sort_order"))
    for kind, codes in code_lists.listed_codes().items():
        for position, code in enumerate(codes, 1):
            rows.writerow((kind, code.value, *code.label.split(" / ", 1), position))
    for path in sorted(AGENCIES.glob("*.yaml")):
        agency = yaml.safe_load(path.read_text(encoding="utf-8"))
        name = agency["name"]
        rows.writerow(("agency", agency["code"], name["zh"], name["en"], agency["position"]))
    return text.getvalue()


def _indicators() -> str:
    names = sorted(path.stem for path in EVIDENCE_MODELS.glob("int_evidence__*.sql"))
    codes = [f"'{name.removeprefix('int_evidence__')}'" for name in names]
    return _INDICATORS.replace("CODES", ",\n        ".join(codes))
