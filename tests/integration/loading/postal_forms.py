"""The postal administration's forms of one row each, as CSV text, by delivery."""

from __future__ import annotations

TRICYCLE_HEADER = "编号,企业,区划代码,启用日期,停用日期,检查日期,统一标识,备注"
STATION_HEADER = "站点编号,站点名称,企业,区划代码,地址,是否共同配送,启用日期,停用日期"
PARCEL_HEADER = "区划代码,企业,进港件量,出港件量"

FORMS = {
    "terminal_stations": f"{STATION_HEADER}\r\nS1,站,甲,320706,海连路,是,2025-03-01,\r\n",
    "tricycles": f"{TRICYCLE_HEADER}\r\nTR1,甲,320706,2021-10-29,,,是,\r\n",
    "parcel_volumes": f"{PARCEL_HEADER}\r\n320706,甲,12,8\r\n",
}
