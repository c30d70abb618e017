"""The SFTP client: one session an agency, the server's key pinned, files received completely or not at all.

The end of a file, as its format has it, says whether the file is complete.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import io
import logging
import stat
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import BinaryIO, TypeVar

import paramiko

from green_freight.errors import FetchError
from green_freight.file_kinds import kind_of
from green_freight.limits import LimitError, Limits
from green_freight.protocols.deadlines import seconds_left, turn
from green_freight.protocols.retry_policy import Retries, RetryPolicy
from green_freight.protocols.sftp_names import AnyNamesClient, Entry

_Response = TypeVar("_Response")
# The type, which a field of RemoteFile hides.
_Bytes = bytes
_CHUNK_BYTES = 1 << 18
# Paramiko asks for the whole file at once otherwise, which some servers treat as an attack.
_REQUESTS_AHEAD = 64

# Its transport thread writes a traceback for each refused connection; the failure is reported by the caller.
logging.getLogger("paramiko").setLevel(logging.CRITICAL)

_UNPACKED_BYTES = 1 << 20
_SIGNS = {".gz": b"\x1f\x8b", ".xlsx": b"PK\x03\x04"}
_TEXT_SUFFIXES = (".csv",)
_CHECKED_BYTES = 4096
# A server may state more than the columns of sizes hold.
_MOST_BYTES = 2**63 - 1
_KINDS = {
    stat.S_IFDIR: "folder", stat.S_IFIFO: "pipe", stat.S_IFCHR: "device", stat.S_IFBLK: "device",
    stat.S_IFSOCK: "socket", stat.S_IFLNK: "link",
}  # fmt: skip


@dataclass(frozen=True)
class RemoteFile:
    """A file on the server as listed: size in bytes, time of last change (whole seconds, UTC).

    `name_bytes` is the name as the server has it, where that is no UTF-8.
    """

    folder: str
    name: str
    bytes: int
    changed_at: datetime
    name_bytes: _Bytes | None = None

    @property
    def path(self) -> str:
        """Return the file's path for people."""
        return f"{self.folder.rstrip('/')}/{self.name}"

    @property
    def place(self) -> _Bytes:
        """Return the file's path as the server has it."""
        return self.folder.rstrip("/").encode() + b"/" + (self.name_bytes or self.name.encode())

    def beside(self, suffix: str) -> RemoteFile:
        """Return the file whose name has a suffix after this one's, as a checksum has."""
        name_bytes = None if self.name_bytes is None else self.name_bytes + suffix.encode()
        return RemoteFile(self.folder, self.name + suffix, 0, self.changed_at, name_bytes)


