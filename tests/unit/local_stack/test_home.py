"""A home that cannot be used is named by every command before anything starts."""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
from pathlib import Path
from typing import TextIO

import pytest
from typer.testing import CliRunner

from local_stack import postgres
from local_stack.cli import app
from local_stack.home import HomeError
from local_stack.locks import HomeBusyError, UseCount, sole_command

COMMANDS = [
    ["run"], ["up"], ["down"], ["status"], ["clean", "--yes"], ["scorecard"], ["logs"],
    ["backfill", "--from", "2025-09", "--day", "2025-09-30", "--reason", "test"],
    ["revert", "1", "--reason", "test"],
]  # fmt: skip
CHANGING = [command for command in COMMANDS if command[0] not in ("status", "scorecard", "logs")]
names = pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])


def _error(command: list[str], home: Path) -> BaseException | None:
    return CliRunner().invoke(app, command, env={"GREEN_FREIGHT_HOME": str(home)}).exception


@names
def test_a_home_that_is_a_file_is_named(command: list[str], tmp_path: Path) -> None:
    (home := tmp_path / "home").write_text("")
    for place in (home, home / "below"):
        if place != home and command[0] == "clean":
            continue
        error = _error(command, place)
        assert isinstance(error, HomeError), error
        assert str(place) in str(error) and "GREEN_FREIGHT_HOME" in str(error)


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone can make a home of another account")
@names
def test_a_home_of_another_account_is_named(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    os.chown(tmp_path / "secrets", 1, 1)
    error = _error(command, tmp_path)
    assert isinstance(error, HomeError), error
    assert f"{tmp_path} is the account daemon's" in str(error)
    assert [path.name for path in tmp_path.iterdir()] == ["secrets"]


def test_a_read_only_home_is_named(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    for command in COMMANDS:
        error = _error(command, small_disk)
        assert isinstance(error, HomeError), error
        assert (
            f"{small_disk} cannot be written (Read-only file system; {small_disk}: 1 MB free of 1 MB)"
            in str(error)
        )


@pytest.mark.parametrize("command", CHANGING, ids=lambda command: command[0])
def test_a_command_is_refused_while_another_one_holds_the_home(command: list[str], tmp_path: Path) -> None:
    with sole_command(tmp_path, "run"):
        error = _error(command, tmp_path)
    assert isinstance(error, HomeBusyError), error
    assert f"`run` (pid {os.getpid()}" in str(error)


def test_a_home_that_a_reader_uses_is_not_removed(tmp_path: Path) -> None:
    reading = UseCount(tmp_path / "postgres.users")
    assert isinstance(_error(["clean", "--yes"], tmp_path), HomeBusyError)
    assert tmp_path.exists()
    reading.release()
    assert _error(["clean", "--yes"], tmp_path) is None
    assert not tmp_path.exists()


def test_a_command_does_not_begin_in_a_home_that_was_removed_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, take = tmp_path / "command.lock", fcntl.flock

    def removed_first(file: TextIO, operation: int) -> None:
        lock.unlink(missing_ok=True)
        take(file, operation)

    monkeypatch.setattr("local_stack.locks.fcntl.flock", removed_first)
    with pytest.raises(HomeBusyError, match="has just removed"), sole_command(tmp_path, "run"):
        pass


def test_the_listener_on_a_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        assert postgres.free_port(port) != port
        assert f"(pid {os.getpid()})" in postgres._listener(port)
    assert postgres.free_port(port) == port
    assert postgres._listener(port) == "?"
