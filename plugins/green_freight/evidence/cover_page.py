"""The cover page for the acceptance panel, in Chinese: whose figures, what the plan asks, what was counted, what is
in the pack."""

from __future__ import annotations

from collections import Counter
from datetime import date

from green_freight import figure_text
from green_freight.agencies import AGENCIES
from green_freight.evidence import contents as text
from green_freight.evidence.archive import ORIGINALS
from green_freight.evidence.contents import DETAILS, EMPTY, SENTENCES, SYNTHETIC_SENTENCE, Contents, Proof
from green_freight.evidence.evidence_rows import VerifiedRow
from green_freight.evidence.official_document import SUBHEADING, OfficialDocument
from green_freight.labels import label, labels
from green_freight.periods import SHANGHAI

CHECKSUMS, MANIFEST = "校验清单.sha256", "manifest.json"
_ORDER = "一二三四五六七八九十"
# Columns with their widths in millimetres; the type area is 156 wide.
_FIGURES = {
    "指标": 26.0,
    "目标": 24.0,
    "实际": 26.0,
    "分子": 26.0,
    "分母": 21.0,
    "完成率": 14.5,
    "状态": 18.5,
}
_FILES = {
    "报送单位": 25.0, "报送内容": 27.0, "报送期": 20.0, "文件名": 42.0, "计入行数": 12.0, "SHA-256前16位": 30.0,
}  # fmt: skip


def cover_of(contents: Contents) -> bytes:
    """Return the cover page as a Word document."""
    title = (
        f"{contents.city_zh}城市绿色货运配送示范工程",
        f"{contents.request.year}年度重点工作（{contents.work.work_no}）佐证材料",
    )
    document = OfficialDocument("".join(title), contents.author)
    document.label("附件")
    document.title(*title)
    if contents.is_synthetic:
        document.header(SYNTHETIC_SENTENCE)
        document.warning(SYNTHETIC_SENTENCE)
    document.heading("一、基本情况")
    document.facts(_facts(contents))
    document.heading("二、指标完成情况")
    document.table(_FIGURES, [_figure(proof) for proof in contents.proofs])
    for proof in contents.proofs:
        for sentence in (text.programme_text(proof.figure), text.report_text(proof.figure)):
            if sentence:
                document.body(sentence, label=f"{proof.figure.name_zh}。")
    document.heading("三、方案要求与统计口径")
    for number, proof in enumerate(contents.proofs):
        _write_definition(document, number, proof)
    document.heading("四、计入明细")
    for proof in contents.proofs:
        document.body(_sums(proof), label=f"{proof.figure.name_zh}。")
    document.heading("五、材料清单与核对方法")
    _write_contents(document, contents)
    document.closing(contents.author)
    document.closing(text.day_text(contents.publication.published_at.astimezone(SHANGHAI).date()))
    if contents.files:
        _write_files(document, contents)
    return document.to_bytes()


def _facts(contents: Contents) -> list[tuple[str, str]]:
    publication, work = contents.publication, contents.work
    kind = label("run_kind", publication.kind_code).zh
    facts = [
        ("城市", contents.city_zh),
        ("重点工作", f"（{work.work_no}）{work.name_zh}（任务：{work.task_name_zh}）"),
        ("方案内容", work.plan_text_zh),
        ("年度", f"{contents.request.year}年"),
        ("统计截止日", text.day_text(max(proof.figure.as_of_date for proof in contents.proofs))),
    ]
    for role, title in labels("responsibility").items():
        units = "、".join(unit.name_zh for unit in work.units if unit.role_code == role)
        facts.append((title.zh, units or "方案未列"))
    published = text.minute_text(publication.published_at)
    facts += [
        ("数据发布", f"第{publication.publication_no}号，{published}，{kind}"),
        ("发布原因", text.reason_text(publication.reason)),
        ("程序版本", publication.code_version),
    ]
    if publication.reverted_to is not None:
        facts.append(("回退", f"本次发布回退到第{publication.reverted_to}号发布的数据"))
    if publication.approved_at is not None:
        approved = f"{publication.approved_by}，{text.minute_text(publication.approved_at)}"
        facts.append(("批准", f"{approved}：{publication.approval_reason}"))
    if publication.stale_agencies:
        late = "、".join(AGENCIES[code].name_zh for code in publication.stale_agencies)
        facts.append(("未按时报送", f"{late}（发布时最近一次报送失败或缺失）"))
    return facts


