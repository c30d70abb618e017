"""What the bureaus report about the programme itself: platforms, milestones, funds, policies."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

from demo_city import monthly_events
from demo_city.enterprises import BEFORE_START
from demo_city.random_generator import SHANGHAI, entered_at, stream
from demo_city.versioned_register import Row, VersionedRegister

# indicator, work, year, achieved, reported (None: the same day)
_Milestone = tuple[str, int, int, date, date | None]
MILESTONES: tuple[_Milestone, ...] = (
    ("work_plan_issued", 1, 2023, date(2023, 1, 31), None),
    ("work_plan_issued", 1, 2024, date(2024, 3, 1), None),
    ("work_plan_issued", 1, 2025, date(2025, 2, 27), None),
    ("work_plan_issued", 1, 2026, date(2026, 3, 3), None),
    # the assessment of 2023 was done after the year had ended: not met in 2023, and nothing for 2024
    ("yearly_assessment_done", 1, 2023, date(2024, 1, 18), None),
    ("yearly_assessment_done", 1, 2024, date(2024, 12, 20), None),
    ("yearly_assessment_done", 1, 2025, date(2025, 12, 19), None),
    ("supervision_done", 2, 2023, date(2023, 9, 15), None),
    ("supervision_done", 2, 2024, date(2024, 6, 21), None),
    ("supervision_done", 2, 2024, date(2024, 11, 29), None),
    ("supervision_done", 2, 2025, date(2025, 8, 22), None),
    # done in 2024, reported in 2025: whoever looked at the turn of the year saw "not met"
    ("policy_evaluation_done", 2, 2023, date(2023, 12, 31), None),
    ("policy_evaluation_done", 2, 2024, date(2024, 12, 27), date(2025, 1, 9)),
    ("bulletin_issued", 2, 2023, date(2023, 7, 14), None),
    ("bulletin_issued", 2, 2023, date(2023, 12, 29), None),
    ("bulletin_issued", 2, 2024, date(2024, 7, 12), None),
    ("bulletin_issued", 2, 2025, date(2025, 7, 11), None),
    ("capacity_survey_done", 9, 2023, date(2023, 10, 27), None),
    ("capacity_survey_done", 9, 2025, date(2025, 9, 30), None),
    ("passage_policy_issued", 10, 2023, date(2023, 6, 9), None),
    ("passage_policy_issued", 10, 2024, date(2024, 5, 17), None),
    ("passage_policy_issued", 10, 2025, date(2025, 11, 14), None),
    ("pharma_delivery_system", 15, 2025, date(2025, 6, 20), None),
    # founded after the programme's last day: not met on 2025-12-31
    ("enterprise_alliance_founded", 16, 2026, date(2026, 2, 10), None),
)
MILESTONE_TITLES = {
    "work_plan_issued": "绿色货运配送示范工程年度工作计划",
    "yearly_assessment_done": "绿色货运配送示范工程年度考核",
    "supervision_done": "绿色货运配送示范工程专项督查",
    "policy_evaluation_done": "政策实施效果评估报告",
    "bulletin_issued": "工作任务完成情况通报",
    "capacity_survey_done": "城市货运配送运力需求调查报告",
    "passage_policy_issued": "新能源配送车辆便利通行措施",
    "pharma_delivery_system": "医药物流配送服务体系验收意见",
    "enterprise_alliance_founded": "城市绿色货运配送企业联盟成立决议",
}
PURPOSES = {
    "node_system": "三级节点体系建设",
    "vehicle": "新能源车辆购置与运营",
    "charging": "充电设施建设",
    "platform": "信息平台建设",
    "market_entity": "市场主体培育",
}
# kind, title, issued, repealed
_POLICIES = (
    ("comprehensive", "新能源物流配送车辆推广应用综合政策", date(2022, 9, 1), None),
    ("passage", "新能源配送车辆通行便利措施（试行）", date(2023, 6, 9), date(2024, 5, 17)),
    ("passage", "新能源配送车辆通行便利措施", date(2024, 5, 17), None),
    ("parking", "城市配送车辆停车便利政策", date(2023, 8, 25), None),
    ("survey", "城市货运配送需求调查预测制度", date(2023, 10, 27), None),
    ("time_area", "配送车辆分时错时分区域通行和停放措施", date(2024, 5, 17), None),
    ("other", "快递电动三轮车规范管理办法", date(2023, 3, 20), None),
    ("passage", "新能源配送车辆通行便利措施（修订）", date(2025, 11, 14), None),
)


def platforms(seed: int) -> VersionedRegister:
    """Return the information platforms; a private one that was switched off in 2023 does not count later."""
    rng = stream(seed, "platforms")
    book = VersionedRegister("platform_id")
    made = (
        (
            "F001",
            "public",
            "示范城市配送公共综合服务平台",
            "演示市交通运输局",
            monthly_events.PUBLIC_PLATFORM_ON,
        ),
        (
            "F002",
            "enterprise",
            "演示丙供应链信息共享平台",
            "演示丙城市配送有限公司",
            monthly_events.ENTERPRISE_PLATFORM_ON,
        ),
        ("F003", "enterprise", "演示甲车货匹配平台", "演示甲城市配送有限公司", date(2021, 4, 1)),
    )
    for platform_id, kind, name, owner, on in made:
        row: Row = {
            "platform_id": platform_id,
            "platform_kind_code": kind,
            "name": name,
            "owner_name": owner,
            "in_service_on": on,
            "out_of_service_on": None,
        }
        book.enter(row, BEFORE_START if on < date(2023, 1, 1) else entered_at(rng, on))
    book.amend("F003", entered_at(rng, date(2023, 8, 31)), out_of_service_on=date(2023, 8, 31))
    return book


def milestones(seed: int, last_year: int) -> VersionedRegister:
    """Return the milestones as the bureaus report them; some indicators are reported more than once a year."""
    rng = stream(seed, "milestones")
    book = VersionedRegister("milestone_id")
    for serial, (indicator, work, year, achieved, reported) in enumerate(MILESTONES, 1):
        if achieved.year > last_year:
            continue
        told = reported or achieved
        row: Row = {
            "milestone_id": f"M{serial:04d}",
            "indicator_code": indicator,
            "work_no": work,
            "year": year,
            "achieved_on": achieved,
            "reported_on": told,
            "document_no": f"连演示〔{achieved.year}〕{serial}号",
            "document_title": f"{MILESTONE_TITLES[indicator]}（演示数据）",
        }
        book.enter(row, entered_at(rng, told, 0))
    return book


def funds(seed: int, last_year: int) -> VersionedRegister:
    """Return the fund entries by purpose, in yuan: budgets booked in January, payments by quarter."""
    rng = stream(seed, "funds")
    book = VersionedRegister("entry_id")
    for year in range(2023, min(last_year, 2026) + 1):
        for place, (purpose, name) in enumerate(PURPOSES.items()):
            budget = Decimal(int(rng.integers(80, 400))) * 10_000
            made = [("budgeted", budget, date(year, 1, 20 + place))]
            for month in (3, 6, 9, 11):
                cents = int(budget * 100) * int(rng.integers(12, 25)) // 100 + int(rng.integers(0, 100))
                made.append(("paid", Decimal(cents) / 100, date(year, month, 28 if month != 9 else 30)))
            # paid out of the year's budget, but booked when the year was over: in no figure of that year
            made.append(("paid", Decimal("120000.50"), date(year + 1, 1, 12)))
            for n, (kind, amount, booked) in enumerate(made):
                if booked.year > last_year:
                    continue
                row: Row = {
                    "entry_id": f"Z{year}{place + 1}{n:02d}",
                    "fund_kind_code": kind,
                    "purpose_code": purpose,
                    "purpose_name": name,
                    "amount_yuan": amount.quantize(Decimal("0.01")),
                    "booked_on": booked,
                    "year": year,
                    "document_no": f"连演示财〔{year}〕{place + 1}{n:02d}号",
                }
                book.enter(row, entered_at(rng, booked))
    return book


def policies(last_year: int) -> VersionedRegister:
    """Return the policies; one is repealed by its successor."""
    book = VersionedRegister("policy_id")
    for serial, (kind, title, issued, repealed) in enumerate(_POLICIES, 1):
        if issued.year > last_year:
            continue
        row: Row = {
            "policy_id": f"Y{serial:03d}",
            "policy_kind_code": kind,
            "title": f"{title}（演示数据）",
            "document_no": f"连演示规〔{issued.year}〕{serial}号",
            "issuing_unit_name": "演示市公安局" if kind in ("passage", "time_area") else "演示市交通运输局",
            "issued_on": issued,
            "repealed_on": None,
        }
        old = issued < date(2023, 1, 1)
        book.enter(row, BEFORE_START if old else datetime.combine(issued, time(16), SHANGHAI))
        if repealed:
            book.amend(
                f"Y{serial:03d}", datetime.combine(repealed, time(16, 30), SHANGHAI), repealed_on=repealed
            )
    return book
