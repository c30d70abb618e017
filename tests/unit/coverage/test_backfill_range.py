"""The backfill of the gaps: one range that encloses every month with a missing part."""

from __future__ import annotations

from datetime import date

from green_freight.coverage import BackfillRange, DatasetMonth, backfill_of
from green_freight.periods import Period


def _month(agency: str, dataset: str, month: int, due: int, delivered: int) -> DatasetMonth:
    first = date(2025, month, 1)
    return DatasetMonth(agency, dataset, "day", first, first, due, delivered, 0, [])


def test_one_dataset_that_lacks_a_part_makes_its_agencys_month_a_gap() -> None:
    found = [
        _month("power", "power_station", 8, 31, 31),
        _month("power", "power_charge_order", 8, 31, 30),
        _month("commerce", "commerce_store_delivery", 8, 1, 1),
        _month("commerce", "commerce_pharma_enterprise", 8, 1, 0),
        _month("commerce", "commerce_store_delivery", 9, 0, 0),
        _month("postal", "postal_tricycle", 9, 1, 1),
    ]
    assert backfill_of(found) == BackfillRange(Period("2025-08"), Period("2025-08"), ("commerce", "power"))


def test_gaps_apart_are_enclosed_with_the_months_between() -> None:
    found = [_month("transport", "transport_vehicle", month, 28, 28 * (month == 9)) for month in (8, 9, 10)]
    assert backfill_of(found) == BackfillRange(Period("2025-08"), Period("2025-10"), ("transport",))
    assert backfill_of(reversed(found)) == backfill_of(found)


def test_without_a_gap_there_is_nothing_to_backfill() -> None:
    assert backfill_of([_month("transport", "transport_vehicle", 9, 0, 0)]) is None
    assert backfill_of([]) is None
