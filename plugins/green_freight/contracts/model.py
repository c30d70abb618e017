"""What a contract says, as the loader needs it: frozen objects made from a contract file by `reading`.

They are compared by identity: what is compiled from a contract is kept by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class ContractError(ValueError):
    """A contract file is not usable; the message names the file and the entry."""


@dataclass(frozen=True)
class Code:
    """One value of a code list: what it means, and the words that stand for it in a source."""

    value: str
    label: str
    source_names: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a raw table and how to find and judge it in a source.

    `logical_type` is ODCS's (string, number, integer, date, timestamp, boolean, array), `physical_type`
    PostgreSQL's. `source_names` are the names under which agencies deliver it, the standard one first.
    `value_from` names a rule by which a reader fills the column where the source does not carry it.
    """

    name: str
    title_zh: str
    description: str
    logical_type: str
    physical_type: str
    required: bool
    source_names: tuple[str, ...]
    key_position: int | None = None
    pattern: str | None = None
    max_length: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    codes: Mapping[str, Code] = field(default_factory=dict)
    code_system: str | None = None
    unit: str | None = None
    identifier: str | None = None
    is_kept_when_invalid: bool = False
    stops_when_absent: bool = False
    is_filled_down: bool = False
    value_from: str | None = None

    @property
    def is_key(self) -> bool:
        """Tell whether the column is part of the dataset's key."""
        return self.key_position is not None


@dataclass(frozen=True, eq=False)
class RowRule:
    """A rule over several columns of a row, by the name of a check in `green_freight.loading.row_rules`."""

    name: str
    description: str
    settings: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Contract:
    """One dataset: where it comes from, its columns in order, its rules.

    `container` says which reader opens its delivery, `content` which part of it this dataset is,
    `frequency` is `d` or `m`, `due_lag_days` the days after a period's last day by which it is due. A file of which
    more rows than `tolerated_rejected_rows`, and more than `tolerated_rejected_share` of all, break the contract
    is not loaded: what was there before is nearer to the truth than its remainder.
    """

    id: str
    version: str
    title_zh: str
    title_en: str
    agency: str
    delivery: str
    container: str
    content: str | None
    sheet_names: tuple[str, ...]
    columns: tuple[Column, ...]
    rules: tuple[RowRule, ...]
    event_date_column: str | None
    stops_at_new_column: bool
    frequency: str
    due_lag_days: int
    tolerated_rejected_rows: int
    tolerated_rejected_share: float
    description: str

    def tolerates(self, rows_rejected: int, rows_in_file: int) -> bool:
        """Tell whether a file with so many rejected rows may still be loaded."""
        return (
            rows_rejected <= self.tolerated_rejected_rows
            or rows_rejected <= self.tolerated_rejected_share * rows_in_file
        )

    @property
    def key(self) -> tuple[Column, ...]:
        """Return the key's columns in the order of their position."""
        return tuple(sorted((c for c in self.columns if c.is_key), key=lambda c: c.key_position or 0))

    @property
    def names(self) -> tuple[str, ...]:
        """Return the columns' names in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Return one column.

        Raises:
            KeyError: the contract has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.id} has no column {name}")

    def position(self, name: str) -> int:
        """Return a column's place among `columns`, from 0."""
        return self.names.index(name)
