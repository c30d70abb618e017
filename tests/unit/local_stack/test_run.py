"""What a request for the history becomes when it is handed to the DAG (what is missing: tests/integration/coverage)."""

from __future__ import annotations

from datetime import date

from green_freight.coverage import BackfillRange
from green_freight.periods import Period

from local_stack import run


def test_the_parameters_name_range_agencies_day_and_reason() -> None:
    request = BackfillRange(Period("2023-01"), Period("2025-09"), ("power",))
    conf = run.history_conf(request, date(2025, 9, 30))
    assert conf.pop("reason")
    assert conf == {
        "from_month": "2023-01",
        "to_month": "2025-09",
        "agencies": ["power"],
        "business_day": "2025-09-30",
        "only_missing": True,
        "events_from": None,
    }
    quick = run.history_conf(request, date(2025, 9, 30), Period("2025-06"))
    assert quick["events_from"] == "2025-06"
    assert "daily events from 2025-06 on" in quick["reason"]
