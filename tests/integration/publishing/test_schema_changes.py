"""A changed model publishes by itself where the change only adds, and stops where readers would break."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from green_freight.publishing import ForeignKey, TableSpec
from green_freight.publishing.errors import BreakingChangeError, InvalidCandidateError, ReaderLockError

from tests.integration.publishing.conftest import CITY, STATION, Star


def add_operator(star: Star) -> None:
    star.respecify("dim_station", columns={**STATION.columns, "operator_name": "运营商 / operator"})
    star.rows["dim_station"] = [(*row, f"公司{n}") for n, row in enumerate(star.rows["dim_station"])]


def test_an_added_column_is_published_and_null_in_the_past(star: Star) -> None:
    star.publish()
    before = star.read("dim_station")
    add_operator(star)
    assert star.publish().rows_changed == 3
    assert star.read("dim_station") == set(star.rows["dim_station"])
    past = star.read("dim_station", {"green_freight.publication": "1"}, "mart_asof")
    assert past == {(*row, None) for row in before}
    with star.warehouse.connect("reader") as reader:
        comment = reader.execute(
            "select col_description('mart.dim_station'::regclass, attnum) from pg_attribute "
            "where attrelid = 'mart.dim_station'::regclass and attname = 'operator_name'"
        ).fetchone()
    assert comment == ("运营商 / operator",)
    star.fill(4)
    add_two = [(*row, "乙") for row in star.rows["dim_station"]]
    star.rows["dim_station"] = add_two
    star.publish()
    assert star.read("dim_station") == set(add_two)


def test_a_column_added_to_a_large_fact_fills_every_month(star: Star) -> None:
    star.publish()
    session = next(spec for spec in star.specs if spec.name == "fct_session")
    star.respecify("fct_session", columns={**session.columns, "vin": "车架号 / VIN"})
    star.rows["fct_session"] = [(*row, "V1") for row in star.rows["fct_session"]]
    star.publish()
    assert star.read("fct_session") == set(star.rows["fct_session"])


def test_an_added_table_and_reference_are_published(star: Star) -> None:
    star.publish()
    star.specs.append(
        TableSpec(
            name="dim_operator",
            description="运营商 / operator",
            columns={"city_code": "城市 / city", "operator_key": "键 / key"},
            primary_key=("city_code", "operator_key"),
        )
    )
    key = ForeignKey(("city_code", "operator_key"), "dim_operator", ("city_code", "operator_key"))
    star.respecify(
        "dim_station", columns={**STATION.columns, "operator_key": "运营商键 / operator"}, foreign_keys=(key,)
    )
    star.rows["dim_operator"] = [(CITY, "o1")]
    star.rows["dim_station"] = [(*row, "o1") for row in star.rows["dim_station"]]
    star.publish()
    assert star.read("dim_operator") == {(CITY, "o1")}
    star.rows["dim_operator"] = [(CITY, "o2")]
    with pytest.raises(InvalidCandidateError, match="leads nowhere"):
        star.publish()
    star.respecify("dim_station", foreign_keys=())
    star.publish()
    assert star.read("dim_operator") == {(CITY, "o2")}


def test_a_changed_description_becomes_the_comment_without_a_publication(star: Star) -> None:
    star.publish()
    star.respecify("scorecard", description="合计表 / the totals")
    assert star.publish().outcome_code == "unchanged"
    with star.warehouse.connect("reader") as reader:
        row = reader.execute("select obj_description('mart.scorecard'::regclass)").fetchone()
    assert row == ("合计表 / the totals",)


def drop_column(star: Star) -> None:
    star.respecify("dim_station", columns={k: v for k, v in STATION.columns.items() if k != "power_kw"})
    star.rows["dim_station"] = [row[:3] for row in star.rows["dim_station"]]


def rename_column(star: Star) -> None:
    columns = {("label" if k == "station_name" else k): v for k, v in STATION.columns.items()}
    star.respecify("dim_station", columns=columns)


def retype_column(star: Star) -> None:
    star.types["power_kw"] = "text"


def drop_table(star: Star) -> None:
    star.specs = [spec for spec in star.specs if spec.name != "scorecard"]


def change_key(star: Star) -> None:
    star.respecify("scorecard", primary_key=("city_code", "round_no"))


def change_partitioning(star: Star) -> None:
    star.respecify("fct_session", partition_month_column=None)


CHANGES = [
    (
        drop_column,
        r"列 mart\.dim_station\.power_kw 已消失。 / The column mart\.dim_station\.power_kw is gone",
    ),
    (rename_column, r"mart\.dim_station\.station_name.*renamed to label\."),
    (retype_column, r"mart\.dim_station\.power_kw.*from numeric\(10,2\) to text"),
    (drop_table, r"没有表 mart\.scorecard。 / The models no longer have the table mart\.scorecard"),
    (change_key, r"The primary key of the table mart\.scorecard changed"),
    (change_partitioning, r"The partition column of the table mart\.fct_session changed"),
]


@pytest.mark.parametrize(("change", "word"), CHANGES, ids=[change.__name__ for change, _ in CHANGES])
def test_what_would_break_readers_stops_before_anything_changes(star: Star, change: Any, word: str) -> None:
    star.publish()
    specs, types, rows = list(star.specs), dict(star.types), {k: list(v) for k, v in star.rows.items()}
    before, columns = star.state(), shape(star)
    star.rows["dim_station"][0] = (CITY, "s0", "改名", 1)
    change(star)
    with pytest.raises(BreakingChangeError, match=word):
        star.publish()
    star.specs, star.types, star.rows = specs, types, rows
    assert star.state() == before
    assert shape(star) == columns
    assert star.publish().outcome_code == "unchanged"


def shape(star: Star) -> Any:
    with star.warehouse.connect("owner") as owner:
        return owner.execute(
            "select table_schema, table_name, column_name, data_type from information_schema.columns "
            "where table_schema like 'mart%' order by 1, 2, ordinal_position"
        ).fetchall()


def test_a_candidate_that_its_models_do_not_describe_is_refused(star: Star) -> None:
    star.build()
    with star.warehouse.connect("builder") as builder:
        builder.execute("alter table candidate.dim_station add column secret text")
    with pytest.raises(InvalidCandidateError, match=r"candidate\.dim_station\.secret.*not described"):
        star.publish(1)


def test_an_idle_reader_delays_a_new_column_but_no_other_reader(star: Star) -> None:
    star.publish()
    idle = star.warehouse.connect("reader")
    idle.execute("select count(*) from dim_station")
    add_operator(star)
    build_id = star.build()
    slowest = [0.0]
    is_over = threading.Event()

    def read() -> None:
        with star.warehouse.connect("reader", autocommit=True) as reader:
            while not is_over.is_set():
                begun = time.monotonic()
                reader.execute("select count(*) from dim_station")
                slowest[0] = max(slowest[0], time.monotonic() - begun)
                time.sleep(0.01)

    other = threading.Thread(target=read)
    other.start()
    with pytest.raises(ReaderLockError, match=r"mart\.dim_station.*green_freight_reader.*pid"):
        star.publish(build_id, lock_timeout=timedelta(seconds=2))
    threading.Timer(2, idle.rollback).start()
    assert star.publish(build_id, lock_timeout=timedelta(seconds=20)).outcome_code == "published"
    is_over.set()
    other.join()
    idle.close()
    assert slowest[0] < 1


def test_who_reads_a_table_follows_its_level(star: Star) -> None:
    query = """
        select n.nspname, has_table_privilege('green_freight_reader', c.oid, 'select'),
            has_table_privilege('green_freight_reader_detail', c.oid, 'select')
        from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace
        where c.relname = 'dim_station' and n.nspname like 'mart%' order by 1
    """
    schemas = ("mart", "mart_asof", "mart_history")
    for round_no, level in enumerate(("reader", "reader_detail", "reader", "reader_detail")):
        star.respecify("dim_station", reader_level=level)
        star.fill(round_no * 3)
        star.publish()
        with star.warehouse.connect("publisher") as session:
            found = session.execute(query).fetchall()
        assert found == [(schema, level == "reader", True) for schema in schemas], level
