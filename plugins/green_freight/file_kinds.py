"""What a file is by its content, whatever its name says, and what the sender has to do where it is not as agreed."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from green_freight.messages import read_words


@dataclass(frozen=True)
class FileKind:
    """One kind: its name in both languages (a noun), and templates of what to do where another kind was agreed."""

    code: str
    name_zh: str
    name_en: str
    advice_zh: str
    advice_en: str

    def advice(self, file_name: str) -> tuple[str, str]:
        """Return what to do, in both languages, where the kind that the name's suffix stands for was agreed."""
        words = _agreed(file_name)
        return self.advice_zh.format(agreed=words["zh"]), self.advice_en.format(agreed=words["en"])


_WORDS = read_words(Path(__file__).with_suffix(".yaml"))
_AGREED = _WORDS["agreed"]
KINDS = {
    code: FileKind(code, words["zh"], words["en"], words["advice"]["zh"], words["advice"]["en"])
    for code, words in _WORDS["kinds"].items()
}

_BEGIN_BYTES = 4096
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# By the bytes with which a file of the kind begins.
_SIGNS = (
    (b"%PDF", "pdf"), (b"\x89PNG", "image"), (b"\xff\xd8\xff", "image"), (b"GIF8", "image"),
    (b"Rar!", "archive"), (b"7z\xbc\xaf", "archive"), (b"\x1f\x8b", "archive"), (b"BZh", "archive"),
    (b"\xfd7zXZ", "archive"), (b"\x28\xb5\x2f\xfd", "archive"), (b"\x09\x08", "old_workbook"),
    (b"\x09\x04", "old_workbook"), (b"\x09\x02", "old_workbook"), (b"{\\rtf", "document"),
)  # fmt: skip
# By a stream that the file holds; names stand there in UTF-16.
_STREAMS = (
    ("EncryptedPackage", "encrypted"), ("EncryptionInfo", "encrypted"), ("Workbook", "old_workbook"),
    ("Book", "old_workbook"), ("ETExtData", "old_workbook"), ("WordDocument", "document"),
    ("PowerPoint Document", "document"),
)  # fmt: skip
# In the stream Workbook of a file with a password: BIFF's record FILEPASS, behind the first BOF.
_FILEPASS = b"\x2f\x00"
_STRICT = b"http://purl.oclc.org/ooxml/"
_HTML = re.compile(
    rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body|table|meta|div|style|script|frameset)\b",
    re.I | re.S,
)
# A zip file of bombs tells its sizes as well as any other; parts of this size are no mere lists.
_PART_BYTES = 1 << 20


def agreed_name(file_name: str) -> tuple[str, str]:
    """Return what a file is by the suffix of its name, in both languages (nouns)."""
    name = _agreed(file_name)["name"]
    return name["zh"], name["en"]


def _agreed(file_name: str) -> dict[str, Any]:
    found: dict[str, Any] = _AGREED.get(f".{file_name.lower().rpartition('.')[2]}", _AGREED[".xlsx"])
    return found


def kind_of(content: BinaryIO) -> FileKind:
    """Return the kind of a file, from its beginning and, in containers, from what they hold; its place is kept."""
    place = content.tell()
    try:
        content.seek(0)
        begin = content.read(_BEGIN_BYTES)
        return KINDS[_code(begin, content)]
    finally:
        content.seek(place)


def _code(begin: bytes, content: BinaryIO) -> str:
    if not begin:
        return "empty"
    if begin.startswith(_OLE):
        return _ole_code(content)
    if begin.startswith(b"PK"):
        return _zip_code(content)
    found = next((code for sign, code in _SIGNS if begin.startswith(sign)), None)
    return found or _text_code(begin)


def _ole_code(content: BinaryIO) -> str:
    content.seek(0)
    # Its directory stands anywhere; forms are small.
    held = content.read(16 * _PART_BYTES)
    for name, code in _STREAMS:
        if name.encode("utf-16-le") + b"\0\0" in held:
            is_locked = code == "old_workbook" and _has_password(held)
            return "encrypted" if is_locked else code
    return "unknown"


def _has_password(held: bytes) -> bool:
    """Tell whether an old workbook, whose records begin with a block of 512 bytes, has a password (MS-XLS 2.4.117)."""
    for start in range(512, len(held) - 8, 512):
        kind, length = struct.unpack_from("<HH", held, start)
        if kind == 0x0809 and length in (8, 16):
            following = held[start + 4 + length :][:64]
            # WRITEPROT may stand before FILEPASS.
            if following.startswith(b"\x86\x00\x00\x00"):
                following = following[4:]
            return following.startswith(_FILEPASS)
    return False


def _zip_code(content: BinaryIO) -> str:
    try:
        with zipfile.ZipFile(content) as archive:
            names = set(archive.namelist())
            if "mimetype" in names:
                kind = archive.open("mimetype").read(200)
                return "open_document" if b"opendocument.spreadsheet" in kind else "document"
            if "xl/workbook.bin" in names:
                return "binary_workbook"
            if "xl/workbook.xml" in names:
                begin = archive.open("xl/workbook.xml").read(_PART_BYTES)
                return "strict_workbook" if _STRICT in begin else "workbook"
    # Cut off or damaged: what reads it says so.
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError):
        return "workbook"
    if names & {"word/document.xml", "ppt/presentation.xml"}:
        return "document"
    return "archive" if "[Content_Types].xml" not in names else "workbook"


def _text_code(begin: bytes) -> str:
    bare = begin.removeprefix(b"\xef\xbb\xbf")
    if bare[:2] in (b"\xff\xfe", b"\xfe\xff"):
        bare = bare.decode("utf-16", "ignore").encode()
    if _HTML.match(bare) or b"<html" in bare[:1024].lower():
        return "html"
    if bare.lstrip().startswith(b"<?xml"):
        return "xml_spreadsheet" if b"schemas-microsoft-com:office:spreadsheet" in bare else "text"
    return "unknown" if b"\0" in bare else "text"
