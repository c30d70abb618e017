"""The datasets that are expected: ops.expected_dataset, kept equal to the agencies' registry."""

from __future__ import annotations

import psycopg
from psycopg.rows import TupleRow

from green_freight.agencies import AGENCIES
from green_freight.programme import programme

_KEEP = """
insert into ops.expected_dataset (dataset_id, agency_code, delivery_name, granularity_code, expected_from)
values (%s, %s, %s, %s, %s)
on conflict (dataset_id) do update
set agency_code = excluded.agency_code, delivery_name = excluded.delivery_name,
    granularity_code = excluded.granularity_code, expected_from = excluded.expected_from
"""


def keep_expected_datasets(owner: psycopg.Connection[TupleRow]) -> None:
    """Make ops.expected_dataset equal to the registry, in one transaction, as the owner.

    Every dataset is expected from the programme's first day: its agencies hold the whole demonstration period.
    """
    rows = [
        (dataset, agency.code, delivery.name, delivery.granularity.value, programme().first_day)
        for agency in AGENCIES.values()
        for delivery in agency.deliveries.values()
        for dataset in delivery.datasets
    ]
    with owner.transaction(), owner.cursor() as cursor:
        cursor.execute(
            "delete from ops.expected_dataset where dataset_id <> all(%s)", [[row[0] for row in rows]]
        )
        cursor.executemany(_KEEP, rows)
