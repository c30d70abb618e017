"""A machine's clock that jumps between two nights: what arrives later counts, and no day far ahead is published."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta

import pytest
from green_freight import pipeline
from green_freight.agencies.fetch_records import FetchOutcome, FetchRecorder, FileOutcome, Outcome
from green_freight.business_days import BusinessDayError
from green_freight.landing import LandingStore, Origin
from green_freight.loading.records import winning_file
from green_freight.periods import Period
from green_freight.warehouse import runs

from tests.conftest import Warehouse

PERIOD, DAY = Period("2025-09-30"), date(2025, 9, 30)
NOW = datetime(2025, 10, 1, 2, tzinfo=UTC)
PLACE = ("transport", "vehicle_operations")


def _receive(
    warehouse: Warehouse, content: bytes, at: datetime, delivered_at: datetime | None = None
) -> Outcome:
    """Land and record a response; one without a time of its own is dated by this machine's clock."""
    origin = Origin(*PLACE, PERIOD.label, "operations.jsonl", 1, delivered_at or at, at, DAY, "run")
    landed = LandingStore(warehouse.landing_url).put(io.BytesIO(content), origin)
    file = FileOutcome(Outcome.LANDED, at, 1.0, 1, origin.file_name, landed=landed)
    with warehouse.connect("loader", autocommit=True) as session:
        [stored] = FetchRecorder(session, "run").record(FetchOutcome(*PLACE, PERIOD, DAY, (file,))).files
    return stored.outcome


def _counts(warehouse: Warehouse) -> bytes:
    with warehouse.connect("loader") as session:
        found = winning_file(session, *PLACE, PERIOD)
    assert found is not None
    return LandingStore(warehouse.landing_url).open(found.landing_url).read()


@pytest.mark.parametrize(
    "jump", [timedelta(hours=-1), timedelta(days=-365), timedelta(0), timedelta(days=1), timedelta(days=365)]
)
def test_a_correction_counts_whatever_the_clock_says_when_it_arrives(
    warehouse: Warehouse, jump: timedelta
) -> None:
    assert _receive(warehouse, b"first", NOW) is Outcome.LANDED
    assert _receive(warehouse, b"corrected", NOW + jump) is Outcome.LANDED
    assert _counts(warehouse) == b"corrected"
    # The clock is right again; what was delivered comes once more, then a last correction, then the first content.
    assert _receive(warehouse, b"corrected", NOW + timedelta(hours=1)) is Outcome.UNCHANGED
    for content in (b"last", b"first"):
        assert _receive(warehouse, content, NOW + timedelta(hours=2)) is Outcome.LANDED
        assert _counts(warehouse) == content


def test_the_agencys_own_time_of_delivery_still_decides(warehouse: Warehouse) -> None:
    _receive(warehouse, b"newer", NOW, NOW - timedelta(hours=3))
    _receive(warehouse, b"older", NOW - timedelta(days=365), NOW - timedelta(hours=4))
    assert _counts(warehouse) == b"newer"


def test_a_night_far_after_the_last_one_is_refused_unless_its_day_is_typed(warehouse: Warehouse) -> None:
    pipeline.begin_nightly(warehouse, "nightly/0", date(2022, 1, 1))
    runs.finish(warehouse, "nightly/0", "failed")
    pipeline.begin_nightly(warehouse, "nightly/1", date(2024, 1, 1))
    runs.finish(warehouse, "nightly/1", "published")
    for day in (date(2024, 1, 2), date(2024, 3, 3), date(2023, 1, 1)):
        pipeline.begin_nightly(warehouse, f"nightly/{day}", day)
    for day in (date(2024, 3, 4), date(2025, 1, 1)):
        with pytest.raises(BusinessDayError, match=f"{day} is .* days after 2024-01-01") as refused:
            pipeline.begin_nightly(warehouse, "nightly/2", day)
        assert "业务日" in str(refused.value) and "business_day" in str(refused.value)
    pipeline.begin_nightly(warehouse, "nightly/2", date(2025, 1, 1), is_typed=True)
