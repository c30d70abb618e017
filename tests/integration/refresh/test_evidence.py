"""Evidence packs: re-adding the rows of the zip gives the true figure, and every row stands in its original file."""

from __future__ import annotations

import hashlib
import io
import subprocess
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from docx import Document
from green_freight.evidence.errors import (
    EvidenceError,
    NoSuchChoiceError,
    NothingPublishedError,
    OriginalDiffersError,
    OriginalMissingError,
    RowDiffersError,
    SumDiffersError,
)
from green_freight.evidence.figures import Request
from green_freight.evidence.pack import Pack, write_pack
from green_freight.landing import LandingStore
from openpyxl import load_workbook
from typer.testing import CliRunner

from demo_city.city import City
from demo_city.plan_targets import INDICATORS
from demo_city.servers import DemoAgencies
from demo_city.truth import TrueValue, true_scorecard
from local_stack.cli import app

from .conftest import OpenWarehouse, Snapshot
from .opened_pack import CONTENT, PATH, OpenedPack, identifiers, summed_cells
from .pipeline_warehouse import DAY, PipelineWarehouse

# A year that is over for every work, and the running one for those of which nothing is counted in it.
ASKED = [(work, 2024) for work in range(1, 17)] + [(work, 2025) for work in (4, 9, 12, 15, 16)]
# The synthetic city has not founded it yet.
NEVER_COUNTED = {"enterprise_alliance_founded"}
FIGURES = [
    pytest.param(work, year, plan.code, id=f"{plan.code}-{year}")
    for work, year in ASKED
    for plan in INDICATORS
    if plan.work_no == work
]

Packs = dict[tuple[int, int], OpenedPack]


def pack(warehouse: PipelineWarehouse, request: Request, output: Path) -> Pack:
    return write_pack(warehouse.database, request, output)


@pytest.fixture(scope="module")
def packs(
    reference: Snapshot,
    demo: DemoAgencies,
    open_warehouse: OpenWarehouse,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Packs]:
    """Give the packs of ASKED, opened."""
    folder = tmp_path_factory.mktemp("packs")
    with open_warehouse(demo, reference) as warehouse:
        yield {asked: OpenedPack(pack(warehouse, Request(*asked), folder).path) for asked in ASKED}


@pytest.fixture(scope="module")
def truth(city: City) -> dict[tuple[str, int], TrueValue]:
    """Give the city's own scorecard."""
    return {(one.indicator_code, one.year): one for one in true_scorecard(city, DAY)}


def test_every_indicator_is_requested() -> None:
    assert {param.values[2] for param in FIGURES} == {plan.code for plan in INDICATORS}
    assert len(INDICATORS) == 28


@pytest.mark.parametrize(("work", "year", "code"), FIGURES)
def test_re_adding_the_rows_gives_the_true_figure(
    packs: Packs, truth: dict[tuple[str, int], TrueValue], work: int, year: int, code: str
) -> None:
    opened, true = packs[work, year], truth[code, year]
    published = opened.indicator(code)
    added = opened.added(code)
    assert added == (true.numerator, true.denominator, true.actual_value)
    exact = [
        None if published[name] is None else Decimal(published[name])
        for name in ("numerator", "denominator", "actual_value")
    ]
    assert added == tuple(exact)
    for part in published["tables"]:
        sheet = opened.sheet(code, part)
        assert summed_cells(sheet) == Decimal(str(sheet["E3"].value)) == Decimal(published[part])
        assert sheet["F3"].value == '=IF(C3=E3,"一致","不一致")'


@pytest.mark.parametrize(("work", "year", "code"), FIGURES)
def test_every_row_stands_in_its_original_file(packs: Packs, work: int, year: int, code: str) -> None:
    opened = packs[work, year]
    for row in opened.all_rows(code):
        original = opened.original_row(row)
        for identifier in identifiers(row):
            assert identifier in original
            assert identifier in row[CONTENT]


def test_every_indicator_but_one_has_rows_in_some_year(packs: Packs) -> None:
    counted = {
        one["indicator_code"]
        for opened in packs.values()
        for one in opened.manifest["indicators"]
        if sum(one["rows"].values())
    }
    assert {plan.code for plan in INDICATORS} - counted == NEVER_COUNTED


def test_only_files_of_counted_rows_are_packed_and_all_checksums_hold(packs: Packs) -> None:
    for opened in packs.values():
        rows = [
            row for one in opened.manifest["indicators"] for row in opened.all_rows(one["indicator_code"])
        ]
        originals = {path for path in opened.members if path.startswith("原始文件/")}
        assert originals == {row[PATH] for row in rows} == {one["path"] for one in opened.manifest["files"]}
        listed = dict(
            reversed(line.split("  ", 1)) for line in opened.members["校验清单.sha256"].decode().splitlines()
        )
        found = {path: hashlib.sha256(content).hexdigest() for path, content in opened.members.items()}
        assert listed == {path: sha256 for path, sha256 in found.items() if path != "校验清单.sha256"}


