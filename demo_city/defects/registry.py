"""The known errors of the agencies by name. Reason codes are those of the loader; effects are explained at `Defect`.

A defect of a row that its contract rejects or normalises is only named here; what it does follows from the contract.
"""

from __future__ import annotations

from decimal import Decimal

from green_freight.contracts import contract, contracts

from demo_city.contract_facts import is_register, measured_column
from demo_city.defects import order_changes as change
from demo_city.defects.contract_defects import defect_by_full_name, named_defect
from demo_city.defects.model import (
    ABSORBED,
    FILE,
    REJECTED,
    RESPONSE,
    ROW,
    STOPPED,
    TIME,
    WARNED,
    Change,
    Defect,
    Row,
)

DAYS_LATE = 8
NEW_COLUMN = "handled_by"


def _order(
    name: str, make: Change, zh: str, en: str, reason: str | None = None, column: str | None = None
) -> Defect:
    effect = REJECTED if reason else ABSORBED
    return Defect(name, "power", "power_charge_order", ROW, effect, zh, en, reason, column, make)


def _moved_order(name: str, zh: str, en: str) -> Defect:
    return Defect(name, "power", "power_charge_order", TIME, ABSORBED, zh, en)


def _station_sum_wrong(stats: Row, n: int) -> list[Row]:
    return [{**stats, "StationElectricity": stats["StationElectricity"] + Decimal(50 + n % 50)}]


