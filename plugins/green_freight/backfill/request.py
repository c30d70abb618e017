"""What an engineer asks for: months, agencies and a reason; checked before anything is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from green_freight.agencies import AGENCIES
from green_freight.errors import PermanentError
from green_freight.periods import Period, months
from green_freight.programme import programme

# A task costs a second or two beside its work, so that years are not taken month by month but in groups.
MOST_PARTS = 12


class RequestRefused(PermanentError, ValueError):
    """The request makes no sense; the message says in two languages what is wrong with it."""


@dataclass(frozen=True)
class BackfillRequest:
    """A backfill: the months `first` to `last`, both included, of `agencies`, up to the business day `until`.

    With `is_only_missing` just the periods without a complete load are asked for, else all of them.
    """

    first: Period
    last: Period
    agencies: tuple[str, ...]
    reason: str
    until: date
    is_only_missing: bool = False

    @classmethod
    def of(cls, parameters: Mapping[str, Any], yesterday: date) -> BackfillRequest:
        """Return the request of a run's parameters (those of the DAG `backfill_history`).

        Raises:
            RequestRefused: a month is none, the range is empty, lies before the programme or wholly in the future,
                an agency is unknown, or the reason is missing.
        """
        first, last = (_month(parameters[name]) for name in ("from_month", "to_month"))
        asked = parameters.get("business_day")
        request = cls(
            first=first,
            last=last,
            agencies=tuple(parameters["agencies"]),
            reason=str(parameters.get("reason") or "").strip(),
            until=date.fromisoformat(asked) if asked else yesterday,
            is_only_missing=bool(parameters.get("only_missing")),
        )
        request.check()
        return request

    def check(self) -> None:
        """Raise for a request that makes no sense.

        Raises:
            RequestRefused: see `of`.
        """
        unknown = sorted(set(self.agencies) - set(AGENCIES))
        if unknown or not self.agencies:
            raise RequestRefused(
                f"未知单位 {', '.join(unknown) or '（空）'}；可选 / unknown agencies; there are: {', '.join(AGENCIES)}"
            )
        if not self.reason:
            raise RequestRefused(
                "回补须写明原因 / a backfill needs a reason: it is kept with the publication"
            )
        if self.first > self.last:
            raise RequestRefused(
                f"起始月 {self.first} 晚于截止月 {self.last} / the first month {self.first} is after {self.last}"
            )
        begins = programme().first_day
        if self.first.first_day < begins:
            raise RequestRefused(
                f"示范期自 {begins:%Y-%m} 起，没有更早的月份 {self.first}。 / "
                f"The programme begins in {begins:%Y-%m}; the month {self.first} is before it."
            )
        if self.first.first_day > self.until:
            raise RequestRefused(
                f"没有可回补的月份：{self.first} 至 {self.last}（截至 {self.until}） / "
                f"no month to backfill from {self.first} to {self.last} (loaded up to {self.until})"
            )

    @property
    def months(self) -> list[Period]:
        """Return the months that do not lie after the last business day."""
        return months(self.first, min(self.last, Period.month_of(self.until)))

    @property
    def sentence(self) -> str:
        """Return the request in one line, in Chinese and English."""
        which = "仅缺失部分 what is missing of" if self.is_only_missing else "全部 all of"
        return (
            f"{which} {self.months[0]} … {self.months[-1]}: {', '.join(self.agencies)}; 截至 until {self.until}; "
            f"{self.reason}"
        )

    def groups(self) -> list[list[str]]:
        """Return the months (`2023-01`) in at most MOST_PARTS groups of neighbours."""
        labels = [month.label for month in self.months]
        size = -(-len(labels) // MOST_PARTS)
        return [labels[at : at + size] for at in range(0, len(labels), size)]


def agencies_of(names: Sequence[str]) -> tuple[str, ...]:
    """Return the agencies of a command line: all where none is named."""
    return tuple(names) or tuple(AGENCIES)


def _month(label: str) -> Period:
    try:
        month = Period(label)
    except ValueError:
        month = None
    if month is None or not month.is_month:
        raise RequestRefused(f"{label!r} 不是月份，应如 2023-01 / is no month, write 2023-01")
    return month
