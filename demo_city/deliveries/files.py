"""The files of the three drops: commerce workbooks, postal CSV files with checksums, the day files of orders.

A form is dropped on its month's last day at 18:00, the orders of a day at 01:00 of the next one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from demo_city.deliveries.catalogue import Catalogue, DropFile
from demo_city.deliveries.editions import COMMERCE_SHEETS, POSTAL_DELIVERIES
from demo_city.deliveries.order_lines import order_file
from demo_city.deliveries.postal_csv import checksum_line, csv_bytes
from demo_city.deliveries.source import Edition, Source
from demo_city.deliveries.workbook import report_bytes
from demo_city.random_generator import month_starts

REPORTS, DROP, ORDERS = "/reports", "/drop", "/orders"


def commerce_catalogue(source: Source) -> Catalogue:
    """Return the monthly workbooks below /reports."""
    months = month_starts(source.first_day, source.last_day)
    files = (
        DropFile(f"{REPORTS}/{edition.file_name}", edition.delivered_at, partial(_report, source, edition))
        for month in months
        for edition in source.editions("commerce", "monthly_report", month)
    )
    return Catalogue(files, [REPORTS], source.late_knowledge.cleared)


def postal_catalogue(source: Source) -> Catalogue:
    """Return the CSV files and their checksum files below /drop."""
    months = month_starts(source.first_day, source.last_day)
    files = (
        file
        for month in months
        for delivery in POSTAL_DELIVERIES
        for edition in source.editions("postal", delivery, month)
        for file in _csv_and_checksum(source, edition)
    )
    return Catalogue(files, [DROP], source.late_knowledge.cleared)


def orders_catalogue(source: Source) -> Catalogue:
    """Return the day files of charge orders below /orders/<yyyyMM>."""
    return Catalogue(_order_files(source), [ORDERS], source.late_knowledge.cleared)


def _order_files(source: Source) -> Iterator[DropFile]:
    day = source.first_day
    while day <= source.last_day:
        for delivered_at, render in source.order_drops(day, order_file):
            yield DropFile(f"{ORDERS}/{day:%Y%m}/charge_orders_{day:%Y%m%d}.jsonl.gz", delivered_at, render)
        day += timedelta(days=1)


def _report(source: Source, edition: Edition) -> bytes:
    sheets = {dataset: source.form_rows(dataset, edition) for dataset in COMMERCE_SHEETS}
    return source.damaged(edition, report_bytes(edition, sheets, source.column_change))


def _csv(source: Source, edition: Edition) -> bytes:
    dataset = POSTAL_DELIVERIES[edition.delivery]
    rows = source.form_rows(dataset, edition)
    return csv_bytes(dataset, edition.month, rows, source.column_change(dataset, edition))


def _csv_and_checksum(source: Source, edition: Edition) -> Iterator[DropFile]:
    path = f"{DROP}/{edition.file_name}"
    content = partial(_csv, source, edition)
    yield DropFile(path, edition.delivered_at, lambda: source.damaged(edition, content()))
    yield DropFile(
        f"{path}.sha256",
        edition.delivered_at + timedelta(minutes=1),
        lambda: checksum_line(edition.file_name, source.checksummed(edition, content())),
    )
