"""What a revert took away does not return unapproved, whatever it is; the usual rules apply to other content."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest
from green_freight import pipeline
from green_freight.publishing import TableSpec, revert
from green_freight.revisions import ApprovalMissingError, FigureChange
from green_freight.warehouse import lease, runs

from .conftest import CITY, OCTOBER, SEPTEMBER, Star

JULY = date(2025, 7, 1)
STATION = "station_added"
CARRIER = "carrier_added"
TYPES = {
    "year": "int",
    "due_on": "date",
    "as_of_date": "date",
    "is_synthetic": "boolean",
    **dict.fromkeys(("numerator", "denominator", "actual_value", "target_value", "weight"), "numeric(20,6)"),
}
COLUMNS = {
    "dim_indicator": ("formula_zh", "formula_en", "target_kind", "measure_kind_code"),
    "fct_indicator_target": ("year", "target_value", "due_on", "judged_by_code"),
    "fct_indicator_value": (
        "region_code", "period_month", "indicator_name_zh", "indicator_name_en", "numerator", "denominator",
        "actual_value", "target_value", "status_code", "null_reason_code", "revision_state_code", "as_of_date",
        "is_synthetic",
    ),
    "fct_indicator_evidence": (
        "period_month", "part_code", "entity_kind_code", "entity_key", "weight", "source_file_key",
    ),
    "dim_source_file": ("source_file_key", "agency_code", "delivery_name", "period_label"),
}  # fmt: skip
KEYS = {
    "dim_indicator": ("city_code", "indicator_code"),
    "fct_indicator_target": ("city_code", "indicator_code", "year"),
    "fct_indicator_value": ("city_code", "indicator_code", "region_code", "period_month"),
    "fct_indicator_evidence": ("city_code", "indicator_code", "period_month", "part_code", "entity_key"),
    "dim_source_file": ("city_code", "indicator_code", "source_file_key"),
}

Counted = dict[tuple[str, date], str]


class Figures(Star):
    """The star with figures, each of which counts the stations or carriers that it is given as letters."""

    def __init__(self, star: Star) -> None:
        super().__init__(star.warehouse, types={**star.types, **TYPES}, rows=star.rows)
        self.specs += [
            TableSpec(
                name=name,
                description=f"{name} / {name}",
                columns={
                    column: f"{column} / {column}" for column in ("city_code", "indicator_code", *columns)
                },
                primary_key=KEYS[name],
            )
            for name, columns in COLUMNS.items()
        ]
        with self.warehouse.connect("builder") as builder:
            builder.execute("create table reference.plan_indicator (indicator_code text, dataset_ids text)")
            builder.execute(
                "insert into reference.plan_indicator select unnest(%s::text[]), 'some'", [[STATION, CARRIER]]
            )

    def count(self, counted: Counted) -> Figures:
        """Let the candidate's figures be these."""
        codes = {code for code, _ in counted}
        self.rows["dim_indicator"] = [(CITY, code, "", "", "count", "stock") for code in codes]
        self.rows["fct_indicator_target"] = [
            (CITY, code, 2025, 10, "2025-12-31", "transport") for code in codes
        ]
        self.rows["fct_indicator_value"] = [
            (CITY, code, CITY, month, code, code, len(things), None, len(things), 10, "on_track", None, "open",
             "2025-09-30", True)
            for (code, month), things in counted.items()
        ]  # fmt: skip
        self.rows["fct_indicator_evidence"] = [
            (CITY, code, month, "numerator", "vehicle", thing, 1, "file")
            for (code, month), things in counted.items()
            for thing in things
        ]
        self.rows["dim_source_file"] = [
            (CITY, code, "file", "transport", code, "2025-09-30") for code in codes
        ]
        return self

    def build(self, *arguments: Any, **options: Any) -> int:
        """Build with new models each time, so that every change is explained."""
        build_id = super().build(*arguments, **options)
        with self.warehouse.connect("builder") as builder:
            builder.execute(
                "update ops.build set model_fingerprint = %s where build_id = %s", [build_id, build_id]
            )
        return build_id

    def waiting(self) -> set[tuple[str, date]]:
        """Build, compare, give the candidate back, and return the figures that wait because they undo a revert."""
        self.build()
        pipeline.compare(self.warehouse, self.run_id)
        found = pipeline.outstanding(self.warehouse, self.run_id)
        lease.release(self.warehouse, self.run_id)
        return {
            (change.key.indicator_code, change.key.period_month)
            for change in found
            if isinstance(change, FigureChange) and "undoes_revert" in change.approval_codes
        }

    def release(self, counted: Counted, approve: bool = False) -> int:
        """Publish figures as a night does, somebody approving where that is wanted; return the publication's number."""
        self.count(counted).build()
        pipeline.compare(self.warehouse, self.run_id)
        if approve:
            pipeline.approve(self.warehouse, self.run_id, "somebody", "it was right / 数据无误")
        return int(pipeline.publish(self.warehouse, self.run_id)["publication_no"])

    def go_back(self, publication_no: int) -> None:
        """Revert to a publication."""
        self.builds += 1
        runs.begin(self.warehouse, self.run_id, "revert", date(2025, 9, 30), "wrong / 有误")
        revert(self.warehouse, self.run_id, publication_no, "somebody")

    @property
    def run_id(self) -> str:
        return f"run-{self.builds}"


