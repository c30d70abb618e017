"""From gaps to the smallest backfill: as few requests as possible that ask for every gap and for nothing whole.

A request is a rectangle: months in a row × some agencies. Two things could be saved, requests or deliveries, and
the rule here is: never ask for a month that an agency has delivered whole, and under this rule make the fewest
requests. A whole month asked for again may come back corrected and would restate figures that nobody meant to
touch; a request more costs only a build and a publication. A month of which nothing is due yet may be asked for:
it costs a question, and lets a request run on over it.

Who asks with `only_missing` leaves out what is loaded anyway, period by period, and can ask for all gaps in one
request that encloses them: one build, one audit, one publication.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, combinations

from green_freight.coverage.dataset_months import DatasetMonth
from green_freight.periods import Period, months
from green_freight.settings import AGENCIES

AgencyMonth = tuple[str, Period]

# The agencies asked for in one month, by the request that asks: no agency is in two of them.
_Group = tuple[str, ...]
_Groups = tuple[_Group, ...]


@dataclass(frozen=True, order=True)
class BackfillRange:
    """The months from `first` to `last`, both included, of some agencies (codes, in the registry's order)."""

    first: Period
    last: Period
    agencies: tuple[str, ...]

    @property
    def agency_months(self) -> list[AgencyMonth]:
        """Return what it asks for."""
        return [(agency, month) for month in months(self.first, self.last) for agency in self.agencies]


def backfill_of(found: Iterable[DatasetMonth]) -> list[BackfillRange]:
    """Return the smallest backfill that asks for everything that is missing among the given months."""
    found = list(found)
    gaps = {(one.agency_code, one.month) for one in found if one.parts_missing}
    return smallest_backfill(gaps, not_due(found))


def enclosing(ranges: Collection[BackfillRange]) -> BackfillRange | None:
    """Return the one range that holds them all, whole months among them too; None if there is none."""
    if not ranges:
        return None
    asked = set().union(*(one.agencies for one in ranges))
    agencies = tuple(agency for agency in AGENCIES if agency in asked)
    return BackfillRange(min(one.first for one in ranges), max(one.last for one in ranges), agencies)


def not_due(found: Iterable[DatasetMonth]) -> set[AgencyMonth]:
    """Return the months of which an agency owes nothing yet, of any dataset."""
    found = list(found)
    due = {(one.agency_code, one.month) for one in found if one.parts_due}
    return {(one.agency_code, one.month) for one in found} - due


def smallest_backfill(
    gaps: Collection[AgencyMonth], free: Collection[AgencyMonth] = ()
) -> list[BackfillRange]:
    """Return the fewest requests that ask for each gap once, may ask for what is `free`, and for nothing else.

    Of several such plans the one that asks for the least; the same gaps give the same plan, in the order of months.

    The number is exact, not a heuristic's: month by month every way of sharing the agencies out among requests is
    tried, and a request that goes on costs nothing more. Their number grows fast with the agencies (15 ways for
    four, 877 for seven), not with the months.
    """
    if not gaps:
        return []
    every = [month for _, month in gaps]
    columns = months(min(every), max(every))
    shared_out = [
        list(_sharings(_of_month(gaps, month), _of_month(set(free) - set(gaps), month))) for month in columns
    ]
    return _requests(columns, _fewest(shared_out))


def _of_month(found: Collection[AgencyMonth], month: Period) -> tuple[str, ...]:
    return tuple(agency for agency in AGENCIES if (agency, month) in found)


def _fewest(shared_out: Sequence[Sequence[_Groups]]) -> tuple[_Groups, ...]:
    """Return one sharing a month with the fewest groups that begin, then the fewest agencies asked."""
    best: dict[_Groups, tuple[int, int, tuple[_Groups, ...]]] = {(): (0, 0, ())}
    for sharings in shared_out:
        best = {
            groups: min(
                (begun + len(set(groups) - set(before)), asked + sum(map(len, groups)), (*path, groups))
                for before, (begun, asked, path) in best.items()
            )
            for groups in sharings
        }
    return min(best.values())[2]


def _requests(columns: Sequence[Period], path: Sequence[_Groups]) -> list[BackfillRange]:
    found: list[BackfillRange] = []
    open_since: dict[_Group, Period] = {}
    before = columns[0]
    for month, groups in chain(zip(columns, path, strict=True), [(columns[-1].next, ())]):
        for group in set(open_since) - set(groups):
            found.append(BackfillRange(open_since.pop(group), before, group))
        for group in groups:
            open_since.setdefault(group, month)
        before = month
    return sorted(found)


def _sharings(gaps: tuple[str, ...], free: tuple[str, ...]) -> Iterator[_Groups]:
    """Yield every way of sharing all of `gaps` and any of `free` out among requests."""
    for count in range(len(free) + 1):
        for taken in combinations(free, count):
            yield from _partitions(tuple(agency for agency in AGENCIES if agency in gaps + taken))


def _partitions(agencies: tuple[str, ...]) -> Iterator[_Groups]:
    if not agencies:
        yield ()
        return
    first, others = agencies[0], agencies[1:]
    for count in range(len(others) + 1):
        for joined in combinations(others, count):
            rest = tuple(agency for agency in others if agency not in joined)
            yield from (((first, *joined), *groups) for groups in _partitions(rest))
