"""Defects of whole files: late, repeated, corrected, damaged deliveries, and columns that changed."""

from __future__ import annotations

from demo_city.defects.model import ABSORBED, FILE, STOPPED, WARNED, Defect

# The column that goes missing or changes its type, by delivery; each is one that its contract requires.
CHANGED_COLUMN = {
    "operations": ("transport_vehicle_operation", "distance_km"),
    "report": ("commerce_store_delivery", "total_tonnes"),
    "tricycles": ("postal_tricycle", "in_use_from"),
    "terminal_stations": ("postal_terminal_station", "opened_on"),
    "parcel_volumes": ("postal_parcel_volume", "inbound_parcels"),
}


def _file(name: str, dataset: str, effect: str, zh: str, en: str, *told: str | None) -> Defect:
    reason, column = (*told, None, None)[:2]
    return Defect(name, dataset.split("_")[0], dataset, FILE, effect, zh, en, reason, column)


def _column_defects(prefix: str, dataset: str, column: str) -> tuple[Defect, ...]:
    return (
        _file(
            f"{prefix}_missing_column", dataset, STOPPED,
            f"缺列 {column}", f"column {column} is missing", "missing_column", column,
        ),
        _file(
            f"{prefix}_new_column", dataset, WARNED,
            "多出一列经办人", "a new column", "new_column", "handled_by",
        ),
        _file(
            f"{prefix}_retyped_column", dataset, STOPPED,
            f"列 {column} 改填等级文字", f"column {column} holds grades", "retyped_column", column,
        ),
    )  # fmt: skip


FILE_DEFECTS = (
    *(d for prefix, (dataset, column) in CHANGED_COLUMN.items() for d in _column_defects(prefix, dataset, column)),
    _file(
        "operations_corrected", "transport_vehicle_operation", ABSORBED,
        "某日运行数据四天后更正，有行消失", "a day corrected four days later, rows vanish",
    ),
    _file(
        "report_resent", "commerce_monthly_report", ABSORBED,
        "改名重发且内容更正（最终版(2)）", "renamed re-send with corrected content",
    ),
    _file("report_repeated", "commerce_monthly_report", ABSORBED, "同一内容重复投递", "the same delivered again"),
    _file("report_late", "commerce_monthly_report", ABSORBED, "晚十天投递", "delivered ten days late"),
    _file(
        "report_truncated", "commerce_monthly_report", STOPPED,
        "工作簿只有一半", "half a workbook", "unreadable_file",
    ),
    _file("postal_corrected", "postal_files", ABSORBED, "更正版 v2", "corrected v2, rows vanish"),
    _file("postal_repeated", "postal_files", ABSORBED, "同一内容以 v2 重复投递", "the same again as v2"),
    _file("postal_late", "postal_files", ABSORBED, "晚十天投递", "delivered ten days late"),
    _file(
        "postal_wrong_checksum", "postal_files", STOPPED,
        "校验文件与内容不符", "the checksum file disagrees", "checksum_differs",
    ),
    _file("orders_late", "power_charge_order", ABSORBED, "日文件晚三天", "a day's file three days late"),
    _file("orders_repeated", "power_charge_order", ABSORBED, "日文件重复投递", "a day's file dropped again"),
    _file(
        "orders_restated", "power_charge_order", ABSORBED,
        "日文件次日重发，测试订单消失", "a day's file dropped again without its test orders",
    ),
    _file(
        "orders_truncated", "power_charge_order", STOPPED,
        "日文件只有一半", "half a day's file", "truncated_file",
    ),
)  # fmt: skip
