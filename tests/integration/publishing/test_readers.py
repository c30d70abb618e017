"""Readers beside publications: never a mixed state, never a wait; and which of their objects survive."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import IsolationLevel

from tests.integration.publishing.conftest import Star

ROUNDS = 22

# One statement over three tables: sessions fit the total, every session's station is there, one round.
FITS = """
select
    (select energy_kwh from {schema}.scorecard) = (select coalesce(sum(energy_kwh), 0) from {schema}.fct_session),
    (select session_count from {schema}.scorecard) = (select count(*) from {schema}.fct_session),
    not exists (
        select from {schema}.fct_session as f left join {schema}.dim_station as s using (city_code, station_key)
        where s.station_key is null
    )
"""


class Reader(threading.Thread):
    """A session that reads until told to stop and keeps what it saw."""

    def __init__(
        self, url: str, look: Callable[[psycopg.Connection[Any]], bool], level: IsolationLevel
    ) -> None:
        super().__init__(daemon=True)
        self.connection = psycopg.connect(url)
        self.connection.isolation_level = level
        self.look = look
        self.reads, self.mixed, self.longest, self.errors = 0, 0, 0.0, []  # type: ignore[var-annotated]
        self.is_over = threading.Event()

    def run(self) -> None:
        try:
            while not self.is_over.is_set():
                begun = time.monotonic()
                is_whole = self.look(self.connection)
                self.connection.commit()
                self.longest = max(self.longest, time.monotonic() - begun)
                self.reads += 1
                self.mixed += not is_whole
                time.sleep(0.005)
        except Exception as problem:
            self.errors.append(problem)

    def stop(self) -> None:
        self.is_over.set()
        self.join(30)
        self.connection.close()


def in_one_statement(connection: psycopg.Connection[Any]) -> bool:
    return connection.execute(FITS.format(schema="mart")).fetchone() == (True, True, True)


def as_of_the_newest(connection: psycopg.Connection[Any]) -> bool:
    return connection.execute(FITS.format(schema="mart_asof")).fetchone() == (True, True, True)


def table_by_table(connection: psycopg.Connection[Any]) -> bool:
    """Read one table after the other in one transaction, as a dashboard does in repeatable read."""
    total = connection.execute("select energy_kwh, session_count from mart.scorecard").fetchone()
    time.sleep(0.02)
    energies = connection.execute("select station_key, energy_kwh from mart.fct_session").fetchall()
    time.sleep(0.02)
    stations = {key for (key,) in connection.execute("select station_key from mart.dim_station").fetchall()}
    return (
        total == (sum(row[1] for row in energies), len(energies)) and {row[0] for row in energies} <= stations
    )


def test_readers_never_see_two_publications_mixed(star: Star) -> None:
    star.publish()
    url = star.warehouse.url("reader")
    idle = psycopg.connect(url)
    idle.isolation_level = IsolationLevel.REPEATABLE_READ
    first = [idle.execute(f"select * from mart.{spec.name}").fetchall() for spec in star.specs]
    readers = [
        Reader(url, in_one_statement, IsolationLevel.READ_COMMITTED),
        Reader(url, as_of_the_newest, IsolationLevel.READ_COMMITTED),
        Reader(url, table_by_table, IsolationLevel.REPEATABLE_READ),
    ]
    for reader in readers:
        reader.start()
    published = 0
    for round_no in range(1, ROUNDS + 1):
        star.fill(round_no, stations=3 + round_no % 4, sessions=60 + round_no % 7)
        published += star.publish().outcome_code == "published"
    for reader in readers:
        reader.stop()
    assert [idle.execute(f"select * from mart.{spec.name}").fetchall() for spec in star.specs] == first
    idle.close()
    assert published == ROUNDS
    assert [reader.errors for reader in readers] == [[], [], []]
    assert all(reader.reads > ROUNDS for reader in readers)
    assert [reader.mixed for reader in readers] == [0, 0, 0]
    assert max(reader.longest for reader in readers) < 2


def test_the_probe_itself_sees_a_mixed_state(star: Star) -> None:
    star.publish()
    with star.warehouse.admin() as admin:
        admin.execute("delete from mart.fct_session where session_key = 'c3'")
    with star.warehouse.connect("reader") as reader:
        assert not in_one_statement(reader)
        assert not table_by_table(reader)


def test_a_reader_pinned_to_a_publication_stays_there(star: Star) -> None:
    star.publish()
    pinned = star.warehouse.connect("reader", autocommit=True)
    pinned.execute("set green_freight.publication = '1'")
    query = "select * from mart_asof.fct_session order by session_key"
    before = pinned.execute(query).fetchall()
    star.fill(5)
    star.publish()
    assert pinned.execute(query).fetchall() == before
    pinned.execute("reset green_freight.publication")
    assert pinned.execute(query).fetchall() != before
    pinned.close()


def test_a_users_view_grants_comments_and_constraints_survive(star: Star) -> None:
    star.publish()
    with star.warehouse.admin() as admin:
        admin.execute("create role analyst login password 'analyst'")
        admin.execute("create schema analysis")
        admin.execute(
            "create view analysis.best as select station_name from mart.dim_station where power_kw > 60"
        )
        admin.execute("create view mart.users_own as select count(*) as n from mart.fct_session")
        admin.execute("grant select on mart.dim_station to analyst")
        admin.execute("create index users_index on mart.dim_station (station_name)")
        before = survivors(admin)
        for round_no in (1, 4):
            star.fill(round_no, stations=5, sessions=30)
            star.publish()
        star.respecify(
            "dim_station", columns={**star.specs[-1].columns, "operator_name": "运营商 / operator"}
        )
        star.rows["dim_station"] = [(*row, "某公司") for row in star.rows["dim_station"]]
        star.publish()
        assert survivors(admin) == before
        assert admin.execute("select count(*) from analysis.best").fetchone() == (3,)
        assert admin.execute("select n from mart.users_own").fetchone() == (30,)
        admin.execute("drop view analysis.best, mart.users_own")
        admin.execute("drop schema analysis")
        admin.execute("drop owned by analyst")
        admin.execute("drop role analyst")


def survivors(admin: psycopg.Connection[Any]) -> dict[str, Any]:
    queries = {
        "oids": "select relname, oid from pg_class where relname in ('dim_station', 'users_own', 'users_index') "
        "and relnamespace = 'mart'::regnamespace",
        "grants": "select has_table_privilege('analyst', 'mart.dim_station', 'select'), "
        "has_table_privilege('green_freight_reader', 'mart.dim_station', 'select')",
        "comments": "select obj_description('mart.dim_station'::regclass), "
        "col_description('mart.dim_station'::regclass, 3)",
        "constraints": "select conname, conrelid::regclass::text, pg_get_constraintdef(oid) from pg_constraint "
        "where connamespace = 'mart'::regnamespace",
        "views": "select definition from pg_views where viewname in ('best', 'users_own')",
    }
    return {name: sorted(admin.execute(query).fetchall(), key=str) for name, query in queries.items()}
