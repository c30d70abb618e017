"""Defects of single answers: the drift of the charging exchange, and lists that change while they are paged."""

from __future__ import annotations

from demo_city.defects.model import ABSORBED, ANSWER, STOPPED, Defect


def _answer(
    name: str, effect: str, zh: str, en: str, agency: str = "power", reason: str | None = None
) -> Defect:
    return Defect(name, agency, f"{agency}_answers", ANSWER, effect, zh, en, reason)


ANSWER_DEFECTS = (
    _answer("exchange_lower_camel", ABSORBED, "键名首字母小写", "lower-camel keys"),
    _answer("exchange_operation_id", ABSORBED, "OperatorID 写成 OperationID", "OperationID for OperatorID"),
    _answer("exchange_text_numbers", ABSORBED, "数字写成字符串", "numbers as strings"),
    _answer("exchange_lower_signature", ABSORBED, "签名小写", "lower-case Sig"),
    _answer("exchange_empty_last_page", ABSORBED, "页数多报一页，末页为空", "a page past the end, empty"),
    _answer("exchange_changing_total", ABSORBED, "翻页时总数变化", "the total changes between pages"),
    _answer(
        "exchange_trailing_comma",
        STOPPED,
        "应答多一个逗号，不是 JSON",
        "a trailing comma, no JSON",
        reason="not_json",
    ),
    _answer(
        "transport_changing_total", ABSORBED, "翻页时总数变化", "the total changes between pages", "transport"
    ),
)
