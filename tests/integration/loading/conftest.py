"""A landing store and the means to fill it, for the loader's tests."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.loading.deliveries import Deliveries


@pytest.fixture
def deliveries(warehouse: Any) -> Deliveries:
    """Give an empty landing store beside a fresh warehouse."""
    return Deliveries(warehouse)
