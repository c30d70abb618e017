"""The operator's pages over a warehouse after a night, and before it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest
from green_freight.operator_pages import PageError, Pages
from green_freight.operator_pages.pages import MENU
from green_freight.reporting import run_report

from tests.conftest import Warehouse

from .pipeline_warehouse import PipelineWarehouse

HEAVY = """
import sys
import green_freight.operator_pages
heavy = ("dbt", "great_expectations", "airflow", "green_freight.contracts")
print([name for name in sys.modules if name.startswith(heavy)])
"""


def test_the_pages_say_what_the_warehouse_says(refreshed: PipelineWarehouse) -> None:
    warehouse = refreshed.database
    pages = Pages(warehouse, "/below/green-freight")
    with warehouse.connect("builder") as session:
        shown = session.execute(
            "select indicator_name_zh, actual_display, status_name_zh from mart.scorecard where year = 2025"
        ).fetchall()
        [(build, run, number)] = session.execute(
            "select build_id, run_id, publication_no from mart.publication order by 3 desc limit 1"
        ).fetchall()
        warned = session.execute(
            "select expectation_code, sample from ops.verdict where build_id = %s and not is_success", [build]
        ).fetchall()
        states = session.execute(
            "select count(*) from ops.coverage where extract(year from period_month) = 2024"
        ).fetchall()
    scorecard = pages.scorecard(2025)
    assert len(shown) == scorecard.count("<tr>") - 1
    for name, actual, status in shown:
        assert re.search(f"<td>{name}<small>.*?{re.escape(actual or '')}.*?{status}", scorecard, re.DOTALL), (
            name
        )
    assert '<base href="/below/green-freight/">' in scorecard
    coverage = pages.coverage(2024)
    assert (
        len(re.findall(r'<td class="(?:complete|partial|missing|not_due)" title', coverage)) == states[0][0]
    )
    validations = pages.validations()
    assert warned
    for code, sample in warned:
        assert code in validations
        assert all(str(value) in validations for value in list(sample[0].values())[1:2])
    assert f'href="publication?number={number}"' in pages.publications()
    assert f"Publication {number}" in pages.publication(number)
    assert f"publication?number={number}" in pages.run(run)
    assert all(f'href="{address}"' in scorecard for address in MENU)
    with refreshed.database.admin() as admin:
        admin.execute("update mart.data_quality set is_stale = subject_code = 'postal_tricycle'")
    note = run_report.note(warehouse, run, ["power.fetch"])
    assert f"Publication {number} was published" in note and "power.fetch" in note
    assert [line.count("postal_tricycle") for line in note.splitlines() if "postal_tricycle" in line] == [2]
    assert "Failed tasks" not in run_report.note(warehouse, run, [])
    assert "This run published nothing" in run_report.note(warehouse, "nightly_refresh/other", [])


def test_what_is_not_there_is_said(refreshed: PipelineWarehouse) -> None:
    pages = Pages(refreshed.database, "")
    missing: list[Callable[[], str]] = [
        lambda: pages.scorecard(1999),
        lambda: pages.coverage(1999),
        lambda: pages.validations(10**6),
        lambda: pages.publication(10**6),
        lambda: pages.run("nightly_refresh/<b>"),
    ]
    for ask in missing:
        with pytest.raises(PageError, match=r"没有.*There is no") as raised:
            ask()
        assert raised.value.status == 404
    assert "&lt;b&gt;" in pages.failure("<b>")
    unreachable = dict.fromkeys(("reader", "builder"), "postgresql://127.0.0.1:1/none")
    with pytest.raises(PageError, match="无法连接") as raised:
        Pages(replace(refreshed.database, urls=unreachable), "").scorecard()
    assert raised.value.status == 503


def test_before_the_first_publication_the_pages_say_so(module_warehouse: Warehouse) -> None:
    pages = Pages(module_warehouse, "")
    for ask in (pages.scorecard, pages.coverage, pages.validations):
        with pytest.raises(PageError, match="没有"):
            ask()
    assert "发布 · Publications" in pages.publications()


def test_the_pages_import_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", HEAVY], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
