"""An agency exchanges a password, a token, a key: the old one is refused by its name, the new one works at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from green_freight.agencies.connector import Connection
from green_freight.agencies.fetch import fetch_agency
from green_freight.periods import Period

from demo_city.city import City
from demo_city.servers import DemoAgencies

from .conftest import DAY, NIGHT, QUICK, Fetching, connections_of
from .test_faults import ONE

# Entry of a connection → what the agency that has exchanged it says.
ROTATED = {
    ("transport", "password"): "login_refused",
    ("commerce", "password"): "login_refused",
    ("postal", "password"): "login_refused",
    ("postal", "host_key"): "host_key_differs",
    ("power_files", "password"): "login_refused",
    ("power_files", "host_key"): "host_key_differs",
    ("power", "operator_secret"): "login_refused",
    ("power", "data_secret"): "request_refused",
    ("power", "data_secret_iv"): "request_refused",
    ("power", "sig_secret"): "signature_refused",
}


@pytest.fixture(scope="module")
def rotated(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoAgencies]:
    """Give the same agencies after they have exchanged every secret."""
    with DemoAgencies(city, tmp_path_factory.mktemp("rotated"), NIGHT) as agencies:
        yield agencies


@pytest.mark.parametrize(("name", "entry"), ROTATED)
def test_a_secret_is_exchanged(fetching: Fetching, rotated: DemoAgencies, name: str, entry: str) -> None:
    new = connections_of(rotated, QUICK)
    old = fetching.connections[name]
    if entry == "password":
        stale = replace(new[name], password=old.password)
    else:
        stale = replace(new[name], extra={**new[name].extra, entry: old.extra[entry]})

    def codes(connection: Connection) -> list[str | None]:
        agency, (delivery, label) = name.partition("_")[0], ONE[name]
        connections = {**new, name: connection}
        asked = [(delivery, Period(label))]
        report = fetch_agency(fetching.warehouse, agency, asked, connections, fetching.run_id, DAY)
        return [outcome.error.failure.code if outcome.error else None for outcome in report.outcomes]

    assert codes(stale) == [ROTATED[name, entry]]
    assert codes(new[name]) == [None]