class SftpSession:
    """One SFTP session, opened at first use and again after a loss; its steps come one after another."""

    def __init__(self, host: str, port: int, login: str, password: str, host_key: str) -> None:
        """`host_key` is the server's public key as in known_hosts (`ssh-ed25519 AAAA…`)."""
        self._host, self._port, self._login, self._password = host, port, login, password
        self._host_key = host_key
        self._lock = threading.RLock()
        self._ssh: paramiko.SSHClient | None = None
        self._sftp: AnyNamesClient | None = None

    def files(self, folder: str, retries: Retries) -> list[RemoteFile]:
        """Return the plain files of a folder, by name; FetchError `folder_missing` (permanent) where there is none."""
        entries = self._entries(folder, retries)
        found = [_listed(folder, entry) for entry in entries if not _is_folder(entry)]
        return sorted(found, key=lambda file: file.name)

    def folders(self, folder: str, retries: Retries) -> list[str]:
        """Return the names of the folders below one, sorted. Raises as `files`."""
        entries = self._entries(folder, retries)
        return sorted(entry.name for entry in entries if _is_folder(entry))

    def download(self, file: RemoteFile, target: BinaryIO, retries: Retries) -> RemoteFile:
        """Stream a file into `target` (emptied first) and return it as it is listed now.

        Raises FetchError `truncated_file` (transient) where it changed meanwhile or bytes are missing, `not_a_file`
        where it is a device, a pipe or a folder, also behind a link; LimitError.
        """
        return self._call(lambda sftp: _download(sftp, file, target, retries.limits), retries, file.path)

    def close(self) -> None:
        """End the session; a later step opens a new one."""
        with self._lock:
            if self._ssh is not None:
                self._ssh.close()
            self._ssh = self._sftp = None

    def _entries(self, folder: str, retries: Retries) -> list[Entry]:
        return self._call(lambda sftp: sftp.entries(folder, retries.limits), retries, folder)

    def _call(self, step: Callable[[AnyNamesClient], _Response], retries: Retries, what: str) -> _Response:
        def attempt() -> _Response:
            with turn(self._lock), self._ended_in_time():
                try:
                    return step(self._opened(retries.policy))
                except (FetchError, LimitError) as error:
                    is_late = isinstance(error, LimitError) and error.is_of_time
                    if is_late or (isinstance(error, FetchError) and error.code == "host_key_differs"):
                        self.close()
                    raise
                except FileNotFoundError as error:
                    raise FetchError("folder_missing", what) from error
                except PermissionError as error:
                    raise FetchError("request_refused", f"{what}: {error}") from error
                except Exception as error:
                    is_open = self._is_open()
                    # After a broken session nothing received on it can be trusted; the next attempt logs in again.
                    self.close()
                    # The deadline closes the connection, whose loss is no failure of its own then.
                    seconds_left()
                    # A bare OSError is a status that the server sent, or a write after the connection was lost.
                    if type(error) is OSError and error.errno is None:
                        code = "server_error" if is_open else "answer_cut_off"
                        raise FetchError(code, f"{what}: {error}") from error
                    raise

        return retries.call(attempt)

    def _is_open(self) -> bool:
        channel = self._sftp.get_channel() if self._sftp is not None else None
        return channel is not None and not channel.closed

    @contextmanager
    def _ended_in_time(self) -> Iterator[None]:
        """Close the connection at the next deadline of this thread: some waits of the library have no end."""
        left = seconds_left()
        if left is None:
            yield
            return
        closing = threading.Timer(left, self._cut_off)
        closing.daemon = True
        closing.start()
        try:
            yield
        finally:
            closing.cancel()

    def _cut_off(self) -> None:
        # Without the lock, which the thread that waits holds.
        if self._ssh is not None:
            self._ssh.close()

    def _opened(self, policy: RetryPolicy) -> AnyNamesClient:
        if self._sftp is None:
            ssh = paramiko.SSHClient()
            host, port, key = self._host, self._port, pinned_key(self._host_key)
            known_as = host if port == paramiko.config.SSH_PORT else f"[{host}]:{port}"
            ssh.get_host_keys().add(known_as, key.get_name(), key)
            ssh.set_missing_host_key_policy(paramiko.RejectPolicy())
            self._ssh = ssh
            self._connect(ssh, policy, key)
            self._sftp = AnyNamesClient.opened(ssh, policy.answer_seconds)
        return self._sftp

    def _connect(self, ssh: paramiko.SSHClient, policy: RetryPolicy, key: paramiko.PKey) -> None:
        host, port = self._host, self._port
        try:
            ssh.connect(
                host,
                port,
                username=self._login,
                password=self._password,
                timeout=policy.connect_seconds,
                banner_timeout=policy.answer_seconds,
                auth_timeout=policy.answer_seconds,
                channel_timeout=policy.answer_seconds,
                allow_agent=False,
                look_for_keys=False,
            )
        except paramiko.AuthenticationException as error:
            # The library says so of a server that does not respond as well.
            if "timeout" in str(error).lower():
                raise FetchError("time_out", f"{host}:{port}: no response to the login") from error
            raise
        except paramiko.BadHostKeyException as error:
            raise _key_differs(f"{host}:{port}", key, error.key) from error
        except paramiko.ssh_exception.IncompatiblePeer as error:
            # No key, cipher or method in common: a server that was replaced, and waiting changes neither side.
            raise FetchError(
                "host_key_differs", f"{host}:{port}: {error}; registered {_named(key)}"
            ) from error


def _key_differs(server: str, pinned: paramiko.PKey, presented: paramiko.PKey) -> FetchError:
    return FetchError(
        "host_key_differs", f"{server}: registered {_named(pinned)}, presented {_named(presented)}"
    )


def _named(key: paramiko.PKey) -> str:
    return f"{key.get_name()} {key.fingerprint}"


def pinned_key(text: str) -> paramiko.PKey:
    """Return the public key in a known_hosts or authorized_keys line; host names and comments are skipped.

    Raises FetchError `connection_incomplete` where it is missing or no key.
    """
    for name, encoded in pairwise(text.split()):
        if name.startswith(("ssh-", "ecdsa-")):
            try:
                return paramiko.PKey.from_type_string(name, base64.b64decode(encoded, validate=True))
            except (binascii.Error, paramiko.SSHException, paramiko.pkey.UnknownKeyType) as error:
                raise FetchError("connection_incomplete", f"host_key: {error}") from error
    raise FetchError("connection_incomplete", "host_key (ssh-ed25519 AAAA…)")


def _download(sftp: paramiko.SFTPClient, file: RemoteFile, target: BinaryIO, limits: Limits) -> RemoteFile:
    before = _as_it_is_now(sftp, file)
    limits.check("bytes", before.bytes)
    target.seek(0)
    target.truncate()
    try:
        received = _copy(sftp, file.place, before.bytes, target)
    except EOFError as error:
        raise FetchError("truncated_file", f"{file.path}: the transfer broke off") from error
    # A file of another format is no truncated one: waiting for the rest does not help.
    check_begin(file.name, target)
    after = _as_it_is_now(sftp, file)
    if received != before.bytes or before != after:
        sizes = f"{received} of {before.bytes} bytes, now {after.bytes}"
        raise FetchError("truncated_file", f"{file.path}: {sizes}")
    return after


