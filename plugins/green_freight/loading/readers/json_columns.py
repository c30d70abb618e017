"""JSON objects to values in the contract's order. Objects of one shape (same keys) are resolved once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from green_freight.contracts.model import Contract

_NOWHERE = "\x00"


class KeyedColumns:
    """Finds a contract's columns in JSON objects and remembers what was missing or new."""

    def __init__(
        self, contract: Contract, standard_name: Callable[[str], str], known: Iterable[str] = ()
    ) -> None:
        """`standard_name` puts a drifted key right; `known` are further keys that are no news."""
        self._contract = contract
        self._standard_name = standard_name
        self._known = frozenset(known) | {name for column in contract.columns for name in column.source_names}
        self._shapes: dict[tuple[str, ...], list[str]] = {}
        self._met: set[str] = set()
        self._new: dict[str, None] = {}

    def values(self, item: dict[str, Any]) -> list[Any]:
        """Return the values in the contract's order; empty text and absent keys are None."""
        shape = tuple(item)
        keys = self._shapes.get(shape)
        if keys is None:
            keys = self._shapes[shape] = self._learn(shape)
        get = item.get
        return [None if (value := get(key)) == "" else value for key in keys]

    def absent(self) -> set[str]:
        """Return the columns that no object carried; none before the first object."""
        return set(self._contract.names) - self._met if self._shapes else set()

    def new_columns(self) -> list[str]:
        """Return keys that neither the contract nor the exchange's standard knows, as first met."""
        return list(self._new)

    def _learn(self, shape: tuple[str, ...]) -> list[str]:
        by_name: dict[str, str] = {}
        for key in shape:
            name = key if key in self._known else self._standard_name(key)
            if name not in self._known:
                self._new[key] = None
            # The right spelling wins where both occur.
            if name not in by_name or key == name:
                by_name[name] = key
        keys = []
        for column in self._contract.columns:
            found = next((by_name[name] for name in column.source_names if name in by_name), _NOWHERE)
            if found is not _NOWHERE:
                self._met.add(column.name)
            keys.append(found)
        return keys
