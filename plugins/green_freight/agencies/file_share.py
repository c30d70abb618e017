"""An agency's file share: what lies on it, what of it is known already, and how a file is taken."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from green_freight.agencies.connection import Connection, connection_named
from green_freight.agencies.delivery import AvailableFile, FetchRequest, ListedFile, ReceivedFile
from green_freight.agencies.exchange_file import spool
from green_freight.errors import FetchError
from green_freight.periods import Period
from green_freight.protocols.integrity import check_whole
from green_freight.protocols.retry_policy import Retries
from green_freight.protocols.sftp import RemoteFile, SftpLogin, SftpSession

# What office programs and upload tools leave beside the real files.
_NOT_DELIVERED = ("~$", ".")
_UNFINISHED = (".part", ".tmp", ".filepart", ".uploading")

Check = Callable[[BinaryIO, Retries], None]


class Share:
    """One SFTP share, logged in at first use; a folder is listed once per session."""

    def __init__(self, connections: Mapping[str, Connection], connection_id: str) -> None:
        self._connections, self._connection_id = connections, connection_id
        self._lock = threading.Lock()
        self._session: SftpSession | None = None
        self._listed: dict[str, list[RemoteFile]] = {}

    def files(self, folder: str, retries: Retries) -> list[RemoteFile]:
        """Return the delivered files of a folder, by name; unfinished uploads are left out.

        Raises:
            FetchError: as SftpSession.files.
        """
        if folder not in self._listed:
            found = self._opened().files(folder, retries)
            self._listed[folder] = [file for file in found if _is_delivered(file.name)]
        return self._listed[folder]

    def files_if_any(self, folder: str, retries: Retries) -> list[RemoteFile]:
        """Return the same, and nothing for a folder that does not exist (yet)."""
        try:
            return self.files(folder, retries)
        except FetchError as failure:
            if failure.code != "folder_missing":
                raise
            return []

    def folders(self, folder: str, retries: Retries) -> list[str]:
        """Return the names of the folders below one. Raises as `files`."""
        return self._opened().folders(folder, retries)

    def text(self, file: RemoteFile, retries: Retries) -> str:
        """Return a small text file's content (UTF-8, what is no text replaced)."""
        with spool() as content:
            self._opened().download(file, content, retries)
            content.seek(0)
            return content.read().decode("utf-8", errors="replace")

    def available_file(
        self, asked: FetchRequest, file: RemoteFile, version: int, check: Check | None = None
    ) -> AvailableFile:
        """Return a file of the share as an available_file; `check` judges the content beyond being whole.

        Download and checks are repeated together: a file that is still being written becomes whole.
        """
        listed = listed_file(asked.delivery.name, asked.period, file)
        known = next((known for known in asked.known if listed.is_known_as(known)), None)

        def receive(retries: Retries) -> ReceivedFile:
            content = spool()
            taken = retries.call(lambda: self._take(file, content, retries.once(), check))
            return ReceivedFile(content, version, taken.changed_at, _request(taken))

        return AvailableFile(file.name, receive, known)

    def close(self) -> None:
        """End the session."""
        if self._session is not None:
            self._session.close()

    def _take(self, file: RemoteFile, content: BinaryIO, retries: Retries, check: Check | None) -> RemoteFile:
        taken = self._opened().download(file, content, retries)
        check_whole(file.name, content)
        if check is not None:
            check(content, retries)
        return taken

    def _opened(self) -> SftpSession:
        with self._lock:
            if self._session is None:
                found = connection_named(self._connections, self._connection_id)
                key = found.required("host_key")
                login = SftpLogin(found.host, found.port, found.login, found.password, key)
                self._session = SftpSession(login)
            return self._session


def listed_file(delivery: str, period: Period, file: RemoteFile) -> ListedFile:
    """Return a file of a share as the planner sees it."""
    return ListedFile(delivery, period, file.name, file.bytes, file.changed_at)


def _is_delivered(name: str) -> bool:
    return not name.startswith(_NOT_DELIVERED) and not name.lower().endswith(_UNFINISHED)


def _request(file: RemoteFile) -> dict[str, Any]:
    return {"protocol": "sftp", "path": file.path}
