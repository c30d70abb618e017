"""The landing store on a folder and on an object store's stand-in: only ever added to, always whole."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import fsspec
import pytest
from green_freight import landing
from green_freight.disk_space import explained
from green_freight.errors import FetchError, fetch_error
from green_freight.landing import (
    ChangedFileError,
    Exchange,
    Landed,
    LandingStore,
    Origin,
    read_exchanges,
    write_exchanges,
)

CONTENT = "站点编号,站点名称\n001,海州站\n".encode()
SHA256 = hashlib.sha256(CONTENT).hexdigest()
ORIGIN = Origin(
    agency="postal",
    delivery="terminal_stations",
    period="2025-09",
    file_name="postal_terminal_stations_202509_v2.csv",
    version=2,
    delivered_at=datetime(2025, 9, 30, 10, tzinfo=UTC),
    received_at=datetime(2025, 9, 30, 18, tzinfo=UTC),
    complete_through=date(2025, 9, 30),
    run_id="nightly 2025-09-30",
    request={"path": "/drop"},
)


@pytest.fixture(params=["file", "memory"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "file":
        yield (tmp_path / "落地 landing").as_uri()
        return
    memory = fsspec.filesystem("memory")
    yield "memory://landing"
    memory.rm("/landing", recursive=True)


def _names(url: str) -> list[str]:
    filesystem, root = fsspec.core.url_to_fs(url)
    return sorted(name.removeprefix(root) for name in filesystem.find(root))


def _provenance(store: LandingStore, landed: Landed) -> dict[str, Any]:
    with store.open(f"{landed.url}.provenance.json") as sidecar:
        return json.load(sidecar)


def test_a_file_is_kept_as_it_is_under_its_hash(url: str) -> None:
    landed = LandingStore(url).put(io.BytesIO(CONTENT), ORIGIN)
    assert (landed.sha256, landed.bytes, landed.is_new) == (SHA256, len(CONTENT), True)
    name = f"/postal/terminal_stations/2025-09/{SHA256[:16]}-{ORIGIN.file_name}"
    assert _names(url) == [name, f"{name}.provenance.json"]
    with LandingStore(url).open(landed) as content:
        assert content.read() == CONTENT
    with LandingStore(url).open(landed.url) as content:
        assert content.read() == CONTENT


def test_the_sidecar_tells_where_it_comes_from(url: str) -> None:
    store = LandingStore(url)
    assert _provenance(store, store.put(io.BytesIO(CONTENT), ORIGIN)) == {
        "agency": "postal",
        "delivery": "terminal_stations",
        "period": "2025-09",
        "file_name": ORIGIN.file_name,
        "sha256": SHA256,
        "bytes": len(CONTENT),
        "version": 2,
        "delivered_at": "2025-09-30T10:00:00+00:00",
        "received_at": "2025-09-30T18:00:00+00:00",
        "complete_through": "2025-09-30",
        "run_id": "nightly 2025-09-30",
        "request": {"path": "/drop"},
    }


def test_the_same_content_is_recognised_and_its_first_receipt_kept(url: str) -> None:
    store = LandingStore(url)
    first = store.put(io.BytesIO(CONTENT), ORIGIN)
    again = store.put(io.BytesIO(CONTENT), replace(ORIGIN, run_id="another run"))
    assert (again.is_new, again.url, again.source_file_key) == (False, first.url, first.source_file_key)
    assert _provenance(store, again)["run_id"] == "nightly 2025-09-30"
    assert len(_names(url)) == 2


def _changed(url: str, landed: Landed, content: bytes | None) -> None:
    """Give a landed file other content; none removes it."""
    filesystem, _ = fsspec.core.url_to_fs(url)
    path = filesystem._strip_protocol(LandingStore(url).location(landed.url))
    filesystem.rm_file(path)
    if content is not None:
        filesystem.pipe_file(path, content)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (CONTENT[:-1] + b"9", ChangedFileError), (CONTENT[:-5], ChangedFileError), (b"", ChangedFileError),
        (None, FileNotFoundError),
    ],
    ids=["changed", "truncated", "emptied", "missing"],
)  # fmt: skip
def test_a_file_that_is_not_what_was_received_is_refused_and_received_again(
    url: str, content: bytes | None, error: type[Exception]
) -> None:
    store = LandingStore(url)
    landed = store.put(io.BytesIO(CONTENT), ORIGIN)
    assert store.open_verified(landed.url, SHA256).read() == CONTENT
    _changed(url, landed, content)
    with pytest.raises(error) as caught:
        store.open_verified(landed.url, SHA256)
    assert not store.holds(landed.url, SHA256)
    if content is not None:
        assert SHA256 in str(caught.value)
        assert hashlib.sha256(content).hexdigest() in str(caught.value)
    assert store.put(io.BytesIO(CONTENT), ORIGIN).is_new
    assert store.open_verified(landed.url, SHA256).read() == CONTENT


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "device"])
def test_what_is_no_plain_file_is_not_opened(tmp_path: Path, kind: str) -> None:
    store = LandingStore(tmp_path.as_uri())
    landed = store.put(io.BytesIO(CONTENT), ORIGIN)
    path = tmp_path / landed.url
    aside = path.rename(tmp_path / "aside")
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(aside if kind == "link" else "/dev/zero")
    with pytest.raises(OSError, match="is no plain file"):
        store.open_verified(landed.url, SHA256)
    assert not store.holds(landed.url, SHA256)


def test_other_content_of_the_same_name_stands_beside_it(url: str) -> None:
    store = LandingStore(url)
    first = store.put(io.BytesIO(CONTENT), ORIGIN)
    second = store.put(io.BytesIO(CONTENT + b"002,\n"), ORIGIN)
    assert second.is_new
    assert first.source_file_key != second.source_file_key
    assert store.open(first).read() == CONTENT
    assert len(_names(url)) == 4


def test_a_source_is_read_from_its_beginning(url: str) -> None:
    source = io.BytesIO(CONTENT)
    source.read()
    assert LandingStore(url).put(source, ORIGIN).sha256 == SHA256


def test_a_lost_sidecar_is_written_again(url: str) -> None:
    store = LandingStore(url)
    landed = store.put(io.BytesIO(CONTENT), ORIGIN)
    filesystem, _ = fsspec.core.url_to_fs(url)
    filesystem.rm_file(f"{filesystem._strip_protocol(store.location(landed.url))}.provenance.json")
    assert not store.put(io.BytesIO(CONTENT), ORIGIN).is_new
    assert _provenance(store, landed)["sha256"] == SHA256


@pytest.mark.parametrize(
    "file_name", ["2025年9月_最终版(2).xlsx", "a/../../b.csv", "all*[x]?.csv", "长" * 200 + ".xlsx", " .csv"]
)
def test_any_file_name_stays_inside_its_folder(url: str, file_name: str) -> None:
    store = LandingStore(url)
    landed = store.put(io.BytesIO(CONTENT), replace(ORIGIN, file_name=file_name))
    assert store.open(landed).read() == CONTENT
    assert _provenance(store, landed)["file_name"] == file_name
    assert all(name.startswith("/postal/terminal_stations/2025-09/") for name in _names(url))
    assert not store.put(io.BytesIO(CONTENT), replace(ORIGIN, file_name=file_name)).is_new


@pytest.mark.parametrize("moved_to", ["elsewhere", "with space 与 中文", "deep/er"])
def test_a_folder_may_be_moved(tmp_path: Path, moved_to: str) -> None:
    landed = LandingStore(f"file://{tmp_path / 'landing'}").put(io.BytesIO(CONTENT), ORIGIN)
    (tmp_path / moved_to).parent.mkdir(exist_ok=True)
    (tmp_path / "landing").rename(tmp_path / moved_to)
    moved = LandingStore(f"file://{tmp_path / moved_to}")
    assert moved.open(landed.url).read() == CONTENT
    assert not moved.put(io.BytesIO(CONTENT), ORIGIN).is_new


def test_a_file_that_was_landed_elsewhere_is_known_by_its_whole_url(url: str, tmp_path: Path) -> None:
    (tmp_path / "a file").write_bytes(CONTENT)
    memory = fsspec.filesystem("memory")
    memory.pipe("/landing/other", CONTENT)
    for elsewhere in (f"file://{tmp_path / 'a file'}", "memory://landing/other"):
        assert LandingStore(url).location(elsewhere) == elsewhere
        assert LandingStore(url).open(elsewhere).read() == CONTENT


def test_a_broken_source_leaves_nothing_behind(url: str) -> None:
    class Broken(io.BytesIO):
        reads = 0

        def read(self, size: int | None = -1) -> bytes:
            self.reads += 1
            if self.reads > 1:
                raise OSError("the disk is gone")
            return super().read(size)

    with pytest.raises(FetchError, match="landing_unwritable"):
        LandingStore(url).put(Broken(CONTENT), ORIGIN)
    assert _names(url) == []


def test_a_full_disk_is_named_and_leaves_nothing_behind(small_disk: Path) -> None:
    store = LandingStore(f"file://{small_disk}/landing")
    first = store.put(io.BytesIO(CONTENT), ORIGIN)
    large = io.BytesIO(b"," * 2**21)
    with pytest.raises(FetchError, match="No space left on device") as raised:
        store.put(large, replace(ORIGIN, period="2025-08"))
    assert raised.value.code == "landing_unwritable" and raised.value.is_transient
    assert f"{small_disk}/landing: 0 MB free of 1 MB" in raised.value.detail
    assert len(_names(f"file://{small_disk}/landing")) == 2
    assert store.open(first).read() == CONTENT
    subprocess.run(["mount", "-o", "remount,size=8m", small_disk], check=True)
    assert store.open(store.put(large, replace(ORIGIN, period="2025-08"))).read() == large.getvalue()


def test_a_full_disk_is_no_fault_of_an_agency(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Where a response is kept while it is received.
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk))

    def receive() -> None:
        with tempfile.TemporaryFile() as content:
            content.write(b"," * 2**21)

    for words in ("No space left on device", "Read-only file system"):
        with pytest.raises(OSError, match=words) as refused:
            receive()
        failure = fetch_error(refused.value)
        assert (failure.code, failure.is_transient) == ("disk_full", True)
        assert f"{small_disk}: " in failure.detail
        assert "MB free of 1 MB" in failure.detail and words in failure.detail
        assert words in explained(refused.value, small_disk)
        subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)


def test_what_a_killed_process_left_half_written_is_removed_once_no_run_can_write_it(url: str) -> None:
    filesystem, root = fsspec.core.url_to_fs(url)
    store = LandingStore(url)
    store.remove_unfinished()
    store.put(io.BytesIO(CONTENT), ORIGIN)
    left = f"{root}/.unfinished/left"
    filesystem.pipe(left, CONTENT[:10])
    whole = [name for name in _names(url) if "unfinished" not in name]
    store.remove_unfinished()
    assert len(_names(url)) == len(whole) + 1
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(landing, "LONGEST_WRITE", timedelta(0))
        store.remove_unfinished()
    assert _names(url) == whole


def test_exchanges_are_the_same_bytes_for_the_same_answers() -> None:
    texts = []
    for request in ({"path": "/a", "query": {}}, {"query": {}, "path": "/a"}):
        target = io.BytesIO()
        write_exchanges([Exchange(request, '{"name":"连云港\\n"}\n'), Exchange({"n": 2}, "")], target)
        texts.append(target.getvalue())
    assert texts[0] == texts[1]
    assert texts[0].count(b"\n") == 2
    assert list(read_exchanges(io.BytesIO(texts[0]))) == [
        Exchange({"path": "/a", "query": {}}, '{"name":"连云港\\n"}\n'),
        Exchange({"n": 2}, ""),
    ]


@pytest.mark.parametrize("line", [b"no json\n", b"[]\n", b'{"body": ""}\n'])
def test_a_container_that_is_none_names_the_line(line: bytes) -> None:
    with pytest.raises(ValueError, match="line 2"):
        list(read_exchanges(io.BytesIO(b'{"request": {}, "body": ""}\n' + line)))
