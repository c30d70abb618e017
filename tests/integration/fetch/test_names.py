"""Names on an SFTP share that are not UTF-8: none keeps another delivery out, and such a file can be fetched."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest
from green_freight.agencies.fetch import fetch_agency
from green_freight.periods import Period
from green_freight.protocols.sftp_names import decoded
from green_freight.warehouse import Warehouse

from tests.integration.loading.postal_forms import FORMS
from tests.integration.loading.workbooks import report, store, stores_above

from .shares import Folder, Share

DAY = date(2025, 10, 9)
MONTH = Period("2025-09")
NOTE = "填报说明.txt"
# Bytes that are neither UTF-8 nor GB18030, a name with a zero byte, one with control characters.
ODD_NAMES = [
    NOTE.encode("gbk"),
    b"note\xff\xfe.csv",
    b"a\x00b.csv",
    b"\x1b[31m.csv",
    b"postal_tricycles_209913_v1.csv",
]


def _forms() -> list[tuple[bytes, bytes]]:
    found = []
    for delivery, text in FORMS.items():
        name, content = f"postal_{delivery}_202509_v1.csv".encode(), text.encode("utf-8-sig")
        found += [(name, content), (name + b".sha256", hashlib.sha256(content).hexdigest().encode())]
    return found


def _fetched(warehouse: Warehouse, agency: str, share: Share, *deliveries: str) -> dict[str, str]:
    """Return what became of each delivery of the month."""
    work = [(delivery, MONTH) for delivery in deliveries]
    connections = {agency: share.connection}
    outcomes = fetch_agency(warehouse, agency, work, connections, "run-1", DAY).outcomes
    return {outcome.delivery: outcome.outcome_code for outcome in outcomes}


@pytest.mark.parametrize("name", ODD_NAMES, ids=repr)
def test_a_name_beside_the_deliveries_keeps_none_of_them_out(warehouse: Warehouse, name: bytes) -> None:
    with Share({"/drop": [(name, b"x"), *_forms()]}) as share:
        assert _fetched(warehouse, "postal", share, *FORMS) == dict.fromkeys(FORMS, "landed")


def test_a_delivery_under_a_gbk_name_is_fetched_and_known_again(warehouse: Warehouse) -> None:
    name = "2025年9月商贸配送月报.xlsx"
    folder: Folder = [(name.encode("gbk"), report(stores_above(store("A1"))))]
    with Share({"/reports": folder}) as share:
        assert _fetched(warehouse, "commerce", share, "monthly_report") == {"monthly_report": "landed"}
        assert _fetched(warehouse, "commerce", share, "monthly_report") == {"monthly_report": "unchanged"}
    with warehouse.connect("loader") as loader:
        assert loader.execute("select file_name from ops.source_file").fetchall() == [(name,)]


def test_a_file_whose_name_cannot_be_stored_is_one_failure(warehouse: Warehouse) -> None:
    content = report(stores_above(store("A1")))
    names = (b"2025\xe5\xb9\xb49\xe6\x9c\x88\x00.xlsx", "2025年8月.xlsx".encode())
    with Share({"/reports": [(name, content) for name in names]}) as share:
        work = [("monthly_report", Period(label)) for label in ("2025-08", "2025-09")]
        connections = {"commerce": share.connection}
        outcomes = fetch_agency(warehouse, "commerce", work, connections, "run-1", DAY).outcomes
    assert [outcome.outcome_code for outcome in outcomes] == ["landed", "failed_permanent"]


def test_a_refusal_in_another_encoding_is_still_a_refusal(warehouse: Warehouse) -> None:
    with Share({}, refused={"/drop": "拒绝访问".encode("gbk")}) as share:
        work = [("tricycles", MONTH)]
        [outcome] = fetch_agency(
            warehouse, "postal", work, {"postal": share.connection}, "run-1", DAY
        ).outcomes
    assert outcome.error is not None
    assert outcome.error.failure.code == "request_refused"


@pytest.mark.parametrize(
    ("name", "text"),
    [(NOTE.encode(), NOTE), (NOTE.encode("gbk"), NOTE), (b"a\xff\xfe", "a\\xff\\xfe")],
    ids=["utf-8", "gbk", "neither"],
)
def test_a_name_is_read_as_what_it_is(name: bytes, text: str) -> None:
    assert decoded(name) == text
