"""The record of replays, ops.replay: which publication, when, by which code, equal or not, table by table."""

from __future__ import annotations

import json
from collections.abc import Sequence

from green_freight.replaying.replay_diff import TableComparison
from green_freight.warehouse import Warehouse


def begin(warehouse: Warehouse, publication_no: int, code_version: str) -> int:
    """Note that a replay begins, as the owner; return its number."""
    with warehouse.connect("owner") as owner:
        row = owner.execute(
            "insert into ops.replay (publication_no, code_version) values (%s, %s) returning replay_id",
            [publication_no, code_version],
        ).fetchone()
    assert row is not None
    return int(row[0])


def finish(warehouse: Warehouse, replay_id: int, tables: Sequence[TableComparison]) -> None:
    """Note how the tables compared."""
    names = ("table", "rows_published", "rows_rebuilt", "hash_published", "hash_rebuilt")
    found = [{name: getattr(table, name) for name in names} for table in tables]
    with warehouse.connect("owner") as owner:
        owner.execute(
            "update ops.replay set is_equal = %s, tables = %s, finished_at = clock_timestamp() where replay_id = %s",
            [all(table.is_equal for table in tables), json.dumps(found), replay_id],
        )


def fail(warehouse: Warehouse, replay_id: int, message: str) -> None:
    """Note why nothing could be compared."""
    with warehouse.connect("owner") as owner:
        owner.execute(
            "update ops.replay set error_message = %s, finished_at = clock_timestamp() where replay_id = %s",
            [message, replay_id],
        )