@pytest.fixture
def figures(star: Star) -> Figures:
    made = Figures(star)
    made.write_manifest()
    return made


def counted(station: str, carrier: str = "", month: date = SEPTEMBER) -> Counted:
    """Return figures of a month; without carriers there is no figure of them."""
    return {(STATION, month): station} | ({(CARRIER, month): carrier} if carrier else {})


def undone(*codes: str, month: date = SEPTEMBER) -> set[tuple[str, date]]:
    return {(code, month) for code in codes}


def test_what_only_later_publications_had_waits_night_after_night(figures: Figures) -> None:
    figures.release(counted("ab", month=JULY))
    all_of_it = {**counted("abc", "xy"), **counted("ab", "x", month=JULY)}
    figures.release(all_of_it)
    figures.go_back(1)
    figures.count(all_of_it)
    expected = undone(STATION, CARRIER) | undone(CARRIER, month=JULY)
    assert figures.waiting() == expected
    # A night or a backfill: the same again has to be asked about again.
    assert figures.waiting() == expected
    with pytest.raises(ApprovalMissingError, match=f"{CARRIER}"):
        figures.release(all_of_it)
    assert figures.release(all_of_it, approve=True) == 4
    # Approved once, it is published, and later nights are quiet.
    assert figures.waiting() == set()
    figures.release({**all_of_it, **counted("abcd", "xyz")})
    assert figures.waiting() == set()


def test_what_was_taken_away_waits_with_more_beside_it_and_other_content_does_not(figures: Figures) -> None:
    figures.release(counted("ab", "x"))
    figures.release(counted("abvw", "xyz"))
    figures.go_back(1)
    # All that the revert took away is back, with the news of a day.
    assert figures.count(counted("abvwc", "x")).waiting() == undone(STATION)
    # The source has withdrawn one of two: that is another fact.
    assert figures.count(counted("abv", "x")).waiting() == set()
    figures.release(counted("abv", "x"))
    # From here on the usual rules hold for this figure, and the other still stands as the revert left it.
    assert figures.count(counted("abvwc", "xyz")).waiting() == undone(CARRIER)


def test_what_was_lost_before_the_revert_is_not_lost_again_unseen(figures: Figures) -> None:
    figures.release(counted("abcdef", "xy"))
    figures.release(counted("ab"), approve=True)
    figures.go_back(1)
    assert figures.count(counted("ab")).waiting() == undone(STATION, CARRIER)
    assert figures.count(counted("abg", "xy")).waiting() == undone(STATION)
    assert figures.count(counted("abcd", "xz")).waiting() == set()


def test_every_state_that_reverts_took_away_waits_and_what_they_restore_does_not(figures: Figures) -> None:
    figures.release(counted("a"))
    figures.release(counted("ab"))
    figures.release(counted("abc", "x"))
    figures.go_back(2)
    figures.go_back(1)
    for back in ("ab", "abc"):
        assert figures.count(counted(back)).waiting() == undone(STATION), back
    # A revert of the reverts: the source says what stands now, or what this revert took away.
    figures.go_back(3)
    assert figures.count(counted("abc", "x")).waiting() == set()
    assert figures.count(counted("a")).waiting() == undone(STATION, CARRIER)


def test_rows_of_a_large_fact_wait_whatever_their_share(figures: Figures) -> None:
    figures.release(counted("a"))
    wrong = sessions("wrong1", "wrong2")
    figures.rows["fct_session"] += wrong
    figures.release(counted("a"))
    figures.go_back(1)
    assert waiting_months(figures) == {SEPTEMBER}
    # With the sessions of the next day beside them, of which October has one too.
    figures.rows["fct_session"] += [*sessions("next"), (CITY, OCTOBER, "later", "s0", 1)]
    assert waiting_months(figures) == {SEPTEMBER}
    figures.rows["fct_session"].remove(wrong[0])
    assert waiting_months(figures) == set()


def sessions(*keys: str) -> list[tuple[object, ...]]:
    return [(CITY, SEPTEMBER, key, "s0", 1) for key in keys]


def waiting_months(figures: Figures) -> set[date]:
    figures.waiting()
    found: Iterable[object] = pipeline.outstanding(figures.warehouse, figures.run_id)
    return {change.period_month for change in found if not isinstance(change, FigureChange)}  # type: ignore[attr-defined]
