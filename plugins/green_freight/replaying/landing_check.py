"""Are the files of a recipe still in the landing store, byte for byte? Asked before anything is rebuilt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from green_freight.landing import LandingStore, sha256_of
from green_freight.messages import message
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
        listed = "\n".join(problems[:_NAMED])
        raise ReplayError(f"{message('landed_files_altered', count=len(problems))}\n{listed}")
    return len(files)


def _problem(load: RecordedLoad, store: LandingStore) -> str | None:
    try:
        with store.open(load.landing_url) as file:
            found = sha256_of(file)
    except OSError as error:
        return message("landed_file_absent", load=load, error=type(error).__name__)
    if found != load.sha256:
        return message("landed_file_altered", load=load, found=found[:16], recorded=load.sha256[:16])
    return None
