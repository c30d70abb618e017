"""The lease on the candidate: one run has it from build to publication, and a killed step's is free at once."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest
from green_freight.warehouse import lease

from tests.conftest import Warehouse

SOON = timedelta(seconds=60)
STEP = """
import sys, time
from green_freight.warehouse import Warehouse, lease
with lease.held(Warehouse({"builder": sys.argv[1]}, None, ""), "killed"):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_run_keeps_the_candidate_from_step_to_step_until_it_gives_it_back(warehouse: Warehouse) -> None:
    with lease.held(warehouse, "first"), warehouse.connect("loader") as loader:
        working = lease.holder(loader)
        assert working is not None and working.backend_pid
        with (
            pytest.raises(lease.CandidateLeasedError, match=f"server process {working.backend_pid}"),
            lease.held(warehouse, "second", role="publisher"),
        ):
            pass
    with warehouse.connect("loader") as loader:
        between = lease.holder(loader)
        assert between is not None and between.backend_pid is None
    with (
        pytest.raises(lease.CandidateLeasedError, match=r"run first has held .* between two steps"),
        lease.held(warehouse, "second"),
    ):
        pass
    with lease.held(warehouse, "first", role="publisher"), warehouse.connect("loader") as loader:
        again = lease.holder(loader)
        assert again is not None and again.acquired_at == working.acquired_at
        lease.release(warehouse, "first")
    with lease.held(warehouse, "second"):
        pass


def test_a_step_that_is_repeated_waits_for_the_first_attempt_with_an_end(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "SAME_RUN_WAIT", timedelta(0))
    with (
        lease.held(warehouse, "first"),
        pytest.raises(lease.CandidateLeasedError, match="run first has held"),
        lease.held(warehouse, "first"),
    ):
        pass


def test_the_time_between_two_steps_has_an_end(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "BETWEEN_STEPS", timedelta(0))
    with lease.held(warehouse, "first"):
        pass
    with lease.held(warehouse, "second"):
        pass


@pytest.mark.parametrize("ahead", ["1 hour", "1 year"])
def test_a_clock_that_was_set_back_does_not_keep_the_candidate(warehouse: Warehouse, ahead: str) -> None:
    with lease.held(warehouse, "first"):
        pass
    with warehouse.connect("builder") as builder:
        builder.execute("update ops.candidate_lease set expires_at = expires_at + %s::interval", [ahead])
    with lease.held(warehouse, "second"):
        pass


def test_the_candidate_of_a_killed_step_is_free_at_once(warehouse: Warehouse) -> None:
    step = subprocess.Popen(
        [sys.executable, "-c", STEP, warehouse.url("builder")], stdout=subprocess.PIPE, text=True
    )
    assert step.stdout is not None and step.stdout.readline() == "held\n"
    with (
        pytest.raises(lease.CandidateLeasedError, match="run killed has held"),
        lease.held(warehouse, "next"),
    ):
        pass
    step.kill()
    step.wait()
    with lease.held(warehouse, "next", wait=SOON), warehouse.connect("loader") as loader:
        found = lease.holder(loader)
    assert found is not None and found.run_id == "next"
