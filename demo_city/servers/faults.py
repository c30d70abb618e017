"""The ways in which an agency fails as a whole, and the board that says which one fails how at present."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

KINDS = {
    "down": "端口不通 / the port refuses connections",
    "slow": "每次响应都慢（秒数可设）/ every response is late by the given seconds",
    "wrong_token": "口令或令牌一律不认 / every password or token is refused",
    "garbage": "响应不是约定的格式 / responses are bytes of no agreed format",
    "half_file": "应答传到一半就断 / every transfer is cut half-way",
    "transient": "前几次请求失败，之后正常 / the first requests fail, later ones succeed",
}
_DEFAULT_AMOUNT = {"slow": 30.0, "transient": 2.0}
GARBAGE = b"\x00\xff<html>\xb7\xfe\xce\xf1\xc6\xf7\xce\xac\xbb\xa4\xd6\xd0 502 Bad Gateway</ht\xff"


@dataclass(frozen=True)
class Fault:
    """One way of failing; `amount` is seconds for slow, a number of requests for transient."""

    kind: str
    amount: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Read `down`, `slow`, `slow:45`, `transient:3`.

        Raises:
            ValueError: the kind is unknown or the amount is no number.
        """
        kind, _, amount = text.partition(":")
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is no fault; there are {', '.join(KINDS)}")
        return cls(kind, float(amount) if amount else _DEFAULT_AMOUNT.get(kind, 0.0))


@dataclass
class _Standing:
    fault: Fault
    failures_left: int


class FaultBoard:
    """Which connection fails how. A fault named for an agency stands for all its connections."""

    def __init__(self, connections: Mapping[str, str], faults: Mapping[str, str] | None = None) -> None:
        """Take the agency of each connection and the faults by agency or connection."""
        self._agency_of = dict(connections)
        self._standing: dict[str, _Standing] = {}
        for name, text in (faults or {}).items():
            self.set(name, text)

    def set(self, name: str, text: str | None) -> list[str]:
        """Let an agency or connection fail so (None: work again); return the connections concerned.

        Raises:
            ValueError: no such agency or connection, or no such fault.
        """
        concerned = [c for c, agency in self._agency_of.items() if name in (c, agency)]
        if not concerned:
            raise ValueError(f"{name!r} is neither an agency nor a connection: {sorted(self._agency_of)}")
        for connection in concerned:
            if text is None:
                self._standing.pop(connection, None)
                continue
            fault = Fault.parse(text)
            self._standing[connection] = _Standing(fault, int(fault.amount))
        return concerned

    def of(self, connection: str) -> Fault | None:
        """Return how a connection fails now, None if it works."""
        standing = self._standing.get(connection)
        return replace(standing.fault) if standing else None

    def fails(self, connection: str, kind: str) -> bool:
        """Tell whether a connection fails in this way."""
        standing = self._standing.get(connection)
        return standing is not None and standing.fault.kind == kind

    def seconds_late(self, connection: str) -> float:
        """Return by how many seconds each response of a connection is late."""
        standing = self._standing.get(connection)
        return standing.fault.amount if standing and standing.fault.kind == "slow" else 0.0

    def takes_transient_failure(self, connection: str) -> bool:
        """Use up one of the transient failures that are left; False when none is."""
        standing = self._standing.get(connection)
        if standing is None or standing.fault.kind != "transient" or standing.failures_left <= 0:
            return False
        standing.failures_left -= 1
        return True
