"""The datasets that are expected: ops.expected_dataset, kept equal to the contracts."""

from __future__ import annotations

import psycopg
from psycopg.rows import TupleRow

from green_freight.contracts import contracts
from green_freight.programme import programme

_UPSERT = """
insert into ops.expected_dataset (dataset_id, agency_code, delivery_name, granularity_code, expected_from)
values (%s, %s, %s, %s, %s)
on conflict (dataset_id) do update
set agency_code = excluded.agency_code, delivery_name = excluded.delivery_name,
    granularity_code = excluded.granularity_code, expected_from = excluded.expected_from
"""


def update_expected_datasets(owner: psycopg.Connection[TupleRow]) -> None:
    """Make ops.expected_dataset equal to the contracts, in one transaction, as the owner.

    A dataset is expected from the programme's first day where its contract names no other.

    Raises:
        ContractError: a contract file is not usable.
    """
    first_day = programme().first_day
    rows = [
        (found.id, found.agency, found.delivery, found.granularity.value, found.expected_from or first_day)
        for found in contracts().values()
    ]
    with owner.transaction(), owner.cursor() as cursor:
        cursor.execute(
            "delete from ops.expected_dataset where dataset_id <> all(%s)", [[row[0] for row in rows]]
        )
        cursor.executemany(_UPSERT, rows)
