"""Files of another kind than their name says: each is named as what it is, with what the sender has to do."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from green_freight.contracts import contract
from green_freight.errors import FetchError
from green_freight.file_kinds import KINDS, kind_of
from green_freight.limits import Limits
from green_freight.loading.messages import Place, stop_message
from green_freight.protocols.sftp import check_whole

from tests.integration.loading.postal_forms import FORMS
from tests.integration.loading.workbooks import report, store, stores_above
from tests.unit.loading.reading import read

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504
WORKBOOK = report(stores_above(store("A1"), store("A2")))
TABLE = "<table><tr><td>门店编码</td></tr></table>"


def _stream(name: str) -> bytes:
    return name.encode("utf-16-le") + b"\0\0"


def _biff(*records: bytes) -> bytes:
    return OLE + b"\x09\x08\x10\x00" + b"\0" * 16 + b"".join(records) + b"\0" * 100 + _stream("Workbook")


def _zip(**parts: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml").replace("_bin", ".bin"), content)
    return target.getvalue()


def strict(content: bytes) -> bytes:
    """Return a workbook as Excel saves it as Strict Open XML: the same parts in other namespaces."""
    target = io.BytesIO()
    names = {
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
            b"http://purl.oclc.org/ooxml/officeDocument/relationships"
        ),
    }
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(target, "w") as after:
        for entry in before.infolist():
            part = before.read(entry)
            for usual, other in names.items():
                part = part.replace(usual, other)
            after.writestr(entry, part)
    return target.getvalue()


FILES: dict[str, list[bytes]] = {
    "old_workbook": [
        _biff(), _biff(b"\x86\x00\x00\x00"), OLE + _stream("Book"), OLE + _stream("ETExtData"), b"\x09\x08\x08\0",
    ],
    "encrypted": [
        OLE + _stream("EncryptedPackage"), OLE + _stream("EncryptionInfo"), _biff(b"\x2f\x00\x36\x00"),
        _biff(b"\x86\x00\x00\x00\x2f\x00\x36\x00"),
    ],
    "html": [
        TABLE.encode("gbk"), f"<html>{TABLE}</html>".encode(), f"\ufeff<!DOCTYPE html>{TABLE}".encode(),
        f"<!-- Excel --><HTML xmlns:x='urn:x'>{TABLE}".encode(), f"<html>{TABLE}".encode("utf-16"),
        f"<?xml version='1.0'?><html>{TABLE}</html>".encode(),
    ],
    "xml_spreadsheet": [b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">'],
    "open_document": [_zip(mimetype=b"application/vnd.oasis.opendocument.spreadsheet", content_xml=b"<x/>")],
    "binary_workbook": [_zip(xl__workbook_bin=b"\0")],
    "document": [OLE + _stream("WordDocument"), _zip(word__document_xml=b"<x/>"), b"{\\rtf1"],
    "pdf": [b"%PDF-1.7\n"],
    "image": [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"],
    "archive": [_zip(report=WORKBOOK), b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b\x08"],
    "text": ["门店编码,门店名称\r\n".encode("gb18030"), b"a;b\n"],
    "unknown": [OLE + _stream("Unknown"), b"\0\1\2\3"],
}  # fmt: skip
CASES = [(code, content) for code, contents in FILES.items() for content in contents]


@pytest.mark.parametrize(("code", "content"), CASES)
def test_a_file_that_is_no_workbook_is_named_with_what_to_do(code: str, content: bytes) -> None:
    stop = read("commerce_store_delivery", content).stop
    assert stop is not None and stop.reason_code == "other_file_kind"
    words = stop_message(Place(contract("commerce_store_delivery"), "2025-09", "2025年9月.xlsx"), stop)
    kind = KINDS[code]
    assert kind.name_zh in words and kind.name_en in words
    assert all(advice in words for advice in kind.advice("2025年9月.xlsx")) and "{" not in words


@pytest.mark.parametrize(("code", "content"), CASES)
def test_a_fetched_file_of_another_kind_is_named_or_left_to_loading(code: str, content: bytes) -> None:
    try:
        check_whole("2025年9月.xlsx", io.BytesIO(content), Limits())
    except FetchError as failure:
        assert KINDS[code].name_zh in failure.detail_zh and KINDS[code].name_en in failure.detail
    else:
        assert content.startswith(b"PK")


@pytest.mark.parametrize(
    "content", [WORKBOOK, strict(WORKBOOK), OLE + _stream("Workbook"), f"<html>{TABLE}".encode()]
)
def test_a_csv_file_that_is_none_is_named(content: bytes) -> None:
    stop = read("postal_tricycle", content).stop
    assert stop is not None and stop.reason_code == "other_file_kind"
    assert stop.advice and "CSV UTF-8" in stop.advice[0] and "CSV UTF-8" in stop.advice[1]


def test_a_csv_file_may_begin_with_anything() -> None:
    for begin in ("<备注>\r\n", "BM表\r\n", "<tr>\r\n", "%表\r\n"):
        assert len(read("postal_tricycle", f"{begin}{FORMS['tricycles']}".encode()).rows) == 1


def test_a_strict_workbook_is_read_like_any_other() -> None:
    usual, other = (read("commerce_store_delivery", content) for content in (WORKBOOK, strict(WORKBOOK)))
    assert usual.rows == other.rows and len(usual.rows) == 2
    assert kind_of(io.BytesIO(strict(WORKBOOK))).code == "strict_workbook"


def test_a_workbook_that_was_cut_off_is_damaged_and_no_other_kind() -> None:
    found: Any = read("commerce_store_delivery", WORKBOOK[: len(WORKBOOK) // 2]).stop
    assert found.reason_code == "unreadable_file"
