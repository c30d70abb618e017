"""How a scratch database is named and recognised: by its name and by a comment on the database."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlsplit, urlunsplit

from psycopg.conninfo import conninfo_to_dict

from green_freight.warehouse.connection import Warehouse

_MARK = "green_freight_scratch_of"
_PLAIN = re.compile(r"[a-z0-9_]{1,30}")


@dataclass(frozen=True)
class Scratch:
    """One scratch database.

    `name` is what it was requested by, `database` the database's own name, `warehouse` the scratch as the pipeline
    works on it: the same logins, a folder of its own for state, and the landing store of the original.
    """

    name: str
    database: str
    created_at: datetime
    warehouse: Warehouse


def scratch_of(warehouse: Warehouse, name: str, created_at: datetime) -> Scratch:
    """Return the scratch of a name beside a warehouse."""
    plain = _plain(name)
    database = f"{prefix(warehouse)}{plain}"
    urls = {role: _with_database(url, database) for role, url in warehouse.urls.items()}
    home = warehouse.home / "scratch" / plain
    return Scratch(name, database, created_at, Warehouse(urls, home, warehouse.landing_url))


def mark(warehouse: Warehouse, scratch: Scratch) -> str:
    """Return the comment on a scratch's database."""
    facts = {
        _MARK: database_name(warehouse),
        "name": scratch.name,
        "created_at": scratch.created_at.isoformat(),
        "note": "临时库，可随时删除 / a scratch database, may be dropped at any time",
    }
    return json.dumps(facts, ensure_ascii=False)


def marked(warehouse: Warehouse, database: str, comment: str | None) -> Scratch | None:
    """Return the scratch that a database's comment describes, None where it describes none of this warehouse."""
    try:
        facts = json.loads(comment or "")
    except ValueError:
        return None
    if not isinstance(facts, Mapping) or facts.get(_MARK) != database_name(warehouse):
        return None
    scratch = scratch_of(warehouse, str(facts["name"]), datetime.fromisoformat(facts["created_at"]))
    return scratch if database == scratch.database else None


def database_name(warehouse: Warehouse) -> str:
    """Return the name of a warehouse's database."""
    return str(conninfo_to_dict(warehouse.url("owner"))["dbname"])


def prefix(warehouse: Warehouse) -> str:
    """Return the beginning of the names of a warehouse's scratch databases."""
    # A server takes 63 bytes: 22 for the warehouse's name, 10 for the word between, 30 for the scratch's own.
    name = database_name(warehouse)
    beginning = name if len(name.encode()) <= 22 else _digested(name, 22, name)
    return f"{beginning}__scratch_"


def _with_database(url: str, database: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, f"/{quote(database, safe='')}", parts.query, ""))


def _plain(name: str) -> str:
    """Return the name in letters that databases and folders take, different names differently."""
    return name if _PLAIN.fullmatch(name) else _digested(re.sub(r"[^a-z0-9]+", "_", name.lower()), 30, name)


def _digested(beginning: str, most: int, whole: str) -> str:
    """Return the beginning with a digest of the whole text, in `most` bytes."""
    digest = hashlib.sha256(whole.encode()).hexdigest()[:8]
    return f"{beginning.encode()[: most - 9].decode(errors='ignore')}_{digest}"
