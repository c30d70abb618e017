"""The ways in which an agency fails as a whole."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = {
    "down": "端口不通 / the port refuses connections",
    "slow": "每次响应都慢（秒数可设）/ every response is late by the given seconds",
    "wrong_token": "口令或令牌一律不认 / every password or token is refused",
    "garbage": "响应不是约定的格式 / responses are bytes of no agreed format",
    "half_file": "应答传到一半就断 / every transfer is cut half-way",
    "transient": "前几次请求失败，之后正常 / the first requests fail, later ones succeed",
}
_DEFAULT_AMOUNT = {"slow": 30.0, "transient": 2.0}


@dataclass
class Fault:
    """How one connection fails at present; `amount` is seconds for slow, the requests still to fail for transient."""

    kind: str | None = None
    amount: float = 0.0

    def set(self, text: str | None) -> None:
        """Fail from now on like `down` or `slow:45` (ValueError for another kind or amount); None: work again."""
        kind, _, amount = (text or "").partition(":")
        if text is not None and kind not in KINDS:
            raise ValueError(f"{kind!r} is no fault; there are {', '.join(KINDS)}")
        self.amount = float(amount) if amount else _DEFAULT_AMOUNT.get(kind, 0.0)
        self.kind = kind or None

    @property
    def seconds_late(self) -> float:
        """Return by how many seconds each response is late."""
        return self.amount if self.kind == "slow" else 0.0

    def takes_transient_failure(self) -> bool:
        """Use up one of the transient failures that are left; False when none is."""
        if self.kind != "transient" or self.amount < 1:
            return False
        self.amount -= 1
        return True
