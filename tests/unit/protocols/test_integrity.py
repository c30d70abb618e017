"""Whole files, halves and garbage, told apart by suffix."""

from __future__ import annotations

import gzip
import io
import random
import zipfile

import pytest
from green_freight.errors import FetchError
from green_freight.limits import LimitError, Limits
from green_freight.protocols.sftp import check_whole, pinned_key

NOISE = random.Random(1).randbytes(5000)


def _book() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/workbook.xml", NOISE)
    return target.getvalue()


FILES = {"a.jsonl.gz": gzip.compress(NOISE), "月报.xlsx": _book(), "a.csv": "编号,企业\n".encode()}


def _code(name: str, content: bytes) -> str:
    try:
        check_whole(name, io.BytesIO(content), Limits())
    except FetchError as failure:
        assert name in failure.detail
        return failure.code
    return "whole"


@pytest.mark.parametrize("name", FILES)
def test_whole_files_pass(name: str) -> None:
    assert _code(name, FILES[name]) == "whole"


@pytest.mark.parametrize("name", ["a.jsonl.gz", "月报.xlsx"])
@pytest.mark.parametrize("part", [0.0, 0.0001, 0.5, 0.999])
def test_a_beginning_is_half_a_file(name: str, part: float) -> None:
    content = FILES[name]
    assert _code(name, content[: int(len(content) * part)]) == "truncated_file"


@pytest.mark.parametrize("name", FILES)
def test_garbage_is_not_waited_for(name: str) -> None:
    assert _code(name, b"\0\xff" + NOISE) == "unreadable_file"


@pytest.mark.parametrize("name", ["a.jsonl.gz", "月报.xlsx"])
def test_damage_inside_is_found(name: str) -> None:
    content = bytearray(FILES[name])
    for place in range(2000, 2020):
        content[place] ^= 0xFF
    assert _code(name, bytes(content)) == "unreadable_file"


def test_a_host_key_is_read_from_any_usual_line() -> None:
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
    for line in (key, f"[host]:2222 {key}", f"{key} drop@agency"):
        assert pinned_key(line).get_name() == "ssh-ed25519"


@pytest.mark.parametrize(
    "line", ["", "ssh-ed25519", "ssh-ed25519 no-base64!", "ssh-ed25519 AAAA", "ssh-none AAAA"]
)
def test_a_host_key_that_is_none_is_an_incomplete_connection(line: str) -> None:
    with pytest.raises(FetchError, match="connection_incomplete"):
        pinned_key(line)


def _zip(**entries: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in entries.items():
            book.writestr(name, content)
    return target.getvalue()


def _quoted(copies: int) -> bytes:
    """Return a zip file of which many entries are one and the same packed content."""
    content = bytearray(_zip(x=b"\0" * (10 << 20)))
    directory = content.index(b"PK\x01\x02")
    end = content.index(b"PK\x05\x06")
    entry, rest = bytes(content[directory:end]), content[end:]
    names = b"".join(entry.replace(b"x", bytes([97 + number])) for number in range(copies))
    rest[8:12] = copies.to_bytes(2, "little") * 2
    rest[12:16] = len(names).to_bytes(4, "little")
    return bytes(content[:directory] + names + rest)


@pytest.mark.parametrize(
    ("name", "content", "limits", "words"),
    [
        ("a.jsonl.gz", gzip.compress(b"\0" * (17 << 20)), {}, "unpacked bytes for each packed byte: "),
        ("a.jsonl.gz", gzip.compress(b"\0" * (2 << 20)), {"unpackedBytes": 1 << 20}, "bytes after unpacking: "),
        ("月报.xlsx", _zip(a=b"\0" * (17 << 20)), {}, "unpacked bytes for each packed byte: "),
        ("月报.xlsx", _zip(a=NOISE * 2, b=NOISE), {"unpackedBytes": 12_000}, "bytes after unpacking: 15,000"),
        ("月报.xlsx", _quoted(20), {}, "unpacked bytes for each packed byte: "),
    ],
    ids=["gzip ratio", "gzip size", "zip ratio", "zip size", "zip whose entries overlap"],
)  # fmt: skip
def test_a_bomb_is_not_unpacked(name: str, content: bytes, limits: dict[str, int], words: str) -> None:
    with pytest.raises(LimitError, match=words):
        check_whole(name, io.BytesIO(content), Limits.of("csv", limits))
