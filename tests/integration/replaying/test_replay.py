"""A publication is rebuilt from its files by its code and compared; what does not come out the same is shown."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from green_freight import settings
from green_freight.replaying import Progress, ReplayError, ReplayOutcome, replay
from green_freight.replaying.recipe import Recipe, recipe_of
from green_freight.warehouse import scratch

from tests.integration.replaying.conftest import DAYS, Published, commit, git
from tests.killed_processes import KillPoint, Leftovers, chosen, kill_at, leftovers

_REPLAY = "green_freight.replaying.replay"
KILL_POINTS = (
    KillPoint("recorded, nothing verified", f"{_REPLAY}:verify_landing"),
    KillPoint("database made, without its mark", "green_freight.warehouse.scratch:mark"),
    KillPoint("database made, no step", f"{_REPLAY}:scratch.dropped_afterwards"),
    KillPoint("step is loading", f"{_REPLAY}:_pass_on", is_quick=True),
    KillPoint("step is building", f"{_REPLAY}:_pass_on", call=40),
    KillPoint("rebuilt, not compared", f"{_REPLAY}:_compare"),
    KillPoint("compared, not recorded", f"{_REPLAY}:_end_record"),
)
FORMULA = Path("dbt_project/models/core/fct_vehicle_operation.sql")


def _scratches(published: Published) -> list[tuple[Any, ...]]:
    with published.warehouse.admin() as admin:
        return admin.execute(
            "select datname from pg_database where starts_with(datname, %s)",
            [f"{published.warehouse.database}__scratch_"],
        ).fetchall()


def _recorded(published: Published) -> dict[str, Any]:
    """Return the newest row of the record of replays."""
    with published.warehouse.connect("builder") as builder:
        row = builder.execute(
            "select publication_no, is_equal, error_message, tables, finished_at is not null, code_version "
            "from ops.replay order by replay_id desc limit 1"
        ).fetchone()
    assert row is not None
    return dict(zip(("publication_no", "is_equal", "error", "tables", "is_over", "code"), row, strict=True))


def _unequal(outcome: ReplayOutcome) -> dict[str, Any]:
    return {table.table: table for table in outcome.tables if not table.is_equal}


def test_an_incremental_publication_published_again_is_rebuilt_by_the_commit_that_it_names(
    published: Published, checkout: Path
) -> None:
    """The checkout has moved on and would write other figures; its first commit does not. Publication 4 is the second
    one again: the same build, day and loads, without what came later, and the rows that readers see now."""
    first = git(checkout, "rev-parse", "HEAD")
    _change_formula(checkout)
    second = commit(checkout, "another formula")
    reported: list[Progress] = []
    published.set_code_version(first)
    try:
        outcome = replay(published.warehouse, 4, reported.append, running=checkout)
        assert outcome.recipe == replace(recipe_of(published.warehouse, 2), publication_no=4)
    finally:
        published.set_code_version(settings.code_version())
    assert _unequal(outcome) == {}
    assert outcome.recipe.code_version == first
    assert git(checkout, "rev-parse", "HEAD") == second
    assert len(git(checkout, "worktree", "list").splitlines()) == 1
    assert {table.table: table.rows_rebuilt for table in outcome.tables} == _rows_of_mart(published)
    assert [load.period_label for load in outcome.recipe.loads] == [DAYS[0], DAYS[2], DAYS[1]]
    _check_progress(reported)
    recorded = _recorded(published)
    assert (recorded["publication_no"], recorded["is_equal"], recorded["is_over"]) == (4, True, True)
    assert (recorded["code"], len(recorded["tables"])) == (first, len(outcome.tables))
    assert _scratches(published) == []


def _rows_of_mart(published: Published) -> dict[str, int]:
    """Return the rows of each table of the star in mart; publication 4 is the newest."""
    with published.warehouse.admin() as admin:
        tables = admin.execute(
            "select relname from pg_class as c inner join pg_attribute as a on a.attrelid = c.oid "
            "where relnamespace = 'mart'::regnamespace and relkind in ('r', 'p') and attname = 'publication_no' "
            "and relname not in ('publication', 'publication_table_change', 'publication_file', 'figure_revision')"
        ).fetchall()
        counts = {name: admin.execute(f"select count(*) from mart.{name}").fetchone() for (name,) in tables}
    rows = {name: row[0] for name, row in counts.items() if row}
    assert rows["fct_vehicle_operation"] == 9
    return rows


def _check_progress(reported: list[Progress]) -> None:
    furthest = {
        stage: max(p.done for p in reported if p.stage == stage) for stage in {p.stage for p in reported}
    }
    totals = {progress.stage: progress.total for progress in reported}
    assert list(dict.fromkeys(progress.stage for progress in reported)) == [
        "verify",
        "load",
        "build",
        "compare",
    ]
    assert (furthest["verify"], furthest["load"]) == (totals["verify"], totals["load"]) == (3, 3)
    assert furthest["build"] == totals["build"] > 100
    assert max(progress.rows for progress in reported) == 9


def test_a_changed_model_and_a_tampered_row_are_found_and_shown(published: Published, checkout: Path) -> None:
    """What readers see was changed behind the publication's back; the running code is not what it says it is."""
    if "distance_km + 1" not in (checkout / FORMULA).read_text(encoding="utf-8"):
        _change_formula(checkout)
    with published.warehouse.admin() as admin:
        [before] = admin.execute(
            "update mart.dim_region set region_name_zh = '被篡改' where region_code = '320706' returning "
            "(select region_name_zh from mart.dim_region where region_code = '320706')"
        ).fetchone() or [""]
        admin.execute("delete from mart.dim_date where date_day = '2023-01-01'")
    try:
        unequal = _unequal(replay(published.warehouse, 2, running=checkout))
    finally:
        with published.warehouse.admin() as admin:
            admin.execute(
                "update mart.dim_region set region_name_zh = %s where region_code = '320706'", [before]
            )
    assert {"dim_region", "dim_date", "fct_vehicle_operation"} <= unequal.keys()
    assert not {"dim_unit", "dim_source_file", "fct_milestone"} & unequal.keys()
    [region] = unequal["dim_region"].differences
    assert "region_code=320706" in region.key
    assert region.values == {"region_name_zh": ("被篡改", before)}
    [day] = unequal["dim_date"].differences
    assert (day.is_published, day.is_rebuilt) == (False, True)
    assert "date_day=2023-01-01" in day.key
    operations = unequal["fct_vehicle_operation"]
    assert (operations.rows_published, operations.rows_rebuilt, len(operations.differences)) == (9, 9, 5)
    one, other = operations.differences[0].values["distance_km"]
    assert float(other or 0) == float(one or 0) + 1
    recorded = _recorded(published)
    assert (recorded["is_equal"], recorded["error"]) == (False, None)


