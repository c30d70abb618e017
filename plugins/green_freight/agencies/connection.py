"""How an agency is reached, in the package's own plain form; Airflow's connections are turned into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from green_freight.errors import FetchError


@dataclass(frozen=True)
class Connection:
    """Address and credentials of one service; `extra` holds what its protocol needs beyond login and password.

    Every connection may set the retry policy in `extra` (see protocols.retry_policy.RetryPolicy) and `proxy` for HTTP.
    """

    host: str
    port: int
    login: str = ""
    password: str = field(default="", repr=False)
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Connection:
        """Return the connection that a mapping describes, as agencies.json of the demonstration holds it."""
        extra = {key: str(value) for key, value in (facts.get("extra") or {}).items()}
        login, password = facts.get("login") or "", facts.get("password") or ""
        return cls(str(facts["host"]), int(facts["port"]), login, password, extra)

    @property
    def base_url(self) -> str:
        """Return the URL of an HTTP service: `base_url` of the extra, else http on host and port."""
        return self.extra.get("base_url") or f"http://{self.host}:{self.port}"

    def required(self, name: str) -> str:
        """Return an entry of the extra.

        Raises:
            FetchError: `connection_incomplete`, it is absent or empty.
        """
        if value := self.extra.get(name):
            return value
        raise FetchError("connection_incomplete", f"extra.{name}")
