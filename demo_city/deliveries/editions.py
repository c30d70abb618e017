"""Monthly forms are delivered in editions: late, again, first with errors and then corrected, or after a revision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from demo_city.city import form_delivered_at
from demo_city.defects.sampler import DefectSampler

Row = dict[str, Any]
COMMERCE_SHEETS = ("commerce_store_delivery", "commerce_cold_chain_enterprise", "commerce_pharma_enterprise")
POSTAL_DELIVERIES = {
    "tricycles": "postal_tricycle",
    "terminal_stations": "postal_terminal_station",
    "parcel_volumes": "postal_parcel_volume",
}
LATE = timedelta(days=10)
CORRECTED_AFTER = timedelta(days=3, hours=-2)
REPEATED_AFTER = timedelta(days=1, hours=-3)
# In a superseded edition every tenth row is wrong.
_WRONG_EVERY = 10


@dataclass(frozen=True)
class Edition:
    """One delivery of one form; `is_superseded` when a later edition corrects it."""

    agency: str
    delivery: str
    month: date
    file_name: str
    delivered_at: datetime
    number: int = 1
    is_superseded: bool = False

    @property
    def label(self) -> str:
        """Return the period's label."""
        return f"{self.month:%Y-%m}"


def form_defects(sampler: DefectSampler, agency: str, delivery: str, month: date) -> list[str]:
    """Return the names of the defects that a form's deliveries have as a whole; a correction is no mere repetition."""
    prefix, corrected = (
        ("report", "report_resent") if agency == "commerce" else ("postal", "postal_corrected")
    )
    damage = "report_truncated" if agency == "commerce" else "postal_wrong_checksum"
    wanted = (f"{prefix}_late", corrected, f"{prefix}_repeated", damage)
    found = [name for name in wanted if sampler.happens(name, delivery, f"{month:%Y-%m}")]
    return [name for name in found if not (corrected in found and name == f"{prefix}_repeated")]


def editions(sampler: DefectSampler, agency: str, delivery: str, month: date) -> list[Edition]:
    """Return the editions of a form in the order of their delivery."""
    defects = {name.partition("_")[2] for name in form_defects(sampler, agency, delivery, month)}
    delivered_at = form_delivered_at(month) + (LATE if "late" in defects else timedelta())
    first = Edition(agency, delivery, month, _name(agency, delivery, month, 1, False), delivered_at)
    if defects & {"resent", "corrected"}:
        return [replace(first, is_superseded=True), _again(first, CORRECTED_AFTER, is_corrected=True)]
    if "repeated" in defects:
        return [first, _again(first, REPEATED_AFTER, is_corrected=False)]
    return [first]


def revised(first: Edition, delivered_at: datetime, number: int) -> Edition:
    """Return the edition that is dropped when something turned out about a month, under a name of its own."""
    name = _name(first.agency, first.delivery, first.month, number, True)
    if first.agency == "commerce":
        name = name.replace("_最终版(2)", f"_更正{delivered_at:%Y%m%d}")
    return replace(first, file_name=name, delivered_at=delivered_at, number=number, is_superseded=False)


def _again(first: Edition, after: timedelta, *, is_corrected: bool) -> Edition:
    name = _name(first.agency, first.delivery, first.month, 2, is_corrected)
    return replace(first, file_name=name, delivered_at=first.delivered_at + after, number=2)


def _name(agency: str, delivery: str, month: date, number: int, is_corrected: bool) -> str:
    if agency == "postal":
        return f"postal_{delivery}_{month:%Y%m}_v{number}.csv"
    ending = "_最终版(2)" if is_corrected else "(1)" if number > 1 else ""
    return f"连云港市城市配送月报_{month.year}年{month.month:02d}月{ending}.xlsx"


def superseded_rows(dataset: str, rows: list[Row]) -> list[Row]:
    """Return a form's rows as they stood before the correction: plausible, but wrong, and one row too many."""
    wrong = _WRONG.get(dataset)
    if wrong is None or not rows:
        return rows
    spoil, key = wrong
    extra = {**rows[-1], key: f"{rows[-1][key]}临"}
    return [spoil(row) if n % _WRONG_EVERY == 0 else row for n, row in enumerate(rows)] + [extra]


def _half_freight(row: Row) -> Row:
    return {k: v / 2 if isinstance(v, Decimal) else v for k, v in row.items()}


def _other_truth(column: str) -> Callable[[Row], Row]:
    return lambda row: {**row, column: not row[column]} if isinstance(row.get(column), bool) else row


def _more_parcels(row: Row) -> Row:
    return {k: v * 2 if isinstance(v, int) else v for k, v in row.items()}


_WRONG: dict[str, tuple[Callable[[Row], Row], str]] = {
    "commerce_store_delivery": (_half_freight, "store_code"),
    "postal_tricycle": (_other_truth("is_marking_uniform"), "tricycle_no"),
    "postal_terminal_station": (_other_truth("is_joint"), "station_no"),
    "postal_parcel_volume": (_more_parcels, "company_name"),
}
