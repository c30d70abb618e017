"""A backfill's request is checked before anything is done."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from green_freight.agencies import AGENCIES
from green_freight.backfill import BackfillRequest, BackfillRequestError
from green_freight.periods import Period

YESTERDAY = date(2025, 9, 30)
GOOD: dict[str, Any] = {
    "from_month": "2024-01",
    "to_month": "2024-12",
    "agencies": ["power"],
    "reason": "sent again",
    "business_day": None,
}


def test_a_good_request_is_accepted() -> None:
    request = BackfillRequest.of({**GOOD, "only_missing": True}, YESTERDAY)
    assert (request.agencies, request.until, request.is_only_missing) == (("power",), YESTERDAY, True)
    assert request.groups() == [[f"2024-{month:02d}", f"2024-{month + 1:02d}"] for month in range(1, 13, 2)]
    assert "2024-01 … 2024-12" in request.sentence and "sent again" in request.sentence


def test_a_request_is_what_its_parameters_say_and_the_sentence_names_the_events() -> None:
    request = BackfillRequest.of({**GOOD, "events_from": "2024-06"}, YESTERDAY)
    assert request.events_from == Period("2024-06")
    assert BackfillRequest.of(request.parameters, YESTERDAY) == request
    assert "每日数据自 2024-06 起" in request.sentence and "daily events from 2024-06 on" in request.sentence


def test_years_come_in_six_groups_and_end_at_the_last_day() -> None:
    request = BackfillRequest.of(
        {**GOOD, "from_month": "2023-01", "to_month": "2026-12", "agencies": list(AGENCIES)}, YESTERDAY
    )
    groups = request.groups()
    assert [month for group in groups for month in group][-1] == "2025-09"
    assert list(map(len, groups)) == [6, 6, 6, 6, 6, 3]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"from_month": "2024-13"}, "2024-13"),
        ({"from_month": "2024-01-05"}, "2024-01-05"),
        ({"from_month": "2025-01"}, "after 2024-12"),
        ({"from_month": "2022-12"}, "2023-01"),
        ({"from_month": "2025-10", "to_month": "2025-12"}, "There is no month to backfill"),
        ({"agencies": ["power", "police"]}, "police"),
        ({"agencies": []}, "transport, commerce, postal, power"),
        ({"reason": "  "}, "needs a reason"),
        ({"events_from": "2024"}, "2024"),
    ],
)
def test_a_request_that_cannot_be_carried_out_is_refused_with_the_reason(
    wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(BackfillRequestError, match=said):
        BackfillRequest.of({**GOOD, **wrong}, YESTERDAY)
