"""Deliveries as files on an SFTP server, told apart by their names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import BinaryIO

from green_freight.agencies.agency import Delivery, FilePlace, SftpConnection
from green_freight.agencies.connector import (
    AvailableFile,
    Connection,
    Connector,
    ListedFile,
    ReceivedFile,
    UnplacedFile,
    spool,
)
from green_freight.agencies.file_names import is_delivered, is_sent, places
from green_freight.errors import FetchError
from green_freight.landing import sha256_of
from green_freight.periods import Period
from green_freight.protocols.checksums import SUFFIXES, sha256_in
from green_freight.protocols.retry_policy import Retries
from green_freight.protocols.sftp import RemoteFile, SftpSession, check_whole

# A list of the checksums of all files takes less.
_CHECKSUM_BYTES = 1 << 20
_MONTH_FOLDER = re.compile(r"20\d\d(0[1-9]|1[0-2])")


class SftpConnector(Connector):
    """One SFTP server, logged in at first use; a folder is listed once."""

    def __init__(self, entry: SftpConnection, connection: Connection, deliveries: Sequence[str]) -> None:
        """Raises FetchError `connection_incomplete` where the server's host key is missing."""
        self._entry, self._deliveries = entry, deliveries
        self._session = SftpSession(
            connection.host,
            connection.port,
            connection.login,
            connection.password,
            connection.required("host_key"),
        )
        self._listings: dict[str, list[RemoteFile]] = {}

    def available_files(
        self, delivery: Delivery, period: Period, retries: Retries
    ) -> Sequence[AvailableFile]:
        """Return every file of the delivery and period: all versions, re-sent and corrected ones.

        Raises FetchError `file_name_unreadable` where there is none, but the name of some file tells no period.
        """
        folder = self._entry.folder
        if self._entry.has_month_folders:
            folder = f"{folder}/{period.first_day:%Y%m}"
        placed = self._placed(folder, retries)
        unreadable = "、".join(file.name for file, place in placed if place is None)
        found = [
            self._available(delivery, file, place)
            for file, place in placed
            if place and (self._delivery(place), place.period) == (delivery.name, period)
        ]
        if unreadable and not found and self._entry.every_name_has_a_period:
            raise FetchError("file_name_unreadable", f"{folder}: {unreadable}")
        return found

    def listed_files(self, retries: Retries) -> Sequence[ListedFile]:
        return [
            ListedFile(delivery, place.period, file.name, file.bytes, file.changed_at)
            for folder in self._folders(retries)
            for file, place in self._placed(folder, retries)
            if place and (delivery := self._delivery(place))
        ]

    def unplaced_files(self, connection_id: str, since: datetime, retries: Retries) -> Sequence[UnplacedFile]:
        found = []
        for folder in self._folders(retries):
            placed = {
                file.name for file, place in self._placed(folder, retries) if place and self._delivery(place)
            }
            found += [
                UnplacedFile(connection_id, file.path, file.bytes, file.changed_at, self._entry.example)
                for file in self._files(folder, retries)
                if file.name not in placed and is_sent(file.name) and file.changed_at >= since
            ]
        return found

    def close(self) -> None:
        self._session.close()

    def _folders(self, retries: Retries) -> list[str]:
        if not self._entry.has_month_folders:
            return [self._entry.folder]
        names = self._session.folders(self._entry.folder, retries)
        return [f"{self._entry.folder}/{name}" for name in names if _MONTH_FOLDER.fullmatch(name)]

    def _placed(self, folder: str, retries: Retries) -> list[tuple[RemoteFile, FilePlace | None]]:
        """Return the files of a folder that may be deliveries by their suffix, with what their names tell."""
        files = [file for file in self._files(folder, retries) if is_delivered(self._entry, file.name)]
        found = places(self._entry, self._deliveries, [file.name for file in files])
        return [(file, found.get(file.name)) for file in files]

    def _files(self, folder: str, retries: Retries) -> list[RemoteFile]:
        if folder not in self._listings:
            try:
                found = self._session.files(folder, retries)
            except FetchError as error:
                # The folder of a month appears with its first file.
                if error.code != "folder_missing" or not self._entry.has_month_folders:
                    raise
                found = []
            self._listings[folder] = found
        return self._listings[folder]

    def _delivery(self, place: FilePlace) -> str | None:
        """Return the delivery that a file belongs to, None where the agency has none of that name."""
        if place.delivery is None:
            [only] = self._deliveries
            return only
        return place.delivery if place.delivery in self._deliveries else None

    def _available(self, delivery: Delivery, file: RemoteFile, place: FilePlace) -> AvailableFile:
        def receive(retries: Retries) -> ReceivedFile:
            # Download and checks are repeated together: a file that is still being written becomes whole.
            content = spool()
            file_now = retries.call(lambda: self._download_checked(file, content, retries.once()))
            request = {"protocol": "sftp", "path": file_now.path}
            return ReceivedFile(content, place.version, file_now.changed_at, request)

        listed = ListedFile(delivery.name, place.period, file.name, file.bytes, file.changed_at)
        return AvailableFile(file.name, receive, listed)

    def _download_checked(self, file: RemoteFile, content: BinaryIO, retries: Retries) -> RemoteFile:
        file_now = self._session.download(file, content, retries)
        check_whole(file.name, content, retries.limits)
        if self._entry.has_checksum_files:
            expected, actual = self._expected_sha256(file, retries), sha256_of(content)
            if expected != actual:
                raise FetchError("checksum_differs", f"{file.name}: {expected[:12]}… ≠ {actual[:12]}…")
        return file_now

    def _expected_sha256(self, file: RemoteFile, retries: Retries) -> str:
        with spool() as content:
            for suffix in SUFFIXES:
                checksum_file = file.beside(suffix)
                try:
                    few = Retries(
                        retries.policy, retries.limits.model_copy(update={"bytes": _CHECKSUM_BYTES})
                    )
                    self._session.download(checksum_file, content, few)
                    break
                except FetchError as error:
                    if error.code == "limit_exceeded":
                        detail = f"{checksum_file.name}: more than {_CHECKSUM_BYTES:,} bytes"
                        raise FetchError("checksum_differs", detail) from error
                    if error.code != "folder_missing":
                        raise
            else:
                raise FetchError("checksum_differs", f"{file.beside(SUFFIXES[0]).name} is not there")
            content.seek(0)
            return sha256_in(content.read(), checksum_file.name, file.name)
