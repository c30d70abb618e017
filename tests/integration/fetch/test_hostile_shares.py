"""SFTP servers whose files are none, never end, grow or drip: each costs its own delivery and ends soon."""

from __future__ import annotations

import asyncio
import hashlib
import io
import itertools
import os
import stat
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from green_freight.agencies.fetch import fetch_agency
from green_freight.errors import FetchError, fetch_error
from green_freight.limits import LimitError, Limits
from green_freight.periods import Period
from green_freight.protocols.retry_policy import Retries, RetryPolicy
from green_freight.protocols.sftp import RemoteFile, SftpSession
from green_freight.warehouse import Warehouse

from tests.integration.loading.postal_forms import FORMS

from .shares import Folder, Odd, Share

POLICY = RetryPolicy(attempts=2, first_wait_seconds=0, longest_wait_seconds=0)
LONG_AGO = datetime(2025, 10, 3, tzinfo=UTC)
MIB = 1 << 20


def _retries(**limits: int) -> Retries:
    return Retries(POLICY, Limits.of("csv", limits))


def _session(share: Share) -> SftpSession:
    connection = share.connection
    return SftpSession("127.0.0.1", connection.port, "demo", "demo", connection.extra["host_key"])


def _failure(step: Any) -> FetchError:
    with pytest.raises((FetchError, LimitError)) as caught:
        step()
    return fetch_error(caught.value)


async def _endless(offset: int, size: int) -> bytes:
    return b"x" * size


async def _dripping(offset: int, size: int) -> bytes:
    await asyncio.sleep(0.05)
    return b"x"


def _growing() -> Odd:
    file = Odd(size=100_000)

    async def read(offset: int, size: int) -> bytes:
        file.size += 1_000
        return b"x" * min(size, file.size - offset)

    file.read = read
    return file


@pytest.mark.parametrize(
    ("content", "limits", "code", "words"),
    [
        (Odd(stat.S_IFCHR), {}, "not_a_file", "/drop/file: device"),
        (Odd(stat.S_IFIFO), {}, "not_a_file", "/drop/file: pipe"),
        (Odd(stat.S_IFDIR), {}, "not_a_file", "/drop/file: folder"),
        (Odd(size=0, read=_endless), {}, "truncated_file", "of 0 bytes"),
        (Odd(size=10, read=_endless), {}, "truncated_file", "of 10 bytes"),
        (_growing(), {}, "truncated_file", "000 bytes, now "),
        (Odd(size=300 * MIB), {}, "limit_exceeded", "bytes of the file or of all responses: 314,572,800"),
        (Odd(size=2**64 - 1), {}, "limit_exceeded", "bytes of the file or of all responses: 9,223,372,036,854,775,807"),
        (b"x" * 2_001, {"bytes": 2_000}, "limit_exceeded", "2,001 or more, the limit is 2,000"),
        (Odd(size=MIB, read=_dripping), {"requestSeconds": 1}, "too_slow", "seconds of one request: 1 or more"),
    ],
    ids=[
        "device", "pipe", "folder", "endless", "longer than stated", "growing", "large", "larger than any number",
        "above the contract's limit", "dripping",
    ],
)  # fmt: skip
def test_a_file_that_is_none_or_has_no_end(
    content: Any, limits: dict[str, int], code: str, words: str
) -> None:
    file = RemoteFile("/drop", "file", 0, LONG_AGO)
    with Share({"/drop": [(b"file", content)]}) as share:
        session, target = _session(share), io.BytesIO()
        failure = _failure(lambda: session.download(file, target, _retries(**limits)))
        assert (failure.code, words in failure.detail) == (code, True), failure
        assert len(target.getvalue()) <= MIB
        # The next file comes over the same session or a new one.
        share.folders = {"/drop": [(b"file", b"good")]}
        assert session.download(file, target, _retries()).bytes == 4
        session.close()


def _names(count: int | None) -> Folder:
    numbers = itertools.count() if count is None else range(count)
    return ((b"postal_tricycles_%d.csv" % number, b"") for number in numbers)


def test_a_folder_without_end_is_not_listed_to_it() -> None:
    with Share({"/drop": _names(None), "/many": _names(3_000)}) as share:
        session = _session(share)
        failure = _failure(lambda: session.files("/drop", _retries(entries=2_000)))
        assert (failure.code, "entries of one folder: 2," in failure.detail) == ("limit_exceeded", True)
        assert len(session.files("/many", _retries())) == 3_000
        session.close()


@pytest.fixture(scope="module")
def real_share() -> Iterator[tuple[int, str]]:
    """The port and the key of a server of the machine's own files."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    class Gate(asyncssh.SSHServer):
        def begin_auth(self, username: str) -> bool:
            return False

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1", 0, server_factory=Gate, server_host_keys=[key], sftp_factory=True
        )

    acceptor = asyncio.run_coroutine_threadsafe(listen(), loop).result(20)
    yield acceptor.get_port(), key.export_public_key("openssh").decode().strip()
    loop.call_soon_threadsafe(acceptor.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(20)


@pytest.mark.parametrize(
    ("target", "outcome"),
    [("/dev/zero", "not_a_file"), ("pipe", "not_a_file"), ("folder", "not_a_file"), ("gone", "folder_missing"),
     ("good", None)],
)  # fmt: skip
def test_a_link_is_what_it_leads_to(
    real_share: tuple[int, str], tmp_path: Path, target: str, outcome: str | None
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "good").write_bytes(b"good")
    (tmp_path / "link.csv").symlink_to(target)
    session = SftpSession("127.0.0.1", real_share[0], "demo", "", real_share[1])
    [file] = [each for each in session.files(str(tmp_path), _retries()) if each.name == "link.csv"]
    content = io.BytesIO()
    if outcome:
        assert _failure(lambda: session.download(file, content, _retries())).code == outcome
    else:
        session.download(file, content, _retries())
        assert content.getvalue() == b"good"
    session.close()


def test_a_hostile_file_costs_its_own_delivery(warehouse: Warehouse) -> None:
    content = FORMS["parcel_volumes"].encode()
    checksum = hashlib.sha256(content).hexdigest().encode()
    folder = [
        (b"postal_parcel_volumes_202509_v1.csv", content),
        (b"postal_parcel_volumes_202509_v1.csv.sha256", checksum),
        (b"postal_parcel_volumes_202508_v1.csv", content),
        (b"postal_parcel_volumes_202508_v1.csv.sha256", Odd(size=300 * MIB)),
        (b"postal_tricycles_202509_v1.csv", Odd(stat.S_IFCHR)),
        (b"postal_terminal_stations_202509_v1.csv", Odd(size=300 * MIB)),
        (b"postal_terminal_stations_202509_v99999999999999999999.csv", content),
    ]
    names = ("parcel_volumes", "tricycles", "terminal_stations")
    work = [("parcel_volumes", Period("2025-08")), *((name, Period("2025-09")) for name in names)]
    with Share({"/drop": folder}) as share:
        connections = {"postal": share.connection}
        report = fetch_agency(warehouse, "postal", work, connections, "run-1", date(2025, 10, 9))
    found = [(one.delivery, one.error and one.error.failure.code) for one in report.outcomes]
    assert found == [
        ("parcel_volumes", "checksum_differs"), ("parcel_volumes", None), ("tricycles", "not_a_file"),
        ("terminal_stations", "limit_exceeded"),
    ]  # fmt: skip
    message = str(report.outcomes[3].error)
    for words in (
        "市邮政管理局",
        "postal_terminal_stations_202509_v1.csv: bytes",
        "limits.bytes",
        "契约中为",
    ):
        assert words in message
