"""Every agency broken in every way: the right outcome, retried or not, and a word on what to do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from green_freight.agencies import AGENCIES
from green_freight.agencies.connectors import Connectors
from green_freight.agencies.fetch import fetch_agency
from green_freight.errors import KINDS, AgencyUnavailableError, BrokenDeliveryError
from green_freight.periods import Period
from green_freight.protocols.retry_policy import Retries, RetryPolicy

from .conftest import DAY, Fetching

ONE = {
    "transport": ("nodes", "2025-08"),
    "commerce": ("monthly_report", "2025-08"),
    "postal": ("tricycles", "2025-08"),
    "power": ("stations", "2025-08"),
    "power_files": ("charge_orders", "2025-08-15"),
}
HTTP = ("transport", "power")

# Fault → connection → (outcome, error code, attempts); three attempts are all of the tests' policy.
TRANSIENT = "failed_transient"
PERMANENT = "failed_permanent"
EXPECTED = {
    ("down", "transport"): (TRANSIENT, "unreachable", 3),
    ("down", "commerce"): (TRANSIENT, "unreachable", 3),
    ("down", "postal"): (TRANSIENT, "unreachable", 3),
    ("down", "power"): (TRANSIENT, "unreachable", 3),
    ("down", "power_files"): (TRANSIENT, "unreachable", 3),
    ("wrong_token", "transport"): (PERMANENT, "login_refused", 1),
    ("wrong_token", "commerce"): (PERMANENT, "login_refused", 1),
    ("wrong_token", "postal"): (PERMANENT, "login_refused", 1),
    ("wrong_token", "power"): (PERMANENT, "token_refused", 1),
    ("wrong_token", "power_files"): (PERMANENT, "login_refused", 1),
    ("garbage", "transport"): (PERMANENT, "not_json", 1),
    ("garbage", "commerce"): (PERMANENT, "unreadable_file", 1),
    ("garbage", "postal"): (PERMANENT, "unreadable_file", 1),
    ("garbage", "power"): (PERMANENT, "not_json", 1),
    ("garbage", "power_files"): (PERMANENT, "unreadable_file", 1),
    ("half_file", "transport"): (TRANSIENT, "answer_cut_off", 3),
    ("half_file", "commerce"): (TRANSIENT, "answer_cut_off", 3),
    ("half_file", "postal"): (TRANSIENT, "answer_cut_off", 3),
    ("half_file", "power"): (TRANSIENT, "answer_cut_off", 3),
    ("half_file", "power_files"): (TRANSIENT, "answer_cut_off", 3),
    ("transient:2", "transport"): ("landed", None, 3),
    ("transient:2", "commerce"): ("landed", None, 3),
    ("transient:2", "postal"): ("landed", None, 3),
    ("transient:2", "power"): ("landed", None, 3),
    ("transient:2", "power_files"): ("landed", None, 3),
    ("transient:9", "transport"): (TRANSIENT, "busy", 3),
    ("transient:9", "power"): (TRANSIENT, "busy", 3),
    ("transient:9", "postal"): (TRANSIENT, "server_error", 3),
}


@pytest.mark.parametrize(("fault", "connection"), EXPECTED)
def test_a_fault_becomes_the_right_outcome(fetching: Fetching, fault: str, connection: str) -> None:
    agency = connection.partition("_")[0]
    fetching.set_fault(connection, fault)
    report = fetching.fetch(agency, ONE[connection])
    expected = EXPECTED[fault, connection]
    assert fetching.outcomes() == [expected]
    assert [len(report.failures)] == [0 if expected[1] is None else 1]
    if expected[1]:
        _check_message(fetching, agency, *ONE[connection], expected[1])
        with pytest.raises(AgencyUnavailableError if expected[0] == TRANSIENT else BrokenDeliveryError):
            report.raise_for_failures()
    fetching.set_fault(connection, None)
    assert set(fetching.fetch(agency, ONE[connection]).counts) <= {"landed", "unchanged"}


def _check_message(fetching: Fetching, agency: str, delivery: str, period: str, code: str) -> None:
    [[message]] = fetching.outcomes("error_message")
    zh, en = message.splitlines()
    for line, advice in ((zh, KINDS[code].advice_zh), (en, KINDS[code].advice_en)):
        assert delivery in line
        assert period in line
        assert advice in line
    assert f"({agency})" in en


@pytest.mark.parametrize("connection", ONE)
def test_a_slow_agency_is_given_up_in_time(fetching: Fetching, connection: str) -> None:
    fetching.extra |= {"answer_seconds": "0.2"}
    fetching.set_fault(connection, "slow:60")
    fetching.fetch(connection.partition("_")[0], ONE[connection])
    assert fetching.outcomes() == [(TRANSIENT, "time_out", 3)]


def test_one_broken_drop_costs_nothing_of_the_exchange_beside_it(fetching: Fetching) -> None:
    fetching.set_fault("power_files", "down")
    work = [ONE["power"], ONE["power_files"], ("station_stats", "2025-08-15")]
    report = fetching.fetch("power", *work)
    assert [outcome.outcome_code for outcome in report.outcomes] == ["landed", TRANSIENT, "landed"]


def test_a_dead_agency_is_asked_less_and_less(fetching: Fetching) -> None:
    fetching.set_fault("postal", "down")
    work = [("tricycles", f"2025-0{month}") for month in range(1, 8)]
    fetching.fetch("postal", *work)
    attempts = [row[0] for row in fetching.outcomes("attempts")]
    assert attempts == [3, 1, 1, 0, 0, 0, 0]
    messages = [row[0] for row in fetching.outcomes("error_message")]
    assert all("not requested again in this run" in message for message in messages[3:])


def test_a_refused_login_is_not_repeated_until_the_account_is_locked(fetching: Fetching) -> None:
    fetching.set_fault("postal", "wrong_token")
    fetching.fetch("postal", *[("tricycles", f"2025-0{month}") for month in range(1, 4)])
    assert [row[0] for row in fetching.outcomes("attempts")] == [1, 0, 0]
    assert {row[0] for row in fetching.outcomes("outcome_code")} == {PERMANENT}


def test_a_server_with_another_key_is_not_talked_to(fetching: Fetching) -> None:
    connections = fetching.connections
    other = connections["commerce"].extra["host_key"]
    postal = connections["postal"]
    connections["postal"] = replace(postal, extra={**postal.extra, "host_key": other})
    work = [("tricycles", Period("2025-08"))]
    fetch_agency(fetching.warehouse, "postal", work, connections, fetching.run_id, DAY)
    assert fetching.outcomes() == [(PERMANENT, "host_key_differs", 1)]


@pytest.mark.parametrize(
    ("connection", "entry"),
    [("postal", "host_key"), ("commerce", "host_key"), ("power", "sig_secret"), ("power_files", "host_key")],
)
def test_a_connection_that_lacks_something_names_it(fetching: Fetching, connection: str, entry: str) -> None:
    connections = fetching.connections
    kept = connections[connection]
    without = {key: value for key, value in kept.extra.items() if key != entry}
    connections[connection] = replace(kept, extra=without)
    name, label = ONE[connection]
    agency = connection.partition("_")[0]
    fetch_agency(fetching.warehouse, agency, [(name, Period(label))], connections, fetching.run_id, DAY)
    assert fetching.outcomes() == [(PERMANENT, "connection_incomplete", 1)]
    assert entry in fetching.outcomes("error_message")[0][0]


def test_no_connection_at_all_is_an_outcome_too(fetching: Fetching) -> None:
    for agency in ("transport", "postal", "power"):
        name, label = ONE[agency]
        fetch_agency(fetching.warehouse, agency, [(name, Period(label))], {}, fetching.run_id, DAY)
    assert fetching.outcomes("outcome_code, error_code") == [(PERMANENT, "connection_incomplete")] * 3


def test_an_expired_token_is_renewed_over_a_new_connection(fetching: Fetching) -> None:
    power, period = AGENCIES["power"], Period("2025-08-15")
    contents = []
    with Connectors(power, fetching.connections) as connectors:
        connector = connectors.connector("power")
        for _ in range(2):
            retries = Retries(RetryPolicy.of(fetching.extra))
            [file] = connector.available_files(power.delivery("station_stats"), period, retries)
            contents.append(file.receive(retries).content.seek(0))
            # A restarted exchange knows none of the tokens it gave before.
            fetching.set_fault("power", None)
    assert len(contents) == 2


def test_a_landing_store_that_cannot_be_written_can_pass(fetching: Fetching) -> None:
    blocked = fetching.warehouse.home / "blocked"
    blocked.write_text("a file where the folder should be")
    fetching.warehouse = replace(fetching.warehouse, landing_url=blocked.as_uri())
    fetching.fetch("postal", ONE["postal"])
    assert fetching.outcomes("outcome_code, error_code") == [(TRANSIENT, "landing_unwritable")]
    assert "GREEN_FREIGHT_LANDING_URL" in fetching.outcomes("error_message")[0][0]
