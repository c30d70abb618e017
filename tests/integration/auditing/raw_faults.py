"""The catalogue of faults in delivered data (raw_faults.yml)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from green_freight.messages import read_words


@dataclass(frozen=True)
class Fault:
    """A fault: what is wrong, the change of `raw`, and the verdict: `stop`, `warn`, or `pass` with its reason.

    `seen_by` names the expectations that fail (`<table>.<code>`), `unchanged` the indicators that it leaves alone.
    """

    what: str
    sql: str
    must: str
    seen_by: tuple[str, ...] = ()
    reason: str = ""
    unchanged: tuple[str, ...] = ()


FAULTS: dict[str, list[Fault]] = {
    build: [
        Fault(**{key: tuple(v) if isinstance(v, list) else v for key, v in fault.items()}) for fault in faults
    ]
    for build, faults in read_words(Path(__file__).with_suffix(".yml")).items()
}
SEEN = frozenset(code for faults in FAULTS.values() for fault in faults for code in fault.seen_by)
