"""The known errors of the agencies by name, and which one strikes where, decided by (seed, defect, place) alone.

They are the rows of `named_defects.csv`. A defect of a row that its contract rejects or normalises is only named
there (with its own value, where it has one); what a defect of charge orders does is in ORDER_CHANGES.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

from green_freight.contracts import contract, contracts

from demo_city.contract_facts import FORM_CONTAINERS, csv_rows, is_register, key_fields, measured_column
from demo_city.defects.contract_defects import defect_by_full_name
from demo_city.defects.model import FILE, ROW, STOPPED, WARNED, Defect
from demo_city.defects.order_changes import ORDER_CHANGES
from demo_city.versioned_register import Row

NEW_COLUMN = "handled_by"
_EMPTY = "(empty)"
_SCALE = 2.0**64


def _named_defect(row: dict[str, str]) -> Defect:
    if full_name := row["contract_defect"]:
        value: Any = row["value"] or None
        if value and full_name.endswith(".out_of_range"):
            value = int(value)
        return replace(defect_by_full_name(full_name, "" if value == _EMPTY else value), name=row["name"])
    facts: dict[str, Any] = {name: row[name] for name in ("agency", "dataset", "place", "effect", "zh", "en")}
    facts |= {name: row[name] or None for name in ("reason_code", "column")}
    return Defect(name=row["name"], change=ORDER_CHANGES.get(row["name"]), **facts)


def changed_columns() -> dict[str, tuple[str, str]]:
    """Return the column that goes missing or changes its type, as (dataset, column) by delivery.

    It is the first number, else the first date, that a contract requires; of a workbook, in its main sheet. Registers
    and the messages of T/CEC 102 have no columns that can be left out of a file as a whole.
    """
    found: dict[str, tuple[str, str]] = {}
    for dataset in contracts().values():
        column = measured_column(dataset.id)
        has_columns = dataset.container in ("transport_pages", *FORM_CONTAINERS) and not is_register(dataset)
        if column and has_columns:
            found.setdefault(dataset.delivery, (dataset.id, column.name))
    return found


def _column_defects(delivery: str, dataset_id: str, column: str) -> list[Defect]:
    dataset = contract(dataset_id)
    new = STOPPED if dataset.stops_at_new_column else WARNED
    kinds = (
        ("missing", STOPPED, column, f"缺列 {column}", f"column {column} is missing"),
        ("new", new, NEW_COLUMN, "多出一列经办人", "a column that the contract does not know"),
        ("retyped", STOPPED, column, f"列 {column} 改填等级文字", f"column {column} holds grades"),
    )
    return [
        Defect(
            name=f"{delivery}_{kind}_column",
            agency=dataset.agency,
            dataset=dataset_id,
            place=FILE,
            effect=effect,
            zh=f"{dataset.title_zh}{zh}",
            en=f"{dataset.title_en}: {en}",
            reason_code=f"{kind}_column",
            column=concerned,
        )
        for kind, effect, concerned, zh, en in kinds
    ]


CHANGED_COLUMNS = changed_columns()
REGISTRY: dict[str, Defect] = {
    defect.name: defect
    for defect in (
        *(_named_defect(row) for row in csv_rows(Path(__file__).with_name("named_defects.csv"))),
        *(d for delivery, where in CHANGED_COLUMNS.items() for d in _column_defects(delivery, *where)),
    )
}


def defect_named(name: str) -> Defect:
    """Return a defect by its name or its full name `<dataset>.<column>.<kind>`; KeyError if there is none."""
    return REGISTRY[name] if name in REGISTRY else defect_by_full_name(name)


def rates(wanted: dict[str, float]) -> dict[str, float]:
    """Return the rate of each defect; a name may be a defect, an agency, an effect, a place, or `all`.

    The more special name wins: a defect over an agency, place or effect, these over `all`. Groups stand for the named
    defects; one that only its contract names is planted by its full name.

    Raises:
        ValueError: a name is none of these, or a rate is not between 0 and 1.
    """
    found: dict[str, float] = {}
    groups = {"all", *(name for d in REGISTRY.values() for name in (d.agency, d.effect, d.place))}
    for name, rate in sorted(wanted.items(), key=lambda item: (item[0] not in groups, item[0] != "all")):
        if not 0 <= rate <= 1:
            raise ValueError(f"the rate of {name} is {rate}, it must be from 0 to 1")
        concerned = [d for d in REGISTRY.values() if name in ("all", d.agency, d.effect, d.place)]
        try:
            concerned = concerned or [defect_named(name)]
        except KeyError:
            raise ValueError(f"{name!r} is no defect; there are: {', '.join(sorted(REGISTRY))}") from None
        found.update({d.name: rate for d in concerned})
    return found


class DefectSampler:
    """Defects with their rates; without rates nothing happens."""

    def __init__(self, wanted: Mapping[str, float] | None = None, seed: int = 0) -> None:
        """Take rates as `rates` does, by defect, agency, effect, place or `all`; ValueError if wrong."""
        self.rates = {name: rate for name, rate in rates(dict(wanted or {})).items() if rate > 0}
        self.seed = seed
        self._row_defects: dict[str, list[Defect]] = {}
        for name in self.rates:
            defect = defect_named(name)
            if defect.place == ROW:
                self._row_defects.setdefault(defect.dataset, []).append(defect)

    def happens(self, defect: str, *place: object) -> bool:
        """Tell whether a defect strikes at a place."""
        rate = self.rates.get(defect)
        return rate is not None and self._draw(defect, *place) / _SCALE < rate

    def rows(self, dataset: str, label: str, rows: list[Row]) -> list[Row]:
        """Return a period's rows with the defects of single rows; a row has one of them at most."""
        if dataset not in self._row_defects:
            return rows
        return [changed for row in rows for changed in self.struck(dataset, label, row)[1]]

    def struck(self, dataset: str, label: str, row: Row) -> tuple[Defect | None, list[Row]]:
        """Return the defect that strikes a row, if one does, and the rows that then stand in the row's place."""
        place = (label or str(row.get("changed_at", "")), row_key(dataset, label, row))
        for defect in self._row_defects[dataset]:
            draw = self._draw(defect.name, *place)
            if draw / _SCALE < self.rates[defect.name] and defect.change:
                changed = defect.change(row, draw & 0xFFFF)
                if changed is not None:
                    return defect, changed
        return None, [row]

    def _draw(self, defect: str, *place: object) -> int:
        text = f"{self.seed}|{defect}|{'|'.join(map(str, place))}"
        return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def row_key(dataset: str, label: str, row: Row) -> str:
    """Return the contract's key of a row, its parts joined by `|`; the period's label stands for a part it lacks."""
    return "|".join(str(row.get(part, label)) for part in key_fields(dataset))
