"""A dataset's contract as frozen objects, made from a contract file by `parser`.

They are compared by identity, because caches of what is compiled from a contract are keyed by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from green_freight.limits import Limits


class ContractError(ValueError):
    """A contract file is not usable; the message names the file and the entry."""


class Granularity(StrEnum):
    """Which periods a delivery is fetched for, and thereby when it is due: on the last day of each."""

    DAY = "day"
    MONTH = "month"
    # Registers: what changed in a window, labelled with a day (nightly) or a month (history).
    CHANGED_SINCE = "changed_since"


class Handling(StrEnum):
    """What becomes of a file that is not, or may not be, all of its delivery."""

    STOP = "stop"
    # Its good rows are loaded with a warning, the delivery stays incomplete.
    PARTIAL = "load_as_partial"
    ACCEPT = "accept"


class Code(BaseModel):
    """One value of a code list: its label (`中文 / English`), and the words that stand for it in a source."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel)

    value: str
    label: str
    source_names: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a raw table, how to find it in a source and how to validate it.

    `logical_type` is ODCS's (string, number, integer, date, timestamp, boolean, array), `physical_type`
    PostgreSQL's. `source_names` are the names under which agencies deliver it, the standard one first.
    `identifier` is the kind whose normal form the values have (`green_freight.contracts.identifiers`), None for other
    texts. `rejects_invalid` decides whether a row with an invalid `identifier` is rejected or loaded with a warning.
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
    rejects_invalid: bool = True
    stops_when_absent: bool = False
    is_filled_down: bool = False
    value_from: str | None = None

    @property
    def title_en(self) -> str:
        """Return the column's name in English: the beginning of the English description."""
        return self.description.rpartition(" / ")[2].split(",")[0]

    @property
    def is_checked(self) -> bool:
        """Tell whether the column holds identifiers that a national standard lets one check."""
        return self.identifier in ("uscc", "vin", "plate")

    @property
    def is_key(self) -> bool:
        """Tell whether the column is part of the dataset's key."""
        return self.key_position is not None


@dataclass(frozen=True, eq=False)
class RowRule:
    """A rule over several columns of a row, by the name of a check in `green_freight.loading.row_rules`."""

    name: str
    settings: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Contract:
    """One dataset: where it comes from, its columns in order, its rules.

    `delivery` is the delivery of the agency that carries it, fetched over the agency's connection `connection`.
    `refetch`: a day's data may change later without notice, so the day is fetched again on a schedule while this
    register, a dataset of the same agency, lists every record that the day's rows refer to.
    `expected_from`: first day that is due, None for the programme's first day.
    `container` selects the reader, `content` the part of the container that this dataset is, `sheet_names` the
    sheets of a workbook. With `has_flows` its figures are those of the period alone, and none of a longer span may be
    taken for them; without, a form states how things stand.

    Whether a file is a whole delivery: of `on_too_many_rejected` where more rows than `tolerated_rejected_rows`, and a
    larger share than `tolerated_rejected_share`, were rejected (above `most_rejected_share` it always stops);
    `on_no_rows` where none is left; `on_few_rows` where a form has less than `fewest_rows_share` of the rows it had
    last time; `on_repeated_period` where a form's rows are those of the month before or after. A file never replaces
    a complete load as a partial one: what was loaded before is closer to the truth than what would remain.
    """

    id: str
    version: str
    title_zh: str
    title_en: str
    agency: str
    delivery: str
    granularity: Granularity
    connection: str
    refetch: str | None
    expected_from: date | None
    container: str
    content: str | None
    sheet_names: tuple[str, ...]
    grain: str
    columns: tuple[Column, ...]
    rules: tuple[RowRule, ...]
    event_date_column: str | None
    has_flows: bool
    stops_at_new_column: bool
    tolerated_rejected_rows: int
    tolerated_rejected_share: float
    most_rejected_share: float
    fewest_rows_share: float
    on_too_many_rejected: Handling
    on_no_rows: Handling
    on_few_rows: Handling
    on_repeated_period: Handling
    keeps_newest: bool
    limits: Limits

    @property
    def title(self) -> str:
        """Return the dataset's name in both languages, `中文 / English`."""
        return f"{self.title_zh} / {self.title_en}"

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
