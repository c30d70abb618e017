"""The agencies: each as its file `agencies/<code>.yaml` describes it; deliveries follow from its datasets' contracts.

Reading the files is cheap, so that Airflow may do it whenever it parses a DAG file; contracts are read at the first
use of `deliveries`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ImportString, ValidationError, model_validator

from green_freight.limits import Limits
from green_freight.messages import message, read_words
from green_freight.periods import Period
from green_freight.warehouse import Session
from green_freight.written_dates import month_in

if TYPE_CHECKING:
    from green_freight.contracts import Contract, Granularity


_MOST_VERSION_DIGITS = 9
FOLDER = Path(__file__).resolve().parent


class AgencyFileError(ValueError):
    """An agency file is not usable; the message names the file and the entry."""


@dataclass(frozen=True)
class FilePlace:
    """What a file name tells: the period, the agency's version, and the delivery (None: the connection's only one)."""

    period: Period
    version: int = 1
    delivery: str | None = None


def month_place(file_name: str) -> FilePlace | None:
    """Return the month that people wrote into a file name in one of many spellings, as a `name_parser`."""
    month = month_in(file_name, is_file_name=True)
    return None if month is None else FilePlace(Period(month))


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Names(_Entry):
    """A name in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Pool(Names):
    """The Airflow pool of an agency: how many of its tasks run at a time, and what the pool limits."""

    slots: int = Field(ge=1)


class PagedApiConnection(_Entry):
    """A paged JSON service; a delivery is the list below `root` that has its name, with hyphens.

    Registers are asked for by `changed_since` and `changed_before`, other deliveries by a day or a month in the query
    parameter of that name. `changed_days` has, by delivery, the list of days that the agency corrected in a window.
    """

    protocol: Literal["paged_api"]
    purpose: Names
    root: str = Field(pattern="^/.*/$")
    day_parameter: str = "day"
    month_parameter: str = "month"
    changed_days: Mapping[str, str] = {}


class ChargingExchangeConnection(_Entry):
    """The charging exchange T/CEC 102: the station register, and daily energy by station."""

    protocol: Literal["tcec102"]
    purpose: Names


class SftpConnection(_Entry):
    """Files on an SFTP server, told apart by their names.

    `name_pattern` has the groups year, month, and where the names carry them day, version and delivery; instead,
    `name_parser` is a function from a file name to its FilePlace or None. Files without `suffix` are left aside.
    `example` is a name as it was agreed, for messages.
    Where `every_name_has_a_period`, a name that tells none is an error of the period that lacks a file.
    """

    protocol: Literal["sftp"]
    purpose: Names
    folder: str = Field(pattern="^/.*[^/]$")
    has_month_folders: bool = False
    suffix: str = ""
    example: str
    name_pattern: re.Pattern[str] | None = None
    name_parser: ImportString[Callable[[str], FilePlace | None]] | None = None
    every_name_has_a_period: bool = False
    has_checksum_files: bool = False

    @model_validator(mode="after")
    def _has_one_way_to_read_names(self) -> SftpConnection:
        if (self.name_pattern is None) == (self.name_parser is None):
            raise ValueError("exactly one of name_pattern and name_parser is needed")
        if self.name_pattern is not None and not {"year", "month"} <= set(self.name_pattern.groupindex):
            raise ValueError("name_pattern needs the named groups year and month")
        if self.place(self.example) is None or not self.example.lower().endswith(self.suffix):
            raise ValueError(f"the example {self.example} is no name of a delivery")
        return self

    def place(self, file_name: str) -> FilePlace | None:
        """Return what a file name tells, None where it is no delivery's."""
        if self.name_parser is not None:
            return self.name_parser(file_name)
        assert self.name_pattern is not None
        found = re.fullmatch(self.name_pattern.pattern, file_name, re.IGNORECASE)
        if found is None:
            return None
        parts = found.groupdict()
        label = "-".join(parts[part] for part in ("year", "month", "day") if parts.get(part))
        try:
            period = Period(label)
        except ValueError:
            return None
        delivery, version = parts.get("delivery"), parts.get("version") or "1"
        # A number beyond the column that holds it is none that an agency counts.
        if len(version) > _MOST_VERSION_DIGITS:
            return None
        return FilePlace(period, int(version), delivery.lower() if delivery else None)


ConnectionEntry = Annotated[
    PagedApiConnection | ChargingExchangeConnection | SftpConnection, Field(discriminator="protocol")
]


@dataclass(frozen=True)
class Delivery:
    """What one fetch gets; `datasets` are the raw tables that are read from it.

    `refetch` is the register by which its days are fetched again on a schedule, see `Contract`.
    """

    name: str
    title_zh: str
    title_en: str
    granularity: Granularity
    connection_id: str
    datasets: tuple[str, ...]
    refetch: str | None
    limits: Limits


