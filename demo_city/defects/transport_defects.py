"""Defects of the transport bureau's rows."""

from __future__ import annotations

from demo_city.defects import row_changes as change
from demo_city.defects.model import ABSORBED, REJECTED, ROW, WARNED, Change, Defect

_VEHICLE, _OPERATION = "transport_vehicle", "transport_vehicle_operation"


def _row(name: str, dataset: str, effect: str, make: Change, zh: str, en: str, *told: str | None) -> Defect:
    reason, column = (*told, None, None)[:2]
    return Defect(name, "transport", dataset, ROW, effect, zh, en, reason, column, make)


TRANSPORT_DEFECTS = (
    _row(
        "vehicle_bad_vin", _VEHICLE, WARNED, change.bad_vin,
        "车辆识别代号校验位错误", "VIN with a wrong check digit", "bad_check_digit", "vin",
    ),
    _row(
        "vehicle_plate_separator", _VEHICLE, ABSORBED, change.plate_separator,
        "号牌中有间隔点或空格", "a middle dot or space in the plate",
    ),
    _row(
        "vehicle_bad_plate", _VEHICLE, REJECTED, change.plate_with_letter_o,
        "号牌含字母 O", "the letter O in the plate", "bad_pattern", "plate_no",
    ),
    _row(
        "vehicle_toll_colour", _VEHICLE, REJECTED, change.value("plate_color_code", "0"),
        "号牌颜色用了收费系统的代码", "plate colour in the toll system's code", "not_in_code_list", "plate_color_code",
    ),
    _row(
        "vehicle_unknown_type", _VEHICLE, REJECTED, change.value("vehicle_type_code", "H99"),
        "未知的车辆类型", "unknown vehicle type", "not_in_code_list", "vehicle_type_code",
    ),
    _row(
        "vehicle_end_before_start", _VEHICLE, REJECTED, change.end_before("in_service_on", "out_of_service_on"),
        "退出日期早于投入日期", "left service before it entered", "end_before_start", "out_of_service_on",
    ),
    _row(
        "vehicle_mass_out_of_range", _VEHICLE, REJECTED, change.value("gross_mass_kg", 9_990_000),
        "总质量超出范围", "gross mass out of range", "out_of_range", "gross_mass_kg",
    ),
    _row(
        "vehicle_unreadable_date", _VEHICLE, REJECTED, change.value("in_service_on", "2024-02-30"),
        "投入日期不存在", "a date that does not exist", "not_a_date", "in_service_on",
    ),
    _row(
        "vehicle_duplicate", _VEHICLE, REJECTED, change.duplicate,
        "同一车辆重复出现", "the same vehicle twice", "duplicate_key", "vehicle_id",
    ),
    _row(
        "enterprise_bad_credit_code", "transport_enterprise", REJECTED, change.bad_credit_code,
        "统一社会信用代码校验位错误", "credit code with a wrong check digit", "bad_check_digit", "credit_code",
    ),
    _row(
        "enterprise_retired_region", "transport_enterprise", ABSORBED, change.retired_region,
        "企业用了撤销前的区划代码", "an enterprise's retired region code",
    ),
    _row(
        "node_retired_region", "transport_node", ABSORBED, change.retired_region,
        "节点用了撤销前的区划代码", "a node's retired region code",
    ),
    _row(
        "stopping_place_retired_region", "transport_stopping_place", ABSORBED, change.retired_region,
        "停靠点用了撤销前的区划代码", "a stopping place's retired region code",
    ),
    _row(
        "operation_text_numbers", _OPERATION, ABSORBED, change.numbers_as_text,
        "数字写成文本", "numbers as text",
    ),
    _row(
        "operation_missing_value", _OPERATION, REJECTED, change.value("distance_km", None),
        "里程为空", "no distance", "missing_value", "distance_km",
    ),
    _row(
        "operation_unreadable_number", _OPERATION, REJECTED, change.value("turnover_tonne_km", "待统计"),
        "周转量不是数字", "turnover is no number", "not_a_number", "turnover_tonne_km",
    ),
    _row(
        "operation_out_of_range", _OPERATION, REJECTED, change.value("distance_km", 99_999),
        "里程超出范围", "distance out of range", "out_of_range", "distance_km",
    ),
    _row(
        "operation_duplicate", _OPERATION, REJECTED, change.duplicate,
        "同一车同一日重复", "the same vehicle and day twice", "duplicate_key", "vehicle_id",
    ),
)  # fmt: skip
