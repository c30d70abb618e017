"""Every delivery over its real protocol: landed once, recognised the second time, recorded both times."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from green_freight.agencies import AGENCIES
from green_freight.agencies.fetch_plan import requests_of_month
from green_freight.landing import read_exchanges
from green_freight.periods import Period

from .conftest import DAY, Fetching

MONTH = Period("2025-09")


@pytest.mark.parametrize("agency", AGENCIES)
def test_a_month_of_history_lands_whole_and_only_once(fetching: Fetching, agency: str) -> None:
    work = [(name, period.label) for name, period in requests_of_month(agency, MONTH, DAY)]
    first = fetching.fetch(agency, *work)
    assert first.failures == ()
    assert first.counts == {"landed": len(work)}
    second = fetching.fetch(agency, *work)
    assert second.counts == {"unchanged": len(work)}
    [[files]] = fetching.rows("select count(*) from ops.source_file where agency_code = %s", agency)
    assert files == len(work)


def test_the_record_is_what_was_landed(fetching: Fetching) -> None:
    fetching.fetch("postal", ("tricycles", "2025-08"))
    [row] = fetching.rows(
        """
        select source_file_key, file_name, sha256, bytes, landing_url, version, complete_through::text,
            delivered_at is not null, first_run_id
        from ops.source_file
        """
    )
    key, file_name, sha256, size, url, version, complete_through, is_dated, run_id = row
    content = fetching.store.open(url).read()
    assert (hashlib.sha256(content).hexdigest(), len(content)) == (sha256, size)
    place = f"postal/tricycles/2025-08/{file_name}/{sha256}"
    assert key == hashlib.sha256(place.encode()).hexdigest()[:20]
    assert (file_name, version, complete_through) == ("postal_tricycles_202508_v1.csv", 1, "2025-08-31")
    assert (is_dated, run_id) == (True, fetching.run_id)
    facts = fetching.outcomes("outcome_code, file_name, bytes, sha256, attempts, seconds > 0, error_code")
    assert facts == [("landed", file_name, size, sha256, 1, True, None)]
    assert json.load(fetching.store.open(f"{url}.provenance.json"))["request"]["path"] == f"/drop/{file_name}"


def test_containers_hold_the_answers_and_no_secret(fetching: Fetching) -> None:
    report = fetching.fetch("power", ("stations", "2025-09"), ("station_stats", "2025-09-30"))
    landed = [file.landed for outcome in report.outcomes for file in outcome.files]
    for each in landed:
        assert each is not None
        text = fetching.store.open(each).read().decode()
        connection = fetching.connections["power"]
        for name in ("operator_secret", "data_secret", "data_secret_iv", "sig_secret"):
            assert connection.extra[name] not in text
    assert landed[1] is not None
    exchanges = list(read_exchanges(fetching.store.open(landed[1])))
    asked = [exchange.request["StationID"] for exchange in exchanges]
    assert asked == sorted(asked)
    assert asked
    assert all("StationStats" in json.loads(exchange.body) for exchange in exchanges)


def test_the_first_window_includes_what_was_there_before(fetching: Fetching) -> None:
    report = fetching.fetch("transport", ("vehicles", "2023-01"), ("vehicles", "2023-02"))
    queries = []
    for outcome in report.outcomes:
        landed = outcome.files[0].landed
        assert landed is not None
        queries.append(next(read_exchanges(fetching.store.open(landed))).request["query"])
    assert "changed_since" not in queries[0]
    assert queries[0]["changed_before"] == queries[1]["changed_since"] == "2023-02-01T00:00:00+08:00"


def test_orders_are_the_day_of_push(fetching: Fetching) -> None:
    report = fetching.fetch("power", ("charge_orders", "2025-09-30"))
    landed = report.outcomes[0].files[0].landed
    assert landed is not None
    lines = gzip.decompress(fetching.store.open(landed).read()).splitlines()
    assert lines
    assert all(json.loads(line) for line in lines)


def test_what_is_not_due_is_not_asked_and_what_is_missing_is_said(fetching: Fetching) -> None:
    fetching.fetch("power", ("charge_orders", "2025-10-01"), ("station_stats", "2025-10-01"))
    fetching.fetch("postal", ("tricycles", "2025-10"))
    fetching.fetch("commerce", ("monthly_report", "2025-10"))
    assert fetching.outcomes("outcome_code") == [("not_due",)] * 4


def test_a_window_after_today_is_requested_of_registers_alone(fetching: Fetching) -> None:
    fetching.fetch("transport", ("vehicles", "2099-09-15"), ("vehicle_operations", "2099-09-15"))
    assert fetching.outcomes("outcome_code") == [("landed",), ("not_due",)]


def test_a_form_of_a_running_month_may_still_come_and_one_of_a_month_that_is_over_is_missing(
    fetching: Fetching,
) -> None:
    fetching.agencies.set_clock(Period("2025-09-30").starts_at)
    fetching.fetch("postal", ("tricycles", "2025-09"), day=Period("2025-09-29").first_day)
    fetching.fetch("postal", ("tricycles", "2025-09"), day=DAY)
    assert fetching.outcomes("outcome_code") == [("not_due",), ("not_delivered",)]


def test_a_running_month_is_complete_through_the_business_day(fetching: Fetching) -> None:
    for day in ("2025-09-20", "2025-09-21", "2025-09-20"):
        fetching.fetch("transport", ("policies", "2025-09"), day=Period(day).first_day)
        through = fetching.rows("select complete_through::text from ops.source_file")
    assert through == [("2025-09-21",)]


def test_a_large_list_is_read_over_its_pages(fetching: Fetching) -> None:
    report = fetching.fetch("transport", ("vehicles", "2023-01"))
    landed = report.outcomes[0].files[0].landed
    assert landed is not None
    bodies = [json.loads(exchange.body) for exchange in read_exchanges(fetching.store.open(landed))]
    assert len(bodies) > 1
    assert sum(len(body["items"]) for body in bodies) == bodies[0]["total"]


def test_unknown_words_are_answered_with_the_known_ones(fetching: Fetching) -> None:
    with pytest.raises(LookupError, match="transport, commerce, postal, power"):
        fetching.fetch("water")
    with pytest.raises(LookupError, match="monthly_report"):
        fetching.fetch("commerce", ("weekly_report", "2025-09"))


@pytest.mark.parametrize(
    "damage", [Path.unlink, lambda path: path.write_bytes(b"")], ids=["removed", "emptied"]
)
def test_a_landed_file_that_was_damaged_is_fetched_again(fetching: Fetching, damage: Any) -> None:
    work = ("tricycles", "2025-08")
    assert fetching.fetch("postal", work).counts == {"landed": 1}
    [(url, sha256)] = fetching.rows("select landing_url, sha256 from ops.source_file")
    damage(Path(fetching.store.location(url).removeprefix("file://")))
    assert not fetching.store.holds(url, sha256)
    assert fetching.fetch("postal", work).counts == {"unchanged": 1}
    assert fetching.store.holds(url, sha256)
