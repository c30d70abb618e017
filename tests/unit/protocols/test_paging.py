"""Lists that change while they are read: whole and consistent in the end, or a failure that can pass."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from green_freight.errors import FetchError
from green_freight.limits import Limits
from green_freight.protocols.http import MOST_ROUNDS, Page, read_all_pages

SIZE = 3
LIMITS = Limits()


class _List:
    """A list served in pages; `before(asked)` may change it before the n-th question."""

    def __init__(self, items: list[Any], before: Callable[[_List, int], None] | None = None) -> None:
        self.items, self.before, self.asked = items, before, 0
        self.stated: int | None = None

    def ask(self, number: int) -> Page:
        self.asked += 1
        if self.before:
            self.before(self, self.asked)
        here = self.items[(number - 1) * SIZE : number * SIZE]
        total = len(self.items) if self.stated is None else self.stated
        return Page.of(number, total, here, json.dumps([total, here]))


def _read(served: _List) -> list[Any]:
    return [item for page in read_all_pages(served.ask, "list", LIMITS) for item in json.loads(page.body)[1]]


@pytest.mark.parametrize("count", [0, 1, 3, 4, 9, 10])
def test_a_list_that_holds_still_is_read_once(count: int) -> None:
    served = _List(list(range(count)))
    assert _read(served) == list(range(count))
    assert served.asked == max(1, -(-count // SIZE))


def test_an_item_that_comes_meanwhile_is_not_missed() -> None:
    def grow(served: _List, asked: int) -> None:
        if asked == 2:
            served.items.insert(0, "new")

    served = _List(list(range(7)), grow)
    assert _read(served) == ["new", *range(7)]


def test_an_item_that_goes_meanwhile_hides_no_other() -> None:
    def shrink(served: _List, asked: int) -> None:
        if asked == 2:
            del served.items[0]

    assert _read(_List(list(range(7)), shrink)) == [1, 2, 3, 4, 5, 6]


def test_one_item_replaced_by_another_is_seen_by_the_repeat() -> None:
    def replace(served: _List, asked: int) -> None:
        if asked == 2:
            served.items = ["new", *served.items[:-1]]

    assert _read(_List(list(range(6)), replace)) == ["new", 0, 1, 2, 3, 4]


def test_an_empty_page_past_the_end_ends_the_list() -> None:
    served = _List([1, 2])
    served.stated = 5
    with pytest.raises(FetchError) as caught:
        _read(served)
    assert caught.value.code == "paging_unstable"
    assert "2 items were received, 5 were announced" in caught.value.detail


def test_a_total_that_is_always_wrong_the_same_way_is_a_habit() -> None:
    served = _List(list(range(6)))

    def habit(served: _List, asked: int) -> None:
        served.stated = 6 if asked % 2 else 7

    served.before = habit
    assert _read(served) == list(range(6))


def test_repeated_records_of_the_agency_are_its_own_data() -> None:
    items = [1, 2, 3, 1]
    served = _List(items)
    assert _read(served) == items
    assert served.asked == 4


def test_a_list_that_never_holds_still_fails_for_now() -> None:
    def grow(served: _List, asked: int) -> None:
        served.items.insert(0, f"new {asked}")

    served = _List(list(range(7)), grow)
    with pytest.raises(FetchError) as caught:
        _read(served)
    assert caught.value.is_transient
    assert f"after {MOST_ROUNDS} readings" in caught.value.detail
