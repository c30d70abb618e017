"""The postal administration (市邮政管理局): CSV files with checksums on an SFTP share, in versions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import BinaryIO

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

FOLDER = "/drop"
_NAME = re.compile(r"postal_([a-z_]+)_(20\d\d)(0[1-9]|1[0-2])_v(\d+)\.csv", re.IGNORECASE)
_CHECKSUM = re.compile(r"\b([0-9a-f]{64})\b", re.IGNORECASE)
_CHECKSUM_BEGUN = re.compile(r"[0-9a-f]*", re.IGNORECASE)
_CHUNK_BYTES = 1 << 20


def _form(name: str, dataset: str, title_zh: str, title_en: str) -> Delivery:
    return Delivery(name, title_zh, title_en, Granularity.MONTH, Kind.SFTP_FILE, "postal", (dataset,))


_DELIVERIES = (
    _form("tricycles", "postal_tricycle", "快递电动三轮车登记", "register of express e-tricycles"),
    _form("terminal_stations", "postal_terminal_station", "末端共同配送站", "terminal delivery stations"),
    _form("parcel_volumes", "postal_parcel_volume", "快递业务量", "parcel volumes"),
)


@dataclass(frozen=True)
class DropName:
    """What a file name of the drop says."""

    delivery: str
    period: Period
    version: int


def read_name(file_name: str) -> DropName | None:
    """Return what `postal_<delivery>_<yyyyMM>_v<n>.csv` says, or None for another name."""
    found = _NAME.fullmatch(file_name)
    if found is None:
        return None
    return DropName(found[1].lower(), Period(f"{found[2]}-{found[3]}"), int(found[4]))


class PostalSession:
    """The administration's drop."""

    def __init__(self, connections: Mapping[str, Connection]) -> None:
        self._share = Share(connections, "postal")

    def available_files(self, asked: FetchRequest, retries: Retries) -> Sequence[AvailableFile]:
        """Return every version of the form, each to be checked against its checksum file."""
        found = [
            (name, file)
            for name, file in self._named(retries)
            if (name.delivery, name.period) == (asked.delivery.name, asked.period)
        ]
        return [
            self._share.available_file(asked, file, name.version, partial(self._check, file))
            for name, file in found
        ]

    def listed_files(self, retries: Retries) -> Sequence[ListedFile]:
        """Return the forms of all months."""
        return [listed_file(name.delivery, name.period, file) for name, file in self._named(retries)]

    def changed_days(
        self, since: datetime, before: datetime, retries: Retries
    ) -> Mapping[str, Sequence[date]]:
        """Return nothing: the administration delivers months."""
        return {}

    def whole_register(self, delivery: Delivery, retries: Retries) -> Sequence[Exchange] | None:
        """Return None: the administration keeps no register for us."""
        return None

    def close(self) -> None:
        """End the session."""
        self._share.close()

    def _named(self, retries: Retries) -> list[tuple[DropName, RemoteFile]]:
        found = [(read_name(file.name), file) for file in self._share.files(FOLDER, retries)]
        return [(name, file) for name, file in found if name and name.delivery in AGENCY.deliveries]

    def _check(self, file: RemoteFile, content: BinaryIO, retries: Retries) -> None:
        stated = self._stated_checksum(file, retries)
        content.seek(0)
        digest = hashlib.sha256()
        while chunk := content.read(_CHUNK_BYTES):
            digest.update(chunk)
        if digest.hexdigest() != stated:
            compared = f"{stated[:12]}… ≠ {digest.hexdigest()[:12]}…"
            raise FetchError("checksum_differs", f"{file.name}: {compared}")

    def _stated_checksum(self, file: RemoteFile, retries: Retries) -> str:
        beside = RemoteFile(file.folder, f"{file.name}.sha256", 0, file.changed_at)
        try:
            text = self._share.text(beside, retries)
        except FetchError as failure:
            if failure.code != "folder_missing":
                raise
            raise FetchError("checksum_differs", f"{beside.name} is not there") from failure
        if found := _CHECKSUM.search(text):
            return found[1].lower()
        # The first digits alone are a checksum file that is still being written; anything else is none.
        is_begun = _CHECKSUM_BEGUN.fullmatch(text.strip()) is not None
        code = "checksum_differs" if is_begun else "unreadable_file"
        raise FetchError(code, f"{beside.name} holds no SHA-256")


AGENCY = Agency(
    code="postal",
    name_zh="市邮政管理局",
    name_en="Postal administration",
    deliveries={delivery.name: delivery for delivery in _DELIVERIES},
    max_parallel_requests=1,
    open=PostalSession,
)
