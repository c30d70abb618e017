"""A register as a source keeps it: versions of records, each with the moment of its change.

The source shows, at a clock t, for each key the last version with `changed_at` < t; a removed record stays as a
tombstone (`is_deleted`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

Row = dict[str, Any]


class VersionedRegister:
    """Collects the versions of one register."""

    def __init__(self, key: str) -> None:
        self.key = key
        self._versions: list[Row] = []
        self._last: dict[str, Row] = {}

    def enter(self, row: Row, changed_at: datetime) -> None:
        """Write a record's first version; ValueError if the key is already there, a generator's mistake."""
        if row[self.key] in self._last:
            raise ValueError(f"{self.key} {row[self.key]!r} entered twice")
        self._write({**row, "changed_at": changed_at, "is_deleted": False})

    def amend(self, key: str, changed_at: datetime, **changes: Any) -> None:
        """Write a further version of a record, at least a second after the one before."""
        before = self._last[key]
        moment = max(changed_at, before["changed_at"] + timedelta(seconds=1))
        self._write({**before, **changes, "changed_at": moment})

    def remove(self, key: str, changed_at: datetime) -> None:
        """Write a tombstone."""
        self.amend(key, changed_at, is_deleted=True)

    def last(self, key: str) -> Row:
        """Return a record's last version."""
        return self._last[key]

    def versions(self) -> list[Row]:
        """Return all versions in the order of their change."""
        return sorted(self._versions, key=lambda row: (row["changed_at"], row[self.key]))

    def last_versions(self) -> list[Row]:
        """Return the last version of every record that was not removed, in order of entry."""
        return [row for row in self._last.values() if not row["is_deleted"]]

    def _write(self, row: Row) -> None:
        self._versions.append(row)
        self._last[row[self.key]] = row


def newest_rows(versions: Iterable[Row], key: str, until: datetime) -> list[Row]:
    """Return the last version of each record before a moment, tombstones included, in the order of first entry.

    `versions` must be in the order of their change.
    """
    return list({row[key]: row for row in versions if row["changed_at"] < until}.values())
