"""Delivery enterprises and their 1A to 5A certificates (GB/T 19680); every name says that it is invented."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from demo_city.identifiers import credit_code
from demo_city.random_generator import SHANGHAI, entered_at, stream
from demo_city.versioned_register import Row, VersionedRegister

BEFORE_START = datetime(2022, 12, 31, 10, 0, tzinfo=SHANGHAI)
STEMS = "甲乙丙丁戊己庚辛壬癸子丑寅卯"

# registered region in the credit code: 320705 and 320721 were retired in 2014 and live on in old codes
_PLACES = (
    ("320706", "320706"),
    ("320705", "320706"),
    ("320703", "320703"),
    ("320721", "320707"),
    ("320707", "320707"),
    ("320706", "320706"),
    ("320722", "320722"),
    ("320723", "320723"),
    ("320724", "320724"),
    ("320705", "320706"),
    ("320771", "320771"),
    ("320772", "320772"),
    ("320706", "320706"),
)


@dataclass(frozen=True)
class Certificate:
    """A grade certificate of the enterprise with this place in the list (from 1)."""

    enterprise: int
    number: str
    grade: str
    valid_from: date
    valid_to: date
    revoked_on: date | None = None


CERTIFICATES = (
    Certificate(1, "演示A2023-001", "3A", date(2023, 5, 10), date(2026, 5, 9)),
    Certificate(1, "演示A2026-001", "3A", date(2026, 4, 20), date(2029, 4, 19)),
    # renewed to 4A before the 3A one ended: two valid certificates, one enterprise
    Certificate(2, "演示A2024-002", "3A", date(2024, 6, 18), date(2027, 6, 17)),
    Certificate(2, "演示A2025-002", "4A", date(2025, 5, 6), date(2028, 5, 5)),
    Certificate(3, "演示A2022-003", "2A", date(2022, 1, 20), date(2025, 1, 19)),
    Certificate(3, "演示A2024-003", "3A", date(2024, 10, 15), date(2027, 10, 14), date(2025, 4, 30)),
    Certificate(4, "演示A2025-004", "4A", date(2025, 11, 20), date(2028, 11, 19)),
    Certificate(5, "演示A2021-005", "5A", date(2020, 4, 1), date(2023, 3, 31)),
    Certificate(6, "演示A2020-006", "3A", date(2020, 1, 1), date(2022, 12, 31)),
    Certificate(7, "演示A2023-007", "1A", date(2023, 8, 1), date(2026, 7, 31)),
    Certificate(8, "演示A2024-008", "2A", date(2024, 3, 1), date(2027, 2, 28)),
    Certificate(13, "演示A2021-013", "3A", date(2021, 9, 1), date(2026, 8, 31)),
)
CLOSED_ENTERPRISE, CLOSED_ON = 13, date(2023, 2, 15)


def enterprise_id(place: int) -> str:
    """Return the transport bureau's identifier of an enterprise."""
    return f"E{place:04d}"


def enterprises(seed: int) -> VersionedRegister:
    """Return the register of delivery enterprises."""
    rng = stream(seed, "enterprises")
    book = VersionedRegister("enterprise_id")
    for place, (code_region, region) in enumerate(_PLACES, 1):
        registered = date(2009 + int(rng.integers(0, 12)), int(rng.integers(1, 13)), int(rng.integers(1, 29)))
        row: Row = {
            "enterprise_id": enterprise_id(place),
            "credit_code": credit_code(code_region, 100 + place),
            "name": f"演示{STEMS[place - 1]}城市配送有限公司",
            "region_code": region,
            "is_demonstration": False,
            "registered_on": registered,
            "closed_on": None,
        }
        book.enter(row, BEFORE_START)
    for place in range(1, 9):
        book.amend(enterprise_id(place), entered_at(rng, date(2023, 3, 14)), is_demonstration=True)
    book.amend(enterprise_id(CLOSED_ENTERPRISE), entered_at(rng, CLOSED_ON), closed_on=CLOSED_ON)
    book.amend(enterprise_id(7), entered_at(rng, date(2024, 7, 9)), name="演示庚城市配送（集团）有限公司")
    return book


def enterprise_grades(seed: int) -> VersionedRegister:
    """Return the register of grade certificates."""
    rng = stream(seed, "certificates")
    book = VersionedRegister("certificate_no")
    for certificate in CERTIFICATES:
        row: Row = {
            "certificate_no": certificate.number,
            "enterprise_id": enterprise_id(certificate.enterprise),
            "grade_code": certificate.grade,
            "valid_from": certificate.valid_from,
            "valid_to": certificate.valid_to,
            "revoked_on": None,
        }
        old = certificate.valid_from < date(2023, 1, 1)
        book.enter(row, BEFORE_START if old else entered_at(rng, certificate.valid_from))
        if certificate.revoked_on:
            revoked = entered_at(rng, certificate.revoked_on)
            book.amend(certificate.number, revoked, revoked_on=certificate.revoked_on)
    return book
