"""The programme's own facts, one row of `dbt_project/seeds/programme.csv`: the city, first and last day, closing time.

dbt reads the same row as the seed `programme`; the warehouse's functions read it as `ops.programme`, which
`write_programme` keeps equal to the file.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from green_freight.errors import PermanentError
from green_freight.settings import PROJECT

if TYPE_CHECKING:
    from green_freight.warehouse import Session

SEED = PROJECT / "dbt_project" / "seeds" / "programme.csv"

_WRITE = """
insert into ops.programme (city_code, first_day, last_day, days_to_close)
values (%(city_code)s, %(first_day)s, %(last_day)s, %(days_to_close)s)
"""


class ProgrammeError(PermanentError):
    """The programme's row cannot be used; the message names the file and the column."""


@dataclass(frozen=True)
class Programme:
    """One city's programme.

    `city_code` is a region code of GB/T 2260. Figures begin on `first_day` and the plan's targets end on
    `last_day`, business days of Asia/Shanghai. The figures of a month are final `days_to_close` days after the
    month's last day.
    """

    city_code: str
    city_name_zh: str
    city_name_en: str
    first_day: date
    last_day: date
    days_to_close: int


@cache
def programme() -> Programme:
    """Return the programme of this installation, from the seed's only row.

    Raises:
        ProgrammeError: the file has no row or several, lacks a column, or holds a value of another type.
    """
    with SEED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if len(rows) != 1:
        raise ProgrammeError(
            f"{SEED.name} 应只有一行，现有 {len(rows)} 行；请改正后重试。 / "
            f"{SEED.name} must hold one row and holds {len(rows)}. Correct the file and try again."
        )
    return _programme(rows[0])


def _programme(row: dict[str, str]) -> Programme:
    try:
        found = Programme(
            city_code=row["city_code"],
            city_name_zh=row["city_name_zh"],
            city_name_en=row["city_name_en"],
            first_day=date.fromisoformat(row["first_day"]),
            last_day=date.fromisoformat(row["last_day"]),
            days_to_close=int(row["days_to_close"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ProgrammeError(
            f"{SEED.name} 无法读取：{error}；请改正该列后重试。 / "
            f"{SEED.name} cannot be read: {error}. Correct the column and try again."
        ) from error
    if found.first_day.day != 1 or found.last_day <= found.first_day:
        raise ProgrammeError(
            f"{SEED.name} 的起止日期不成立：{found.first_day} 至 {found.last_day}；起始日应为某月 1 日且早于结束日。 / "
            f"{SEED.name} has unusable days, {found.first_day} to {found.last_day}: the first day must be the first "
            "of a month and before the last day."
        )
    return found


def write_programme(owner: Session) -> None:
    """Make `ops.programme` equal to the seed, in one transaction, as the owner."""
    with owner.transaction():
        owner.execute("delete from ops.programme")
        owner.execute(_WRITE, vars(programme()))
