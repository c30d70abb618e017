"""Telling a complete file from a truncated one, by what its format has at its end."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from typing import BinaryIO

from green_freight.errors import FetchError

_CHUNK_BYTES = 1 << 20
_SIGNS = {".gz": b"\x1f\x8b", ".xlsx": b"PK\x03\x04"}
_TEXT_SUFFIXES = (".csv", ".sha256")
_CHECKED_BYTES = 4096


def check_begin(file_name: str, content: BinaryIO) -> None:
    """Check by its suffix that a file begins as its format does; FetchError `unreadable_file` where it does not."""
    content.seek(0)
    begin = content.read(_CHECKED_BYTES)
    suffix = f".{file_name.lower().rpartition('.')[2]}"
    sign = _SIGNS.get(suffix, b"")
    # Neither UTF-8 nor GB18030 text holds a zero byte.
    is_binary = suffix in _TEXT_SUFFIXES and b"\0" in begin
    if is_binary or begin[: len(sign)] != sign[: len(begin)]:
        raise FetchError("unreadable_file", f"{file_name}: no {suffix} file, it begins {begin[:12]!r}")


def check_whole(file_name: str, content: BinaryIO) -> None:
    """Check by its suffix (.gz, .xlsx) that a file has its end; other formats have no mark at their end.

    Raises FetchError `truncated_file` (transient) where it begins well and breaks off, `unreadable_file` (permanent)
    where it is damaged or no such file at all.
    """
    check_begin(file_name, content)
    content.seek(0)
    if file_name.lower().endswith(".gz"):
        _check_gzip(file_name, content)
    elif file_name.lower().endswith(".xlsx"):
        _check_zip(file_name, content)


def _check_gzip(file_name: str, content: BinaryIO) -> None:
    # An empty file is a valid gzip of nothing to the library; no agency delivers one.
    if not content.read(1):
        raise FetchError("truncated_file", f"{file_name}: empty")
    content.seek(0)
    try:
        with gzip.open(content) as unpacked:
            while unpacked.read(_CHUNK_BYTES):
                pass
    except EOFError as error:
        raise FetchError("truncated_file", f"{file_name}: the gzip stream does not end") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise FetchError("unreadable_file", f"{file_name}: {error}") from error


def _check_zip(file_name: str, content: BinaryIO) -> None:
    try:
        with zipfile.ZipFile(content) as book:
            damaged = book.testzip()
    # The directory of a zip file stands at its end: what begins like one and has none was cut off.
    except zipfile.BadZipFile as error:
        raise FetchError("truncated_file", f"{file_name}: {error}") from error
    except (zlib.error, NotImplementedError) as error:
        raise FetchError("unreadable_file", f"{file_name}: {error}") from error
    if damaged:
        raise FetchError("unreadable_file", f"{file_name}: {damaged} inside is damaged")
