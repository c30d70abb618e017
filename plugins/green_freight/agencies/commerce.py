"""The commerce bureau (市商务局): one Excel workbook a month on an SFTP share, sometimes sent again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from green_freight.agencies.connection import Connection
from green_freight.agencies.delivery import (
    Agency,
    AvailableFile,
    Delivery,
    FetchRequest,
    Granularity,
    Kind,
    ListedFile,
)
from green_freight.agencies.file_share import Share, listed_file
from green_freight.errors import FetchError
from green_freight.landing import Exchange
from green_freight.periods import Period
from green_freight.protocols.retry_policy import Retries
from green_freight.protocols.sftp import RemoteFile

FOLDER = "/reports"
REPORT = Delivery(
    "monthly_report",
    "商贸配送月报",
    "monthly report of store, cold-chain and pharmaceutical delivery",
    Granularity.MONTH,
    Kind.SFTP_FILE,
    "commerce",
    ("commerce_store_delivery", "commerce_cold_chain_enterprise", "commerce_pharma_enterprise"),
)

_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
# The spellings met in file names, the plainest first: a date of the re-sending may stand behind the month.
_MONTHS = (
    re.compile(r"(20\d\d)\s*年\s*(1[0-2]|0?[1-9])\s*月"),
    re.compile(r"(?<!\d)(20\d\d)\s*[-_./]\s*(1[0-2]|0?[1-9])(?!\d)"),
    re.compile(r"(?<!\d)(20\d\d)(1[0-2]|0[1-9])(?!\d)"),
)
_CHINESE_MONTH = re.compile(r"(?<=年)(十[一二]?)(?=月)")
_CHINESE_MONTHS = {"十": "10", "十一": "11", "十二": "12"}


def month_in(file_name: str) -> Period | None:
    """Return the month that a workbook's name carries, or None.

    `2025年9月`, `2025年09月`, `二〇二五年九月`, `2025-09`, `2025_9`, `2025.09` and `202509` are read, full-width
    digits too.
    """
    plain = unicodedata.normalize("NFKC", file_name)
    plain = _CHINESE_MONTH.sub(lambda found: _CHINESE_MONTHS[found[1]], plain).translate(_DIGITS)
    for pattern in _MONTHS:
        if found := pattern.search(plain):
            return Period(f"{found[1]}-{int(found[2]):02d}")
    return None


class CommerceSession:
    """The bureau's share."""

    def __init__(self, connections: Mapping[str, Connection]) -> None:
        self._share = Share(connections, "commerce")

    def available_files(self, asked: FetchRequest, retries: Retries) -> Sequence[AvailableFile]:
        """Return every workbook of the month: the report, its re-sends and corrections.

        Raises:
            FetchError: `file_name_unreadable` where the month has none, but a workbook's name tells no month.
        """
        books = self._books(retries)
        found = [book for book in books if month_in(book.name) == asked.period]
        nameless = [book.name for book in books if month_in(book.name) is None]
        if nameless and not found:
            raise FetchError("file_name_unreadable", f"{FOLDER}: {'、'.join(nameless)}")
        return [self._share.available_file(asked, book, version=1) for book in found]

    def listed_files(self, retries: Retries) -> Sequence[ListedFile]:
        """Return the workbooks whose names carry a month."""
        found = [(month_in(book.name), book) for book in self._books(retries)]
        return [listed_file(REPORT.name, month, book) for month, book in found if month is not None]

    def changed_days(
        self, since: datetime, before: datetime, retries: Retries
    ) -> Mapping[str, Sequence[date]]:
        """Return nothing: the bureau delivers months."""
        return {}

    def whole_register(self, delivery: Delivery, retries: Retries) -> Sequence[Exchange] | None:
        """Return None: the bureau keeps no register for us."""
        return None

    def close(self) -> None:
        """End the session."""
        self._share.close()

    def _books(self, retries: Retries) -> list[RemoteFile]:
        return [file for file in self._share.files(FOLDER, retries) if file.name.lower().endswith(".xlsx")]


AGENCY = Agency(
    code="commerce",
    name_zh="市商务局",
    name_en="Commerce bureau",
    deliveries={REPORT.name: REPORT},
    max_parallel_requests=1,
    open=CommerceSession,
)