class Agency(_Entry):
    """One agency: names, connections by id, and how many requests it gets at a time."""

    code: str = Field(pattern="^[a-z]+$")
    position: int
    name: Names
    pool: Pool
    max_parallel_requests: int = Field(ge=1)
    connections: Mapping[str, ConnectionEntry] = Field(min_length=1)
    delivery_names: Mapping[str, Names] = {}

    @property
    def name_zh(self) -> str:
        """Return the Chinese name."""
        return self.name.zh

    @property
    def name_en(self) -> str:
        """Return the English name."""
        return self.name.en

    @cached_property
    def deliveries(self) -> Mapping[str, Delivery]:
        """Return the deliveries by name: by connection, registers first, then days, then months.

        Raises AgencyFileError where contracts of one delivery contradict each other, name a connection that the agency
        file does not have, or share a delivery that the file gives no name.
        """
        from green_freight.contracts import Granularity, contracts

        by_name: dict[str, list[Contract]] = {}
        for contract in contracts().values():
            if contract.agency == self.code:
                by_name.setdefault(contract.delivery, []).append(contract)
        connections = list(self.connections)
        granularities = [Granularity.CHANGED_SINCE, Granularity.DAY, Granularity.MONTH]
        found = [self._delivery(name, carried) for name, carried in by_name.items()]
        found.sort(key=lambda d: (connections.index(d.connection_id), granularities.index(d.granularity)))
        return {delivery.name: delivery for delivery in found}

    def delivery(self, name: str) -> Delivery:
        """Return one of the deliveries; where the agency has none of that name, LookupError lists those it has."""
        try:
            return self.deliveries[name]
        except KeyError:
            raise LookupError(
                message("unknown_delivery", agency=self, name=name, known=", ".join(self.deliveries))
            ) from None

    def _delivery(self, name: str, carried: list[Contract]) -> Delivery:
        [facts, *others] = {(c.granularity, c.connection, c.refetch, c.expected_from) for c in carried}
        granularity, connection, refetch, _ = facts
        if others:
            ids = ", ".join(contract.id for contract in carried)
            raise AgencyFileError(
                f"the contracts {ids} carry the delivery {name} but differ in granularity, connection or refetch"
            )
        if connection not in self.connections:
            raise AgencyFileError(
                f"the contract {carried[0].id} names the connection {connection}; {self.code}.yaml has "
                f"{', '.join(self.connections)}"
            )
        if len(carried) > 1 and name not in self.delivery_names:
            raise AgencyFileError(
                f"{self.code}.yaml needs an entry delivery_names.{name}: several datasets share it"
            )
        title_zh, title_en = carried[0].title_zh, carried[0].title_en
        if names := self.delivery_names.get(name):
            title_zh, title_en = names.zh, names.en
        datasets = tuple(contract.id for contract in carried)
        limits = Limits.widest(contract.limits for contract in carried)
        return Delivery(name, title_zh, title_en, granularity, connection, datasets, refetch, limits)


def read_agency(path: Path) -> Agency:
    """Read one agency file; AgencyFileError names the file and each entry that is missing, unknown or wrong."""
    try:
        agency = Agency.model_validate(read_words(path))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise AgencyFileError(f"{path.name}: {wrong}") from error
    except yaml.YAMLError as error:
        raise AgencyFileError(f"{path.name}: {error}") from error
    if agency.code != path.stem:
        raise AgencyFileError(f"{path.name}: code is {agency.code}, it must be the file's name {path.stem}")
    return agency


def read_agencies(folder: Path = FOLDER) -> dict[str, Agency]:
    """Return the agencies of a folder by code; AgencyFileError where two have one position or connection id."""
    agencies = sorted(
        (read_agency(path) for path in folder.glob("*.yaml")), key=lambda agency: agency.position
    )
    ids = [connection_id for agency in agencies for connection_id in agency.connections]
    for what, values in (("position", [agency.position for agency in agencies]), ("connection", ids)):
        if len(values) > len(set(values)):
            raise AgencyFileError(f"two agency files have the same {what}: {values}")
    return {agency.code: agency for agency in agencies}


AGENCIES = read_agencies()
CONNECTIONS: dict[str, ConnectionEntry] = {
    connection_id: entry
    for agency in AGENCIES.values()
    for connection_id, entry in agency.connections.items()
}


def agency_named(code: str) -> Agency:
    """Return an agency by its code; where there is none, LookupError lists those there are."""
    try:
        return AGENCIES[code]
    except KeyError:
        raise LookupError(message("unknown_agency", agency=code, known=", ".join(AGENCIES))) from None


def store_agencies(owner: Session) -> None:
    """Write codes and names into ops.agency, as the owner.

    An agency whose file was removed stays: what it delivered still refers to it.
    """
    with owner.transaction(), owner.cursor() as cursor:
        cursor.executemany(
            "insert into ops.agency (code, name_zh, name_en) values (%s, %s, %s) "
            "on conflict (code) do update set name_zh = excluded.name_zh, name_en = excluded.name_en",
            [(agency.code, agency.name_zh, agency.name_en) for agency in AGENCIES.values()],
        )
