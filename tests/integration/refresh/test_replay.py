"""A publication over the demonstration city that published an old state again is rebuilt from landing alone.

The end-to-end scenario rebuilds a night built by months.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from green_freight.backfill import steps
from green_freight.contracts import contracts
from green_freight.replaying import ReplayOutcome, replay
from green_freight.replaying.recipe import recipe_of

from .pipeline_warehouse import LAST_LOADED, PipelineWarehouse


def test_an_old_state_published_again_is_rebuilt_as_what_it_was(refreshed: PipelineWarehouse) -> None:
    """Publication 3 is the first one again: the same build, day and loads, and the rows readers see now."""
    assert steps.revert(refreshed.database, "revert/1", 1, "test", "tester").publication_no == 3
    before = refreshed.tables()
    outcome = replay(refreshed.database, 3)
    assert _differing(outcome) == {}
    assert outcome.recipe.is_synthetic is False
    rows = {table.table: table.rows_rebuilt for table in outcome.tables}
    assert rows.keys() == before.keys() - {"figure_revision"}
    assert rows == {name: int(before[name].split()[1]) for name in rows}
    assert rows["fct_charging_session"] > 1000
    assert refreshed.tables() == before
    assert outcome.recipe.as_of_date == LAST_LOADED
    assert outcome.recipe == replace(recipe_of(refreshed.database, 1), publication_no=3)
    assert len(recipe_of(refreshed.database, 2).loads) > len(outcome.recipe.loads)
    [night] = refreshed.rows("select count(*) as loads from ops.load where outcome_code = 'loaded'")
    assert night["loads"] >= len(recipe_of(refreshed.database, 2).loads)
    datasets = Counter(load.dataset_id for load in outcome.recipe.loads)
    assert len(datasets) == len(contracts())


def _differing(outcome: ReplayOutcome) -> dict[str, object]:
    return {table.table: table.differences for table in outcome.tables if not table.is_equal}
