"""A backfill request: months, agencies and a reason; checked before anything is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from green_freight import business_days
from green_freight.agencies import AGENCIES
from green_freight.coverage import BackfillRange, never_requested_before
from green_freight.errors import PermanentError
from green_freight.messages import message
from green_freight.periods import Period, months
from green_freight.programme import programme
from green_freight.warehouse import Session

# A task costs a second or two beside its work, so that years are loaded in groups of months; an interrupted one goes on
# with the delivery at which it stopped. No agency's pool has more than two slots.
MOST_PARTS = 6


class BackfillRequestError(PermanentError, ValueError):
    """The request cannot be carried out; the message says in two languages what is wrong with it."""


@dataclass(frozen=True)
class BackfillRequest:
    """A backfill: the months `first` to `last`, both included, of `agencies`, up to the business day `until`.

    With `is_only_missing` just the periods without a complete load are asked for, else all of them. With `events_from`
    the daily events of earlier months are left out; registers and forms are not.
    """

    first: Period
    last: Period
    agencies: tuple[str, ...]
    reason: str
    until: date
    is_only_missing: bool = False
    events_from: Period | None = None

    @classmethod
    def of(cls, parameters: Mapping[str, Any], newest: date) -> BackfillRequest:
        """Return the request of a run's parameters (those of the DAG `backfill_history`).

        `newest` is the newest business day that is over. Raises BackfillRequestError: a label is no month, the range is
        empty, lies before the programme or wholly in the future, an agency is unknown, or the reason is missing.
        BusinessDayError: the last day that may be loaded is later than `newest`, or no date.
        """
        first, last = (_month(parameters[name]) for name in ("from_month", "to_month"))
        until, events_from = (parameters.get(name) for name in ("business_day", "events_from"))
        request = cls(
            first=first,
            last=last,
            agencies=tuple(parameters["agencies"]),
            reason=str(parameters.get("reason") or "").strip(),
            until=business_days.parsed(until) if until else newest,
            is_only_missing=bool(parameters.get("only_missing")),
            events_from=_month(events_from) if events_from else None,
        )
        request.check(newest)
        return request

    @property
    def parameters(self) -> dict[str, Any]:
        """Return the parameters of the DAG `backfill_history` that `of` reads this request from."""
        return {
            "from_month": self.first.label,
            "to_month": self.last.label,
            "agencies": list(self.agencies),
            "reason": self.reason,
            "business_day": self.until.isoformat(),
            "only_missing": self.is_only_missing,
            "events_from": self.events_from.label if self.events_from else None,
        }

    def check(self, newest: date) -> None:
        """Check that the request can be carried out. Raises BackfillRequestError, BusinessDayError: see `of`."""
        first, last, until, begins = self.first, self.last, self.until, programme().first_day
        unknown, known = sorted(set(self.agencies) - set(AGENCIES)), ", ".join(AGENCIES)
        if unknown:
            raise BackfillRequestError(
                message("backfill_agencies_unknown", names=", ".join(unknown), known=known)
            )
        if not self.agencies:
            raise BackfillRequestError(message("backfill_without_agency", known=known))
        if not self.reason:
            raise BackfillRequestError(message("backfill_without_reason"))
        if first > last:
            raise BackfillRequestError(message("backfill_range_empty", first=first, last=last))
        if first.first_day < begins:
            raise BackfillRequestError(message("backfill_before_programme", begins=begins, first=first))
        business_days.require_over(until, newest)
        if first.first_day > until:
            raise BackfillRequestError(message("backfill_in_future", first=first, last=last, until=until))

    def check_history(self, session: Session) -> None:
        """Check that no figure of a fragment would come of it. Raises BackfillRequestError: earlier months, which the
        figures need as well, were never requested. `session` may read `ops`."""
        gap = never_requested_before(session, BackfillRange(self.first, self.last, self.agencies), self.until)
        if gap is not None:
            raise BackfillRequestError(
                message("backfill_of_fragment", first=self.first, gap=gap, agencies=", ".join(gap.agencies))
            )

    @property
    def months(self) -> list[Period]:
        """Return the months that do not lie after the last business day."""
        return months(self.first, min(self.last, Period.month_of(self.until)))

    @property
    def sentence(self) -> str:
        """Return the request in one line, in Chinese and English."""
        months, agencies = f"{self.months[0]} … {self.months[-1]}", ", ".join(self.agencies)
        missing, every = ("缺失的期次", "missing periods"), ("全部期次", "all periods")
        zh, en = missing if self.is_only_missing else every
        if self.events_from:
            zh, en = (
                f"{zh}（每日数据自 {self.events_from} 起）",
                f"{en} (daily events from {self.events_from} on)",
            )
        return message("backfill_requested", agencies=agencies, months=months, zh=zh, en=en, request=self)

    def groups(self) -> list[list[str]]:
        """Return the months (`2023-01`) in at most MOST_PARTS groups of neighbours."""
        labels = [month.label for month in self.months]
        size = -(-len(labels) // MOST_PARTS)
        return [labels[at : at + size] for at in range(0, len(labels), size)]


def _month(label: str) -> Period:
    try:
        month = Period(label)
    except ValueError:
        month = None
    if month is None or not month.is_month:
        raise BackfillRequestError(message("no_month", label=label))
    return month
