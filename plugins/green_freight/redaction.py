"""Keeping secrets out of messages: what was read as a secret is replaced in every text that is logged or recorded.

A server may repeat a request in its response, a library may quote a header or a URL. So settings and connections
remember their secrets here as they are read, and messages of others pass `redacted` before they are cut, stored or
logged.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterator, Mapping
from urllib.parse import quote, quote_plus, unquote

MARK = "***"
# Shorter ones would take letters out of every text.
_SHORTEST = 5
# A line of a secret is one where it is this long.
_SHORTEST_LINE = 8
_NAMES = re.compile(r"secret|password|passwd|passphrase|token|(?<!host_)key$|credential", re.IGNORECASE)
_PASSWORD_IN_URL = re.compile(
    r"(?P<login>\b[a-z][a-z0-9+.-]*://[^\s/:@?#]*):(?P<password>[^\s]*)@", re.IGNORECASE
)
# Secrets that nobody remembered: those of other processes, and what a server gave.
_PATTERNS = (
    (_PASSWORD_IN_URL, rf"\g<login>:{MARK}@"),
    (
        re.compile(r"\b(bearer|basic)(\s+|%20|\+)(?=\S*[\d=]|\S{16})[\w+/=.~%-]{4,}", re.IGNORECASE),
        rf"\1 {MARK}",
    ),
    (
        re.compile(r"(/hook/)[\w-]{8,}(?:#[^\s'\"]+)?", re.IGNORECASE),
        rf"\1{MARK}",
    ),
    (
        re.compile(r"([?&](?:key|sign|token|access_token|secret|password)=)[^&\s'\"]+", re.IGNORECASE),
        rf"\1{MARK}",
    ),
)

_lock = threading.Lock()
_remembered: set[str] = set()
_pattern: re.Pattern[str] | None = None


def remember(*secrets: str | None) -> None:
    """Keep secrets, and every form in which a library or a server may show them, out of all messages from now on."""
    global _pattern
    forms = {form for secret in secrets if secret for form in _forms(secret) if len(form) >= _SHORTEST}
    with _lock:
        if not forms <= _remembered:
            _remembered.update(forms)
            # Compiled by the next message: a run opens many connections, and most of them have none.
            _pattern = None


def remember_login(login: str, password: str) -> None:
    """Keep a password out of messages, also where HTTP sends it together with the login."""
    remember(password, base64.b64encode(f"{login}:{password}".encode()).decode() if password else None)


def remember_url(url: str | None) -> None:
    """Keep a URL's password, the secret parameters of its query, a webhook's key and the fragment out of messages."""
    for found in _PASSWORD_IN_URL.finditer(url or ""):
        remember(found["password"], unquote(found["password"]))
    for found in re.finditer(r"(?:/hook/|#)([^/?#\s]+)", url or ""):
        remember(found[1], unquote(found[1]))
    for found in re.finditer(r"[?&][^=&]+=([^&#\s]+)", url or ""):
        # A query names what it wants in short words; keys are long.
        if len(found[1]) >= 16:
            remember(found[1], unquote(found[1]))


def remember_named(entries: Mapping[str, str]) -> None:
    """Keep the values out of messages whose names say that they are secret."""
    for name, value in entries.items():
        if _NAMES.search(name):
            remember(value)
        elif "://" in value:
            remember_url(value)


def redacted(text: str) -> str:
    """Return a text with every secret that is remembered, or that stands where secrets stand, replaced by `***`."""
    if _remembered:
        text = _remembered_pattern().sub(MARK, text)
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


def _remembered_pattern() -> re.Pattern[str]:
    global _pattern
    with _lock:
        if _pattern is None:
            longest_first = sorted(_remembered, key=lambda form: (-len(form), form))
            _pattern = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)
        return _pattern


def _forms(secret: str) -> Iterator[str]:
    """Yield a secret as it is and as it may be quoted: in URLs, JSON, Python's own words, Base64; also line by line."""
    lines = {line for line in secret.split("\n") if len(line) >= _SHORTEST_LINE}
    for plain in {secret, secret.strip(), *lines}:
        yield plain
        yield from {quote(plain), quote(plain, safe=""), quote_plus(plain)}
        yield from {repr(plain)[1:-1], repr(plain.encode("utf-8", "replace"))[2:-1]}
        yield from {json.dumps(plain)[1:-1], json.dumps(plain, ensure_ascii=False)[1:-1]}
        for encoded in (base64.b64encode, base64.urlsafe_b64encode):
            yield encoded(plain.encode("utf-8", "replace")).decode().rstrip("=")
