"""The bureaus' own figures come from running books; the truth recounts the rows, and both agree."""

from __future__ import annotations

import ast
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from green_freight.settings import PROJECT

from demo_city.bureau_figures import DIFFERING_FIGURES, closing_of
from demo_city.bureau_ledger import Entry, Ledger
from demo_city.city import City
from demo_city.monthly_events import FIRST_DAY
from demo_city.plan_targets import INDICATORS, PERIOD_END
from demo_city.random_generator import SHANGHAI, month_end, month_starts
from demo_city.truth_measures import as_of_state, measure_of
from demo_city.versioned_register import Row
from tests.late_changes import RevisedKnowledge, Revision, with_values, without, without_piles

Differences = dict[tuple[str, date], Decimal]
SUMMER = datetime(2024, 7, 20, 12, tzinfo=SHANGHAI)
LATE = (
    Revision("transport_vehicle", SUMMER, with_values("vehicle_id", "V001707", new_energy_kind_code=None)),
    Revision("transport_node", SUMMER, without("node_id", {"N2001", "N2006"})),
    Revision("power_station", SUMMER, without_piles("320706000007", {"3207060000070001"}, SUMMER)),
    Revision("commerce_store_delivery", SUMMER, without("store_code", {"SC0003"}), date(2024, 2, 1)),
)
# The figures of July 2024 that differ by these.
CHANGED = {
    "node_level2_added",
    "pile_vehicle_ratio",
    "nev_share_of_new",
    "nev_share_of_initial_stock",
    "joint_delivery_share",
}


def _differences(city: City, first: date, last: date) -> Differences:
    """Return what is reported beyond the truth of each month, as known when the month was over."""
    found: Differences = {}
    for month in month_starts(first, last):
        known = as_of_state(city, month_end(month))
        reported = {row["indicator_code"]: row["reported_value"] for row in city.reported_figures(month)}
        assert set(reported) == {plan.code for plan in INDICATORS if not plan.is_milestone}
        for code, value in reported.items():
            true = _rounded(measure_of(code)(known, known.as_of).value)
            if value != true:
                assert value is not None, (code, month)
                assert true is not None, (code, month)
                found[code, month] = value - true
    return found


def _rounded(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(Decimal("0.000001"), ROUND_HALF_UP)


@pytest.fixture(scope="module")
def plain() -> City:
    return City(volume=0.02)


def test_books_and_truth_agree_in_every_month_of_the_programme_but_for_the_known_slips(plain: City) -> None:
    assert _differences(plain, FIRST_DAY, PERIOD_END) == DIFFERING_FIGURES


def test_what_turns_out_late_is_in_the_books_from_its_month_on(plain: City) -> None:
    """A vehicle, a node and a pile that were none, and a store whose freight of February was taken back."""
    city = City(volume=0.02, late_knowledge=RevisedKnowledge(LATE))
    assert _differences(city, date(2024, 6, 1), date(2024, 9, 1)).keys() == {
        ("charging_pile_added", date(2024, 6, 1))
    }
    for month, changed in ((date(2024, 6, 1), set[str]()), (date(2024, 7, 1), CHANGED)):
        then, now = (
            {row["indicator_code"]: row["reported_value"] for row in one.reported_figures(month)}
            for one in (plain, city)
        )
        assert {code for code in then if then[code] != now[code]} == changed


def test_a_month_is_the_same_whenever_it_is_asked_for(plain: City) -> None:
    backwards = City(volume=0.02)
    for month in reversed(month_starts(date(2025, 1, 1), date(2025, 9, 1))):
        assert backwards.reported_figures(month) == plain.reported_figures(month)


def test_an_indicator_without_a_book_is_named() -> None:
    with pytest.raises(KeyError, match="drones_added"):
        closing_of("drones_added")


def test_a_card_that_changes_takes_its_old_entries_back() -> None:
    def entries(row: Row) -> list[Entry]:
        return [Entry(("paid",), row["on"], row["yuan"])]

    spring, autumn = date(2024, 4, 1), date(2024, 10, 1)
    first, second = {"on": spring, "yuan": Decimal(5)}, {"on": spring, "yuan": Decimal(7)}
    ledger = Ledger()
    ledger.keep("fund", {1: first, 2: second}, entries)
    assert ledger.total("paid", until=spring) == 12
    ledger.keep("fund", {1: first | {"on": autumn}}, entries)
    assert ledger.total("paid", until=spring) == 0
    assert ledger.total("paid", since=autumn, until=autumn) == ledger.total("paid", until=date.max) == 5
    assert (ledger.has("fund"), ledger.has("platform")) == (True, False)


def test_books_and_truth_share_no_module_of_each_other() -> None:
    """Neither directly nor through a module that they import."""
    for mine, theirs in (("bureau", "truth"), ("truth", "bureau")):
        reached, waiting = set[Path](), sorted((PROJECT / "demo_city").glob(f"{mine}*.py"))
        assert len(waiting) == 3
        while waiting:
            reached.add(path := waiting.pop())
            waiting += [found for found in _imported(path) if found not in reached]
        assert [path.name for path in sorted(reached) if path.name.startswith(theirs)] == []


def _imported(path: Path) -> list[Path]:
    """Return the modules of the demonstration that a module imports when it is loaded."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = {node.module or "" for node in tree.body if isinstance(node, ast.ImportFrom)}
    files = (PROJECT.joinpath(*name.split(".")).with_suffix(".py") for name in named)
    return [file for file in files if file.exists() and "demo_city" in file.parts]
