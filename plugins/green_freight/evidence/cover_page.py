"""The cover page for the acceptance panel, in Chinese: whose figures, what the plan asks, what was counted, what is
in the pack."""

from __future__ import annotations

from collections import Counter

from green_freight.evidence import formatting as fmt
from green_freight.evidence.contents import DETAILS, Material, Proof
from green_freight.evidence.manifest import CHECKSUMS, MANIFEST
from green_freight.evidence.official_document import SIZE_TABLE_LONG, OfficialDocument
from green_freight.evidence.originals import FOLDER
from green_freight.labels import label, labels
from green_freight.periods import SHANGHAI

_ORDER = "一二三四五六七八九十"
# Millimetres; the type area is 156 wide.
_FACTS = (34.0, 122.0)
_FIGURES = ("指标", "目标", "实际", "分子", "分母", "完成率", "状态")
_FIGURE_WIDTHS = (26.0, 24.0, 26.0, 26.0, 21.0, 14.5, 18.5)
_FILES = ("报送单位", "报送内容", "报送期", "文件名", "计入行数", "SHA-256前16位")
_FILE_WIDTHS = (25.0, 27.0, 20.0, 42.0, 12.0, 30.0)


def cover_of(material: Material) -> bytes:
    """Return the cover page as a Word document. Equal contents give equal bytes."""
    work = material.work
    title = (
        f"{material.city_zh}城市绿色货运配送示范工程",
        f"{material.year}年度重点工作（{work.work_no}）佐证材料",
    )
    document = OfficialDocument("".join(title), f"{material.city_zh}绿色货运数据仓库")
    document.label("附件")
    document.title(*title)
    if material.is_synthetic:
        document.header(fmt.SYNTHETIC_SENTENCE)
        document.warning(fmt.SYNTHETIC_SENTENCE)
    document.heading("一、基本情况")
    document.facts(_facts(material), _FACTS)
    document.heading("二、指标完成情况")
    figures = [_figure(proof) for proof in material.proofs]
    document.table(_FIGURES, figures, _FIGURE_WIDTHS, SIZE_TABLE_LONG)
    document.heading("三、方案要求与统计口径")
    for number, proof in enumerate(material.proofs):
        _write_definition(document, number, proof)
    document.heading("四、计入明细")
    for proof in material.proofs:
        document.body(_sums(proof), label=f"{proof.figure.name_zh}。")
    document.heading("五、材料清单与核对方法")
    _write_contents(document, material)
    document.closing(f"{material.city_zh}绿色货运数据仓库")
    document.closing(fmt.day(material.publication.published_at.astimezone(SHANGHAI).date()))
    if material.files:
        _write_files(document, material)
    return document.to_bytes(material.publication.published_at)


def _facts(material: Material) -> list[tuple[str, str]]:
    publication, work = material.publication, material.work
    as_of = max(proof.figure.as_of_date for proof in material.proofs)
    kind = label("run_kind", publication.kind_code).zh
    facts = [
        ("城市", material.city_zh),
        ("重点工作", f"（{work.work_no}）{work.name_zh}（任务：{work.task_name_zh}）"),
        ("方案内容", work.plan_text_zh),
        ("年度", f"{material.year}年"),
        ("统计截止日", fmt.day(as_of)),
        *_units(material),
        (
            "数据发布",
            f"第{publication.publication_no}号，{fmt.minute(publication.published_at)}，{kind}",
        ),
        ("发布原因", publication.reason or fmt.EMPTY),
        ("程序版本", publication.code_version),
    ]
    if publication.reverted_to is not None:
        facts.append(("恢复", f"本次发布恢复了第{publication.reverted_to}号发布的数据"))
    if publication.approved_at is not None:
        approval = (
            f"{publication.approved_by}，{fmt.minute(publication.approved_at)}：{publication.approval_reason}"
        )
        facts.append(("批准", approval))
    if publication.stale_agencies:
        late = "、".join(fmt.agency(code) for code in publication.stale_agencies)
        facts.append(("未按时报送", f"{late}（发布时最近一次报送失败或缺失）"))
    return facts


def _units(material: Material) -> list[tuple[str, str]]:
    units = material.work.units
    named = {
        role: "、".join(unit.name_zh for unit in units if unit.role_code == role) or "方案未列"
        for role in labels("responsibility")
    }
    return [(label("responsibility", role).zh, names) for role, names in named.items()]