def _figure(proof: Proof) -> list[str]:
    figure = proof.figure
    return [
        figure.name_zh,
        text.target_text(figure),
        proof.value,
        proof.part_text("numerator"),
        proof.part_text("denominator"),
        EMPTY if figure.completion_ratio is None else figure_text.completion(figure.completion_ratio, 1),
        text.status_text(figure).replace("（", "\n（"),
    ]


def _write_definition(document: OfficialDocument, number: int, proof: Proof) -> None:
    figure = proof.figure
    document.heading(f"（{_ORDER[number]}）{figure.name_zh}", SUBHEADING)
    document.body(f"“{figure.plan_words_zh}”", label="方案表述：")
    document.body(f"{figure.formula_zh}。", label="统计口径（本仓库）：")
    if figure.note_zh:
        document.body(f"{figure.note_zh}。", label="口径说明：")
    if figure.null_reason_code:
        document.body(f"{label('null_reason', figure.null_reason_code).zh}。", label="无数值：")
    document.body(f"{figure.owner_zh}。", label="口径归口单位：")


def _sums(proof: Proof) -> str:
    """Return what the parts of a figure add up to, in a sentence."""
    files = len(proof.rows_by_file())
    if proof.figure.numerator is None:
        return "没有发布数值，无从相加。"
    if not proof.rows:
        return f"没有计入行，也没有来源文件，指标值为{proof.value}。"
    if proof.figure.measure_kind_code == "milestone":
        documents = "；".join(_document(row) for row in proof.rows)
        kind = proof.rows[0].counted.kind
        return f"计入{kind.name_zh}{len(proof.rows)}份：{documents}。来自{files}份原始文件。"
    parts = [
        f"{text.part_zh(part) if len(proof.parts) > 1 else ''}计入{len(proof.part(part))}行，"
        f"合计{proof.part_text(part)}"
        for part in proof.parts
    ]
    return f"{'；'.join(parts)}；来自{files}份原始文件。按行相加所得指标值为{proof.value}，与发布数值一致。"


def _document(row: VerifiedRow) -> str:
    """Return the document behind a milestone: its title, its number, and the dates that its kind has."""
    titles = (detail.title_zh for detail in row.counted.kind.details)
    details = dict(zip(titles, row.counted.details, strict=True))
    days = [f"{title}{text.day_text(day)}" for title, day in details.items() if isinstance(day, date)]
    return "，".join([f"《{details['文件标题'] or EMPTY}》（{details['文号'] or EMPTY}）", *days])


def _write_contents(document: OfficialDocument, contents: Contents) -> None:
    facts = {
        "proofs": len(contents.proofs), "files": len(contents.files), "list": "清单见附表。" if contents.files else "",
        "details": DETAILS, "originals": ORIGINALS, "checksums": CHECKSUMS, "manifest": MANIFEST,
    }  # fmt: skip
    for label_text, sentence in SENTENCES["materials"].items():
        document.body(sentence.format(**facts), label_text)


def _write_files(document: OfficialDocument, contents: Contents) -> None:
    counted = sum((proof.rows_by_file() for proof in contents.proofs), Counter[str]())
    rows = [
        [*text.delivery_names(file), file.period_label, file.file_name, str(counted[key]), file.sha256[:16]]
        for key, file in contents.files.items()
    ]
    document.heading("附表  原始文件清单")
    document.table(_FILES, rows)