_ROW_DEFECTS = (
    named_defect("vehicle_bad_vin", "transport_vehicle.vin.bad_check_digit"),
    named_defect("vehicle_plate_separator", "transport_vehicle.plate_no.plate_separator"),
    named_defect("vehicle_bad_plate", "transport_vehicle.plate_no.bad_pattern"),
    # the toll system has its own codes for the colours of plates
    named_defect("vehicle_toll_colour", "transport_vehicle.plate_color_code.not_in_code_list", "0"),
    named_defect("vehicle_unknown_type", "transport_vehicle.vehicle_type_code.not_in_code_list", "H99"),
    named_defect("vehicle_end_before_start", "transport_vehicle.out_of_service_on.end_before_start"),
    named_defect("vehicle_mass_out_of_range", "transport_vehicle.gross_mass_kg.out_of_range", 9_990_000),
    named_defect("vehicle_unreadable_date", "transport_vehicle.in_service_on.not_a_date"),
    named_defect("vehicle_duplicate", "transport_vehicle.vehicle_id.duplicate_key"),
    named_defect("enterprise_bad_credit_code", "transport_enterprise.credit_code.bad_check_digit"),
    named_defect("enterprise_retired_region", "transport_enterprise.region_code.retired_region"),
    named_defect("node_retired_region", "transport_node.region_code.retired_region"),
    named_defect("stopping_place_retired_region", "transport_stopping_place.region_code.retired_region"),
    named_defect("operation_text_numbers", "transport_vehicle_operation.numbers_as_text"),
    named_defect("operation_missing_value", "transport_vehicle_operation.distance_km.missing_value"),
    named_defect(
        "operation_unreadable_number", "transport_vehicle_operation.turnover_tonne_km.not_a_number", "待统计"
    ),
    named_defect("operation_out_of_range", "transport_vehicle_operation.distance_km.out_of_range", 99_999),
    named_defect("operation_duplicate", "transport_vehicle_operation.vehicle_id.duplicate_key"),
    named_defect("store_missing_total", "commerce_store_delivery.total_tonnes.missing_value"),
    named_defect("store_unreadable_number", "commerce_store_delivery.night_tonnes.not_a_number"),
    named_defect("store_part_above_whole", "commerce_store_delivery.joint_tonnes.part_exceeds_whole"),
    named_defect(
        "store_unknown_kind", "commerce_store_delivery.store_kind_code.not_in_code_list", "便民摊点"
    ),
    named_defect("store_duplicate", "commerce_store_delivery.store_code.duplicate_key"),
    named_defect("store_full_width_number", "commerce_store_delivery.joint_night_tonnes.full_width"),
    named_defect("cold_chain_bad_credit_code", "commerce_cold_chain_enterprise.credit_code.bad_check_digit"),
    named_defect(
        "cold_chain_unreadable_date",
        "commerce_cold_chain_enterprise.registered_on.not_a_date",
        "以执照为准",
    ),
    named_defect("pharma_bad_credit_code", "commerce_pharma_enterprise.credit_code.bad_check_digit"),
    named_defect("tricycle_unreadable_date", "postal_tricycle.in_use_from.not_a_date", "去年春天"),
    named_defect("tricycle_unclear_marking", "postal_tricycle.is_marking_uniform.not_a_boolean"),
    named_defect("tricycle_end_before_start", "postal_tricycle.in_use_to.end_before_start"),
    named_defect("tricycle_unknown_region", "postal_tricycle.region_code.not_in_code_list", "320799"),
    named_defect("tricycle_duplicate", "postal_tricycle.tricycle_no.duplicate_key"),
    named_defect("tricycle_retired_region", "postal_tricycle.region_code.retired_region"),
    named_defect("terminal_retired_region", "postal_terminal_station.region_code.retired_region"),
    named_defect("terminal_missing_date", "postal_terminal_station.opened_on.missing_value"),
    named_defect("parcel_commas", "postal_parcel_volume.inbound_parcels.thousands_separator"),
    named_defect("parcel_negative", "postal_parcel_volume.outbound_parcels.out_of_range", -1),
    named_defect("order_missing_end", "power_charge_order.ended_at.missing_value", ""),
    _order(
        "order_end_before_start", change.end_before_start,
        "充电订单结束早于开始", "charge order: ended before it began", "end_before_start", "ended_at",
    ),
    _order(
        "order_negative_energy", change.negative_energy,
        "充电订单电量为负", "charge order: negative energy", "negative_energy", "energy_kwh",
    ),
    _order(
        "order_fee_sum_wrong", change.fee_sum_wrong,
        "充电订单总金额不等于电费加服务费", "charge order: the total is not electricity fee plus service fee",
        "fee_sum_mismatch", "total_fee_yuan",
    ),
    _order(
        "order_detail_sum_wrong", change.detail_sum_wrong,
        "充电订单明细电量之和不等于总电量", "charge order: the details do not add up to the total energy",
        "detail_sum_mismatch", "energy_kwh",
    ),
    _order(
        "order_detail_count_wrong", change.detail_count_wrong,
        "充电订单时段数不等于明细数", "charge order: the number of tariff periods is wrong",
        "detail_count_mismatch", "detail_count",
    ),
    named_defect(
        "order_unreadable_number", "power_charge_order.electricity_fee_yuan.not_a_number", "约十元"
    ),
    named_defect(
        "order_unreadable_date", "power_charge_order.started_at.not_a_date", "2025-02-30 25:61:00"
    ),
    _order(
        "order_energy_out_of_range", change.energy_out_of_range,
        "充电订单电量超出范围", "charge order: the energy is out of range", "out_of_range", "energy_kwh",
    ),
    named_defect("order_short_sequence", "power_charge_order.start_charge_seq.bad_pattern"),
    named_defect("order_duplicate", "power_charge_order.start_charge_seq.duplicate_key"),
    _order(
        "order_unknown_connector", change.unknown_connector,
        "充电接口未登记（归入未知桩）", "connector not registered (counted at the unknown pile)",
    ),
    named_defect("order_bad_vin", "power_charge_order.vin.bad_check_digit"),
    _order(
        "order_lower_camel", lambda order, _: [change.respelt(order, change.lower_camel)],
        "充电订单键名首字母小写", "charge order: keys with a lower first letter",
    ),
    _order(
        "order_operation_id", change.renamed(OperatorID="OperationID"),
        "OperatorID 写成 OperationID", "OperationID for OperatorID",
    ),
    named_defect("order_text_numbers", "power_charge_order.numbers_as_text"),
    _order(
        "order_elect_money",
        change.renamed(TotalElecMoney="TotalElectMoney", DetailElecMoney="DetailElectMoney"),
        "ElecMoney 写成 ElectMoney", "ElectMoney for ElecMoney",
    ),
    _order(
        "order_sub_period", change.renamed(SumPeriod="SubPeriod"),
        "SumPeriod 写成 SubPeriod", "SubPeriod for SumPeriod",
    ),
    _order(
        "order_service_money",
        change.renamed(
            TotalSeviceMoney="TotalServiceMoney", DetailSeviceMoney="DetailServiceMoney",
            SevicePrice="ServicePrice",
        ),
        "Sevice 写成 Service", "Service for the standard's Sevice",
    ),
    _moved_order(
        "order_pushed_late", f"订单晚 {DAYS_LATE} 天推送", f"order pushed {DAYS_LATE} days late"
    ),
    _moved_order("order_pushed_twice", "订单次日又推送一次", "order pushed again on the next day"),
    Defect(
        "stats_sum_wrong", "power", "power_connector_energy", ROW, REJECTED,
        "站电量不等于各桩之和", "station energy is not the sum of its piles",
        "detail_sum_mismatch", "station_kwh", _station_sum_wrong,
    ),
)  # fmt: skip

