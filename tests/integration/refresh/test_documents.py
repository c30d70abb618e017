"""What documents say is what the publication says, read back from the files as they were written."""

from __future__ import annotations

import csv
import hashlib
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import frictionless
import fsspec
import psycopg
import pyarrow.parquet as pq
import pytest
from docx import Document
from green_freight.documents.bulletin import PROGRAMME, TEMPLATE, WORKS, write_bulletin
from green_freight.documents.errors import (
    MonthNotClosedError,
    NoSuchTableError,
    NothingOfPeriodError,
    PlaceTakenError,
    TemplateError,
)
from green_freight.documents.issued_bulletins import due_bulletins, issue_bulletins
from green_freight.documents.open_files import CHECKSUMS, DICTIONARY, PACKAGE, write_export
from green_freight.documents.quarterly_form import FORM, REASONS, TITLE, Reporter, write_form
from green_freight.evidence.errors import NoSuchChoiceError
from green_freight.labels import label
from green_freight.periods import SHANGHAI, Period
from openpyxl import load_workbook

from .pipeline_warehouse import PipelineWarehouse

SYNTHETIC = "不是本市的真实数据"


def test_the_form_says_what_the_publication_says(refreshed: PipelineWarehouse, tmp_path: Path) -> None:
    for quarter in ("2023Q1", "2024Q2", "2025Q2"):
        form = write_form(refreshed.database, quarter, tmp_path, reporter=Reporter("填报人", "=1"))
        book = load_workbook(form.path)
        sheet, reasons = book[FORM], book[REASONS]
        published = refreshed.rows(
            f"select * from mart.quarterly_form where quarter_code = '{quarter}' order by form_row"
        )
        assert sheet["A1"].value == TITLE
        head = [sheet.cell(2, column).value for column in (1, 3, 4, 5, 6)]
        assert head == [
            "城市：连云港市", "示范期：2023年1月1日至2025年12月31日", "填报人：填报人", "联系电话：=1",
            f"填报季度：{published[0]['quarter_name_zh']}",
        ]  # fmt: skip
        assert len(published) == 32
        for row in published:
            assert _cells(sheet, row["form_row"])[1:5] == [
                str(row["item_no"]), row["item_name_zh"], row["value_type_zh"], row["text_value"] or "",
            ]  # fmt: skip
            assert bool(_cells(sheet, row["form_row"])[5]) == (row["text_value"] is None)
        assert {cell.coord for cell in sheet.merged_cells.ranges} >= {"A1:F1", "A4:A11", "A12:A14"}
        listed = {_cells(reasons, row)[0]: _cells(reasons, row)[3] for row in range(5, 37)}
        assert {no for no, reason in listed.items() if reason} == {
            row["item_no"] for row in published if row["text_value"] is None
        }
        assert "第2号发布" in form.path.name
        again = write_form(refreshed.database, quarter, tmp_path / "again.xlsx", 2, Reporter("填报人", "=1"))
        assert again.path.read_bytes() == form.path.read_bytes()


def test_synthetic_data_are_marked_in_each_name_and_on_each_page(
    refreshed: PipelineWarehouse, tmp_path: Path
) -> None:
    for is_synthetic in (False, True):
        with refreshed.database.admin() as admin:
            admin.execute("update mart.quarterly_form set is_synthetic = %s", [is_synthetic])
            admin.execute("update mart.scorecard set is_synthetic = %s", [is_synthetic])
        form = write_form(refreshed.database, "2024Q2", tmp_path)
        pages = [str(one.oddHeader.center.text) for one in load_workbook(form.path)]
        assert [SYNTHETIC in page for page in pages] == [is_synthetic] * 2
        assert ("演示数据" in form.path.name) == is_synthetic
        export = write_export(refreshed.database, tmp_path, tables=["scorecard"])
        assert export.path.name.endswith("_synthetic") == is_synthetic
        package = json.loads((export.path / PACKAGE).read_text(encoding="utf-8"))
        assert (package["is_synthetic"], SYNTHETIC in package["description"]) == (is_synthetic, is_synthetic)
        page = (export.path / f"{DICTIONARY}.html").read_text(encoding="utf-8")
        assert ('class="origin"' in page) == is_synthetic
        metadata = pq.read_schema(export.path / "parquet/scorecard/scorecard.parquet").metadata
        assert metadata[b"is_synthetic"] == str(is_synthetic).lower().encode()