def test_an_altered_and_an_absent_file_are_named_before_anything_is_rebuilt(published: Published) -> None:
    altered, absent = published.file_of(DAYS[0]), published.file_of(DAYS[2])
    content = altered.read_bytes()
    altered.write_bytes(content + b" ")
    moved = absent.rename(absent.with_suffix(".away"))
    reported: list[Progress] = []
    try:
        with pytest.raises(ReplayError) as refused:
            replay(published.warehouse, 2, reported.append)
    finally:
        altered.write_bytes(content)
        moved.rename(absent)
    message = str(refused.value)
    assert (
        f"transport transport_vehicle_operation {DAYS[0]} vehicle_operations_{DAYS[0]}_v1.jsonl 的内容已变"
        in message
    )
    assert (
        f"transport transport_vehicle_operation {DAYS[2]} vehicle_operations_{DAYS[2]}_v1.jsonl 缺失"
        in message
    )
    assert {progress.stage for progress in reported} == {"verify"}
    recorded = _recorded(published)
    assert (recorded["is_equal"], recorded["is_over"]) == (None, True)
    assert str(altered) in recorded["error"]


def test_a_load_that_does_not_come_out_as_recorded_is_an_error(published: Published) -> None:
    change = "update ops.load set rows_loaded = rows_loaded + %s, rows_in_file = rows_in_file + %s where load_id = 1"
    with published.warehouse.admin() as admin:
        admin.execute(change, [1, 1])
        try:
            with pytest.raises(
                ReplayError, match=r"recorded 4 rows loaded and 0 rejected .* again 3 and 0"
            ) as refused:
                replay(published.warehouse, 2)
        finally:
            admin.execute(change, [-1, -1])
    assert f"transport_vehicle_operation {DAYS[0]}" in str(refused.value)
    assert _scratches(published) == []


def test_a_killed_replay_leaves_no_process_and_the_next_removes_its_database(published: Published) -> None:
    for point in chosen(KILL_POINTS):
        kill_at(point, published.warehouse, replay, published.warehouse, 2)
    if tuple(chosen(KILL_POINTS)) == KILL_POINTS:
        assert replay(published.warehouse, 2).is_equal
    else:
        scratch.create_bare(published.warehouse, "replay_2")
        scratch.drop(published.warehouse, "replay_2")
    assert leftovers(published.warehouse) == Leftovers()


def test_a_killed_step_ends_its_replay_with_a_message(published: Published) -> None:
    def kill_step(_: Progress) -> None:
        for child in psutil.Process().children():
            # What it said before its end is passed on after it.
            with contextlib.suppress(psutil.ZombieProcess):
                if "green_freight.replaying.step" in child.cmdline():
                    child.kill()

    with pytest.raises(ReplayError, match="-9"):
        replay(published.warehouse, 2, kill_step)
    assert leftovers(published.warehouse) == Leftovers()
    assert _recorded(published)["is_over"]


def test_what_was_never_published_cannot_be_replayed(published: Published) -> None:
    with pytest.raises(ReplayError, match="There is no publication 5"):
        replay(published.warehouse, 5)


def test_an_old_state_published_again_has_the_recipe_of_what_it_was(published: Published) -> None:
    first, second = (recipe_of(published.warehouse, number) for number in (1, 2))
    assert recipe_of(published.warehouse, 3) == replace(first, publication_no=3)
    assert first.as_of_date < second.as_of_date
    assert len(first.loads) < len(second.loads)
    with published.warehouse.connect("loader") as loader:
        [loads] = loader.execute(
            "select count(*) from ops.load where outcome_code = 'loaded'"
        ).fetchone() or [0]
    assert loads > len(second.loads)


def test_the_recipe_survives_its_file(published: Published) -> None:
    recipe = recipe_of(published.warehouse, 2)
    later = json.loads(recipe.as_json()) | {"a_field_of_a_later_version": 1}
    later["loads"][0]["another"] = 2
    assert Recipe.from_json(json.dumps(later)) == recipe
    assert recipe.is_synthetic is False


def _change_formula(checkout: Path) -> None:
    model = checkout / FORMULA
    text = model.read_text(encoding="utf-8")
    changed = text.replace(
        "        distance_km,", "        cast(distance_km + 1 as numeric(14, 3)) as distance_km,"
    )
    assert changed != text
    model.write_text(changed, encoding="utf-8")
