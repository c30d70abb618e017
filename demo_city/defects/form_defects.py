"""Defects of the rows in the commerce bureau's workbooks and the postal administration's CSV files."""

from __future__ import annotations

from demo_city.defects import row_changes as change
from demo_city.defects.model import ABSORBED, REJECTED, ROW, Change, Defect

_STORE, _COLD, _PHARMA = (
    "commerce_store_delivery",
    "commerce_cold_chain_enterprise",
    "commerce_pharma_enterprise",
)
_TRICYCLE, _TERMINAL, _PARCEL = "postal_tricycle", "postal_terminal_station", "postal_parcel_volume"


def _row(name: str, dataset: str, effect: str, make: Change, zh: str, en: str, *told: str | None) -> Defect:
    reason, column = (*told, None, None)[:2]
    return Defect(name, dataset.split("_")[0], dataset, ROW, effect, zh, en, reason, column, make)


FORM_DEFECTS = (
    _row(
        "store_missing_total", _STORE, REJECTED, change.value("total_tonnes", None),
        "配送总量未填", "no total freight", "missing_value", "total_tonnes",
    ),
    _row(
        "store_unreadable_number", _STORE, REJECTED, change.value("night_tonnes", "待核实"),
        "夜间配送量不是数字", "night freight is no number", "not_a_number", "night_tonnes",
    ),
    _row(
        "store_part_above_whole", _STORE, REJECTED, change.part_above_whole,
        "共同配送量大于总量", "joint freight above the total", "part_exceeds_whole", "joint_tonnes",
    ),
    _row(
        "store_unknown_kind", _STORE, REJECTED, change.value("store_kind_code", "便民摊点"),
        "未知的业态", "unknown kind of store", "not_in_code_list", "store_kind_code",
    ),
    _row(
        "store_duplicate", _STORE, REJECTED, change.duplicate,
        "同一门店重复", "the same store twice", "duplicate_key", "store_code",
    ),
    _row(
        "store_full_width_number", _STORE, ABSORBED, change.full_width("joint_night_tonnes"),
        "数字用了全角字符", "full-width digits",
    ),
    _row(
        "cold_chain_bad_credit_code", _COLD, REJECTED, change.bad_credit_code,
        "冷链企业信用代码校验位错误", "cold-chain enterprise's credit code", "bad_check_digit", "credit_code",
    ),
    _row(
        "cold_chain_unreadable_date", _COLD, REJECTED, change.value("registered_on", "以执照为准"),
        "登记日期无法识别", "unreadable date of registration", "not_a_date", "registered_on",
    ),
    _row(
        "pharma_bad_credit_code", _PHARMA, REJECTED, change.bad_credit_code,
        "医药企业信用代码校验位错误", "pharmaceutical enterprise's credit code", "bad_check_digit", "credit_code",
    ),
    _row(
        "tricycle_unreadable_date", _TRICYCLE, REJECTED, change.value("in_use_from", "去年春天"),
        "启用日期无法识别", "unreadable date", "not_a_date", "in_use_from",
    ),
    _row(
        "tricycle_unclear_marking", _TRICYCLE, REJECTED, change.value("is_marking_uniform", "看不清"),
        "统一标识不是是或否", "marking neither yes nor no", "not_a_boolean", "is_marking_uniform",
    ),
    _row(
        "tricycle_end_before_start", _TRICYCLE, REJECTED, change.end_before("in_use_from", "in_use_to"),
        "停用早于启用", "out of use before in use", "end_before_start", "in_use_to",
    ),
    _row(
        "tricycle_unknown_region", _TRICYCLE, REJECTED, change.value("region_code", "320799"),
        "区划代码不存在", "region code that does not exist", "not_in_code_list", "region_code",
    ),
    _row(
        "tricycle_duplicate", _TRICYCLE, REJECTED, change.duplicate,
        "同一编号重复", "the same number twice", "duplicate_key", "tricycle_no",
    ),
    _row(
        "tricycle_retired_region", _TRICYCLE, ABSORBED, change.retired_region,
        "三轮车用了撤销前的区划代码", "a tricycle's retired region code",
    ),
    _row(
        "terminal_retired_region", _TERMINAL, ABSORBED, change.retired_region,
        "末端站点用了撤销前的区划代码", "a terminal station's retired region code",
    ),
    _row(
        "terminal_missing_date", _TERMINAL, REJECTED, change.value("opened_on", None),
        "启用日期未填", "no opening date", "missing_value", "opened_on",
    ),
    _row(
        "parcel_commas", _PARCEL, ABSORBED, change.with_commas("inbound_parcels"),
        "件量带千分位逗号", "thousands separators",
    ),
    _row(
        "parcel_negative", _PARCEL, REJECTED, change.value("outbound_parcels", -1),
        "件量为负", "a negative number of parcels", "out_of_range", "outbound_parcels",
    ),
)  # fmt: skip
