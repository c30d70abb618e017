"""Delivery enterprises and their 1A to 5A certificates (GB/T 19680); every name says that it is invented."""

from __future__ import annotations

from datetime import date

from demo_city.identifiers import credit_code
from demo_city.monthly_events import BEFORE_START, day_or_none, event_rows, recorded_at
from demo_city.random_generator import entered_at, stream
from demo_city.versioned_register import Row, VersionedRegister

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
    for certificate in event_rows("certificates"):
        number, valid_from = certificate["certificate_no"], date.fromisoformat(certificate["valid_from"])
        row: Row = {
            "certificate_no": number,
            "enterprise_id": enterprise_id(int(certificate["enterprise_no"])),
            "grade_code": certificate["grade_code"],
            "valid_from": valid_from,
            "valid_to": date.fromisoformat(certificate["valid_to"]),
            "revoked_on": None,
        }
        book.enter(row, recorded_at(rng, valid_from))
        if revoked_on := day_or_none(certificate["revoked_on"]):
            book.amend(number, entered_at(rng, revoked_on), revoked_on=revoked_on)
    return book
