"""The files on the three SFTP servers: workbooks, CSV files with checksums, the day files of orders.

A form is delivered on its month's last day at 18:00, the orders of a day at 01:00 of the next one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from demo_city.contract_facts import form_columns
from demo_city.deliveries.catalogue import Catalogue, DropFile
from demo_city.deliveries.editions import CSV_FILES, FORMS, WORKBOOKS, Edition
from demo_city.deliveries.encodings import checksum_line, csv_bytes, order_file
from demo_city.deliveries.source import Source
from demo_city.deliveries.workbook import report_bytes
from demo_city.random_generator import month_starts

REPORTS, DROP, ORDERS = "/reports", "/drop", "/orders"


def commerce_catalogue(source: Source) -> Catalogue:
    """Return the monthly workbooks below /reports."""
    editions = _editions(source, WORKBOOKS)
    files = (
        DropFile(f"{REPORTS}/{e.file_name}", e.delivered_at, partial(_report, source, e)) for e in editions
    )
    return Catalogue(files, [REPORTS], source.late_knowledge.cleared)


def postal_catalogue(source: Source) -> Catalogue:
    """Return the CSV files and their checksum files below /drop."""
    files = (file for e in _editions(source, CSV_FILES) for file in _csv_and_checksum(source, e))
    return Catalogue(files, [DROP], source.late_knowledge.cleared)


def orders_catalogue(source: Source) -> Catalogue:
    """Return the day files of charge orders below /orders/<yyyyMM>."""
    return Catalogue(_order_files(source), [ORDERS], source.late_knowledge.cleared)


def _editions(source: Source, forms: dict[tuple[str, str], tuple[str, ...]]) -> Iterator[Edition]:
    for month in month_starts(source.first_day, source.last_day):
        for agency, delivery in forms:
            yield from source.editions(agency, delivery, month)


def _order_files(source: Source) -> Iterator[DropFile]:
    day = source.first_day
    while day <= source.last_day:
        for delivered_at, render in source.order_deliveries(day, order_file):
            yield DropFile(f"{ORDERS}/{day:%Y%m}/charge_orders_{day:%Y%m%d}.jsonl.gz", delivered_at, render)
        day += timedelta(days=1)


def _report(source: Source, edition: Edition) -> bytes:
    datasets = FORMS[edition.agency, edition.delivery]
    sheets = {dataset: source.form_rows(dataset, edition) for dataset in datasets}
    return source.damaged(edition, report_bytes(edition, sheets, source.column_change))


def _csv(source: Source, edition: Edition) -> bytes:
    [dataset] = FORMS[edition.agency, edition.delivery]
    rows, change = source.form_rows(dataset, edition), source.column_change(dataset, edition)
    titles = {column.name: column.source_names[0] for column in form_columns(dataset)}
    if change:
        titles, rows = change.titles(titles), [change.row(row) for row in rows]
    return csv_bytes(edition.month, titles, rows)


def _csv_and_checksum(source: Source, edition: Edition) -> Iterator[DropFile]:
    path = f"{DROP}/{edition.file_name}"
    content = partial(_csv, source, edition)
    yield DropFile(path, edition.delivered_at, lambda: source.damaged(edition, content()))
    yield DropFile(
        f"{path}.sha256",
        edition.delivered_at + timedelta(minutes=1),
        lambda: checksum_line(edition.file_name, source.checksummed(edition, content())),
    )
