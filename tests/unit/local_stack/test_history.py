"""What of the history is missing: from the first to the last month, for the agencies that lack something."""

from __future__ import annotations

from datetime import date

from green_freight.periods import Period

from local_stack.history import Gap, gap

WANTED = {
    "transport": {("funds", "2025-08"), ("vehicle_operations", "2025-09-29")},
    "postal": {("tricycles", "2025-08")},
}


def test_nothing_is_missing_when_everything_is_held() -> None:
    held = {("transport", "funds", "2025-08"), ("transport", "vehicle_operations", "2025-09-29")}
    assert gap(WANTED, held | {("postal", "tricycles", "2025-08")}) is None


def test_a_missing_day_asks_for_its_month_of_its_agency() -> None:
    held = {("transport", "funds", "2025-08"), ("postal", "tricycles", "2025-08")}
    assert gap(WANTED, held) == Gap(Period("2025-09"), Period("2025-09"), ("transport",))


def test_the_same_delivery_of_another_agency_does_not_count() -> None:
    held = {("power", "tricycles", "2025-08"), ("transport", "funds", "2025-08")}
    assert gap(WANTED, held) == Gap(Period("2025-08"), Period("2025-09"), ("transport", "postal"))


def test_the_request_names_range_agencies_day_and_reason() -> None:
    conf = Gap(Period("2023-01"), Period("2025-09"), ("power",)).conf(date(2025, 9, 30))
    assert conf["from_month"] == "2023-01"
    assert conf["to_month"] == "2025-09"
    assert conf["agencies"] == ["power"]
    assert conf["business_day"] == "2025-09-30"
    assert conf["reason"]