def _copy(sftp: paramiko.SFTPClient, path: bytes, size: int, target: BinaryIO) -> int:
    received = 0
    with sftp.open(path, "rb") as source:
        source.prefetch(size, _REQUESTS_AHEAD)
        # A file that grows, or that never ends, has changed; there is no use in following it.
        while received <= size and (chunk := source.read(_CHUNK_BYTES)):
            target.write(chunk)
            received += len(chunk)
            seconds_left()
    return received


def _listed(folder: str, entry: Entry) -> RemoteFile:
    name_bytes = None if entry.name.encode() == entry.name_bytes else entry.name_bytes
    size, changed_at = _size_and_time(entry.attributes)
    return RemoteFile(folder, entry.name, size, changed_at, name_bytes)


def _as_it_is_now(sftp: paramiko.SFTPClient, file: RemoteFile) -> RemoteFile:
    attributes = sftp.stat(file.place)
    kind = stat.S_IFMT(attributes.st_mode or 0)
    # Opening a pipe hangs, a device never ends. Some servers do not say what it is.
    if kind not in (0, stat.S_IFREG):
        raise FetchError("not_a_file", f"{file.path}: {_KINDS.get(kind, oct(kind))}")
    size, changed_at = _size_and_time(attributes)
    return replace(file, bytes=size, changed_at=changed_at)


def _size_and_time(attributes: paramiko.SFTPAttributes) -> tuple[int, datetime]:
    return min(attributes.st_size or 0, _MOST_BYTES), datetime.fromtimestamp(attributes.st_mtime or 0, UTC)


def _is_folder(entry: Entry) -> bool:
    return stat.S_ISDIR(entry.attributes.st_mode or 0)


def check_begin(file_name: str, content: BinaryIO) -> None:
    """Check by its suffix that a file begins as its format does; FetchError `unreadable_file` where it does not."""
    content.seek(0)
    begin = content.read(_CHECKED_BYTES)
    suffix = f".{file_name.lower().rpartition('.')[2]}"
    sign = _SIGNS.get(suffix, b"")
    # Neither UTF-8 nor GB18030 text holds a zero byte.
    is_binary = suffix in _TEXT_SUFFIXES and b"\0" in begin
    if is_binary or begin[: len(sign)] != sign[: len(begin)]:
        kind = kind_of(content)
        advice_zh, advice_en = kind.advice(file_name)
        raise FetchError(
            "unreadable_file",
            f"{file_name} is {kind.name_en}, it begins {begin[:12]!r}; {advice_en}",
            detail_zh=f"{file_name} 实为{kind.name_zh}，开头为 {begin[:12]!r}；{advice_zh}",
        )


def check_whole(file_name: str, content: BinaryIO, limits: Limits) -> None:
    """Check by its suffix (.gz, .xlsx) that a file has its end; other formats have no mark at their end.

    Raises LimitError where it unpacks to more than its limits, FetchError `truncated_file` (transient) where it begins
    well and breaks off, `unreadable_file` (permanent) where it is damaged or no such file at all.
    """
    check_begin(file_name, content)
    content.seek(0)
    if file_name.lower().endswith(".gz"):
        _check_gzip(file_name, content, limits)
    elif file_name.lower().endswith(".xlsx"):
        _check_zip(file_name, content, limits)


def _check_gzip(file_name: str, content: BinaryIO, limits: Limits) -> None:
    # An empty file is a valid gzip of nothing to the library; no agency delivers one.
    if not content.read(1):
        raise FetchError("truncated_file", f"{file_name}: empty")
    packed_bytes, unpacked_bytes = content.seek(0, io.SEEK_END), 0
    content.seek(0)
    try:
        with gzip.open(content) as unpacked:
            while block := unpacked.read(_UNPACKED_BYTES):
                unpacked_bytes += len(block)
                limits.check_unpacked(unpacked_bytes, packed_bytes)
                seconds_left()
    except EOFError as error:
        raise FetchError("truncated_file", f"{file_name}: the gzip stream does not end") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise FetchError("unreadable_file", f"{file_name}: {error}") from error


def _check_zip(file_name: str, content: BinaryIO, limits: Limits) -> None:
    try:
        with zipfile.ZipFile(content) as book:
            unpacked_bytes = sum(entry.file_size for entry in book.infolist())
            limits.check_unpacked(unpacked_bytes, content.seek(0, io.SEEK_END))
            damaged = book.testzip()
    # The directory of a zip file stands at its end: what begins like one and has none was cut off.
    except zipfile.BadZipFile as error:
        raise FetchError("truncated_file", f"{file_name}: {error}") from error
    except (zlib.error, NotImplementedError) as error:
        raise FetchError("unreadable_file", f"{file_name}: {error}") from error
    if damaged:
        raise FetchError("unreadable_file", f"{file_name}: {damaged} inside is damaged")
