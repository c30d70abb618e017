"""What lies in a folder under another name: what can mean one delivery only is fetched, the rest is reported."""

from __future__ import annotations

import contextlib
import hashlib
import logging
from datetime import date

import pytest
from green_freight import pipeline
from green_freight.errors import BrokenDeliveryError
from green_freight.reporting import run_report
from green_freight.warehouse import Warehouse, runs

from tests.integration.loading.postal_forms import FORMS
from tests.integration.loading.workbooks import report, store, stores_above

from .shares import Share

DAY = date(2025, 10, 9)
BOOK = report(stores_above(store("A1")))
CSV = FORMS["tricycles"].encode("utf-8-sig")


def _with_checksum(name: str, content: bytes) -> list[tuple[bytes, bytes]]:
    checksum = hashlib.sha256(content).hexdigest().encode()
    return [(name.encode(), content), (f"{name}.sha256".encode(), checksum)]


def _night(warehouse: Warehouse, agency: str, share: Share, number: int) -> str:
    run_id = f"nightly/{number}"
    runs.begin(warehouse, run_id, "nightly", DAY)
    # The forms of earlier months are not there: beside names without a month that is a failure of its own.
    with contextlib.suppress(BrokenDeliveryError):
        pipeline.fetch_due(warehouse, run_id, agency, {agency: share.connection})
    with warehouse.connect("builder") as session:
        return "\n".join(run_report._lines(session, "run", run_id))


def test_a_correction_under_another_name_is_reported_or_taken(
    warehouse: Warehouse, caplog: pytest.LogCaptureFixture
) -> None:
    not_taken = [
        "商贸配送月报（更正版）.xlsx", "2025年9月商贸配送月报（更正）.xls", "2025年9月.et", "月报20251008.xlsx",
    ]  # fmt: skip
    left_by_tools = ["~$2025年9月商贸配送月报.xlsx", "月报.xlsx.part"]
    names = ["2025年9月商贸配送月报.xlsx", "25年8月商贸配送月报更正.xlsx", *not_taken, *left_by_tools]
    with (
        caplog.at_level(logging.WARNING),
        Share({"/reports": [(name.encode(), BOOK + name.encode()) for name in names]}) as share,
    ):
        told = _night(warehouse, "commerce", share, 1)
    for name in not_taken:
        assert f"/reports/{name}" in told and f"/reports/{name}" in caplog.text
    assert "2025年9月商贸配送月报.xlsx" in told and "未取用" in told and "not taken" in told
    assert not [name for name in left_by_tools if f"/reports/{name}" in told]
    with warehouse.connect("loader") as loader:
        taken = loader.execute("select file_name, period_label from ops.source_file order by 2").fetchall()
        recorded = loader.execute("select count(*) from ops.unplaced_file").fetchone()
    assert taken == [(names[1], "2025-08"), (names[0], "2025-09")]
    assert recorded == (len(not_taken),)


def test_a_corrected_version_of_a_csv_form_is_fetched(warehouse: Warehouse) -> None:
    files = [
        *_with_checksum("postal_tricycles_202509_v1.csv", CSV),
        *_with_checksum("postal_tricycles_202509_v2（更正）.csv", CSV + b"TR2,x\r\n"),
        *_with_checksum("postal_tricycle_202509_v3.csv", CSV),
    ]
    with Share({"/drop": files}) as share:
        told = _night(warehouse, "postal", share, 1)
    with warehouse.connect("loader") as loader:
        found = loader.execute(
            "select file_name, version from ops.source_file where delivery_name = 'tricycles' order by 2"
        ).fetchall()
    assert found == [("postal_tricycles_202509_v1.csv", 1), ("postal_tricycles_202509_v2（更正）.csv", 2)]
    assert "/drop/postal_tricycle_202509_v3.csv" in told and "v2（更正）" not in told
