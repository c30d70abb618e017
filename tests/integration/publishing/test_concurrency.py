"""Two at once, a rebuilt candidate, a killed backend: the old publication stays whole and the next one repairs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from green_freight.publishing import publish
from green_freight.publishing.errors import CandidateRebuiltError, InvalidCandidateError, PublishingError
from green_freight.warehouse import lease

from tests.integration.publishing.conftest import Star


def test_two_publishers_of_one_build_publish_once(star: Star) -> None:
    star.publish()
    for round_no in range(1, 6):
        star.fill(round_no)
        build_id, run_id = star.build(), f"run-{star.builds}"
        with ThreadPoolExecutor(2) as pool:
            both = list(
                pool.map(lambda _, b=build_id, r=run_id: publish(star.warehouse, r, b, star.specs), range(2))
            )
        assert sorted(outcome.outcome_code for outcome in both) == ["already_published", "published"]
    with star.warehouse.connect("reader") as reader:
        assert reader.execute("select count(*), max(publication_no) from publication").fetchone() == (6, 6)


def test_a_candidate_built_again_since_its_audit_is_refused(star: Star) -> None:
    star.publish()
    before = star.state()
    star.fill(1)
    audited = star.build()
    star.fill(2)
    star.build(outcome="built")
    with pytest.raises(
        CandidateRebuiltError, match=f"not build {audited} any more: run run-3 has made build 3"
    ):
        star.publish(audited)
    assert star.state() == before


def test_a_candidate_that_another_run_holds_is_refused(star: Star) -> None:
    build_id = star.build()
    with lease.held(star.warehouse, "another-run"):
        pass
    with pytest.raises(lease.CandidateLeasedError, match="another-run has held the candidate"):
        star.publish(build_id)
    lease.release(star.warehouse, "another-run")
    assert star.publish(build_id).outcome_code == "published"


def test_a_candidate_table_that_vanished_is_refused(star: Star) -> None:
    build_id = star.build()
    with star.warehouse.connect("builder") as builder:
        builder.execute("drop table candidate.scorecard")
    with pytest.raises(PublishingError, match=r"candidate\.scorecard"):
        star.publish(build_id)


def test_dbt_waits_for_the_publication_to_have_read_its_table(star: Star) -> None:
    """A table replaced in the middle of the merge is replaced after it, and the merge is whole."""
    star.publish()
    star.fill(7)
    build_id = star.build()
    with held_up(star) as let_go, ThreadPoolExecutor(1) as pool:
        publishing = pool.submit(star.publish, build_id)
        wait_for_merge(star)
        with star.warehouse.connect("builder") as builder, pytest.raises(psycopg.errors.LockNotAvailable):
            builder.execute("set lock_timeout = '300ms'")
            builder.execute("drop table candidate.fct_session")
        let_go()
        assert publishing.result(30).outcome_code == "published"
    assert star.read("fct_session") == set(star.rows["fct_session"])


def test_a_backend_killed_in_the_middle_is_repaired_by_the_next(star: Star) -> None:
    star.publish()
    before = star.state()
    star.fill(9, stations=5)
    build_id = star.build()
    with held_up(star), ThreadPoolExecutor(1) as pool:
        publishing = pool.submit(star.publish, build_id)
        pid = wait_for_merge(star)
        with star.warehouse.admin() as admin:
            admin.execute("select pg_terminate_backend(%s)", [pid])
        with pytest.raises(psycopg.OperationalError):
            publishing.result(30)
    assert star.state() == before
    assert star.state(schema="mart_asof") == before
    assert star.publish(build_id).publication_no == 2
    assert star.state() == {name: set(rows) for name, rows in star.rows.items()}


def test_a_failure_at_the_last_table_leaves_the_old_publication_whole(star: Star) -> None:
    star.publish()
    before = star.state()
    with star.warehouse.admin() as admin:
        admin.execute("alter table mart.scorecard add constraint planted check (round_no < 5)")
    star.fill(6, stations=6, sessions=40)
    build_id = star.build()
    with pytest.raises(InvalidCandidateError, match=r"a check of mart refuses a row \(planted"):
        star.publish(build_id)
    assert star.state() == before
    with star.warehouse.connect("owner") as owner:
        assert owner.execute("select count(*) from mart_history.fct_session").fetchone() == (0,)
    with star.warehouse.admin() as admin:
        admin.execute("alter table mart.scorecard drop constraint planted")
    assert star.publish(build_id).publication_no == 2


@contextmanager
def held_up(star: Star) -> Iterator[Callable[[], object]]:
    """Make every merge wait before it writes its record, by a trigger that asks for a lock; give its release."""
    holder = star.warehouse.admin()
    holder.execute("select pg_advisory_lock(77)")
    with star.warehouse.admin() as admin:
        admin.execute(
            "create function public.wait() returns trigger language plpgsql as "
            "$$begin perform pg_advisory_xact_lock(77); return new; end$$"
        )
        admin.execute("grant usage on schema public to green_freight_publisher")
        admin.execute("grant execute on function public.wait() to green_freight_publisher")
        admin.execute(
            "create trigger hold before insert on mart.publication for each row execute function public.wait()"
        )
        try:
            yield lambda: holder.execute("select pg_advisory_unlock(77)")
        finally:
            holder.close()
            admin.execute("drop trigger hold on mart.publication")


def wait_for_merge(star: Star) -> int:
    """Return the publishing backend's pid once it has merged and waits at its record."""
    deadline = time.monotonic() + 20
    with star.warehouse.admin() as admin:
        while time.monotonic() < deadline:
            row = admin.execute(
                "select pid from pg_stat_activity where usename = 'green_freight_publisher' "
                "and wait_event_type = 'Lock' and query like '%mart.publication %'"
            ).fetchone()
            if row:
                return int(row[0])
            time.sleep(0.05)
    raise AssertionError("no publication reached its record")


def test_a_second_run_waits_for_the_lease(star: Star) -> None:
    with lease.held(star.warehouse, "first"):
        pass
    threading.Timer(1, lease.release, [star.warehouse, "first"]).start()
    with lease.held(star.warehouse, "second", wait=timedelta(seconds=60)):
        pass
