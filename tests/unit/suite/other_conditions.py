"""A pytest plugin (`-p tests.unit.suite.other_conditions`): another clock, and folders listed in another order.

SHIFT_SECONDS moves the clock of this process; a seed in FOLDER_ORDER shuffles what the file system lists.
"""

from __future__ import annotations

import datetime
import os
import random
import time
from collections.abc import Iterator
from typing import Any

# Imported while the classes of datetime are the real ones: pandas' C code ends the process where they are others, and
# a class of pydantic's old version, which Great Expectations uses, has another metaclass than theirs.
import pandas  # noqa: F401
import pydantic.v1  # noqa: F401

SHIFT = int(os.environ.get("SHIFT_SECONDS", "0"))
ORDER = random.Random(os.environ.get("FOLDER_ORDER", "0"))

_time, _time_ns, _scandir, _listdir = time.time, time.time_ns, os.scandir, os.listdir
_Date, _Datetime = datetime.date, datetime.datetime


class _AnyDate(type):
    """Let values of the real classes, which C code makes, be instances of the moved ones."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _Datetime if issubclass(cls, _Datetime) else _Date)


class MovedDate(_Date, metaclass=_AnyDate):
    """A date whose today is moved."""

    @classmethod
    def today(cls) -> Any:
        return _Date.fromtimestamp(time.time())


class MovedDatetime(_Datetime, metaclass=_AnyDate):
    """A datetime whose now is moved."""

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return _Datetime.fromtimestamp(time.time(), tz)

    @classmethod
    def utcnow(cls) -> Any:
        return _Datetime.fromtimestamp(time.time(), datetime.UTC).replace(tzinfo=None)


class ShuffledScan:
    """What os.scandir returns, in another order."""

    def __init__(self, path: Any = ".") -> None:
        with _scandir(path) as listed:
            self.entries = list(listed)
        ORDER.shuffle(self.entries)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.entries)

    def __next__(self) -> Any:
        if not self.entries:
            raise StopIteration
        return self.entries.pop()

    def __enter__(self) -> ShuffledScan:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close nothing: the real scan is over."""


def shuffled_listdir(path: Any = ".") -> list[Any]:
    """Return what os.listdir does, in another order."""
    listed = _listdir(path)
    ORDER.shuffle(listed)
    return listed


if SHIFT:
    time.time = lambda: _time() + SHIFT
    time.time_ns = lambda: _time_ns() + SHIFT * 1_000_000_000
    datetime.date, datetime.datetime = MovedDate, MovedDatetime  # type: ignore[misc]
if "FOLDER_ORDER" in os.environ:
    os.scandir, os.listdir = ShuffledScan, shuffled_listdir  # type: ignore[assignment]
