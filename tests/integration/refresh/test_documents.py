"""What documents say is what the publication says, read back from the files as they were written."""

from __future__ import annotations

import csv
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import frictionless
import pyarrow.parquet as pq
import pytest
from green_freight.documents.errors import NoSuchTableError, NothingOfPeriodError, PlaceTakenError
from green_freight.documents.open_files import CHECKSUMS, DICTIONARY, PACKAGE, write_export
from green_freight.documents.quarterly_form import FORM, REASONS, TITLE, Reporter, write_form
from green_freight.evidence.errors import NoSuchChoiceError
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
        assert (SYNTHETIC in page) == is_synthetic
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
        "publication",
    ]
    export = write_export(refreshed.database, tmp_path, tables=tables)
    for table in tables:
        published = refreshed.rows(f"select * from mart_asof.{table}")
        read = pq.read_table(export.path / "parquet" / table, partitioning=None).to_pylist()
        assert export.rows[table] == len(published) == len(read) > 0
        assert sorted(map(repr, map(_instants, read))) == sorted(map(repr, map(_instants, published)))
        with (export.path / "csv" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            assert len([*csv.DictReader(file)]) == len(published)
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
    report = frictionless.validate(str(export.path / PACKAGE))
    assert report.valid, report.flatten(["type", "note"])[:5]
    again = write_export(refreshed.database, tmp_path, 2, tables).path
    assert {name: hashlib.sha256((again / name).read_bytes()).hexdigest() for name in files} == digests

    # What a tool reads is checked against what the package says of it: another byte, a row without its key.
    path = export.path / "csv" / "scorecard.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("320700", "", 1), encoding="utf-8")
    found = {row[0] for row in frictionless.validate(str(export.path / PACKAGE)).flatten(["type"])}
    assert {"hash-count", "byte-count", "constraint-error"} <= found


def test_an_export_that_cannot_be_written_says_why(refreshed: PipelineWarehouse, tmp_path: Path) -> None:
    with pytest.raises(NoSuchTableError, match="--detail"):
        write_export(refreshed.database, tmp_path, tables=["dim_vehicle", "scorecard"])
    with pytest.raises(NoSuchChoiceError, match="第 9 号发布"):
        write_export(refreshed.database, tmp_path, 9)
    (tmp_path / "green_freight_publication_2").mkdir()
    with pytest.raises(PlaceTakenError, match="--output"):
        write_export(refreshed.database, tmp_path, tables=["dim_region"])
    assert [path.name for path in tmp_path.iterdir()] == ["green_freight_publication_2"]


def _instants(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
    }


def _cells(sheet: Any, row: int) -> list[Any]:
    return ["" if cell.value is None else cell.value for cell in sheet[row]]