def _figure(proof: Proof) -> list[str]:
    figure = proof.figure
    done = fmt.EMPTY if figure.completion_ratio is None else f"{figure.completion_ratio:.1%}"
    return [
        figure.name_zh,
        fmt.target(figure),
        fmt.figure_value(figure, figure.actual_value),
        fmt.with_unit(figure.numerator, proof.unit("numerator")),
        fmt.with_unit(figure.denominator, proof.unit("denominator")),
        done,
        fmt.status(figure).replace("（", "\n（"),
    ]


def _write_definition(document: OfficialDocument, number: int, proof: Proof) -> None:
    figure = proof.figure
    document.subheading(f"（{_ORDER[number]}）{figure.name_zh}")
    document.body(f"“{figure.plan_words_zh}”", label="方案表述：")
    document.body(f"{figure.formula_zh}。", label="统计口径（本仓库）：")
    if figure.note_zh:
        document.body(f"{figure.note_zh}。", label="口径说明：")
    if figure.null_reason_code:
        document.body(f"{label('null_reason', figure.null_reason_code).zh}。", label="无数值：")
    document.body(f"{figure.owner_zh}。", label="口径归口单位：")


def _sums(proof: Proof) -> str:
    """Return what the parts of a figure add up to, in a sentence."""
    figure = proof.figure
    if figure.numerator is None:
        return "没有发布数值，无从相加。"
    if not proof.rows:
        return f"没有计入行，也没有来源文件，指标值为{fmt.figure_value(figure, figure.actual_value)}。"
    if figure.measure_kind_code == "milestone":
        return _reports(proof)
    parts = [
        f"{fmt.part(part) if len(proof.parts) > 1 else ''}计入{len(proof.part(part))}行，"
        f"合计{fmt.with_unit(proof.published(part), proof.unit(part))}"
        for part in proof.parts
    ]
    value = fmt.figure_value(figure, figure.actual_value)
    files = f"来自{len(proof.rows_by_file())}份原始文件"
    return f"{'；'.join(parts)}；{files}。按行相加所得指标值为{value}，与发布数值一致。"


def _reports(proof: Proof) -> str:
    """Return which reports a milestone rests on, in a sentence."""
    told = []
    for row in proof.rows:
        title, document_no, _, achieved_on, _ = (fmt.readable(value) for value in row.counted.details)
        told.append(f"《{title}》（{document_no}），完成日期{achieved_on}")
    return f"计入里程碑报告{len(told)}份：{'；'.join(told)}。来自{len(proof.rows_by_file())}份原始文件。"


def _write_contents(document: OfficialDocument, material: Material) -> None:
    document.body(
        f"{len(material.proofs)}项指标，每项一个Excel工作簿，另存CSV，见“{DETAILS}”文件夹。",
        "（一）指标明细。",
    )
    document.body(
        f"在本材料所在文件夹内执行“sha256sum -c {CHECKSUMS}”，全部显示OK（或“成功”）即未经改动；打开工作簿，“核对”"
        "一栏显示“一致”即按行相加等于发布数值；再按文件名、工作表、行号在原始文件中找到该行，与“报送原文”比对。",
        "（二）核对方法。",
    )
    document.body(f"“{CHECKSUMS}”为全部文件的SHA-256，“{MANIFEST}”为供程序读取的目录。", "（三）校验文件。")
    document.body(
        f"{len(material.files)}份，与收到时逐字节相同，见“{FOLDER}”文件夹。"
        + ("清单见附表。" if material.files else ""),
        "（四）原始文件。",
    )


def _write_files(document: OfficialDocument, material: Material) -> None:
    counted = Counter[str]()
    for proof in material.proofs:
        counted.update(proof.rows_by_file())
    rows = [
        [
            fmt.agency(file.agency_code),
            fmt.delivery(file.agency_code, file.delivery_name),
            file.period_label,
            file.file_name,
            str(counted[key]),
            file.sha256[:16],
        ]
        for key, file in material.files.items()
    ]
    document.heading("附表  原始文件清单")
    document.table(_FILES, rows, _FILE_WIDTHS, SIZE_TABLE_LONG)
