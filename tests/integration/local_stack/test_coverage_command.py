"""`./green-freight coverage` in a home of its own: nothing there, nothing loaded, a warehouse of older code."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from green_freight.agencies import AGENCIES
from green_freight.cli.errors import NotAvailableError
from typer.testing import CliRunner

from local_stack import database
from local_stack.cli import app
from local_stack.home import Home


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """Give an empty home that the database's own account can enter."""
    with tempfile.TemporaryDirectory(prefix="green freight ") as folder:
        Path(folder).chmod(0o755)
        monkeypatch.setenv("GREEN_FREIGHT_HOME", str(Path(folder) / "home"))
        made = Home.current()
        yield made
        made.remove()


def test_where_nothing_was_loaded_everything_is_missing_and_planned(home: Home) -> None:
    # One server for all that follows: each command alone would start and stop it.
    home.prepare()
    with database.serving(home) as admin_url:
        shown = CliRunner().invoke(app, ["coverage", "--year", "2024", "--json"])
        assert shown.exit_code == 0, shown.output
        cells = json.loads(shown.stdout)
        assert len(cells) == 12 * 22
        assert {cell["state_code"] for cell in cells} == {"missing"}
        assert list(dict.fromkeys(cell["agency_code"] for cell in cells)) == list(AGENCIES)

        planned = CliRunner().invoke(
            app, ["coverage", "--year", "2024", "--plan", "--agency", "postal", "--json"]
        )
        assert json.loads(planned.stdout) == [
            {"from_month": "2024-01", "to_month": "2024-12", "agencies": ["postal"]}
        ]
        grid = CliRunner().invoke(app, ["coverage", "--agency", "power"])
        assert "power_charge_order" in grid.stdout
        assert "postal" not in grid.stdout

        with database.warehouse(home, admin_url).connect("owner") as owner:
            owner.execute("drop view ops.coverage")
        older = CliRunner().invoke(app, ["coverage"])
        assert isinstance(older.exception, NotAvailableError)
        assert "green-freight run" in str(older.exception)
