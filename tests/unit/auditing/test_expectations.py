"""The expectations as files: texts in both languages, queries that run and keep the style, contradictions refused."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
import yaml
from green_freight.auditing.expectations import EXPECTATIONS, SHARED, Suite, read_suites
from green_freight.auditing.rules import column_name
from green_freight.building.plan import PERIOD_MODELS
from green_freight.publishing.specs import TableSpec
from green_freight.settings import PROJECT
from sqlfluff.core import FluffConfig, Linter

from tests import published_models

SUITES = read_suites(published_models.specs())
BY_TABLE = pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.table)


def queries(suite: Suite) -> list[str]:
    kwargs = [one.kwargs for one in suite.expectations]
    return [one["unexpected_rows_query"] for one in kwargs if "unexpected_rows_query" in one]


def test_every_published_table_has_its_suite() -> None:
    assert [suite.table for suite in SUITES] == sorted(spec.name for spec in published_models.specs())


@pytest.mark.parametrize("spec", published_models.specs(), ids=lambda spec: spec.name)
def test_keys_and_parents_follow_from_the_constraints(spec: Any) -> None:
    [suite] = [suite for suite in SUITES if suite.table == spec.name]
    assert suite.key == spec.primary_key
    present = suite["key_present"].kwargs["unexpected_rows_query"]
    assert all(f"{column} is null" in present for column in spec.primary_key)
    assert "、" in suite["key_unique"].zh and ", ".join(spec.primary_key) in suite["key_unique"].en
    references = [one for one in suite.expectations if " as d on d." in str(one.kwargs)]
    for key in spec.foreign_keys:
        [found] = [
            one
            for one in references
            if f"candidate.{key.references} as d" in one.kwargs["unexpected_rows_query"]
            and f" = b.{key.columns[-1]}" in one.kwargs["unexpected_rows_query"]
            and one.code.endswith("_known")
        ]
        assert found.severity == "critical"


def test_large_facts_are_evaluated_by_month_and_keys_are_grouped() -> None:
    large = {suite.table for suite in SUITES if suite.month_column}
    assert large == {*PERIOD_MODELS}
    assert {suite["key_unique"].type for suite in SUITES} == {"unexpected_rows_expectation"}


@BY_TABLE
def test_expectations_say_what_is_wrong_and_what_to_do(suite: Suite) -> None:
    for one in suite.expectations:
        assert one.severity in ("critical", "warning")
        assert re.search("[\u4e00-\u9fff]", one.zh) and re.search("[\u4e00-\u9fff]", one.action_zh), one
        assert re.match("[A-Z0-9].*[a-z]{3}", one.en) and re.match("[A-Z].*[a-z]{3}", one.action_en), one
        assert not re.search("[\u4e00-\u9fff]", one.en + one.action_en), one
        assert one.configuration()["description"] == f"{one.zh} / {one.en}"


def test_texts_follow_from_the_rule_and_the_columns_names() -> None:
    found = {suite.table: suite for suite in SUITES}
    energy = found["fct_charging_session"]["energy_kwh_in_range"]
    assert energy.zh == "充电量（千瓦时）应在 0 至 1,000 之间"
    assert energy.en == "Energy in kWh (energy_kwh) is between 0 and 1,000"
    kept = found["fct_fund_payment"]["not_shrunk"]
    assert kept.zh == "行数较上次发布减少不超过 10%（3 行以内不计）"
    assert kept.en == "The table lost at most 10% of its rows (3 rows aside) since the last publication"
    order = found["dim_pile"]["in_service_on_before_out_of_service_on"]
    assert order.zh == "退役日期不早于投运日期"
    assert order.en == "The value of out_of_service_on is not before that of in_service_on"


@pytest.mark.parametrize(
    ("description", "zh", "en"),
    [
        ("充电量（千瓦时） / energy in kWh", "充电量（千瓦时）", "energy in kWh"),
        ("状态：met 达标、behind 滞后 / status: met, behind", "状态", "status"),
        (
            "燃油消耗（升）；天然气车辆除外 / fuel in litres; not natural gas",
            "燃油消耗（升）",
            "fuel in litres",
        ),
        ("号牌（大写，无间隔号） / plate, upper case", "号牌（大写，无间隔号）", "plate"),
        ("站点类型（T/CEC 102） / station type (T/CEC 102)", "站点类型（T/CEC 102）", "station type"),
    ],
)
def test_a_columns_name_is_its_description_up_to_what_explains_it(description: str, zh: str, en: str) -> None:
    assert column_name(TableSpec("t", "", {"c": description}, ("c",)), "c") == (zh, en)


@BY_TABLE
def test_queries_are_such_as_great_expectations_can_run(suite: Suite) -> None:
    for query in queries(suite):
        assert {field for _, field, _, _ in Formatter().parse(query)} <= {"batch", None}, query
        assert "{batch}" in query
        # SQLAlchemy takes `:name` for a parameter, even between quotes.
        assert not re.search(r"(?<!:):[A-Za-z]", query)
        # Great Expectations names the batch itself unless the query joins.
        assert bool(re.search(r"\bjoin\b", query)) == bool(re.search(r"\{batch\} as ", query))
        # The build under audit, never just the newest.
        assert "ops.build" not in query


def written_sql() -> dict[str, str]:
    """Return the SQL of the files, by table and code, with names in the places of what is filled in."""
    found: dict[str, str] = {}
    names = yaml.safe_load((EXPECTATIONS / SHARED).read_text(encoding="utf-8"))["names"]
    for path in sorted(EXPECTATIONS.glob("*.yml")):
        content = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
        if path.name == SHARED:
            found |= {f"{SHARED} {name}": sql for name, sql in content["rules"].items()}
            continue
        for code, text in content.items():
            if rule := text.keys() & {"sql", "recomputed", "delivered"}:
                found[f"{path.stem}.{code}"] = text[rule.pop()]
            elif "where" in text:
                # The condition alone is indented like the lines of a `where` of its own.
                condition = text["where"].strip().replace("\n", "\n    ")
                selected = "select * from {batch}"
                if "beside" in text:
                    selected = f"select b.*\nfrom {{batch}} as b\n{names[text['beside']]}"
                found[f"{path.stem}.{code}"] = f"{selected}\nwhere\n    {condition}"
    # Names and numbers that stand for what is filled in.
    fill = {
        **{
            name: f"{name}()"
            for name in ("as_of_date", "first_day", "last_day", "is_synthetic", "built_from")
        },
        "beside": "inner join t as o on b.a = o.a",
        "unsuitable_energy": "v.a",
        "among": "t",
        "figure_text": "f.name",
        "figure_texts": "cross join t as f",
        "value": "count(*)",
        **{name: f"{name} as (select a from t)" for name in ("parts", "booked_later")},
        **dict.fromkeys(("things", "recomputed"), "select a from t"),
        **dict.fromkeys(("keys", "same_key", "found", "expected", "holds"), "b.a"),
        **dict.fromkeys(("bad", "counts"), "true"),
        **dict.fromkeys(("lost", "aside", "change", "share", "rows", "factor"), "10"),
        "origin": "n.a",
        "same_figure": "p.a = v.a",
        "condition": "true",
        "counted": "count(*)",
        "total": "sum(energy_kwh)",
        "columns": "a, b",
        "published": "published_table",
        "kind": "'a'",
        "of": "city_code",
    }
    return {
        name: re.sub(r"\{(\w+)\}", lambda place: fill.get(place[1], place[1]), sql).strip() + "\n"
        for name, sql in found.items()
    }


def test_everything_that_expectations_share_is_used() -> None:
    paths = {path.name: path.read_text(encoding="utf-8") for path in EXPECTATIONS.glob("*.yml")}
    shared = yaml.safe_load(paths[SHARED])
    text = "".join(paths.values())
    tables = [yaml.safe_load(content) for name, content in paths.items() if name != SHARED]
    stated = [*shared["texts"].values(), *(one for table in tables for one in table.values())]
    codes = {code for table in tables for code in table} | {one.get("rule") for one in stated}
    actions = {one.get("action") for one in stated if isinstance(one.get("action"), str)}
    # What the reader of the files names itself.
    of_reader = {"where", "where_beside", "recomputed", "raw_is_as_built", "developers"}
    assert shared["rules"].keys() - codes - of_reader == set()
    assert shared["texts"].keys() - codes == set()
    assert shared["actions"].keys() - actions - of_reader == set()
    named = re.findall(r"\{(\w+)\}|beside: (\w+)", text)
    assert shared["names"].keys() - {name for pair in named for name in pair} - of_reader == set()


def test_the_sql_keeps_the_style_of_the_models() -> None:
    config = FluffConfig.from_path(str(PROJECT / "dbt_project"), overrides={"templater": "raw"})
    linter = Linter(config=config)
    violations = [
        f"{name}: {found.desc()}"
        for name, sql in written_sql().items()
        for found in linter.lint_string(sql).get_violations()
    ]
    assert violations == []


def test_the_style_test_sees_a_fault() -> None:
    config = FluffConfig.from_path(str(PROJECT / "dbt_project"), overrides={"templater": "raw"})
    assert Linter(config=config).lint_string("SELECT a from batch\n").get_violations()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text["inside"].pop("severity"), "inside needs or does not know 'severity'"),
        (lambda text: text["inside"].pop("en"), "inside needs or does not know 'en'"),
        (lambda text: text["inside"].update(action="nobody"), "does not know 'nobody'"),
        (lambda text: text["inside"].update(sql="select 1"), r"the rule \['sql', 'where'\]"),
        (lambda text: text["inside"].update(wher=text["inside"].pop("where")), r"the rule \['wher'\]"),
        (lambda text: text.update(not_shrunk={"lost": 5}), "does not know 'not_shrunk: aside'"),
        (
            lambda text: text.update(not_shrunk={"lost": 5, "aside": 3, "a_side": 3}),
            "does not know 'not_shrunk: a_side'",
        ),
        (lambda text: text.update(unit_kind_code_is={"in": ["a"]}), "does not know 'unit_kind_code_is'"),
        (lambda text: text.update(unit_code_present={"not_null": True}), "does not know 'severity'"),
        (lambda text: text.update(other=text["inside"]), "two expectations that are alike: unexpected_rows"),
        (
            lambda text: text.update(key_present=text["inside"]),
            "two expectations that are alike: key_present",
        ),
    ],
)
def test_an_expectation_that_cannot_be_evaluated_is_refused(tmp_path: Path, change: Any, words: str) -> None:
    shutil.copy(EXPECTATIONS / SHARED, tmp_path)
    text = {"inside": {"severity": "critical", "zh": "规则", "en": "Rule", "where": "bay_count > 9"}}
    change(text)
    (tmp_path / "dim_unit.yml").write_text(yaml.safe_dump(text), encoding="utf-8")
    with pytest.raises(ValueError, match=words):
        read_suites(published_models.specs(), tmp_path)


def test_a_file_of_a_table_that_is_not_published_is_refused(tmp_path: Path) -> None:
    shutil.copy(EXPECTATIONS / SHARED, tmp_path)
    (tmp_path / "dim_unti.yml").write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match="not published: dim_unti"):
        read_suites(published_models.specs(), tmp_path)
