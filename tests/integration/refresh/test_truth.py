"""An undisturbed night publishes what the city knows to be true, for every indicator and month."""

from __future__ import annotations

from datetime import date

from demo_city.city import City

from .pipeline_warehouse import DAY, PipelineWarehouse
from .true_figures import differing_figures, published_totals, true_totals


def test_an_undisturbed_night_publishes_the_truth(refreshed: PipelineWarehouse, city: City) -> None:
    assert differing_figures(refreshed, city, DAY) == set()
    for month in (date(2025, 8, 1), date(2025, 9, 1)):
        assert published_totals(refreshed, month) == true_totals(city, month, DAY)
