"""The original files of counted rows: brought from the landing store, and only if they are still what was delivered."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Protocol

from green_freight.evidence import formatting as fmt
from green_freight.evidence.archive import safe_name
from green_freight.evidence.errors import OriginalDiffers, OriginalMissing
from green_freight.evidence.evidence_rows import SourceFile

FOLDER = "原始文件"
_CHUNK_BYTES = 1 << 20


class OpensLanded(Protocol):
    """The part of the landing store that is needed here (`green_freight.landing.LandingStore`)."""

    def open(self, landed: str) -> BinaryIO:
        """Open a landed file by its URL."""
        ...


def bring(files: Iterable[SourceFile], store: OpensLanded, folder: Path) -> dict[str, Path]:
    """Copy each file into a folder of ours and return the copies by the files' keys.

    What is read and packed afterwards is the copy, so that it is the very content that was verified.

    Raises:
        OriginalMissing: the landing store does not have a file.
        OriginalDiffers: a file's content is not the one that was recorded when it was received and published.
    """
    return {file.source_file_key: _bring_one(file, store, folder) for file in files}


def archive_paths(files: Iterable[SourceFile]) -> dict[str, str]:
    """Return each file's place in the pack by its key: 原始文件/<agency>/<delivery>/<period>/<name as delivered>.

    Where a period was delivered twice under one name, both carry the beginning of their checksum.
    """
    listed = list(files)
    names = Counter(_place(file, safe_name(file.file_name)) for file in listed)
    paths = {}
    for file in listed:
        name = safe_name(file.file_name)
        if names[_place(file, name)] > 1:
            name = f"{file.sha256[:16]}-{name}"
        paths[file.source_file_key] = _place(file, name)
    return paths


def describe(file: SourceFile) -> tuple[str, str]:
    """Return agency, delivery, period and file in Chinese and English, as errors name them."""
    what = f"{file.delivery_name} {file.period_label} {file.file_name}"
    return f"{fmt.agency(file.agency_code)} {what}", f"{file.agency_code} {what}"


def _place(file: SourceFile, name: str) -> str:
    return f"{FOLDER}/{file.agency_code}/{file.delivery_name}/{file.period_label}/{name}"


def _bring_one(file: SourceFile, store: OpensLanded, folder: Path) -> Path:
    zh, en = describe(file)
    if file.landing_url is None:
        raise OriginalMissing(
            f"{zh}：接收记录（ops.source_file）中没有此文件；请从备份恢复数据库 / "
            f"{en}: the record of received files has no such file; restore the database from its backup"
        )
    copy = folder / file.source_file_key
    digest = hashlib.sha256()
    with copy.open("wb") as target:
        for chunk in _chunks(file.landing_url, file, store):
            digest.update(chunk)
            target.write(chunk)
    _insist_on_content(file, digest.hexdigest())
    return copy


def _chunks(url: str, file: SourceFile, store: OpensLanded) -> Iterator[bytes]:
    try:
        with store.open(url) as source:
            while chunk := source.read(_CHUNK_BYTES):
                yield chunk
    except OSError as error:
        zh, en = describe(file)
        raise OriginalMissing(
            f"{zh}：落地存储中取不到该文件（{url}，{type(error).__name__}）；请从备份恢复落地存储，"
            "或请该单位重新报送原文件 / "
            f"{en}: the landing store does not give it ({url}, {type(error).__name__}); restore the landing store from "
            "its backup, or ask the agency for the same file again"
        ) from error


def _insist_on_content(file: SourceFile, found: str) -> None:
    recorded: Mapping[str, str | None] = {
        "发布 published": file.sha256,
        "接收 received": file.recorded_sha256,
    }
    for moment, sha256 in recorded.items():
        if sha256 != found:
            zh, en = describe(file)
            raise OriginalDiffers(
                f"{zh}：内容与记录不符（{moment} {sha256}，现为 {found}），不得作为佐证；"
                "请从备份恢复落地存储中的原文件，并查明何人何时改动 / "
                f"{en}: its content is not the one on record ({moment} {sha256}, now {found}) and proves nothing; "
                "restore the original in the landing store from its backup and find out who changed it"
            )
