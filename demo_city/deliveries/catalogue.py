"""The files that the agencies drop on their SFTP servers: where, when, and how their bytes come about.

A form is delivered on its month's last day at 18:00, the orders of a day at 01:00 of the next one.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from demo_city.contract_facts import form_columns
from demo_city.deliveries.editions import CSV_FILES, FORMS, WORKBOOKS, Edition
from demo_city.deliveries.encodings import csv_bytes, half
from demo_city.deliveries.source import Source
from demo_city.deliveries.workbook import report_bytes
from demo_city.random_generator import days_between, month_starts

REPORTS, DROP, ORDERS = "/reports", "/drop", "/orders"


@dataclass(frozen=True)
class DropFile:
    """One delivery of one file; `render` gives the same bytes at every call."""

    path: str
    delivered_at: datetime
    render: Callable[[], bytes]

    @property
    def name(self) -> str:
        """Return the file's name without its folder."""
        return posixpath.basename(self.path)


class Catalogue:
    """All files an agency ever drops, by folder. A path delivered twice shows its newest delivery."""

    def __init__(self, source: Source, folder: str, files: Iterable[DropFile]) -> None:
        """Take the files, and the folder that exists even while it is empty."""
        self._cleared = source.late_knowledge.cleared
        self._files: dict[str, list[DropFile]] = {"/": [], folder: []}
        for file in sorted(files, key=lambda f: (f.delivered_at, f.path)):
            self._files.setdefault(posixpath.dirname(file.path), []).append(file)

    def listing(self, folder: str, now: datetime) -> tuple[list[str], list[DropFile]] | None:
        """Return the names of the folders and the files in a folder at a moment, None if there is no such folder.

        A folder appears with its first delivery.
        """
        if folder not in self._files:
            return None
        names = [
            posixpath.basename(inner)
            for inner, files in self._files.items()
            if posixpath.dirname(inner) == folder != inner and (not files or files[0].delivered_at < now)
        ]
        newest = {file.path: file for file in self._files[folder] if self._lies_there(file, now)}
        return sorted(names), sorted(newest.values(), key=lambda file: file.path)

    def _lies_there(self, file: DropFile, now: datetime) -> bool:
        cleared_at = self._cleared.get(file.path)
        is_cleared = cleared_at is not None and file.delivered_at <= cleared_at < now
        return file.delivered_at < now and not is_cleared


def commerce_catalogue(source: Source) -> Catalogue:
    """Return the monthly workbooks below /reports."""
    files = (
        DropFile(f"{REPORTS}/{edition.file_name}", edition.delivered_at, partial(_report, source, edition))
        for edition in _editions(source, WORKBOOKS)
    )
    return Catalogue(source, REPORTS, files)


def postal_catalogue(source: Source) -> Catalogue:
    """Return the CSV files and their checksum files below /drop."""
    files = (file for edition in _editions(source, CSV_FILES) for file in _csv_and_checksum(source, edition))
    return Catalogue(source, DROP, files)


def orders_catalogue(source: Source) -> Catalogue:
    """Return the day files of charge orders below /orders/<yyyyMM>."""
    files = (
        DropFile(f"{ORDERS}/{day:%Y%m}/charge_orders_{day:%Y%m%d}.jsonl.gz", delivered_at, render)
        for day in days_between(source.first_day, source.last_day)
        for delivered_at, render in source.order_deliveries(day)
    )
    return Catalogue(source, ORDERS, files)


def _editions(source: Source, forms: Iterable[tuple[str, str]]) -> Iterator[Edition]:
    for month in month_starts(source.first_day, source.last_day):
        for form in forms:
            yield from source.editions(*form, month)


def _report(source: Source, edition: Edition) -> bytes:
    datasets = FORMS[edition.agency, edition.delivery]
    sheets = {dataset: source.form_rows(dataset, edition) for dataset in datasets}
    content = report_bytes(edition, sheets, source.column_change)
    return half(content) if "report_truncated" in source.form_defects(edition) else content


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

    def checksum() -> bytes:
        """Write the line of sha256sum, not always over the bytes that are sent."""
        is_wrong = "postal_wrong_checksum" in source.form_defects(edition)
        digest = hashlib.sha256(content() + b"\r\n" if is_wrong else content())
        return f"{digest.hexdigest()}  {edition.file_name}\n".encode()

    yield DropFile(path, edition.delivered_at, content)
    yield DropFile(f"{path}.sha256", edition.delivered_at + timedelta(minutes=1), checksum)
