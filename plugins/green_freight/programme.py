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
from green_freight.messages import message
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
    """Return the programme of this installation; ProgrammeError where the seed has no usable row or several."""
    with SEED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if len(rows) != 1:
        raise ProgrammeError(message("programme_rows", file=SEED.name, count=len(rows)))
    [row] = rows
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
        raise ProgrammeError(message("programme_unreadable", file=SEED.name, error=error)) from error
    if found.first_day.day != 1 or found.last_day <= found.first_day:
        raise ProgrammeError(
            message("programme_days", file=SEED.name, first_day=found.first_day, last_day=found.last_day)
        )
    return found


def write_programme(owner: Session) -> None:
    """Make `ops.programme` equal to the seed, in one transaction, as the owner."""
    with owner.transaction():
        owner.execute("delete from ops.programme")
        owner.execute(_WRITE, vars(programme()))
