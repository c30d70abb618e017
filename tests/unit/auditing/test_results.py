"""A result as a line of a log or an alert."""

from __future__ import annotations

from dataclasses import replace

from green_freight.auditing.audit import failures
from green_freight.auditing.expectations import Expectation, Suite
from green_freight.auditing.results import ExpectationResult, in_order_of_weight

FAILED = ExpectationResult(
    table_name="dim_pile",
    expectation_code="station_known",
    expectation_type="unexpected_rows_expectation",
    column_name=None,
    severity_code="critical",
    is_success=False,
    observed_value="1200",
    unexpected_count=1200,
    sample=[{"pile_key": f"power:{number}"} for number in range(20)],
    message_zh="桩所属站存在。请转给开发人员。",
    message_en="The pile's station is known. Pass it on.",
    change_code="growing",
    new_count=1100,
    resolved_count=2,
)


def expectation(code: str) -> Expectation:
    return Expectation(code, "critical", "规则", "Rule", "处理", "Action", "unexpected_rows_expectation", {})


def test_sentence_names_table_code_count_rule_and_first_rows() -> None:
    assert FAILED.sentence() == (
        "【严重，增加】校验规则 dim_pile.station_known 有 1,200 行不符合（上次发布后新增 1,100 行，消除 2 行）："
        "桩所属站存在。请转给开发人员。 / "
        "[critical, growing] 1,200 rows break the expectation dim_pile.station_known (1,100 new and 2 resolved since "
        "the last publication): The pile's station is known. Pass it on."
        ' 例 / Examples: {"pile_key": "power:0"}; {"pile_key": "power:1"}; {"pile_key": "power:2"}'
    )


def test_sentence_tells_why_an_expectation_broke() -> None:
    broken = replace(
        FAILED, is_broken=True, observed_value="no column x", unexpected_count=None, sample=[]
    ).sentence()
    assert "校验规则 dim_pile.station_known 无法执行：no column x。" in broken
    assert "The expectation dim_pile.station_known could not be evaluated: no column x." in broken


def test_code_is_the_severity_of_a_failure() -> None:
    assert FAILED.code == "critical"
    assert replace(FAILED, severity_code="warning").code == "warning"
    assert replace(FAILED, is_success=True).code == "passed"


def test_critical_failures_and_expectations_without_a_result_are_reasons_not_to_publish() -> None:
    suite = Suite("dim_pile", ("pile_key",), None, (expectation("station_known"), expectation("lost")))
    warning = replace(FAILED, severity_code="warning")
    assert failures([suite], [FAILED]) == [
        FAILED.sentence(),
        "【严重】校验规则 dim_pile.lost 没有结果。 / [critical] The expectation dim_pile.lost has no result.",
    ]
    assert failures([suite], [warning, replace(FAILED, expectation_code="lost", is_success=True)]) == []


def test_results_are_listed_critical_first_then_by_what_is_new() -> None:
    warning = replace(FAILED, severity_code="warning")
    wanted = [
        replace(FAILED, expectation_code="z"),
        replace(warning, expectation_code="d", change_code="new"),
        replace(warning, expectation_code="c", change_code="growing"),
        replace(warning, expectation_code="b", change_code="standing"),
        replace(warning, expectation_code="a", change_code="resolved", is_success=True),
        replace(warning, expectation_code="a", change_code=None, is_success=True),
    ]
    backwards = wanted[::-1]
    assert sorted(backwards, key=in_order_of_weight) == wanted
