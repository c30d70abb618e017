"""Signals that end a command: turned into one exception, so that what was started is stopped on every way out."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class CommandInterruptedError(BaseException):
    """The command was asked to end; `status` is the exit status that shells expect of it.

    No KeyboardInterrupt: the argument parser would turn that into an exit status of its own.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.status = 128 + number


def install() -> None:
    """Raise CommandInterruptedError in the main thread on the signals of ENDING that are not ignored (nohup)."""
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _raise)


@contextmanager
def shielded() -> Iterator[None]:
    """Let a short clean-up end although the terminal goes on sending Ctrl-C."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _raise(number: int, frame: FrameType | None) -> None:
    raise CommandInterruptedError(number)
