"""What can be counted: its Chinese word and unit, the datasets that deliver it, and what a person knows it by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from green_freight.contracts import contract

Value = str | int | Decimal | date | None


@dataclass(frozen=True)
class Detail:
    """A readable column: its Chinese title, the expression that gives it in the kind's `relation`, and the contract's
    column (`dataset.column`) whose code list puts its codes into words."""

    title_zh: str
    column: str
    codes_of: str | None = None

    def read(self, value: Any) -> Value:
        """Return a value of the column as a person reads it."""
        if isinstance(value, bool):
            return "是" if value else "否"
        if self.codes_of and value is not None:
            dataset, _, column = self.codes_of.partition(".")
            code = contract(dataset).column(column).codes.get(value)
            # Labels are Chinese / English.
            return code.label.partition(" / ")[0] if code else str(value)
        return value if isinstance(value, int | Decimal | date) or value is None else str(value)


@dataclass(frozen=True)
class EntityKind:
    """A kind of counted thing (`entity_kind_code` of the evidence).

    `relation` is what to select from, with the columns city_code, source_file_key and source_row_number; `key` the
    column that the evidence names the thing by, `row_key` the one that its row in the file does.
    """

    word_zh: str
    unit_zh: str
    datasets: tuple[str, ...]
    relation: str
    key: str
    details: tuple[Detail, ...]
    row_key: str = ""


_SERVICE = (Detail("投用日期", "in_service_on"), Detail("停用日期", "out_of_service_on"))

# A pile is known by its station, a report by its store, a certificate by its enterprise.
_PILES = """(
    select p.*, s.station_name, s.station_type_code, s.region_code
    from mart_asof.dim_pile as p
    left join mart_asof.dim_station as s using (city_code, station_key)
) as piles"""

_VEHICLES = """(
    select v.*, e.enterprise_name
    from mart_asof.dim_vehicle as v
    left join mart_asof.dim_enterprise as e using (city_code, enterprise_key)
) as vehicles"""

_STORE_REPORTS = """(
    select
        d.city_code, d.store_key || ':' || to_char(d.period_month, 'YYYY-MM') as report_key,
        to_char(d.period_month, 'YYYY-MM') as report_month, s.store_code, s.store_name, s.district_name,
        s.store_kind_code, d.source_file_key, d.source_row_number,
        sum(d.freight_tonnes) as all_tonnes,
        sum(d.freight_tonnes) filter (where d.mode_code in ('joint_only', 'joint_and_night')) as joint_tonnes,
        sum(d.freight_tonnes) filter (where d.mode_code in ('night_only', 'joint_and_night')) as night_tonnes,
        sum(d.freight_tonnes) filter (where d.mode_code = 'joint_and_night') as both_tonnes
    from mart_asof.fct_store_delivery as d
    left join mart_asof.dim_store as s using (city_code, store_key)
    group by d.city_code, d.store_key, d.period_month, s.store_code, s.store_name, s.district_name,
        s.store_kind_code, d.source_file_key, d.source_row_number
) as reports"""

_CERTIFICATES = """(
    select g.*, e.enterprise_name, e.credit_code, e.transport_enterprise_id, e.closed_on
    from mart_asof.dim_enterprise_grade as g
    inner join mart_asof.dim_enterprise as e using (city_code, enterprise_key)
) as certificates"""

ENTITY_KINDS: dict[str, EntityKind] = {
    "vehicle": EntityKind(
        "配送车辆", "辆", ("transport_vehicle",), _VEHICLES, "vehicle_key",
        (
            Detail("号牌号码", "plate_no"), Detail("车辆识别代号（VIN）", "vin"),
            Detail("车辆类型", "vehicle_type_code_ga802", "transport_vehicle.vehicle_type_code"),
            Detail("新能源类别", "new_energy_kind_code", "transport_vehicle.new_energy_kind_code"),
            Detail("车厢类别", "body_kind_code", "transport_vehicle.body_kind_code"),
            Detail("进入方式", "entry_kind_code", "transport_vehicle.entry_kind_code"),
            Detail("所属企业", "enterprise_name"), *_SERVICE,
            Detail("停用原因", "out_of_service_reason_code", "transport_vehicle.out_of_service_reason_code"),
        ),
    ),
    "node": EntityKind(
        "配送节点", "个", ("transport_node", "postal_terminal_station"), "mart_asof.dim_node", "node_key",
        (
            Detail("节点名称", "node_name"), Detail("运营企业", "company_name"), Detail("地址", "address"),
            Detail("共同配送", "is_joint"), *_SERVICE,
        ),
    ),
    "station": EntityKind(
        "充电站", "个", ("power_station",), "mart_asof.dim_station", "station_key",
        (
            Detail("充电站名称", "station_name"), Detail("运营商代码", "operator_id"),
            Detail("充电站编码", "station_id"),
            Detail("站点类型", "station_type_code", "power_station.station_type_code"),
            Detail("地址", "address"), *_SERVICE,
        ),
    ),
    "pile": EntityKind(
        "充电桩", "个", ("power_pile",), _PILES, "pile_key",
        (
            Detail("充电桩编码", "equipment_id"), Detail("运营商代码", "operator_id"),
            Detail("所在充电站", "station_name"),
            Detail("站点类型", "station_type_code", "power_station.station_type_code"),
            Detail("设备类型", "equipment_type_code", "power_pile.equipment_type_code"),
            Detail("功率（千瓦）", "power_kw"), *_SERVICE,
        ),
    ),
    "stopping_place": EntityKind(
        "临时停靠点", "个", ("transport_stopping_place",), "mart_asof.dim_stopping_place", "place_key",
        (
            Detail("停靠点名称", "place_name"), Detail("道路", "road_name"), Detail("车位数", "bay_count"),
            *_SERVICE,
        ),
    ),
    "tricycle": EntityKind(
        "快递电动三轮车", "辆", ("postal_tricycle",), "mart_asof.fct_tricycle_inspection", "tricycle_key",
        (
            Detail("所属企业", "company_name"), Detail("启用日期", "in_use_from"),
            Detail("停用日期", "in_use_to"), Detail("检查日期", "inspected_on"),
            Detail("统一标识", "is_marking_uniform"), Detail("备注", "remark"),
        ),
    ),
    "store_report": EntityKind(
        "门店月度配送量", "吨", ("commerce_store_delivery",), _STORE_REPORTS, "report_key",
        (
            Detail("门店编码", "store_code"), Detail("门店名称", "store_name"), Detail("所在区县", "district_name"),
            Detail("门店类型", "store_kind_code", "commerce_store_delivery.store_kind_code"),
            Detail("月份", "report_month"), Detail("总量（吨）", "all_tonnes"),
            Detail("共同配送（吨）", "joint_tonnes"), Detail("夜间配送（吨）", "night_tonnes"),
            Detail("其中共同且夜间（吨）", "both_tonnes"),
        ),
    ),
    "milestone": EntityKind(
        "里程碑报告", "项", ("transport_milestone",), "mart_asof.fct_milestone", "milestone_key",
        (
            Detail("文件标题", "document_title"), Detail("文号", "document_no"), Detail("所属年度", "year"),
            Detail("完成日期", "achieved_on"), Detail("报告日期", "reported_on"),
        ),
    ),
    "fund_entry": EntityKind(
        "专项资金分录", "元", ("transport_fund",), "mart_asof.fct_fund_payment", "entry_key",
        (
            Detail("资金类别", "fund_kind_code", "transport_fund.fund_kind_code"),
            Detail("用途", "purpose_name"), Detail("金额（元）", "amount_yuan"),
            Detail("记账日期", "booked_on"), Detail("所属年度", "year"), Detail("文号", "document_no"),
        ),
    ),
    "platform": EntityKind(
        "信息平台", "个", ("transport_platform",), "mart_asof.dim_platform", "platform_key",
        (
            Detail("平台名称", "platform_name"), Detail("建设单位", "owner_name"),
            Detail("平台类别", "platform_kind_code", "transport_platform.platform_kind_code"), *_SERVICE,
        ),
    ),
    "enterprise": EntityKind(
        "配送企业", "家", ("transport_enterprise_grade",), _CERTIFICATES, "enterprise_key",
        (
            Detail("企业名称", "enterprise_name"), Detail("统一社会信用代码", "credit_code"),
            Detail("交通部门企业编号", "transport_enterprise_id"),
            Detail("证书编号", "split_part(certificate_key, ':', 2)"),
            Detail("等级", "grade_code", "transport_enterprise_grade.grade_code"),
            Detail("证书生效", "valid_from"), Detail("证书到期", "valid_to"),
        ),
        row_key="certificate_key",
    ),
}  # fmt: skip
