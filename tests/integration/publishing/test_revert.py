"""Going back is a new publication of an old state: whole, on the record, and not undone by what comes next unseen."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg
import pytest
from green_freight.publishing import PublicationNotFoundError, PublicationOutcome, revert
from green_freight.publishing.errors import UnauditedChangeError
from green_freight.warehouse import lease, runs
from green_freight.warehouse.lease import CandidateLeasedError

from .conftest import CITY, OCTOBER, SEPTEMBER, Star


def go_back(star: Star, publication_no: int) -> PublicationOutcome:
    star.builds += 1
    run_id = f"run-{star.builds}"
    runs.begin(star.warehouse, run_id, "revert", date(2025, 9, 30), "sent by mistake")
    return revert(star.warehouse, run_id, publication_no, "somebody")


def rounds(star: Star, count: int) -> list[dict[str, set[Any]]]:
    """Publish some rounds and return the states that readers saw."""
    states = []
    for round_no in range(count):
        star.fill(round_no, sessions=20 + round_no)
        star.publish()
        states.append(star.state())
    return states


def test_an_old_state_is_published_whole_as_a_new_one(star: Star) -> None:
    states = rounds(star, 4)
    outcome = go_back(star, 2)
    assert (outcome.outcome_code, outcome.publication_no) == ("published", 5)
    assert star.state() == states[1]
    for number, state in enumerate([*states, states[1]], start=1):
        assert star.state({"green_freight.publication": str(number)}, schema="mart_asof") == state
    with star.warehouse.connect("reader") as reader:
        record = reader.execute(
            "select kind_code, reason, reverted_to, approved_by, approval_reason, build_id from publication "
            "where publication_no = 5"
        ).fetchone()
        old, new = (
            reader.execute(
                "select build_id, as_of_date from publication where publication_no = %s", [number]
            ).fetchone()
            for number in (2, 5)
        )
    assert old and record == ("revert", "sent by mistake", 2, "somebody", "sent by mistake", old[0])
    # A date that was moved ahead by mistake comes back with the state that is published again.
    assert new == old


def test_going_back_to_what_stands_changes_nothing(star: Star) -> None:
    rounds(star, 2)
    assert go_back(star, 2).outcome_code == "unchanged"
    go_back(star, 1)
    assert go_back(star, 3).outcome_code == "unchanged"


def test_after_a_revert_every_month_that_differs_must_be_audited(star: Star) -> None:
    """A build that was planned before the revert does not name the months that the revert changed."""
    states = rounds(star, 2)
    # The same number of rows a month, other values: only a comparison finds it.
    star.rows["fct_session"] = [
        (*row[:4], row[4] + 7) if row[1] == SEPTEMBER else row for row in star.rows["fct_session"]
    ]
    star.fit_total(2)
    star.publish()
    go_back(star, 2)
    assert star.state() == states[1]
    with pytest.raises(UnauditedChangeError, match="fct_session, 2025-09 goes from 11 to 11 rows"):
        star.publish(star.build(months=[OCTOBER]))
    assert star.state() == states[1]
    # Not what the revert took away, which somebody would have to approve.
    star.rows["fct_session"] = [
        (*row[:4], row[4] + 1) if row[1] == SEPTEMBER else row for row in star.rows["fct_session"]
    ]
    star.fit_total(2)
    assert star.publish(star.build(months=[SEPTEMBER])).outcome_code == "published"
    assert star.read("fct_session") == set(star.rows["fct_session"])


def test_a_build_that_was_published_before_a_revert_is_still_known(star: Star) -> None:
    rounds(star, 1)
    star.fill(1)
    build_id = star.build()
    star.publish(build_id)
    go_back(star, 1)
    again = star.publish(build_id)
    assert (again.outcome_code, again.publication_no) == ("already_published", 2)


def test_there_is_no_going_back_to_what_never_was_or_past_somebody_who_builds(star: Star) -> None:
    states = rounds(star, 2)
    with pytest.raises(PublicationNotFoundError, match="99"):
        go_back(star, 99)
    with lease.held(star.warehouse, "another run"), pytest.raises(CandidateLeasedError, match="another run"):
        go_back(star, 1)
    lease.release(star.warehouse, "another run")
    assert star.state() == states[1]


def test_removed_parents_and_children_come_back_together(star: Star) -> None:
    states = rounds(star, 1)
    star.rows["dim_station"] = star.rows["dim_station"][:1]
    star.rows["fct_session"] = [(*row[:3], "s0", row[4]) for row in star.rows["fct_session"][:4]]
    star.fit_total(1)
    star.publish()
    go_back(star, 1)
    assert star.state() == states[0]
    with star.warehouse.connect("publisher") as publisher, pytest.raises(psycopg.errors.ForeignKeyViolation):
        publisher.execute(
            "insert into mart.fct_session values (%s, %s, 'x', 'nowhere', 1, 5)", [CITY, SEPTEMBER]
        )
