"""The manifest of the project as it is, parsed once for the tests of this folder."""

from __future__ import annotations

from typing import Any

import pytest
from green_freight.reporting import data_dictionary


@pytest.fixture(scope="session")
def manifest() -> dict[str, Any]:
    """Return dbt's manifest; no database is asked."""
    return data_dictionary.parsed_manifest()
