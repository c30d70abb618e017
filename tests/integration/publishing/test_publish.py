"""What publishing makes visible, and what it keeps of the past."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg
import pytest
from green_freight.publishing import TableSpec, publish
from green_freight.publishing.errors import InvalidCandidateError, NotAuditedError
from green_freight.warehouse import runs

from tests.integration.publishing.conftest import CITY, OCTOBER, Star


def as_read(star: Star) -> dict[str, set[Any]]:
    return {name: set(rows) for name, rows in star.rows.items()}


def test_the_first_publication_shows_the_candidate_with_keys_and_comments(star: Star) -> None:
    outcome = star.publish()
    assert (outcome.outcome_code, outcome.publication_no) == ("published", 1)
    assert star.state() == as_read(star)
    with star.warehouse.connect("owner") as owner:
        keys = owner.execute(
            "select conrelid::regclass::text, contype::text from pg_constraint "
            "where connamespace = 'mart'::regnamespace and conrelid::regclass::text !~ 'publication|figure_revision' "
            "and contype in ('p', 'f') order by 1, 2"
        ).fetchall()
        comments = owner.execute(
            "select s || '.fct_session', obj_description((s || '.fct_session')::regclass), "
            "col_description((s || '.fct_session')::regclass, 5) "
            "from unnest(array['mart', 'mart_history', 'mart_asof']) as s"
        ).fetchall()
    assert keys == [
        ("mart.dim_station", "p"),
        ("mart.fct_session", "f"),
        ("mart.fct_session", "p"),
        ("mart.scorecard", "p"),
    ]
    assert [row[1:] for row in comments] == [("充电记录 / charging session", "电量 / energy in kWh")] * 3


def test_the_same_candidate_again_makes_no_publication(star: Star) -> None:
    star.publish()
    outcome = star.publish()
    assert (outcome.outcome_code, outcome.publication_no, outcome.rows_changed) == ("unchanged", None, 0)
    assert "Nothing differs" in outcome.sentence
    with star.warehouse.connect("reader") as reader:
        assert reader.execute("select count(*) from publication").fetchone() == (1,)


def test_publishing_a_build_twice_is_publishing_it_once(star: Star) -> None:
    build_id = star.build()
    assert star.publish(build_id).outcome_code == "published"
    again = star.publish(build_id)
    assert (again.outcome_code, again.publication_no) == ("already_published", 1)


def test_the_record_tells_rows_verdicts_and_reason(star: Star) -> None:
    star.publish()
    star.rows["dim_station"][0] = (CITY, "s0", "改名", 1)
    star.rows["dim_station"].append((CITY, "s9", "新站", 9))
    star.rows["fct_session"] = star.rows["fct_session"][3:]
    star.fit_total(1)
    outcome = star.publish()
    with star.warehouse.connect("reader") as reader:
        changes = reader.execute(
            "select table_name, rows_added, rows_changed, rows_removed from publication_table_change "
            "where publication_no = 2 order by 1"
        ).fetchall()
        record = reader.execute(
            "select kind_code, reason, run_id, as_of_date, verdict_passed_count, verdict_warning_count, "
            "stale_agencies from publication where publication_no = 2"
        ).fetchone()
    assert changes == [("dim_station", 1, 1, 0), ("fct_session", 0, 0, 3), ("scorecard", 0, 1, 0)]
    assert record == ("nightly", "round 2", "run-2", date(2025, 9, 30), 1, 1, [])
    assert outcome.rows_changed == 6


def test_only_rows_that_differ_are_written(star: Star) -> None:
    star.publish()
    star.rows["dim_station"][0] = (CITY, "s0", None, 1)
    star.publish()
    with star.warehouse.connect("reader") as reader:
        versions = reader.execute("select station_key, publication_no from dim_station order by 1").fetchall()
    assert versions == [("s0", 2), ("s1", 1), ("s2", 1)]


def test_history_gives_every_past_state_exactly(star: Star) -> None:
    snapshots, times = {}, {}
    for round_no in range(8):
        star.fill(round_no, stations=3 + round_no % 3, sessions=20 - round_no)
        number = star.publish().publication_no
        assert number == round_no + 1
        snapshots[number] = star.state()
        with star.warehouse.connect("reader") as reader:
            row = reader.execute("select max(published_at)::text from publication").fetchone()
        times[number] = str(row[0]) if row else ""
    for number, snapshot in snapshots.items():
        assert star.state({"green_freight.publication": str(number)}, "mart_asof") == snapshot
        assert star.state({"green_freight.as_of": times[number]}, "mart_asof") == snapshot
    assert star.state(schema="mart_asof") == star.state()
    for moment in ("2020-01-01", "2020-01-01 08:00+08"):
        with pytest.raises(psycopg.Error, match="nothing had been published by 2020-01-01"):
            star.state({"green_freight.as_of": moment}, "mart_asof")
    with star.warehouse.connect("reader") as reader:
        current = reader.execute(
            "select publication_no, as_of_date, stale_agency_count from current_publication"
        )
        newest = reader.execute(
            "select publication_no, as_of_date, cardinality(stale_agencies) from publication order by 1 desc limit 1"
        )
        assert current.fetchall() == newest.fetchall()


def test_a_bare_day_means_its_end_in_shanghai(star: Star) -> None:
    star.publish()
    first = star.state()
    star.fill(1)
    star.publish()
    with star.warehouse.admin() as admin:
        admin.execute(
            "update mart.publication set published_at = '2025-10-01 23:30+08' where publication_no = 1"
        )
        admin.execute(
            "update mart.publication set published_at = '2025-10-02 00:30+08' where publication_no = 2"
        )
    assert star.state({"green_freight.as_of": "2025-10-01"}, "mart_asof") == first
    assert star.state({"green_freight.as_of": "2025-10-02"}, "mart_asof") == star.state()


def test_an_unknown_publication_is_named_not_guessed(star: Star) -> None:
    star.publish()
    with pytest.raises(Exception, match="there is no publication 99"):
        star.read("scorecard", {"green_freight.publication": "99"}, "mart_asof")


def test_a_month_gets_its_partition_when_it_comes_and_may_become_empty(star: Star) -> None:
    star.publish()
    december = date(2025, 12, 1)
    star.rows["fct_session"].append((CITY, december, "late", "s0", 5))
    star.publish(star.build(months=[december]))
    with star.warehouse.connect("owner") as owner:
        partitions = owner.execute(
            "select relname from pg_class where relnamespace = 'mart_partition'::regnamespace "
            "and relkind = 'r' order by 1"
        ).fetchall()
    assert [name for (name,) in partitions] == [f"fct_session_y2025m{n}" for n in ("09", "10", "12")]
    star.rows["fct_session"].pop()
    star.publish(star.build(months=[december]))
    assert star.read("fct_session") == set(star.rows["fct_session"])
    assert len(star.read("fct_session", {"green_freight.publication": "2"}, "mart_asof")) == 21


def test_a_station_and_its_sessions_come_go_and_move_together(star: Star) -> None:
    star.publish()
    star.rows["dim_station"] = [(CITY, "n0", "全新", 1), (CITY, "n1", "全新", 2)]
    star.rows["fct_session"] = [(*row[:3], "n1", row[4]) for row in star.rows["fct_session"]]
    star.publish()
    assert star.state() == as_read(star)


def break_reference(star: Star) -> None:
    star.rows["fct_session"][0] = (CITY, OCTOBER, "c0", "nowhere", 1)


def break_removed_parent(star: Star) -> None:
    del star.rows["dim_station"][0]


def double_a_key(star: Star) -> None:
    star.rows["dim_station"].append((CITY, "s0", "又一个", 2))


def double_a_row(star: Star) -> None:
    star.rows["fct_session"].append(star.rows["fct_session"][0])


def lose_a_key(star: Star) -> None:
    star.rows["dim_station"].append((CITY, None, "无键", 2))


def lose_a_month(star: Star) -> None:
    star.rows["fct_session"].append((CITY, None, "无月", "s0", 1))


BREAKAGES = [
    (
        break_reference,
        r"fct_session 的外键不成立.* / In the table candidate\.fct_session, a reference leads nowhere.*nowhere",
    ),
    (break_removed_parent, r"a reference leads nowhere.*s0"),
    (double_a_key, r"dim_station.*has duplicates"),
    (double_a_row, r"fct_session.*has duplicates"),
    (lose_a_key, r"dim_station.*nulls"),
    (lose_a_month, r"fct_session\.period_month.*without a month"),
]


@pytest.mark.parametrize(("breakage", "word"), BREAKAGES, ids=[b.__name__ for b, _ in BREAKAGES])
@pytest.mark.parametrize("is_first", [True, False], ids=["first", "later"])
def test_a_broken_candidate_stops_whole_and_the_next_good_one_repairs(
    star: Star, breakage: Any, word: str, is_first: bool
) -> None:
    if not is_first:
        star.publish()
        star.fill(1)
    before = None if is_first else star.state()
    good = {name: list(rows) for name, rows in star.rows.items()}
    breakage(star)
    with pytest.raises(InvalidCandidateError, match=word):
        star.publish()
    if before:
        assert star.state() == before
    star.rows = good
    assert star.publish().outcome_code == "published"
    assert star.state() == as_read(star)


@pytest.mark.parametrize(
    ("outcome", "verdicts", "word"),
    [
        ("built", [("critical", True)], "only an audited one"),
        ("rejected", [("critical", False)], "only an audited one"),
        ("audited", [("critical", False)], "breaks 1 critical"),
    ],
)
def test_what_did_not_pass_its_audit_is_not_published(
    star: Star, outcome: str, verdicts: Any, word: str
) -> None:
    with pytest.raises(NotAuditedError, match=word):
        star.publish(star.build(outcome=outcome, verdicts=verdicts))


def test_an_audit_without_verdicts_proves_nothing(star: Star) -> None:
    build_id = star.build()
    with star.warehouse.connect("builder") as builder:
        builder.execute("delete from ops.verdict")
    with pytest.raises(NotAuditedError, match="no verdict at all"):
        star.publish(build_id)


def test_files_and_stale_agencies_stand_beside_the_figures(star: Star) -> None:
    key = "0123456789abcdef0123"
    with star.warehouse.connect("loader") as loader:
        loader.execute(
            "insert into ops.source_file (source_file_key, agency_code, delivery_name, period_label, file_name, "
            "sha256, bytes, landing_url, first_received_at, last_received_at) values "
            "(%s, 'postal', 'tricycles', '2025-09', 'a_v1.csv', %s, 7, 'file:///a', now(), now())",
            [key, "a" * 64],
        )
        row = loader.execute(
            "insert into ops.load (run_id, agency_code, dataset_id, delivery_name, period_label, source_file_key, "
            "outcome_code, rows_in_file, rows_loaded, rows_rejected) values "
            "('r', 'postal', 'postal_tricycle', 'tricycles', '2025-09', %s, 'loaded', 1, 1, 0) returning load_id",
            [key],
        ).fetchone()
        for agency, outcome in [
            ("power", "failed_transient"),
            ("power", "landed"),
            ("commerce", "not_delivered"),
        ]:
            loader.execute(
                "insert into ops.fetch (run_id, agency_code, delivery_name, period_label, outcome_code) "
                "values ('r', %s, 'd', '2025-09', %s)",
                [agency, outcome],
            )
    assert row
    build_id = star.build()
    with star.warehouse.connect("builder") as builder:
        builder.execute("update ops.build set through_load_id = %s", row)
    star.publish(build_id)
    with star.warehouse.connect("reader") as reader:
        files = reader.execute(
            "select agency_code, delivery_name, period_label, file_name, sha256 from mart_asof.publication_file"
        ).fetchall()
        stale = reader.execute("select stale_agencies from publication").fetchone()
    assert files == [("postal", "tricycles", "2025-09", "a_v1.csv", "a" * 64)]
    assert stale == (["commerce"],)


def test_the_specs_come_from_the_manifest_that_the_build_left(star: Star) -> None:
    from green_freight.publishing.errors import InvalidSpecError

    build_id = star.build()
    with pytest.raises(InvalidSpecError, match=r"no manifest\.json"):
        publish(star.warehouse, "run-1", build_id)


def test_a_table_of_keys_alone_is_merged_too(star: Star) -> None:
    star.specs.append(
        TableSpec(
            name="bridge_work_unit",
            description="责任单位 / units in responsibility",
            columns={"city_code": "城市 / city", "unit_code": "单位 / unit"},
            primary_key=("city_code", "unit_code"),
        )
    )
    star.rows["bridge_work_unit"] = [(CITY, "a"), (CITY, "b")]
    star.publish()
    star.rows["bridge_work_unit"] = [(CITY, "b"), (CITY, "c")]
    star.publish()
    assert star.read("bridge_work_unit") == {(CITY, "b"), (CITY, "c")}


def test_the_run_must_have_begun(star: Star) -> None:
    build_id = star.build()
    with pytest.raises(Exception, match="There is no run nobody"):
        publish(star.warehouse, "nobody", build_id, star.specs)
    with star.warehouse.connect("owner") as owner:
        assert owner.execute("select count(*) from mart.publication").fetchone() == (0,)


def test_finishing_a_run_gives_its_lease_back(star: Star) -> None:
    from green_freight.warehouse import lease

    star.build()
    with lease.held(star.warehouse, "run-1"):
        pass
    runs.finish(star.warehouse, "run-1", "failed")
    with lease.held(star.warehouse, "other"):
        pass
