"""The page of failure codes holds every code, and the committed page is the generated one."""

from __future__ import annotations

import csv

from green_freight.errors import KINDS
from green_freight.loading.outcomes import ROW_REASONS, STOP_REASONS
from green_freight.reporting import pages
from green_freight.settings import PROJECT


def test_every_code_has_a_row_with_both_languages() -> None:
    lines = pages.failure_codes().splitlines()
    for code in (*KINDS, *STOP_REASONS, *ROW_REASONS):
        rows = [line for line in lines if line.startswith(f"| `{code}` |")]
        assert rows, code
        assert all(row.count(" / ") >= 2 for row in rows), rows


def test_the_committed_page_is_what_the_code_says_now() -> None:
    said = pages.FAILURE_CODES.read_text(encoding="utf-8")
    assert said == pages.failure_codes(), "run ./green-freight dictionary --write"


def test_every_reason_of_a_row_has_a_label_and_no_other_has_one() -> None:
    seed = PROJECT / "dbt_project" / "seeds" / "label.csv"
    rows = csv.DictReader(seed.read_text("utf-8").splitlines())
    assert [row["code"] for row in rows if row["kind"] == "rejection_reason"] == list(ROW_REASONS)
