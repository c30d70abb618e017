"""Reading all pages of a list that may change while it is read.

One round requests page after page until the stated total is reached or a page is empty (servers return an empty
list for a page past the end). A round is accepted when nothing contradicts it: one total on every page, as
many items as that total, and no item on two pages, which is the sign of a list that
shifted meanwhile. A suspicious round is read again; two equal rounds are accepted even if suspicious.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from green_freight.errors import FetchError

MOST_ROUNDS = 4
MOST_PAGES = 100_000


@dataclass(frozen=True)
class Page:
    """One response: its items, the total that the server stated with it, and the body as received."""

    number: int
    total: int
    items: Sequence[Any]
    body: str


def read_all_pages(request_page: Callable[[int], Page], where: str) -> list[Page]:
    """Return all pages of one consistent reading, in order; `request_page(number)` counts from 1.

    Raises:
        FetchError: `paging_unstable` (transient) where the list kept changing or items stay missing.
    """
    previous: list[Page] | None = None
    for _ in range(MOST_ROUNDS):
        pages = _round(request_page)
        anomaly = _anomaly(pages)
        if anomaly is None or _is_repeated(pages, previous):
            return pages
        previous = pages
    raise FetchError("paging_unstable", f"{where}: {anomaly}, after {MOST_ROUNDS} readings")


def _round(request_page: Callable[[int], Page]) -> list[Page]:
    pages: list[Page] = []
    received = 0
    for number in range(1, MOST_PAGES + 1):
        page = request_page(number)
        pages.append(page)
        received += len(page.items)
        if not page.items or received >= page.total:
            break
    return pages


def _anomaly(pages: list[Page]) -> str | None:
    totals = {page.total for page in pages}
    if len(totals) > 1:
        return f"the total changed between {min(totals)} and {max(totals)}"
    received = sum(len(page.items) for page in pages)
    if received != pages[0].total:
        return f"{received} items were received, {pages[0].total} were announced"
    on_pages = [{json.dumps(item, sort_keys=True, default=str) for item in page.items} for page in pages]
    has_repeats = sum(map(len, on_pages)) > len(set().union(*on_pages))
    return "an item is on two pages" if has_repeats else None


def _is_repeated(pages: list[Page], previous: list[Page] | None) -> bool:
    if previous is None or [page.body for page in pages] != [page.body for page in previous]:
        return False
    totals = [page.total for page in pages]
    received = sum(len(page.items) for page in pages)
    return min(totals) <= received <= max(totals)
