"""Two commands in one home: the second is refused with a clear word; the last user of a thing knows it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from local_stack.locks import HomeBusyError, UseCount, sole_command


def test_the_second_command_is_told_who_holds_the_home(tmp_path: Path) -> None:
    with (
        sole_command(tmp_path, "run"),
        pytest.raises(HomeBusyError) as refused,
        sole_command(tmp_path, "clean"),
    ):
        pass
    assert f"`run` (pid {os.getpid()}" in str(refused.value)
    assert "GREEN_FREIGHT_HOME" in str(refused.value)


def test_the_home_is_free_afterwards(tmp_path: Path) -> None:
    with sole_command(tmp_path, "run"):
        pass
    with sole_command(tmp_path, "run"):
        pass


def test_only_the_last_user_is_the_last(tmp_path: Path) -> None:
    first, second = UseCount(tmp_path / "users"), UseCount(tmp_path / "users")
    assert not first.is_last()
    second.release()
    assert first.is_last()
    first.release()
