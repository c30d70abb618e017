"""docs/demonstration.md lists the faults and the named defects that there are, and its commands exist."""

from __future__ import annotations

import re

import pytest
from green_freight.settings import PROJECT
from typer.testing import CliRunner

from demo_city.commands import app, reference_tables
from demo_city.defects import rates
from demo_city.servers.faults import Fault

PAGE = (PROJECT / "docs" / "demonstration.md").read_text(encoding="utf-8")


def test_the_page_holds_the_generated_tables() -> None:
    """Regenerate them with `python -m demo_city defects --markdown`."""
    assert reference_tables() in PAGE
    assert CliRunner().invoke(app, ["defects", "--markdown"]).stdout.strip() == reference_tables()


@pytest.mark.parametrize("value", re.findall(r"GREEN_FREIGHT_DEMO_FAULTS=\"?([^\"`\n]+)\"?", PAGE))
def test_faults_of_the_examples_exist(value: str) -> None:
    for name, _, fault in (pair.partition("=") for pair in value.split()[:2]):
        assert name in ("transport", "commerce", "postal", "power")
        failing = Fault()
        failing.set(fault)
        assert failing.kind


@pytest.mark.parametrize("value", re.findall(r"GREEN_FREIGHT_DEMO_DEFECTS=\"([^\"\n]+)\"", PAGE))
def test_defects_of_the_examples_exist(value: str) -> None:
    assert rates({name: float(rate) for name, _, rate in (pair.partition("=") for pair in value.split())})


def test_a_datasets_own_defects_are_listed() -> None:
    listed = CliRunner().invoke(app, ["defects", "postal_parcel_volume"]).stdout
    assert "postal_parcel_volume.inbound_parcels.not_a_number" in listed.replace("\n", "")
    assert CliRunner().invoke(app, ["defects", "no_such_dataset"]).exit_code == 2
