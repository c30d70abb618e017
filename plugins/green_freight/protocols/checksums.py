"""The SHA-256 in a checksum file, as the common tools write one: sha256sum, openssl, BSD, certutil, Get-FileHash."""

from __future__ import annotations

import base64
import codecs
import re

from green_freight.errors import FetchError

# How tools name a checksum file beside the file itself.
SUFFIXES = (".sha256", ".SHA256", ".sha256sum", ".sha256.txt")

_HEX = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", re.IGNORECASE)
# certutil of older Windows puts blanks between the bytes.
_SPACED = re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{2} ){31}[0-9a-f]{2}(?![0-9a-f])", re.IGNORECASE)
_BASE64 = re.compile(r"(?<![\w+/])[A-Za-z0-9+/]{43}=(?![\w+/=])")
_UNFINISHED = re.compile(r"[0-9a-f]{0,63}", re.IGNORECASE)
_OTHER = {32: "MD5", 40: "SHA-1", 56: "SHA-224", 96: "SHA-384", 128: "SHA-512"}
_ANY_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{32,128}(?![0-9a-f])", re.IGNORECASE)


def sha256_in(content: bytes, checksum_name: str, file_name: str) -> str:
    """Return the SHA-256 (hex, lower case) that a checksum file states for a file.

    Of several, the one on the line that names the file counts. Raises FetchError `checksum_differs` (transient) where
    the checksum file is empty or still being written, `unreadable_file` where it holds no SHA-256, or several of which
    none names the file.
    """
    text = _decoded(content)
    stated = [(line, digest) for line in text.splitlines() for digest in _digests(line)]
    named = {digest for line, digest in stated if _names(line, file_name)}
    found = named or {digest for _, digest in stated}
    if len(found) == 1:
        return found.pop()
    if found:
        raise FetchError(
            "unreadable_file",
            f"{checksum_name} holds {len(found)} SHA-256, none of them of {file_name} alone",
        )
    # The first digits alone are a checksum file that is still being written; a line end or a name follows whole ones.
    if _UNFINISHED.fullmatch(text):
        raise FetchError("checksum_differs", f"{checksum_name} holds no SHA-256")
    other = next((_OTHER[len(digest)] for digest in _ANY_DIGEST.findall(text) if len(digest) in _OTHER), None)
    instead = f" but one of {other}" if other else ""
    raise FetchError("unreadable_file", f"{checksum_name} holds no SHA-256{instead}")


def _decoded(content: bytes) -> str:
    # PowerShell redirects in UTF-16.
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", "replace")


def _digests(line: str) -> list[str]:
    found = [*_HEX.findall(line), *(spaced.replace(" ", "") for spaced in _SPACED.findall(line))]
    found += [base64.b64decode(text).hex() for text in _BASE64.findall(line)]
    return [digest.lower() for digest in found]


def _names(line: str, file_name: str) -> bool:
    """Tell whether a line names a file: `hash  name`, `hash *folder/name`, `SHA256 (name) = hash`."""
    return re.search(rf"(?:^|[\s*/\\(]){re.escape(file_name)}(?:$|[\s)])", line, re.IGNORECASE) is not None