def test_sha256sum_takes_the_list(refreshed: PipelineWarehouse, tmp_path: Path) -> None:
    written = pack(refreshed, Request(4, 2024), tmp_path)
    with zipfile.ZipFile(written.path) as archive:
        archive.extractall(tmp_path)
    command = ["sha256sum", "--check", "--strict", "--quiet", "校验清单.sha256"]
    folder = tmp_path / written.contents.name
    assert subprocess.run(command, cwd=folder, check=False).returncode == 0
    next((folder / "原始文件").rglob("*.jsonl")).write_bytes(b"changed")
    assert subprocess.run(command, cwd=folder, check=False, capture_output=True).returncode == 1


def test_a_publication_gives_the_same_bytes_while_newest_and_after(
    base: Snapshot, reference: Snapshot, demo: DemoAgencies, open_warehouse: OpenWarehouse, tmp_path: Path
) -> None:
    with open_warehouse(demo, base) as warehouse:
        first = pack(warehouse, Request(5, 2025), tmp_path / "newest.zip")
        again = pack(warehouse, Request(5, 2025), tmp_path / "again.zip")
    with open_warehouse(demo, reference) as warehouse:
        pinned = pack(warehouse, Request(5, 2025, publication_no=1), tmp_path / "pinned.zip")
        newer = pack(warehouse, Request(5, 2025), tmp_path / "newer.zip")
    assert first.path.read_bytes() == again.path.read_bytes() == pinned.path.read_bytes()
    assert newer.contents.publication.publication_no == 2
    assert newer.path.read_bytes() != first.path.read_bytes()
    opened = OpenedPack(first.path)
    assert len(opened.dates) == 1
    assert opened.manifest["publication_no"] == 1


def test_the_cover_page_has_what_the_panel_requires(packs: Packs) -> None:
    opened = packs[4, 2024]
    document = Document(io.BytesIO(opened.members["封面.docx"]))
    cells = [cell.text for table in document.tables for cell in table._cells]
    text = "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])
    for words in (
        "连云港市", "2024年度重点工作（4）佐证材料", "市交通运输局、市商务局、市邮政管理局", "市发改委", "第2号",
        "2024年12月31日", "一级节点3个", "投用日期在当年1月1日至统计日之间的一级节点数", "之后停用不抵消当年新增",
        "未达标\n（最终）", "校验清单.sha256",
    ):  # fmt: skip
        assert words in text
    assert not any("演示数据" in path for path in opened.members if not path.startswith("原始文件"))
    xml = zipfile.ZipFile(io.BytesIO(opened.members["封面.docx"])).read("word/document.xml").decode()
    assert all(font in xml for font in ("方正小标宋简体", "仿宋_GB2312", "楷体_GB2312", "黑体"))


def test_the_workbook_explains_how_the_figure_came_to_its_value(packs: Packs) -> None:
    opened = packs[4, 2024]
    book = load_workbook(io.BytesIO(opened.members[opened.indicator("node_level2_added")["workbook"]]))
    cells = {cell.value for row in book["汇总"].iter_rows() for cell in row}
    assert {"新增二级节点（node_level2_added）", "达标（最终）", "首次发布"} <= cells
    assert [sheet.title for sheet in book.worksheets] == ["汇总", "分子", "来源文件", "说明"]
    assert any("items 依次相连后的第几条" in str(cell.value) for (cell,) in book["说明"]["B4:B9"])


def test_synthetic_figures_are_marked_everywhere(refreshed: PipelineWarehouse, tmp_path: Path) -> None:
    _plant(refreshed, "update mart.scorecard set is_synthetic = true")
    opened = OpenedPack(pack(refreshed, Request(11, 2024), tmp_path).path)
    written = [path for path in opened.members if path.startswith(("封面", "指标明细"))]
    assert all("演示数据" in path for path in (opened.folder, *written))
    [book] = [load_workbook(io.BytesIO(opened.members[p])) for p in written if p.endswith(".xlsx")]
    assert all("演示数据" in sheet["A2"].value for sheet in book.worksheets)
    document = Document(io.BytesIO(opened.members["封面_演示数据.docx"]))
    assert any("不代表任何真实情况" in paragraph.text for paragraph in document.paragraphs)
    assert "演示数据" in document.sections[0].header.paragraphs[0].text


