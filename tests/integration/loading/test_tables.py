"""Raw tables follow the contracts, by addition only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from green_freight.contracts import contract, contracts
from green_freight.loading.outcomes import UnreadableFileError
from green_freight.loading.raw_tables import prepare_table


def test_every_contract_makes_its_table_with_comments(warehouse: Any) -> None:
    with warehouse.connect("loader", autocommit=True) as connection:
        for found in contracts().values():
            prepare_table(connection, found)
            prepare_table(connection, found)
    with warehouse.connect("builder") as connection:
        tables = connection.execute(
            "select relname, obj_description(oid) from pg_class where relnamespace = 'raw'::regnamespace "
            "and relkind = 'r'"
        ).fetchall()
        columns = connection.execute(
            "select count(*), count(col_description(attrelid, attnum)) from pg_attribute join pg_class "
            "on pg_class.oid = attrelid where relnamespace = 'raw'::regnamespace and relkind = 'r' and attnum > 0"
        ).fetchone()
        assert connection.execute("select count(*) from raw.power_charge_order").fetchone() == (0,)
    assert {name for name, _ in tables} == set(contracts())
    assert all("One row is" in comment for _, comment in tables)
    assert columns is not None and columns[0] == columns[1]


def test_a_new_column_is_added_and_a_dropped_one_stays(warehouse: Any) -> None:
    found = contract("transport_platform")
    fewer = replace(found, columns=found.columns[:-3] + found.columns[-2:])
    with warehouse.connect("loader", autocommit=True) as connection:
        prepare_table(connection, fewer)
        prepare_table(connection, found)
        prepare_table(connection, fewer)
        names = connection.execute(
            "select attname from pg_attribute where attrelid = 'raw.transport_platform'::regclass and attnum > 0"
        ).fetchall()
    assert set(found.names) < {name for (name,) in names}


def test_a_column_of_another_type_stops(warehouse: Any) -> None:
    found = contract("transport_platform")
    with warehouse.connect("loader", autocommit=True) as connection:
        prepare_table(connection, found)
        retyped = replace(
            found, columns=(replace(found.columns[0], physical_type="bigint"), *found.columns[1:])
        )
        with pytest.raises(UnreadableFileError, match="platform_id: text → bigint"):
            prepare_table(connection, retyped)
