"""Are the files of a recipe still in the landing store, byte for byte? Asked before anything is rebuilt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from green_freight.landing import LandingStore, sha256_of
from green_freight.replaying.errors import ReplayError
from green_freight.replaying.recipe import RecordedLoad

# An object store answers in tens of milliseconds, and years are thousands of files.
_AT_ONCE = 8
_NAMED = 10


def verify(
    loads: Iterable[RecordedLoad],
    store: LandingStore,
    on_progress: Callable[[int, int], object] = lambda *_: None,
) -> int:
    """Read every file once, compare its checksum with the recorded one, and return how many there are.

    Args:
        loads: the loads whose files are read; a file that several datasets share is read once.
        store: the warehouse's landing store.
        on_progress: called after each file with the number done and the number of all.

    Raises:
        ReplayError: a file is absent or altered; the message names the first ten.
    """
    files = list({load.source_file_key: load for load in loads}.values())
    problems: list[str] = []
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for done, problem in enumerate(pool.map(lambda load: _problem(load, store), files), start=1):
            problems += [problem] if problem else []
            on_progress(done, len(files))
    if problems:
        raise ReplayError(
            f"有 {len(problems)} 个落地文件缺失或被改动，无法重放；请从备份恢复后重试。 / "
            f"{len(problems)} landed files are absent or altered, so nothing can be replayed; restore them from the "
            "backup and try again.\n" + "\n".join(problems[:_NAMED])
        )
    return len(files)


def _problem(load: RecordedLoad, store: LandingStore) -> str | None:
    try:
        with store.open(load.landing_url) as file:
            found = sha256_of(file)
    except OSError as error:
        place = f"{load.landing_url}, {type(error).__name__}"
        return f"文件 {load.file_label} 缺失（{place}）。 / The file {load.file_label} is absent ({place})."
    if found != load.sha256:
        found, recorded = found[:16], load.sha256[:16]
        return (
            f"文件 {load.file_label} 的内容已变：{load.landing_url} 的 SHA-256 为 {found}…，记录为 {recorded}…。 / "
            f"The file {load.file_label} was altered: {load.landing_url} has the SHA-256 {found}…, but {recorded}… is "
            "recorded."
        )
    return None
