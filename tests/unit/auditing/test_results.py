"""A verdict as a line of a log or an alert."""

from __future__ import annotations

from dataclasses import replace

from green_freight.auditing.audit import failures
from green_freight.auditing.results import Verdict
from green_freight.auditing.suites import Suite

FAILED = Verdict(
    table_name="dim_pile",
    expectation_code="station_known",
    expectation_type="unexpected_rows_expectation",
    column_name=None,
    severity_code="critical",
    is_success=False,
    observed_value="1200",
    unexpected_count=1200,
    sample=[{"pile_key": f"power:{number}"} for number in range(20)],
    message_zh="桩所属站存在；请转给开发人员",
    message_en="the pile's station is known; pass it on",
)


def test_sentence_names_table_code_words_count_and_first_rows() -> None:
    assert FAILED.sentence() == (
        "critical dim_pile.station_known: 桩所属站存在；请转给开发人员 / the pile's station is known; pass it on "
        '(1,200 rows) {"pile_key": "power:0"}; {"pile_key": "power:1"}; {"pile_key": "power:2"}'
    )


def test_sentence_tells_why_an_expectation_broke() -> None:
    broken = replace(
        FAILED, observed_value="could not be evaluated: no column", unexpected_count=None, sample=[]
    )
    assert broken.sentence().endswith("(0 rows) [could not be evaluated: no column]")


def test_kind_is_the_severity_of_a_failure() -> None:
    assert FAILED.kind == "critical"
    assert replace(FAILED, severity_code="warning").kind == "warning"
    assert replace(FAILED, is_success=True).kind == "passed"


def test_critical_failures_and_expectations_nobody_judged_are_reasons_not_to_publish() -> None:
    suite = Suite(
        "dim_pile", ("pile_key",), None, ({"meta": {"code": "station_known"}}, {"meta": {"code": "lost"}})
    )
    warning = replace(FAILED, severity_code="warning")
    assert failures([suite], [FAILED]) == [
        FAILED.sentence(),
        "critical dim_pile.lost: 未被评判 / was not judged",
    ]
    assert failures([suite], [warning, replace(FAILED, expectation_code="lost", is_success=True)]) == []
