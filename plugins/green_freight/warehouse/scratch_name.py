"""What a scratch database is called and how it is told from any other: by its name and by a mark on it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from green_freight import settings

_MARK = "green_freight_scratch_of"
_PLAIN = re.compile(r"[a-z0-9_]{1,30}")


@dataclass(frozen=True)
class Scratch:
    """One scratch database.

    `name` is what it was asked for by, `database` the database's own name, `urls` each role's libpq URL (the
    warehouse's with another database), `home` the folder for the state of what runs in it.
    """

    name: str
    database: str
    created_at: datetime
    urls: Mapping[str, str]
    home: Path


def scratch_of(name: str, created_at: datetime) -> Scratch:
    """Return the scratch of a name: what follows from the name and the settings."""
    plain = _plain(name)
    database = f"{prefix()}{plain}"
    urls = {role: _with_database(settings.warehouse_url(role), database) for role in settings.ROLES}
    return Scratch(name, database, created_at, urls, settings.home() / "scratch" / plain)


def mark(scratch: Scratch) -> str:
    """Return the comment that a scratch's database bears."""
    facts = {
        _MARK: _warehouse_database(),
        "name": scratch.name,
        "created_at": scratch.created_at.isoformat(),
        "note": "临时库，可随时删除 / a scratch database, may be dropped at any time",
    }
    return json.dumps(facts, ensure_ascii=False)


def marked(database: str, comment: str | None) -> Scratch | None:
    """Return the scratch that a database's comment says it is, None where it says nothing of the kind."""
    try:
        facts = json.loads(comment or "")
    except ValueError:
        return None
    if not isinstance(facts, Mapping) or facts.get(_MARK) != _warehouse_database():
        return None
    scratch = scratch_of(str(facts["name"]), datetime.fromisoformat(facts["created_at"]))
    return scratch if database == scratch.database else None


def _warehouse_database() -> str:
    return unquote(urlsplit(settings.warehouse_url("owner")).path.lstrip("/"))


def _with_database(url: str, database: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, f"/{quote(database, safe='')}", parts.query, ""))


def prefix() -> str:
    """Return what the names of this warehouse's scratch databases begin with."""
    # A server takes 63 bytes: 22 for the warehouse's name, 10 for the word between, 30 for the scratch's own.
    warehouse = _warehouse_database()
    beginning = warehouse if len(warehouse.encode()) <= 22 else _digested(warehouse, 22, warehouse)
    return f"{beginning}__scratch_"


def _plain(name: str) -> str:
    """Return the name in letters that databases and folders take, different names differently."""
    return name if _PLAIN.fullmatch(name) else _digested(re.sub(r"[^a-z0-9]+", "_", name.lower()), 30, name)


def _digested(beginning: str, most: int, whole: str) -> str:
    """Return the beginning with a digest of the whole text, in `most` bytes."""
    digest = hashlib.sha256(whole.encode()).hexdigest()[:8]
    return f"{beginning.encode()[: most - 9].decode(errors='ignore')}_{digest}"
