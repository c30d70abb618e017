"""The parts of a workbook, copied for the reader within its contract's limits and without empty cells.

A zip file of some kilobytes may unpack to gigabytes, and a form of which whole columns were formatted has a million
rows of cells that hold nothing. Reading XML takes long and much memory for either; both are found here in the text of
the parts, block by block, before anything is parsed.
"""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from collections.abc import Iterator
from typing import BinaryIO, cast

from green_freight.limits import Limits
from green_freight.loading.outcomes import UnreadableFileError

_BLOCK_BYTES = 1 << 20
_IN_MEMORY_BYTES = 16 << 20
_MOST_PARTS = 10_000
# Formats, names and relations are read into trees as a whole. Excel has at most 65,490 formats of cells.
_FEWER_IN_OTHER_PARTS = 10
# Smaller sheets are read as they are.
_STRIPPED_FROM_BYTES = 1 << 20

_NAME = rb"(?:\w+:)?"
_SHEET = re.compile(rb"<" + _NAME + rb"worksheet[\s>]")
_TEXTS = re.compile(rb"<" + _NAME + rb"sst[\s>]")
_SIZE = re.compile(rb"<(" + _NAME + rb")dimension\s[^<>]*?/>")
_ENCODING = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']*)[\"']")
_UTF8 = (b"utf-8", b"utf8", b"us-ascii")
_ENTITIES = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
_CELL = rb"<(?:\w++:)?c\s[^<>]*+(?:(?<=/)>|></(?:\w++:)?c>)"
_ROW = rb"<(?:\w++:)?row\s[^<>]*+(?:(?<=/)>|>\s*+(?:%s\s*+)*+</(?:\w++:)?row>)" % _CELL
# Whole runs at a time, which takes a third of the time.
_EMPTY_CELLS, _EMPTY_ROWS = (re.compile(rb"(?:%s\s*+)++" % element) for element in (_CELL, _ROW))
_PLACE_NOT_FIRST = re.compile(rb"<(?:\w++:)?(?:c|row)(?!\sr=)[\s/>]")
_WITHOUT_PLACE = re.compile(rb"<(?:\w++:)?(?:c|row)(?=[\s/>])(?![^<>]*\sr\s*=)")
_FAR_COLUMN = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]{4,9})\d")
# Namespaces of "Strict Open XML" and the usual ones, which alone openpyxl reads; the parts are the same.
_STRICT = (
    (
        b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    ),
    (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    ),
)


def bounded_copy(file: BinaryIO, limits: Limits) -> BinaryIO:
    """Return a workbook with the same filled cells, in the usual format, that is no danger to its reader.

    Raises LimitError where it has more bytes or tags than its limits allow, UnreadableFileError where a part is not
    in UTF-8 or declares entities; zipfile's errors where it is damaged.
    """
    limits.check("bytes", file.seek(0, io.SEEK_END))
    target = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES))  # noqa: SIM115
    with zipfile.ZipFile(file) as before, zipfile.ZipFile(target, "w") as after:
        entries = before.infolist()
        if len(entries) > _MOST_PARTS:
            raise UnreadableFileError.of("unreadable_file", "too_many_parts", found=len(entries))
        limits.check_unpacked(sum(entry.file_size for entry in entries), file.seek(0, io.SEEK_END))
        copier = _Copier(limits)
        # Of several parts with one name the last counts.
        for name, entry in {entry.filename: entry for entry in entries}.items():
            if name.endswith((".xml", ".rels")) and not name.startswith("customXml/"):
                with before.open(entry) as source, after.open(name, "w") as copy:
                    for chunk in copier.chunks(before, entry, cast(BinaryIO, source)):
                        copy.write(chunk)
    target.seek(0)
    return target


class _Copier:
    """Copies the parts of one workbook and counts their elements."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._brackets = 0

    def chunks(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, source: BinaryIO) -> Iterator[bytes]:
        """Yield the text of a part, each chunk up to the beginning of an element."""
        begin = source.read(_BLOCK_BYTES)
        _check_encoding(entry.filename, begin)
        is_sheet = _SHEET.search(begin) is not None
        if is_sheet:
            # Only a note, and often wrong; without one the library reads the whole sheet for it.
            begin = _SIZE.sub(rb'<\1dimension ref="A1"/>', begin, count=1)
        is_stripped = is_sheet and entry.file_size >= _STRIPPED_FROM_BYTES and _has_places(archive, entry)
        share = 1 if is_sheet or _TEXTS.search(begin) else _FEWER_IN_OTHER_PARTS
        in_part = 0
        for chunk in _whole_elements(begin, source, self._limits):
            if _ENTITIES.search(chunk):
                raise UnreadableFileError.of("unreadable_file", "declares_entities", part=entry.filename)
            text = _EMPTY_CELLS.sub(b"", _EMPTY_ROWS.sub(b"", chunk)) if is_stripped else chunk
            if is_sheet and (far := _FAR_COLUMN.search(text)):
                # The library refuses such a column without saying where it is.
                self._limits.check("columns", _column(far[1].upper()))
            for old, new in _STRICT:
                text = text.replace(old, new)
            found = text.count(b"<")
            in_part, self._brackets = in_part + found, self._brackets + found
            self._limits.check("elements", max(self._brackets, in_part * share))
            yield text


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _check_encoding(name: str, begin: bytes) -> None:
    # What is searched for here could not be found in another encoding.
    declared = _ENCODING.match(begin.removeprefix(b"\xef\xbb\xbf"))
    if b"\0" in begin[:200] or (declared and declared[1].lower() not in _UTF8):
        raise UnreadableFileError.of("unreadable_file", "part_not_in_utf8", part=name)


def _has_places(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    """Tell whether every row and cell of a sheet states its place; the others are counted, the empty ones too."""
    with archive.open(entry) as source:
        return not any(
            _PLACE_NOT_FIRST.search(chunk) and _WITHOUT_PLACE.search(chunk)
            for chunk in _whole_elements(b"", cast(BinaryIO, source), None)
        )


def _whole_elements(begin: bytes, source: BinaryIO, limits: Limits | None) -> Iterator[bytes]:
    """Yield a part in pieces that end before a bracket; LimitError where a text has more bytes than its limit."""
    rest = begin
    while block := source.read(_BLOCK_BYTES):
        rest += block
        cut = rest.rfind(b"<")
        if cut > 0:
            yield rest[:cut]
            rest = rest[cut:]
        if limits is None:
            rest = rest[:_BLOCK_BYTES]
        elif len(rest) > _BLOCK_BYTES:
            limits.check("text_bytes", len(rest))
    yield rest
