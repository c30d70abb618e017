"""Code lists shared by contracts: one file of `code_lists/` each, its codes listed there or kept in a dbt seed."""

from __future__ import annotations

import csv
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from green_freight.contracts.model import Code, ContractError
from green_freight.programme import programme
from green_freight.settings import PROJECT

FOLDER = Path(__file__).resolve().parent / "code_lists"
SEEDS = PROJECT / "dbt_project" / "seeds"


@dataclass(frozen=True)
class CodeList:
    """A code list: the standard that it is from, and its codes by value."""

    system: str
    codes: Mapping[str, Code]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)

    name: str
    system: str
    codes: tuple[Code, ...] = ()
    seed: str | None = None
    value_column: str | None = None

    @model_validator(mode="after")
    def _has_one_source(self) -> _File:
        if bool(self.codes) == bool(self.seed) or bool(self.seed) != bool(self.value_column):
            raise ValueError("either codes, or seed and valueColumn")
        return self


def code_list(name: str) -> CodeList:
    """Return a code list by its name; one kept in a seed holds the rows of this installation's city.

    Raises:
        ContractError: there is no such list, or its file is not usable.
    """
    return _read(name, programme().city_code)


def listed_codes() -> dict[str, tuple[Code, ...]]:
    """Return the codes of each list that states its own, by the list's name; those kept in a seed are not among them.

    Raises:
        ContractError: the file of a list is not usable.
    """
    files = {path.stem: _file(path.stem) for path in sorted(FOLDER.glob("*.yaml"))}
    return {name: file.codes for name, file in files.items() if not file.seed}


@functools.cache
def _read(name: str, city_code: str) -> CodeList:
    file = _file(name)
    try:
        codes = _from_seed(file, city_code) if file.seed else file.codes
    except (OSError, ValidationError, KeyError) as error:
        raise ContractError(f"code list {name}: {error}") from error
    return CodeList(file.system, {code.value: code for code in codes})


def _file(name: str) -> _File:
    path = FOLDER / f"{name}.yaml"
    try:
        return _File.model_validate(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))
    except (OSError, ValidationError) as error:
        raise ContractError(f"code list {path.name}: {error}") from error


def _from_seed(file: _File, city_code: str) -> tuple[Code, ...]:
    with (SEEDS / f"{file.seed}.csv").open(encoding="utf-8", newline="") as seed:
        return tuple(
            Code(value=row[file.value_column or ""], label=f"{row['name_zh']} / {row['name_en']}")
            for row in csv.DictReader(seed)
            if row["city_code"] == city_code
        )
