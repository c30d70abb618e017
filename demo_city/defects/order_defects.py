"""Defects of charge orders, of the day in whose file they stand, and of the station statistics."""

from __future__ import annotations

from decimal import Decimal

from demo_city.defects import order_changes as change
from demo_city.defects.model import ABSORBED, REJECTED, ROW, TIME, WARNED, Change, Defect, Row

_ORDER, _ENERGY = "power_charge_order", "power_connector_energy"
DAYS_LATE = 8


def _row(name: str, effect: str, make: Change, zh: str, en: str, *told: str | None) -> Defect:
    reason, column = (*told, None, None)[:2]
    return Defect(name, "power", _ORDER, ROW, effect, zh, en, reason, column, make)


def _station_sum_wrong(stats: Row, n: int) -> list[Row]:
    return [{**stats, "StationElectricity": stats["StationElectricity"] + Decimal(50 + n % 50)}]


ORDER_DEFECTS = (
    _row(
        "order_missing_end", REJECTED, change.replaced("EndTime", ""),
        "缺结束时间", "no end time", "missing_value", "ended_at",
    ),
    _row(
        "order_end_before_start", REJECTED, change.end_before_start,
        "结束早于开始", "ended before it began", "end_before_start", "ended_at",
    ),
    _row(
        "order_negative_energy", REJECTED, change.negative_energy,
        "电量为负", "negative energy", "negative_energy", "energy_kwh",
    ),
    _row(
        "order_fee_sum_wrong", REJECTED, change.fee_sum_wrong,
        "总金额不等于电费加服务费", "total is not electricity plus service", "fee_sum_mismatch", "total_fee_yuan",
    ),
    _row(
        "order_detail_sum_wrong", REJECTED, change.detail_sum_wrong,
        "明细电量之和不等于总电量", "details do not add up", "detail_sum_mismatch", "energy_kwh",
    ),
    _row(
        "order_detail_count_wrong", REJECTED, change.detail_count_wrong,
        "时段数不等于明细数", "number of periods is wrong", "detail_count_mismatch", "detail_count",
    ),
    _row(
        "order_unreadable_number", REJECTED, change.replaced("TotalElecMoney", "约十元"),
        "电费不是数字", "fee is no number", "not_a_number", "electricity_fee_yuan",
    ),
    _row(
        "order_unreadable_date", REJECTED, change.replaced("StartTime", "2025-02-30 25:61:00"),
        "开始时间不存在", "a time that does not exist", "not_a_date", "started_at",
    ),
    _row(
        "order_energy_out_of_range", REJECTED, change.energy_out_of_range,
        "电量超出范围", "energy out of range", "out_of_range", "energy_kwh",
    ),
    _row(
        "order_short_sequence", REJECTED, change.sequence_too_short,
        "订单号少一位", "order number one short", "bad_pattern", "start_charge_seq",
    ),
    _row(
        "order_duplicate", REJECTED, change.duplicate,
        "同一订单在文件中重复", "the same order twice in a file", "duplicate_key", "start_charge_seq",
    ),
    _row(
        "order_unknown_connector", ABSORBED, change.unknown_connector,
        "充电接口未登记（归入未知桩）", "connector not registered (counted at the unknown pile)",
    ),
    _row(
        "order_bad_vin", WARNED, change.bad_vin,
        "车辆识别代号校验位错误", "VIN with a wrong check digit", "bad_check_digit", "vin",
    ),
    _row(
        "order_lower_camel", ABSORBED, change.lower_camel,
        "键名首字母小写", "lower-camel keys",
    ),
    _row(
        "order_operation_id", ABSORBED, change.renamed(("OperatorID", "OperationID")),
        "OperatorID 写成 OperationID", "OperationID for OperatorID",
    ),
    _row(
        "order_text_numbers", ABSORBED, change.numbers_as_text,
        "数字写成字符串", "numbers as strings",
    ),
    _row(
        "order_elect_money", ABSORBED,
        change.renamed(("TotalElecMoney", "TotalElectMoney"), ("DetailElecMoney", "DetailElectMoney")),
        "ElecMoney 写成 ElectMoney", "ElectMoney for ElecMoney",
    ),
    _row(
        "order_sub_period", ABSORBED, change.renamed(("SumPeriod", "SubPeriod")),
        "SumPeriod 写成 SubPeriod", "SubPeriod for SumPeriod",
    ),
    _row(
        "order_service_money", ABSORBED,
        change.renamed(
            ("TotalSeviceMoney", "TotalServiceMoney"), ("DetailSeviceMoney", "DetailServiceMoney"),
            ("SevicePrice", "ServicePrice"),
        ),
        "Sevice 写成 Service", "Service for the standard's Sevice",
    ),
    Defect(
        "order_pushed_late", "power", _ORDER, TIME, ABSORBED,
        f"订单晚 {DAYS_LATE} 天推送", f"order pushed {DAYS_LATE} days late",
    ),
    Defect(
        "order_pushed_twice", "power", _ORDER, TIME, ABSORBED,
        "订单次日又推送一次", "order pushed again on the next day",
    ),
    Defect(
        "stats_sum_wrong", "power", _ENERGY, ROW, REJECTED,
        "站电量不等于各桩之和", "station energy is not the sum of its piles",
        "detail_sum_mismatch", "station_kwh", _station_sum_wrong,
    ),
)  # fmt: skip
