"""`./green-freight test`: which checks an argument chooses, and checks that run side by side."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from local_stack import checks
from local_stack.checks import Check, Outcome
from local_stack.cli import app

FILE = "tests/unit/local_stack/test_checks.py"


def command(statement: str) -> tuple[str, ...]:
    return (sys.executable, "-c", statement)


def test_checks_are_listed_in_the_suites_order_whatever_the_order_of_the_arguments() -> None:
    assert [check.name for check in checks.chosen(["unit", "lint"])] == ["lint", "unit"]
    assert checks.chosen([]) == list(checks.CHECKS)


@pytest.mark.parametrize(
    ("arguments", "expression", "expected"),
    [
        ([FILE], "", (FILE,)),
        ([f"{FILE}::test_x", "tests/unit/contracts"], "", (f"{FILE}::test_x", "tests/unit/contracts")),
        ([], "scorecard and not slow", ("tests", "-k", "scorecard and not slow")),
        ([FILE], "lane", (FILE, "-k", "lane")),
    ],
)
def test_paths_and_an_expression_choose_tests(
    arguments: list[str], expression: str, expected: tuple[str, ...]
) -> None:
    [check] = checks.chosen(arguments, expression)
    assert (Path(check.command[0]).name, check.command[1:]) == ("pytest", expected)


def test_names_and_paths_can_be_mixed() -> None:
    assert [check.name for check in checks.chosen([FILE, "lint"])] == ["lint", "tests"]


@pytest.mark.parametrize("wrong", ["everything", "tests/unit/no_such_folder", "no_such_file.py::test_x"])
def test_what_is_neither_check_nor_path_is_refused_with_the_list_of_checks(wrong: str) -> None:
    refused = CliRunner().invoke(app, ["test", wrong])
    assert refused.exit_code == 2
    assert "end_to_end" in refused.output


def test_the_command_runs_one_test_of_one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Check] = []

    def run(chosen: list[Check], console: Console) -> list[Outcome]:
        begun.extend(chosen)
        return [Outcome("tests", 1, 2.0)]

    monkeypatch.setattr(checks, "run", run)
    done = CliRunner().invoke(app, ["test", f"{FILE}::test_names_and_paths_can_be_mixed", "-k", "mixed"])
    assert done.exit_code == 1
    assert begun[0].command[1:] == (f"{FILE}::test_names_and_paths_can_be_mixed", "-k", "mixed")
    assert "0 passed, 1 failed" in done.output


def test_lanes_run_side_by_side_with_their_output_apart(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each of two lanes waits for the file that the other one makes; a failure stops neither."""
    monkeypatch.setattr(checks, "PROGRESS_SECONDS", 0.2)
    meet = (
        "import pathlib, sys, time\nmine, other = map(pathlib.Path, sys.argv[1:])\nmine.touch()\nprint('[ 40%]', "
        "flush=True)\nwhile not other.exists():\n    time.sleep(0.01)\ntime.sleep(0.5)\nprint(f'met {other.name}')\n"
    )
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    suite = [
        Check("a", "Check A", (*command(meet), first, second), "one"),
        Check("b", "Check B", command("print('after a'); raise SystemExit(3)"), "one"),
        Check("c", "Check C", (*command(meet), second, first), "two"),
    ]
    text = io.StringIO()
    outcomes = checks.run(suite, Console(file=text, width=100))
    assert [(one.name, one.status) for one in outcomes] == [("a", 0), ("b", 3), ("c", 0)]
    printed = text.getvalue()
    for title, said in (("Check A", "met second"), ("Check B", "after a"), ("Check C", "met first")):
        assert said in printed[printed.index(title) :].split("Check", 2)[1]
    assert printed.index("met second") < printed.index("after a")
    assert "a 40% (" in printed


def test_an_interruption_ends_what_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    started = tmp_path / "started"
    wait = f"import pathlib, time; pathlib.Path({str(started)!r}).touch(); time.sleep(60); print('over')"
    suite = [Check("a", "Check A", command(wait), "one"), Check("b", "Check B", command("pass"), "two")]
    processes = []
    start = checks._start

    def recorded(*arguments: object) -> object:
        processes.append(start(*arguments))  # type: ignore[arg-type]
        return processes[-1]

    def sleep(_: float) -> None:
        if started.exists():
            raise KeyboardInterrupt

    monkeypatch.setattr(checks, "_start", recorded)
    monkeypatch.setattr(checks.time, "sleep", sleep)
    with pytest.raises(KeyboardInterrupt):
        checks.run(suite, Console(file=io.StringIO()))
    assert all(one.process.poll() is not None for one in processes)


def test_temporary_files_lie_in_memory_where_there_is_enough_and_nobody_chose_a_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(checks, "MEMORY_FOLDER", tmp_path)
    monkeypatch.setattr(checks, "MEMORY_FOR_FILES", 0)
    assert checks.environment()["TMPDIR"] == str(tmp_path)
    monkeypatch.setenv("TMPDIR", "chosen")
    assert checks.environment()["TMPDIR"] == "chosen"
    monkeypatch.delenv("TMPDIR")
    monkeypatch.setattr(checks, "MEMORY_FOR_FILES", 10**18)
    assert "TMPDIR" not in checks.environment()
