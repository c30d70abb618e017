"""Are the files of a recipe still in the landing store, byte for byte? Asked before anything is rebuilt."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from green_freight.landing import LandingStore
from green_freight.replaying.errors import ReplayError
from green_freight.replaying.recipe import RecordedLoad

_CHUNK_BYTES = 1 << 20
# An object store answers in tens of milliseconds, and years are thousands of files.
_AT_ONCE = 8
_NAMED = 10


def verify(
    loads: Iterable[RecordedLoad], store: LandingStore, tell: Callable[[int, int], object] = lambda *_: None
) -> int:
    """Read every file once, compare its checksum with the recorded one, and return how many there are.

    Args:
        loads: the loads whose files are read; a file that several datasets share is read once.
        store: the warehouse's landing store.
        tell: called after each file with the number done and the number of all.

    Raises:
        ReplayError: a file is absent or altered; the message names the first ten.
    """
    files = list({load.source_file_key: load for load in loads}.values())
    problems: list[str] = []
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for done, problem in enumerate(pool.map(lambda load: _problem(load, store), files), start=1):
            problems += [problem] if problem else []
            tell(done, len(files))
    if problems:
        more = f"\n… 另有 {len(problems) - _NAMED} 个 / and {len(problems) - _NAMED} more"
        raise ReplayError(
            "落地文件已缺失或被改动，无法重放；请从备份恢复后重试 / landed files are absent or altered, so nothing can "
            "be replayed; restore them from the backup and try again:\n"
            + "\n".join(problems[:_NAMED])
            + (more if len(problems) > _NAMED else "")
        )
    return len(files)


def _problem(load: RecordedLoad, store: LandingStore) -> str | None:
    digest = hashlib.sha256()
    try:
        with store.open(load.landing_url) as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
    except OSError as error:
        return f"{load.words}: 缺失 / absent: {load.landing_url} ({type(error).__name__})"
    if digest.hexdigest() != load.sha256:
        return (
            f"{load.words}: 内容已变 / altered: {load.landing_url} (sha256 {digest.hexdigest()[:16]}…, "
            f"应为 / recorded {load.sha256[:16]}…)"
        )
    return None
