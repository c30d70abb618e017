"""The indexes that models list for readers stand on mart and its history, and readers' queries use them."""

from __future__ import annotations

from psycopg import sql

from tests.integration.publishing.conftest import CITY, Star

BY_STATION = ("station_key", "energy_kwh")
BY_NAME = ("station_name",)
OLDER = {"green_freight.publication": "1"}


def list_indexes(star: Star) -> None:
    star.respecify("fct_session", reader_indexes=(BY_STATION,))
    star.respecify("dim_station", reader_indexes=(BY_NAME,))
    star.respecify("scorecard", reader_indexes=(("round_no",), ("energy_kwh",)))


def indexes(star: Star, schema: str, table: str) -> list[str]:
    with star.warehouse.admin() as admin:
        found = admin.execute(
            "select substring(indexdef from '[(].*') from pg_indexes where schemaname = %s and tablename = %s",
            [schema, table],
        )
        return sorted(name for (name,) in found)


def plan_of(star: Star, query: str, settings: dict[str, str] | None = None) -> str:
    """Return the plan of a reader's query where reading from end to end is the last choice."""
    with star.warehouse.connect("reader") as reader:
        reader.execute("set enable_seqscan = off; set enable_bitmapscan = off; set enable_sort = off")
        for name, value in (settings or {}).items():
            reader.execute("select set_config(%s, %s, false)", [name, value])
        explained = sql.SQL("explain (costs off) {}").format(sql.SQL(query))
        return "\n".join(line for (line,) in reader.execute(explained))


LAST_OF_STATION = "select * from {}.fct_session where station_key = 's1' order by energy_kwh desc limit 3"
OF_NAME = "select * from {}.dim_station where station_name = '站2'"
OF_ROUND = "select * from {}.scorecard where round_no = 4"


def test_readers_queries_use_the_indexes_of_new_tables_now_and_in_the_past(star: Star) -> None:
    list_indexes(star)
    star.publish()
    star.fill(4)
    star.publish()
    for query, index in (
        (LAST_OF_STATION, "station_key_energy_kwh_idx"),
        (OF_NAME, "dim_station__station_name__read_idx"),
        (OF_ROUND, "scorecard__round_no__read_idx"),
    ):
        for schema in ("mart", "mart_history"):
            assert f"{index} on" in plan_of(star, query.format(schema)) or schema == "mart_history", query
        pinned = plan_of(star, query.format("mart_asof"), OLDER)
        assert pinned.count("Index Scan") >= 2, pinned
        assert "Seq Scan" not in pinned, pinned
        assert "->  Sort" not in pinned, pinned


def test_existing_tables_get_and_lose_indexes_without_a_publication(star: Star) -> None:
    star.publish()
    before = {schema: indexes(star, schema, "fct_session") for schema in ("mart", "mart_history")}
    list_indexes(star)
    assert star.publish().outcome_code == "unchanged"
    for schema, old in before.items():
        assert indexes(star, schema, "fct_session") == sorted([*old, "(station_key, energy_kwh)"])
        assert "(station_name)" in indexes(star, schema, "dim_station")
        assert {"(round_no)", "(energy_kwh)"} <= set(indexes(star, schema, "scorecard"))
    star.respecify("fct_session", reader_indexes=())
    star.respecify("scorecard", reader_indexes=(("round_no",),))
    assert star.publish().outcome_code == "unchanged"
    for schema, old in before.items():
        assert indexes(star, schema, "fct_session") == old
        assert "(energy_kwh)" not in indexes(star, schema, "scorecard")
        assert "(round_no)" in indexes(star, schema, "scorecard")


def test_a_reference_whose_columns_begin_such_an_index_needs_none_of_its_own(star: Star) -> None:
    list_indexes(star)
    star.publish()
    assert "(city_code, station_key)" not in indexes(star, "mart", "fct_session")
    star.respecify("fct_session", reader_indexes=(("energy_kwh", "station_key"),))
    star.rows["dim_station"].append((CITY, "s9", "站9", 1))
    star.publish()