def test_a_form_that_cannot_be_written_says_why(refreshed: PipelineWarehouse, tmp_path: Path) -> None:
    with pytest.raises(NothingOfPeriodError, match="2023Q1, 2023Q2"):
        write_form(refreshed.database, "2022Q4", tmp_path)
    with pytest.raises(NoSuchChoiceError, match="第 9 号发布"):
        write_form(refreshed.database, "2024Q2", tmp_path, 9)
    (tmp_path / "file").touch()
    with pytest.raises(PlaceTakenError, match="--output"):
        write_form(refreshed.database, "2024Q2", tmp_path / "file" / "form.xlsx")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_open_files_hold_what_the_publication_holds(refreshed: PipelineWarehouse, tmp_path: Path) -> None:
    tables = [
        "cold_chain_reconciliation",
        "scorecard",
        "dim_station",
        "fct_fund_payment",
        "fct_indicator_value",
        "fct_pile_energy_day",
        "dim_region",
        "fct_indicator_target",
        "dim_indicator",
        "publication",
    ]
    export = write_export(refreshed.database, tmp_path, tables=tables)
    for table in tables:
        published = refreshed.rows(f"select * from mart_asof.{table}")
        read = pq.read_table(export.path / "parquet" / table, partitioning=None).to_pylist()
        assert export.rows[table] == len(published) == len(read) > 0
        assert sorted(map(repr, map(_instants, read))) == sorted(map(repr, map(_instants, published)))
        with (export.path / "csv" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            listed_rows = [*csv.DictReader(file)]
        assert sorted(map(repr, listed_rows)) == sorted(
            repr({name: _as_text(value) for name, value in row.items()}) for row in published
        )
    months = {
        path.relative_to(export.path).as_posix()
        for path in export.path.glob("parquet/fct_pile*/**/*.parquet")
    }
    assert (
        "parquet/fct_pile_energy_day/city_code=320700/year=2025/month=09/fct_pile_energy_day.parquet"
        in months
    )
    checksums = (export.path / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    listed = dict(reversed(line.split("  ", 1)) for line in checksums)
    files = {
        path.relative_to(export.path).as_posix(): path for path in export.path.rglob("*") if path.is_file()
    }
    digests = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
    assert listed == {name: digest for name, digest in digests.items() if name != CHECKSUMS}
    dictionary = load_workbook(export.path / f"{DICTIONARY}.xlsx")
    assert {row[0].value for row in dictionary.worksheets[0].iter_rows(min_row=5)} == set(tables)
    published_codes = refreshed.rows(
        "select kind, code, label_zh, label_en from mart.dim_label order by kind, sort_order, code"
    )
    codes = [[cell.value for cell in row] for row in dictionary.worksheets[2].iter_rows(min_row=5)]
    assert codes == [[*row.values()] for row in published_codes]
    # Labels of the seed and of the agencies' files.
    assert {"status", "agency"} <= {kind for kind, *_ in codes}
    package = json.loads((export.path / PACKAGE).read_text(encoding="utf-8"))
    foreign = {
        (resource["name"], key["reference"]["resource"])
        for resource in package["resources"]
        for key in resource["schema"].get("foreignKeys", [])
    }
    # Of the tables that are exported.
    assert foreign >= {
        ("dim_station", "dim_region"), ("fct_indicator_value", "dim_region"),
        ("fct_indicator_target", "dim_indicator"), ("scorecard", "dim_indicator"),
    }  # fmt: skip
    assert {other for _, other in foreign} <= {*tables, ""}
    # The one publication has reverted nothing: a reference with an empty value is not stated.
    assert ("publication", "") not in foreign
    report = frictionless.validate(str(export.path / PACKAGE))
    assert report.valid, report.flatten(["type", "note"])[:5]
    again = write_export(refreshed.database, tmp_path, 2, tables).path
    assert {name: hashlib.sha256((again / name).read_bytes()).hexdigest() for name in files} == digests

    # What a tool reads is checked against what the package says of it: another byte, a row without its key.
    path = export.path / "csv" / "scorecard.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("320700", "", 1), encoding="utf-8")
    path = export.path / "csv" / "dim_region.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("320703", "320799"), encoding="utf-8")
    found = {row[0] for row in frictionless.validate(str(export.path / PACKAGE)).flatten(["type"])}
    assert {"foreign-key", "hash-count", "byte-count", "constraint-error"} <= found


def test_an_export_that_cannot_be_written_says_why(refreshed: PipelineWarehouse, tmp_path: Path) -> None:
    with pytest.raises(NoSuchTableError, match="--detail"):
        write_export(refreshed.database, tmp_path, tables=["dim_vehicle", "scorecard"])
    with pytest.raises(NoSuchChoiceError, match="第 9 号发布"):
        write_export(refreshed.database, tmp_path, 9)
    (tmp_path / "green_freight_publication_2").mkdir()
    with pytest.raises(PlaceTakenError, match="--output"):
        write_export(refreshed.database, tmp_path, tables=["dim_region"])
    assert [path.name for path in tmp_path.iterdir()] == ["green_freight_publication_2"]


def test_the_bulletin_says_what_the_publication_says(refreshed: PipelineWarehouse, tmp_path: Path) -> None:
    for month in ("2023-12", "2024-06", "2025-07"):
        bulletin = write_bulletin(refreshed.database, Period(month), tmp_path)
        published = refreshed.rows(
            "select v.*, i.unit_zh, i.decimals from mart.fct_indicator_value as v"
            " inner join mart.dim_indicator as i using (city_code, indicator_code)"
            f" where region_code = city_code and period_month = '{month}-01' order by display_order"
        )
        document = Document(str(bulletin.document))
        works = [[cell.text for cell in row.cells] for row in document.tables[0].rows][1:]
        assert [row[2] for row in works] == [row["indicator_name_zh"] for row in published]
        assert [row[7] for row in works] == [label("status", row["status_code"]).zh for row in published]
        for written, row in zip(works, published, strict=True):
            if row["target_kind"] in ("yearly_addition", "cumulative_stock"):
                assert written[5] == f"{row['actual_value']:,.0f}{row['unit_zh']}"
        sheet = load_workbook(bulletin.workbook)[WORKS]
        for number, row in enumerate(published, start=5):
            found = [sheet.cell(number, column).value for column in (5, 6, 7, 8)]
            values = [
                row[name] for name in ("target_value", "expected_value", "actual_value", "completion_ratio")
            ]
            assert [None if one is None else float(one) for one in found] == [
                None if one is None else float(one) for one in values
            ]
        assert sheet.freeze_panes == "D5" and sheet.print_area
        totals = refreshed.rows(
            f"select * from mart.programme_scorecard where year = {month[:4]} order by display_order"
        )
        assert len(totals) == 8
        written_totals = [[cell.text for cell in row.cells] for row in document.tables[1].rows][1:]
        as_of = totals[0]["as_of_date"]
        assert [(row[2], row[3], row[5], row[7]) for row in written_totals] == [
            (
                row["indicator_name_zh"],
                *(f"{row[f'{name}_display']}{row['unit_zh']}" for name in ("plan_total", "cumulative")),
                row["status_name_zh"],
            )
            for row in totals
        ]
        programme = load_workbook(bulletin.workbook)[PROGRAMME]
        for number, row in enumerate(totals, start=5):
            found = [programme.cell(number, column).value for column in (5, 6, 7, 8)]
            names = ("plan_total_value", "cumulative_expected_value", "cumulative_value", "completion_ratio")
            assert found == [float(row[name]) for name in names]
            assert programme.cell(number, 10).value.date() == as_of
        words = "\n".join(paragraph.text for paragraph in document.paragraphs)
        lagging = [row for row in published if row["status_code"] in ("behind", "not_met")]
        assert all(f"{row['indicator_name_zh']}：目标" in words for row in lagging)
        assert "第2号发布" in words and "{" not in words
        assert f"2023—2025年示范期总目标的完成情况（截至{as_of.year}年{as_of.month}月{as_of.day}日）" in words
        # A year's last month stands as the year's scorecard of the units does.
        if month.endswith("-12"):
            of_year = refreshed.rows(
                "select unit_name_zh, role_code, work_count, reached_work_count, lagging_work_count"
                f" from mart.unit_scorecard where year = {month[:4]}"
            )
            assert {tuple(row.values()) for row in of_year} == {
                (
                    one.unit_name_zh,
                    one.role_code,
                    len(one.works),
                    one.standing["reached"],
                    one.standing["lagging"],
                )
                for one in bulletin.data.units()
            }
        again = write_bulletin(refreshed.database, Period(month), tmp_path / "again", 2)
        assert again.document.read_bytes() == bulletin.document.read_bytes()
        assert again.workbook.read_bytes() == bulletin.workbook.read_bytes()


def test_an_office_edits_the_wording_in_word(refreshed: PipelineWarehouse, tmp_path: Path) -> None:
    edited = Document(str(TEMPLATE))
    edited.add_paragraph("联系人：办公室。{{ city }}")
    edited.save(str(tmp_path / "own.docx"))
    bulletin = write_bulletin(refreshed.database, Period("2024-06"), tmp_path, template=tmp_path / "own.docx")
    assert Document(str(bulletin.document)).paragraphs[-1].text == "联系人：办公室。连云港市"
    for wording, named in (
        ("{{ citty }}", "citty"),
        ("{% if %}", "own.docx"),
        ("{{ city.__class__.mro() }}", "own.docx"),
    ):
        edited.paragraphs[-1].text = wording
        edited.save(str(tmp_path / "own.docx"))
        with pytest.raises(TemplateError, match=named):
            write_bulletin(refreshed.database, Period("2024-06"), tmp_path, template=tmp_path / "own.docx")


def test_a_bulletin_that_cannot_be_written_says_why(refreshed: PipelineWarehouse, tmp_path: Path) -> None:
    for month, kind, words in (
        ("2025-09", MonthNotClosedError, "2025-11-14"),
        ("2022-12", NothingOfPeriodError, "2023-01-01"),
        ("2024-06", NoSuchChoiceError, "第 9 号发布"),
    ):
        with pytest.raises(kind, match=words):
            write_bulletin(refreshed.database, Period(month), tmp_path, 9 if month == "2024-06" else None)
    draft = write_bulletin(refreshed.database, Period("2025-09"), tmp_path, may_be_provisional=True)
    assert "暂定稿" in "".join(paragraph.text for paragraph in Document(str(draft.document)).paragraphs)
    with pytest.raises(MonthNotClosedError, match="2025-10-31"):
        write_bulletin(refreshed.database, Period("2025-10"), tmp_path, may_be_provisional=True)


def test_restatements_since_the_last_bulletin_are_listed(
    refreshed: PipelineWarehouse, tmp_path: Path
) -> None:
    planted = [
        ("nev_added", "2024-03-01", "late_data", "补报 / late", 2, True),
        ("cold_vehicle_share", "2024-05-01", "correction", "登记更正", 2, True),
        # Of a later month; before the last bulletin; of a figure that was not final.
        ("charging_pile_added", "2024-07-01", "correction", "下月", 2, True),
        ("charging_pile_added", "2024-04-01", "correction", "上期之前", 1, True),
        ("charging_pile_added", "2024-05-01", "correction", "未结账", 2, False),
    ]
    for indicator, month, cause, reason, publication_no, is_restatement in planted:
        with refreshed.database.admin() as admin:
            admin.execute(
                "update mart.figure_revision set is_restatement = %s, publication_no = %s, old_actual_value = 0.25,"
                " cause_codes = array[%s], reason = %s"
                " where region_code = city_code and indicator_code = %s and period_month = %s",
                [is_restatement, publication_no, cause, reason, indicator, month],
            )
    bulletin = write_bulletin(refreshed.database, Period("2024-06"), tmp_path)
    [table] = [one for one in Document(str(bulletin.document)).tables if one.rows[0].cells[0].text == "指标"]
    found = [[cell.text for cell in row.cells] for row in table.rows][1:]
    assert [(row[1], row[4], row[5], row[6]) for row in found] == [
        ("2024-03", label("cause", "late_data").zh, "2", "补报"),
        ("2024-05", label("cause", "correction").zh, "2", "登记更正"),
    ]
    assert found[1][2] == "25.00%"


# Days that publications stand for in their order, and the months with the publications that their bulletins state.
DUE = [
    (["2025-09-28", "2025-09-30"], [("2025-07", 1)]),
    (["2025-09-13", "2025-09-14", "2025-09-15"], [("2025-06", 1), ("2025-07", 2)]),
    # Nights that did not take place.
    (["2025-07-31", "2025-09-30"], [("2025-05", 1), ("2025-06", 2), ("2025-07", 2)]),
    # A revert opened the month again.
    (["2025-09-13", "2025-09-14", "2025-09-12", "2025-09-15"], [("2025-06", 1), ("2025-07", 4)]),
    (["2025-09-13", "2025-09-14", "2025-09-12"], [("2025-06", 1)]),
    (["2023-03-16"], []),
    (["2023-03-16", "2023-03-17"], [("2023-01", 2)]),
    ([], []),
]


def test_each_month_is_due_from_the_publication_that_closed_it(refreshed: PipelineWarehouse) -> None:
    with psycopg.connect(refreshed.database.server.dsn(refreshed.database.database)) as session:
        for days, due in DUE:
            session.execute("set local session_replication_role = replica")
            session.execute("create temporary table template on commit drop as table mart.publication")
            session.execute("delete from mart.publication")
            for number, day in enumerate(days, start=1):
                session.execute(
                    "insert into mart.publication select (jsonb_populate_record(template, jsonb_build_object("
                    "'publication_no', %s::int, 'as_of_date', %s::date, 'published_at', %s::timestamptz))).*"
                    " from template limit 1",
                    [number, day, datetime(2026, 1, number, tzinfo=UTC)],
                )
            assert [(str(month), number) for month, number in due_bulletins(session)] == due, days
            session.rollback()


def test_a_bulletin_is_issued_once_and_not_rewritten(refreshed: PipelineWarehouse, tmp_path: Path) -> None:
    store = tmp_path / "bulletins 通报"
    written = [Path(place) for place in issue_bulletins(refreshed.database, f"file://{store}")]
    assert [path.name for path in written] == [
        "通报_2025年07月_第1号发布.docx",
        "通报工作表_2025年07月_第1号发布.xlsx",
    ]
    bytes_written = [path.read_bytes() for path in written]
    with refreshed.database.admin() as admin:
        admin.execute("update mart.figure_revision set is_restatement = true where publication_no = 2")
    assert [*issue_bulletins(refreshed.database, f"file://{store}")] == []
    # One of the two is lost: both are written again, and say the same.
    written[1].unlink()
    assert [Path(place) for place in issue_bulletins(refreshed.database, f"file://{store}")] == written
    assert [path.read_bytes() for path in written] == bytes_written
    assert not [*(store / ".unfinished").iterdir()]
    places = [*issue_bulletins(refreshed.database, "memory://bulletins")]
    assert [place.startswith("memory://") for place in places] == [True, True]
    assert [fsspec.open(place).open().read() for place in places] == bytes_written
    assert [*issue_bulletins(refreshed.database, "memory://bulletins")] == []


def _as_text(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M:%S.%f%z")
    if isinstance(value, list):
        return json.dumps(value)
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _instants(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
    }


def _cells(sheet: Any, row: int) -> list[Any]:
    return ["" if cell.value is None else cell.value for cell in sheet[row]]