# agency, dataset or delivery, name, effect, Chinese, English, reason code
_FILES = (
    ("transport", "transport_vehicle_operation", "operations_corrected", ABSORBED,
     "某日运行数据四天后更正，有行消失", "a day corrected four days later, rows vanish", None),
    ("commerce", "commerce_monthly_report", "report_resent", ABSORBED,
     "改名重发且内容更正（最终版(2)）", "re-sent under another name with corrected content", None),
    ("commerce", "commerce_monthly_report", "report_repeated", ABSORBED,
     "同一内容重复交付", "the same content delivered again", None),
    ("commerce", "commerce_monthly_report", "report_late", ABSORBED,
     "晚十天交付", "delivered ten days late", None),
    ("commerce", "commerce_monthly_report", "report_truncated", STOPPED,
     "工作簿只有一半", "half a workbook", "unreadable_file"),
    ("postal", "postal_files", "postal_corrected", ABSORBED,
     "更正版 v2", "corrected v2, rows vanish", None),
    ("postal", "postal_files", "postal_repeated", ABSORBED,
     "同一内容以 v2 重复交付", "the same content again as v2", None),
    ("postal", "postal_files", "postal_late", ABSORBED,
     "晚十天交付", "delivered ten days late", None),
    ("postal", "postal_files", "postal_wrong_checksum", STOPPED,
     "校验文件与内容不符", "the checksum file disagrees with the content", "checksum_differs"),
    ("power", "power_charge_order", "orders_late", ABSORBED,
     "日文件晚三天", "a day's file three days late", None),
    ("power", "power_charge_order", "orders_repeated", ABSORBED,
     "日文件重复交付", "a day's file delivered again", None),
    ("power", "power_charge_order", "orders_restated", ABSORBED,
     "日文件次日重发，测试订单消失", "a day's file delivered again without its test orders", None),
    ("power", "power_charge_order", "orders_truncated", STOPPED,
     "日文件只有一半", "half a day's file", "truncated_file"),
)  # fmt: skip
_RESPONSES = (
    ("power", "exchange_lower_camel", ABSORBED, "键名首字母小写", "keys with a lower first letter", None),
    ("power", "exchange_operation_id", ABSORBED, "OperatorID 写成 OperationID", "OperationID for OperatorID", None),
    ("power", "exchange_text_numbers", ABSORBED, "数字写成字符串", "numbers as strings", None),
    ("power", "exchange_lower_signature", ABSORBED, "签名小写", "lower-case Sig", None),
    ("power", "exchange_empty_last_page", ABSORBED, "页数多报一页，末页为空", "an empty page past the end", None),
    ("power", "exchange_changing_total", ABSORBED, "翻页时总数变化", "the total changes between pages", None),
    ("power", "exchange_trailing_comma", STOPPED, "响应多一个逗号，不是 JSON", "a trailing comma, no JSON", "not_json"),
    ("transport", "transport_changing_total", ABSORBED, "翻页时总数变化", "the total changes between pages", None),
)  # fmt: skip


