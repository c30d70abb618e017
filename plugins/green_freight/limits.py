"""How large, deep and slow a delivery may be: the limits, and the failure of a delivery that exceeds one.

What is stated here holds for every dataset; a contract changes single limits by its property `limits`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, PositiveInt
from pydantic.alias_generators import to_camel

from green_freight.messages import read_words

_WORDS = read_words(Path(__file__).with_suffix(".yaml"))
NAMES: Mapping[str, Mapping[str, str]] = _WORDS["limits"]

_KIB, _MIB, _GIB = 1 << 10, 1 << 20, 1 << 30
# Below this size nothing that is unpacked is large, whatever it was packed into.
_ALWAYS_UNPACKED_BYTES = 16 * _MIB


class Limits(BaseModel):
    """The limits of one delivery; `limits.yaml` beside this module says what each counts."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel)

    bytes: PositiveInt = 256 * _MIB
    unpacked_bytes: PositiveInt = 2 * _GIB
    unpacked_ratio: PositiveInt = 250
    response_bytes: PositiveInt = 16 * _MIB
    text_bytes: PositiveInt = 1 * _MIB
    rows: PositiveInt = 2_000_000
    columns: PositiveInt = 1_000
    cells: PositiveInt = 100_000_000
    elements: PositiveInt = 4_000_000
    pages: PositiveInt = 5_000
    entries: PositiveInt = 200_000
    request_seconds: PositiveInt = 300
    seconds: PositiveInt = 1_800

    @classmethod
    def of(cls, container: str, stated: Mapping[str, int]) -> Limits:
        """Return the limits of a container (`Contract.container`), changed by what a contract states.

        Raises ValidationError where a limit is unknown or no positive number.
        """
        return cls.model_validate({**BY_CONTAINER.get(container, {}), **stated})

    @classmethod
    def widest(cls, several: Iterable[Limits]) -> Limits:
        """Return the limits of a delivery that carries several datasets: of each limit the largest."""
        found = [each.model_dump(by_alias=True) for each in several]
        return cls.model_validate({name: max(each[name] for each in found) for name in found[0]})

    def check(self, name: str, found: int, *, sheet: str | None = None, row: int | None = None) -> None:
        """Raise LimitError where `found` exceeds the limit of that name."""
        most = getattr(self, name)
        if found > most:
            raise LimitError(name, found, most, sheet=sheet, row=row)

    def check_unpacked(self, unpacked: int, packed: int) -> None:
        """Raise LimitError where so many bytes, unpacked from `packed` bytes, are too many or come from too few."""
        self.check("unpacked_bytes", unpacked)
        if unpacked > _ALWAYS_UNPACKED_BYTES:
            self.check("unpacked_ratio", unpacked // max(1, packed))


# By container, what differs. Pages are read one after another and kept until the last one; a workbook's cells are kept.
BY_CONTAINER: Mapping[str, Mapping[str, int]] = {
    "transport_pages": {"bytes": 128 * _MIB},
    "tcec_stations": {"bytes": 128 * _MIB},
    "tcec_station_stats": {"bytes": 128 * _MIB},
    "workbook": {"bytes": 32 * _MIB, "unpackedBytes": 1 * _GIB, "cells": 500_000},
}


def encoded_bytes(text: str) -> int:
    """Return how many bytes a text of a response takes where it is landed, in UTF-8."""
    return len(text.encode("utf-8", "replace"))


class LimitError(Exception):
    """A delivery exceeds a limit; what was read of it so far is not used.

    `found` is how far it was followed: as a rule there is more. The place is known where it was read row by row.
    """

    def __init__(
        self, name: str, found: int, most: int, *, sheet: str | None = None, row: int | None = None
    ) -> None:
        self.name, self.found, self.most, self.sheet, self.row = name, found, most, sheet, row
        super().__init__(self.text("en"))

    @property
    def is_of_time(self) -> bool:
        """Tell whether the delivery was too slow rather than too large."""
        return self.name in ("request_seconds", "seconds")

    def text(self, language: str) -> str:
        """Return limit, found value, place and property as a clause, in `zh` or `en`."""
        place = "" if self.row is None else _WORDS["row"][language].format(row=self.row)
        facts = {"name": NAMES[self.name][language], "found": f"{self.found:,}", "most": f"{self.most:,}"}
        template: str = _WORDS["exceeded"][language]
        return template.format(**facts, place=place, property=to_camel(self.name))
