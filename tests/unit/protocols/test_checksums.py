"""Checksum files of the common tools, and those that state no SHA-256 of the file."""

from __future__ import annotations

import base64
import hashlib

import pytest
from green_freight.errors import FetchError
from green_freight.protocols.checksums import sha256_in

NAME = "postal_tricycles_202509_v1.csv"
RIGHT = hashlib.sha256(b"right").hexdigest()
OTHER = hashlib.sha256(b"other").hexdigest()
SPACED = " ".join(RIGHT[at : at + 2] for at in range(0, 64, 2))
BASE64 = base64.b64encode(bytes.fromhex(RIGHT)).decode()
LIST = f"{OTHER}  x{NAME}\n{RIGHT}  ./{NAME}\n{OTHER}  {NAME}.bak\n"

TOOLS = {
    "sha256sum": f"{RIGHT}  {NAME}\n",
    "sha256sum, binary": f"{RIGHT} *{NAME}\r\n",
    "bare": RIGHT,
    "capitals": RIGHT.upper(),
    "BSD": f"SHA256 ({NAME}) = {RIGHT}\n",
    "openssl 1": f"SHA256({NAME})= {RIGHT}\n",
    "openssl 3": f"SHA2-256({NAME})= {RIGHT}\n",
    "certutil": f"SHA256 的 {NAME} 哈希:\r\n{RIGHT}\r\nCertUtil: -hashfile 命令成功完成。\r\n",
    "certutil of Windows 7": f"SHA256 hash of file {NAME}:\r\n{SPACED}\r\nCertUtil: completed.\r\n",
    "Get-FileHash": f"\r\nAlgorithm : SHA256\r\nHash      : {RIGHT.upper()}\r\nPath      : D:\\投递\\{NAME}\r\n",
    "list": LIST,
    "list of sha1 and sha256": f"{'a' * 40}  {NAME}\n{RIGHT}  {NAME}\n",
    "Base64": f"{BASE64}\n",
    "json": f'{{"file": "{NAME}", "sha256": "{RIGHT}"}}',
}  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("tool", TOOLS)
def test_the_checksum_is_found_as_any_tool_writes_it(tool: str, encoding: str) -> None:
    assert sha256_in(TOOLS[tool].encode(encoding), f"{NAME}.sha256", NAME) == RIGHT


@pytest.mark.parametrize("text", ["", RIGHT[:63], RIGHT[:32], "ab"])
def test_a_checksum_file_that_is_still_written_is_awaited(text: str) -> None:
    with pytest.raises(FetchError, match="checksum_differs") as caught:
        sha256_in(text.encode(), "c.sha256", NAME)
    assert caught.value.is_transient


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"{RIGHT[:32]}  {NAME}\n", "but one of MD5"), (f"{RIGHT[:40]}\n", "but one of SHA-1"),
        (RIGHT * 2, "but one of SHA-512"),
        ("not a checksum", "no SHA-256"), (f"{RIGHT}  a.csv\n{OTHER}  b.csv\n", "2 SHA-256, none"),
        ("<html>", "no SHA-256"),
    ],
)  # fmt: skip
def test_a_file_without_the_sha256_is_named_as_what_it_is(text: str, words: str) -> None:
    with pytest.raises(FetchError, match="unreadable_file") as caught:
        sha256_in(text.encode(), "c.sha256", NAME)
    assert words in caught.value.detail and not caught.value.is_transient