def test_text_from_an_agency_is_never_a_formula(refreshed: PipelineWarehouse, tmp_path: Path) -> None:
    _plant(refreshed, "update mart.dim_platform set owner_name = '=1+1', platform_name = E'a\\x01b'")
    opened = OpenedPack(pack(refreshed, Request(11, 2024), tmp_path).path)
    sheet = opened.sheet("public_platform", "numerator")
    [owner] = [cell for cell in sheet[6] if cell.value == "=1+1"]
    assert owner.data_type == "s"


PLANTED = [
    pytest.param(
        "update ops.source_file set landing_url = '{tampered}' where source_file_key = '{key}'",
        OriginalDiffersError, ["transport nodes 2024-05 nodes_2024-05.jsonl", "市交通运输局"], id="tampered",
    ),
    pytest.param(
        "update ops.source_file set landing_url = landing_url || '.gone' where source_file_key = '{key}'",
        OriginalMissingError, ["transport nodes 2024-05 nodes_2024-05.jsonl", "备份"], id="gone",
    ),
    pytest.param(
        "delete from ops.source_file where source_file_key = '{key}'",
        OriginalMissingError, ["transport nodes 2024-05 nodes_2024-05.jsonl", "ops.source_file"], id="unrecorded",
    ),
    pytest.param(
        "update mart.dim_source_file set sha256 = repeat('0', 64) where source_file_key = '{key}'",
        OriginalDiffersError, ["nodes_2024-05.jsonl", "0000"], id="published with another checksum",
    ),
    pytest.param(
        "delete from mart.fct_indicator_evidence where indicator_code = 'node_level2_added'"
        " and period_month = '2024-12-01' and entity_key = 'transport:N2006'",
        SumDiffersError, ["node_level2_added 2024-12", "1.000000", "2.000000"], id="a row dropped",
    ),
    pytest.param(
        "update mart.fct_indicator_evidence set source_row_number = source_row_number + 1"
        " where indicator_code = 'terminal_station_added' and period_month = '2024-12-01'",
        RowDiffersError, ["postal terminal_stations", "postal:"], id="another row",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "expected", "named"), PLANTED)
def test_what_does_not_hold_is_not_packed(
    refreshed: PipelineWarehouse,
    tmp_path: Path,
    statement: str,
    expected: type[EvidenceError],
    named: list[str],
) -> None:
    [file] = refreshed.rows(
        "select source_file_key, landing_url from ops.source_file"
        " where delivery_name = 'nodes' and period_label = '2024-05'"
    )
    landed = LandingStore(refreshed.database.landing_url).open(file["landing_url"]).read()
    tampered = tmp_path / "tampered"
    tampered.write_bytes(landed.replace(b"2024-05-05", b"2024-05-06"))
    _plant(refreshed, statement.format(tampered=tampered.as_uri(), key=file["source_file_key"]))
    with pytest.raises(expected) as raised:
        pack(refreshed, Request(4, 2024), tmp_path)
    assert all(words in str(raised.value) for words in named), raised.value
    assert list(tmp_path.glob("*.zip*")) == []


def test_a_wrong_choice_lists_what_there_is(refreshed: PipelineWarehouse, tmp_path: Path) -> None:
    for request, there_is in (
        (Request(17, 2024), "1, 2, 3"),
        (Request(4, 2022), "2023, 2024, 2025"),
        (Request(4, 2024, indicator_code="nev_added"), "node_level1_added, node_level2_added"),
        (Request(4, 2024, publication_no=9), "1, 2"),
    ):
        with pytest.raises(NoSuchChoiceError, match=there_is):
            pack(refreshed, request, tmp_path)


def test_before_the_first_publication_there_is_no_evidence(
    demo: DemoAgencies, open_warehouse: OpenWarehouse, tmp_path: Path
) -> None:
    with open_warehouse(demo) as warehouse, pytest.raises(NothingPublishedError):
        pack(warehouse, Request(4, 2024), tmp_path)


def test_the_command_prints_what_it_wrote(refreshed: PipelineWarehouse, tmp_path: Path) -> None:
    arguments = ["evidence", "--work", "4", "--year", "2024", "--indicator", "node_level2_added"]
    shown = CliRunner(env=refreshed.database.variables).invoke(app, [*arguments, "--output", str(tmp_path)])
    assert shown.exit_code == 0, shown.output
    [written] = tmp_path.glob("*.zip")
    assert written.name == "佐证材料_重点工作04_2024年_新增二级节点_第2号发布.zip"
    assert "Σ 2 行 rows = 2" in shown.output
    assert str(written) in shown.output.replace("\n", "")


def _plant(warehouse: PipelineWarehouse, statement: str) -> None:
    with warehouse.database.admin() as admin:
        # A fault of the storage, not of a load: keys and triggers look away.
        admin.execute("set session_replication_role = replica")
        assert admin.execute(statement.encode()).rowcount
