"""The generated files are what contracts and evidence models say, and all datasets are in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from green_freight.contracts import contracts
from green_freight.contracts.generated_files import DATASETS, SOURCES, generated_files

FILES = [pytest.param(path, text, id=path.name) for path, text in generated_files().items()]


@pytest.mark.parametrize(("path", "text"), FILES)
def test_a_generated_file_is_current(path: Path, text: str) -> None:
    assert path.read_text(encoding="utf-8") == text, "run ./green-freight dictionary --write"


def test_every_dataset_is_a_source_and_a_row_of_the_seed() -> None:
    files = generated_files()
    for found in contracts().values():
        assert f"- name: {found.id}\n" in files[SOURCES]
        row = f"{found.id},{found.agency},{found.delivery},{found.granularity},{found.title_zh},"
        assert row in files[DATASETS]
