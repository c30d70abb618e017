"""A file of which too many rows break the contract is not loaded; what was there stays, the rows are kept."""

from __future__ import annotations

from typing import Any

import pytest
from green_freight.loading import LoadStoppedError

from tests.integration.loading.deliveries import Deliveries, order, order_file
from tests.integration.loading.postal_forms import TRICYCLE_HEADER

DAY = "2025-09-30"


def _orders(good: int, bad: int) -> bytes:
    rows = [order(number) for number in range(good)]
    return order_file([*rows, *(order(good + number, TotalPower=-1) for number in range(bad))])


def _land_and_load(deliveries: Deliveries, content: bytes, version: int = 1) -> Any:
    deliveries.land("power", "charge_orders", DAY, "charge_orders_20250930.jsonl.gz", content, version)
    [outcome] = deliveries.load("power", "charge_orders", DAY)
    return outcome


@pytest.mark.parametrize(("good", "bad"), [(10, 20), (1200, 21)])
def test_few_rejected_rows_are_tolerated(deliveries: Deliveries, good: int, bad: int) -> None:
    outcome = _land_and_load(deliveries, _orders(good, bad))
    assert (outcome.outcome_code, outcome.rows_loaded, outcome.rows_rejected) == ("loaded", good, bad)


def test_too_many_stop_the_file_and_leave_what_was_there(warehouse: Any, deliveries: Deliveries) -> None:
    _land_and_load(deliveries, _orders(5, 0))
    with pytest.raises(LoadStoppedError, match="21 of 121 rows") as stopped:
        _land_and_load(deliveries, _orders(100, 21), version=2)
    [outcome] = stopped.value.outcomes
    assert (outcome.rows_in_file, outcome.rows_loaded, outcome.rows_rejected) == (121, 0, 21)
    with warehouse.connect("loader") as connection:
        kept = connection.execute("select count(*) from raw.power_charge_order").fetchone()
        told = connection.execute(
            "select count(*), min(reason_code), min(row_number) from ops.rejected_row where load_id = %s",
            [outcome.load_id],
        ).fetchone()
    assert kept == (5,)
    assert told == (21, "negative_energy", 101)


def test_a_corrected_file_takes_its_place(warehouse: Any, deliveries: Deliveries) -> None:
    with pytest.raises(LoadStoppedError):
        _land_and_load(deliveries, _orders(20, 21))
    assert _land_and_load(deliveries, _orders(121, 0), version=2).rows_loaded == 121


def _tricycles(keys: list[str]) -> bytes:
    rows = [f"{key},甲,320706,2021-10-29,,,{'是否'[at % 2]}," for at, key in enumerate(keys)]
    return "\r\n".join([TRICYCLE_HEADER, *rows, ""]).encode("utf-8-sig")


REGISTER = [f"32070600000000{number:04d}" for number in range(60)]


@pytest.mark.parametrize(
    "keys",
    [["20251009"] * 60, ["无编号"] * 60, [*REGISTER[:30], *REGISTER[:30]], [*REGISTER, *["待编"] * 3]],
    ids=["a day for all", "one text for all", "sent twice", "three alike"],
)
def test_rows_that_repeat_a_key_count_against_the_tolerance(
    warehouse: Any, deliveries: Deliveries, keys: list[str]
) -> None:
    deliveries.land("postal", "tricycles", "2025-09", "v1.csv", _tricycles(REGISTER))
    deliveries.load("postal", "tricycles", "2025-09")
    deliveries.land("postal", "tricycles", "2025-09", "v2.csv", _tricycles(keys), 2)
    with pytest.raises(LoadStoppedError, match="with a repeated key") as stopped:
        deliveries.load("postal", "tricycles", "2025-09")
    [outcome] = stopped.value.outcomes
    assert (outcome.rows_in_file, outcome.rows_rejected) == (len(keys), len(keys) - len(set(keys)))
    with warehouse.connect("loader") as connection:
        kept = connection.execute("select count(distinct tricycle_no) from raw.postal_tricycle").fetchone()
        told = connection.execute(
            "select distinct reason_code from ops.rejected_row where load_id = %s", [outcome.load_id]
        ).fetchall()
    assert (kept, told) == ((60,), [("duplicate_key",)])


def test_orders_under_one_number_and_few_repeated_ones(deliveries: Deliveries) -> None:
    orders = [order(min(number, 1178)) for number in range(1200)]
    with pytest.raises(LoadStoppedError, match="700 of 1200 rows, 700 of them"):
        _land_and_load(deliveries, order_file([order(number % 500) for number in range(1200)]))
    assert _land_and_load(deliveries, order_file(orders), version=2).rows_rejected == 21
