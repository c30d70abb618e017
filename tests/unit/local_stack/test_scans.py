"""The scans find planted faults, and tell an audit without data from one without findings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local_stack import scans

PLANTED = {
    "shell": "import subprocess\nsubprocess.run('ls ' + input(), shell=True)\n",
    "pickle": "import pickle\npickle.loads(b'')\n",
    "certificate": "import httpx\nhttpx.get('https://x', verify=False)\n",
}
NOT_KNOWN = {"name": "one", "skip_reason": "Dependency not found on PyPI and could not be audited: one (1)"}
WITHOUT = {"name": "two", "version": "2.0", "vulns": []}
FAULTY = {
    "name": "three",
    "version": "3.0",
    "vulns": [
        {"id": "PYSEC-1", "fix_versions": ["3.1"], "aliases": [], "description": "x"},
        {"id": "PYSEC-2", "fix_versions": [], "aliases": [], "description": "x"},
    ],
}


def test_a_planted_fault_of_code_is_found(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name, text in PLANTED.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    assert scans.scan_code(tmp_path) == 1
    output = capfd.readouterr().out
    assert all(f"{name}.py" in output for name in PLANTED)
    for name in PLANTED:
        (tmp_path / f"{name}.py").write_text("assert True\n", encoding="utf-8")
    assert scans.scan_code(tmp_path) == 0


@pytest.mark.parametrize(
    ("packages", "faults", "unknown"),
    [
        ([NOT_KNOWN, WITHOUT], [], ["one"]),
        ([WITHOUT], [], []),
        (
            [FAULTY, NOT_KNOWN],
            ["three 3.0: PYSEC-1, repaired in 3.1", "three 3.0: PYSEC-2, repaired in none"],
            ["one"],
        ),
    ],
)
def test_a_report_is_read(packages: list[dict[str, Any]], faults: list[str], unknown: list[str]) -> None:
    report = {"dependencies": packages, "fixes": []}
    assert (scans.faults(report), scans.unknown(report)) == (faults, unknown)
