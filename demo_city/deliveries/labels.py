"""The column titles that people at the bureaus wrote over their tables, by contract field.

Workbook titles come in two rows: a column is (upper title, lower title); an empty lower title is merged with the
upper one, and neighbours with the same upper title share a merged cell.
"""

from __future__ import annotations

MERGED_BELOW = ""

STORE_DELIVERY: dict[str, tuple[str, str]] = {
    "district_name": ("区县", MERGED_BELOW),
    "store_code": ("门店编码", MERGED_BELOW),
    "store_name": ("门店名称", MERGED_BELOW),
    "store_kind_code": ("业态", MERGED_BELOW),
    "is_centre_area": ("是否中心城区", MERGED_BELOW),
    "total_tonnes": ("配送总量", MERGED_BELOW),
    "joint_tonnes": ("其中", "共同配送"),
    "night_tonnes": ("其中", "夜间配送"),
    "joint_night_tonnes": ("其中", "共同且夜间配送"),
}

COLD_CHAIN: dict[str, tuple[str, str]] = {
    "credit_code": ("统一社会信用代码", MERGED_BELOW),
    "name": ("企业名称", MERGED_BELOW),
    "cold_storage_m3": ("冷链设施", "冷库容积（立方米）"),
    "refrigerated_vehicle_count": ("冷链设施", "冷藏车数量（辆）"),
    "registered_on": ("登记日期", MERGED_BELOW),
}

PHARMA: dict[str, tuple[str, str]] = {
    "credit_code": ("统一社会信用代码", MERGED_BELOW),
    "name": ("企业名称", MERGED_BELOW),
    "gsp_certificate_no": ("GSP证书编号", MERGED_BELOW),
    "first_operated_on": ("首次运营日期", MERGED_BELOW),
    "informatization_pct": ("信息化率", MERGED_BELOW),
}

STORE_KIND = {"supermarket": "超市", "chain": "连锁店"}

TRICYCLE: dict[str, str] = {
    "tricycle_no": "编号",
    "company_name": "企业",
    "region_code": "区划代码",
    "in_use_from": "启用日期",
    "in_use_to": "停用日期",
    "inspected_on": "检查日期",
    "is_marking_uniform": "统一标识",
    "remark": "备注",
}

TERMINAL_STATION: dict[str, str] = {
    "station_no": "站点编号",
    "station_name": "站点名称",
    "company_name": "企业",
    "region_code": "区划代码",
    "address": "地址",
    "is_joint": "是否共同配送",
    "opened_on": "启用日期",
    "closed_on": "停用日期",
}

PARCEL_VOLUME: dict[str, str] = {
    "region_code": "区划代码",
    "company_name": "企业",
    "inbound_parcels": "进港件量",
    "outbound_parcels": "出港件量",
}

SHEETS = {
    "commerce_store_delivery": "门店配送",
    "commerce_cold_chain_enterprise": "冷链企业",
    "commerce_pharma_enterprise": "医药配送企业",
}
