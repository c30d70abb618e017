"""What the pack's reader has to know to find a row and to add the rows up again, in Chinese."""

from __future__ import annotations

from collections.abc import Iterator

from green_freight.contracts import contracts_of
from green_freight.evidence.evidence_rows import SourceFile
from green_freight.evidence.figures import Figure

# What a row's number means in each container (green_freight.loading.readers).
_ROW_MEANS = {
    "workbook": "Excel 工作簿：“行号”即该工作表在 Excel 中左侧显示的行号，“工作表”为表名。",
    "csv": "CSV 文件：“行号”为用文本编辑器打开时该行开始处的行号（表头也算一行）；文件为 UTF-8 或 GB18030 编码。",
    "transport_pages": (
        "交通部门接口应答（.jsonl）：文件一行是一次应答，“应答序号”即文件的第几行；应答正文 body 的 items 为记录列表。"
        "“行号”为各次应答的 items 依次相连后的第几条（从 1 起）。查找：打开文件到该应答所在行，搜索对象编号。"
    ),
    "tcec_stations": (
        "充电设施交换接口应答（T/CEC 102，.jsonl）：文件一行是一次应答，“应答序号”即文件的第几行；"
        "正文 body 的 StationInfos 为充电站，其 EquipmentInfos 为充电桩。"
        "“行号”为各次应答中同一类对象（充电站，或全部充电桩）依次相连后的第几个（从 1 起）；"
        "充电桩的“报送原文”前加了所在充电站的编码。"
    ),
}
_WEIGHTS = {
    "milestone": "里程碑指标：分子为 1 即已完成，计入行是最早一份报告；没有计入行即未完成。",
    "amount": "金额指标：计入数量为元，每行一笔分录，合计即指标值。",
    "count": "计数指标：每个对象计 1，合计即指标值。",
    "ratio": "比例指标：指标值 = 分子合计 ÷ 分母合计，四舍五入到六位小数；分子、分母分列两张表。",
}


def notes(figure: Figure, files: list[SourceFile]) -> Iterator[str]:
    """Yield the sentences of an indicator's notes: how to add up, how to find a row, how to check the files."""
    yield _WEIGHTS[figure.measure_kind_code]
    if any(file.delivery_name == "monthly_report" for file in files):
        yield (
            "共同（集中、夜间）配送：分子的计入数量 = 共同配送 + 夜间配送 − 其中共同且夜间（只计一次），"
            "分母的计入数量为总量，单位均为吨。"
        )
    yield (
        "“按行合计（公式）”由 Excel 按本表各行即时相加，与“发布数值”相同即为一致；"
        "同样的行另存为 CSV，可用其他软件复算。"
    )
    containers = {
        contract.container
        for file in files
        for contract in contracts_of(file.agency_code, file.delivery_name)
    }
    for container, sentence in _ROW_MEANS.items():
        if container in containers:
            yield sentence
    yield (
        "“报送原文”是生成本材料时从原始文件的该行重新读出的全部内容（不是数据库中的副本）；"
        "读出的对象编号与计入对象不一致、或文件校验和与接收时的记录不一致时，本材料不会生成。"
    )
    yield "“原始文件位置”是原始文件在本材料中的位置；文件与收到时逐字节相同，SHA-256 可按“校验清单.sha256”核对。"
