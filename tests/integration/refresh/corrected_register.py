"""A transport bureau that corrects its past: one stopping place gets an earlier in-service date."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from green_freight.periods import SHANGHAI

from demo_city.deliveries.source import Source

CORRECTED_AT = datetime(2025, 10, 5, 12, tzinfo=SHANGHAI)
PLACES = "transport_stopping_place"


class CorrectedRegister(Source):
    """The city's deliveries, in which one stopping place gets an in-service date a year earlier."""

    def register_rows(self, dataset: str, now: datetime) -> list[dict[str, Any]]:
        """Return the current version of a register's records."""
        rows = super().register_rows(dataset, now)
        if dataset != PLACES or now <= CORRECTED_AT:
            return rows
        moved = {"in_service_on": self.moved_to, "changed_at": CORRECTED_AT}
        return [row | moved if row["place_id"] == self.moved["place_id"] else row for row in rows]

    @property
    def moved(self) -> dict[str, Any]:
        """Return the record that is corrected: the newest of those in service in spring 2025."""
        rows = self.city.register_versions(PLACES)
        return max(
            (row for row in rows if date(2025, 1, 1) <= row["in_service_on"] <= date(2025, 6, 30)),
            key=lambda row: (row["in_service_on"], row["place_id"]),
        )

    @property
    def moved_to(self) -> date:
        """Return the day on which it really was put into service."""
        return date(2024, 11, 15)
