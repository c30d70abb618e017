"""Processes are recorded by the kernel's own account of them and stopped whatever they do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from local_stack import processes


@pytest.fixture
def records(tmp_path: Path) -> Path:
    folder = tmp_path / "with space" / "processes"
    folder.mkdir(parents=True)
    return folder


def _start(records: Path, script: str, name: str = "child") -> processes.Recorded:
    return processes.start(
        name,
        [sys.executable, "-c", script],
        os.environ,
        records,
        records.parent / f"{name}.log",
        records.parent,
    )


def _wait_for_line(records: Path, text: str) -> None:
    deadline = time.monotonic() + 10
    while text not in processes.log_tail(records.parent / "child.log"):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_child_is_recorded_with_its_own_session(records: Path) -> None:
    child = _start(records, "import time; time.sleep(60)")
    try:
        assert child.is_alive()
        assert os.getsid(child.pid) == child.pid
        assert [one.name for one in processes.recorded(records)] == ["child"]
    finally:
        processes.stop([child])
    assert not child.is_alive()
    assert processes.recorded(records) == []


def test_a_child_that_ignores_sigterm_is_killed_with_its_own_children(records: Path) -> None:
    child = _start(
        records,
        "import signal, subprocess, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "subprocess.Popen(['sleep', '60'], process_group=0); print('ready', flush=True); time.sleep(60)",
    )
    _wait_for_line(records, "ready")
    assert len(child.members()) == 2
    processes.stop([child], grace_seconds=0.3)
    assert child.members() == []


def test_a_grandchild_is_found_after_its_parent_has_gone(records: Path) -> None:
    child = _start(
        records, "import subprocess; subprocess.Popen(['sleep', '60']); print('ready', flush=True)"
    )
    _wait_for_line(records, "ready")
    while child.is_alive():
        time.sleep(0.01)
    assert len(child.members()) == 1
    processes.kill(processes.recorded(records))
    assert child.members() == []


def test_a_recycled_process_id_is_not_taken_for_ours(records: Path) -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as foreign:
        child = _start(records, "pass")
        taken = replace(child, pid=foreign.pid, started=child.started + 10)
        assert not taken.is_alive()
        assert taken.members() == []
        processes.kill([taken])
        assert foreign.poll() is None
        foreign.kill()


def test_a_record_of_another_boot_is_nobody(records: Path) -> None:
    child = _start(records, "import time; time.sleep(60)")
    earlier = replace(child, boot_id="0e0e0e0e-0000-0000-0000-000000000000")
    assert not earlier.is_alive()
    assert earlier.members() == []
    processes.stop([child])


def test_what_runs_is_nobody_in_a_copy_of_the_home_and_moves_with_it(records: Path) -> None:
    _start(records, "import time; time.sleep(60)")
    shutil.copytree(records, copy := records.with_name("copy"))
    [copied] = processes.recorded(copy)
    assert not copied.is_alive()
    assert copied.members() == []
    processes.stop([copied])
    records.rename(moved := records.with_name("moved"))
    [known] = processes.recorded(moved)
    assert known.is_alive()
    processes.stop([known])
    assert not known.is_alive()


def test_a_record_of_an_older_release_is_understood(records: Path) -> None:
    child = _start(records, "import time; time.sleep(60)")
    text = child.record.read_text(encoding="ascii")
    child.record.write_text(" ".join(text.split()[:3]) + "\n", encoding="ascii")
    [known] = processes.recorded(records)
    assert known == child
    processes.stop([known])


def test_a_program_that_does_not_exist_says_so(records: Path) -> None:
    log = records.parent / "nothing.log"
    with pytest.raises(processes.ProcessDiedError, match="/no/such/program"):
        processes.start("nothing", ["/no/such/program"], os.environ, records, log, records.parent)
