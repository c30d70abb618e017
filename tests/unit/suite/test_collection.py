"""The same tests in the same order whatever the hash seed, the clock and the order in which folders are listed.

pytest-xdist runs nothing at all when two workers collect different ids. Two collections are compared in every run;
`COLLECTIONS=20 pytest tests/unit/suite` compares twenty.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from green_freight.settings import PROJECT

FOLDERS = ("tests/integration", "tests/unit")
PLUGIN = "tests.unit.suite.other_conditions"
DAY = 24 * 60 * 60
PLANTED = "@pytest.mark.parametrize('value', {1})\ndef test_{0}(value): pass\n"
CHANCES = {
    "hash_seed": "sorted({'a', 'b', 'c', 'd', 'e', 'f'}, key=hash)",
    "time_in_gzip": "[__import__('gzip').compress(b'text')]",
    "clock": "[__import__('datetime').datetime.now().isoformat()]",
    "order_of_files": "[p.name for p in __import__('pathlib').Path('plugins/green_freight').glob('*.py')]",
}


def collected(seed: int, folders: tuple[str, ...] = FOLDERS) -> list[str]:
    """Return the ids of the tests under one hash seed, clock and order of folders."""
    listed = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            PLUGIN,
            "-p",
            "no:cacheprovider",
            "--collect-only",
            "-q",
            *folders,
        ],
        cwd=PROJECT,
        env=os.environ
        | {
            "PYTHONPATH": os.pathsep.join([str(PROJECT), str(PROJECT / "plugins")]),
            "PYTHONHASHSEED": str(seed),
            # Another second of the day, day, month and, for most, year each time.
            "SHIFT_SECONDS": str(seed * (97 * DAY + 3_671)),
            "FOLDER_ORDER": str(seed),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert listed.returncode == 0, listed.stdout[-3000:] + listed.stderr[-3000:]
    return [line for line in listed.stdout.splitlines() if "::" in line]


def test_every_collection_gives_the_same_ids_in_the_same_order() -> None:
    first, *others = [collected(seed) for seed in range(1, 1 + int(os.environ.get("COLLECTIONS", "2")))]
    assert len(first) > 1000
    assert len(set(first)) == len(first)
    for other in others:
        assert other == first


def test_an_id_that_depends_on_chance_is_found(tmp_path: Path) -> None:
    planted = tmp_path / "test_planted.py"
    planted.write_text("import pytest\n" + "".join(PLANTED.format(*one) for one in CHANCES.items()))
    first, second = (collected(seed, (str(planted),)) for seed in (1, 2))
    for chance in CHANCES:
        ids, others = ([one for one in ids if f"::test_{chance}[" in one] for ids in (first, second))
        assert ids and ids != others, chance