def changed_columns() -> dict[str, tuple[str, str]]:
    """Return the column that goes missing or changes its type, as (dataset, column) by delivery.

    It is the first number, else the first date, that a contract requires; of a workbook, in its main sheet. Registers
    and the messages of T/CEC 102 have no columns that can be left out of a file as a whole.
    """
    found: dict[str, tuple[str, str]] = {}
    for dataset in contracts().values():
        column = measured_column(dataset.id)
        if (
            column
            and not is_register(dataset)
            and dataset.container in ("transport_pages", "workbook", "csv")
        ):
            found.setdefault(dataset.delivery, (dataset.id, column.name))
    return found


def _column_defects(delivery: str, dataset: str, column: str) -> list[Defect]:
    new = STOPPED if contract(dataset).stops_at_new_column else WARNED
    kinds = (
        ("missing", STOPPED, column, f"缺列 {column}", f"column {column} is missing"),
        ("new", new, NEW_COLUMN, "多出一列经办人", "a column that the contract does not know"),
        ("retyped", STOPPED, column, f"列 {column} 改填等级文字", f"column {column} holds grades"),
    )
    return [
        Defect(
            f"{delivery}_{kind}_column", dataset.split("_")[0], dataset, FILE, effect,
            zh, en, f"{kind}_column", concerned,
        )
        for kind, effect, concerned, zh, en in kinds
    ]  # fmt: skip


CHANGED_COLUMNS = changed_columns()
REGISTRY: dict[str, Defect] = {
    defect.name: defect
    for defect in (
        *_ROW_DEFECTS,
        *(d for delivery, where in CHANGED_COLUMNS.items() for d in _column_defects(delivery, *where)),
        *(
            Defect(name, agency, of, FILE, effect, zh, en, reason)
            for agency, of, name, effect, zh, en, reason in _FILES
        ),
        *(
            Defect(name, agency, f"{agency}_responses", RESPONSE, effect, zh, en, reason)
            for agency, name, effect, zh, en, reason in _RESPONSES
        ),
    )
}


def defect_named(name: str) -> Defect:
    """Return a defect by its name, or by its full name `<dataset>.<column>.<kind>`.

    Raises:
        KeyError: there is no such defect.
    """
    return REGISTRY[name] if name in REGISTRY else defect_by_full_name(name)


def rates(wanted: dict[str, float]) -> dict[str, float]:
    """Return the rate of each defect; a name may be a defect, an agency, an effect, a place, or `all`.

    The more special name wins: a defect over an agency, place or effect, these over `all`. Groups stand for the named
    defects; one that only its contract names is planted by its full name.

    Raises:
        ValueError: a name is none of these, or a rate is not between 0 and 1.
    """
    found: dict[str, float] = {}
    groups = {"all", *(name for d in REGISTRY.values() for name in (d.agency, d.effect, d.place))}
    for name, rate in sorted(wanted.items(), key=lambda item: (item[0] not in groups, item[0] != "all")):
        if not 0 <= rate <= 1:
            raise ValueError(f"the rate of {name} is {rate}, it must be from 0 to 1")
        concerned = [d for d in REGISTRY.values() if name in ("all", d.agency, d.effect, d.place)]
        try:
            concerned = concerned or [defect_named(name)]
        except KeyError:
            raise ValueError(f"{name!r} is no defect; there are: {', '.join(sorted(REGISTRY))}") from None
        found.update({d.name: rate for d in concerned})
    return found
