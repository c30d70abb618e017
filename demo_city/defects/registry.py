"""The known errors of the agencies by name. Reason codes are those of the loader; effects are explained at `Defect`.

They are the rows of `named_defects.csv`. A defect of a row that its contract rejects or normalises is only named
there (with its own value, where it has one); what a defect of charge orders does is in ORDER_CHANGES.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from green_freight.contracts import contract, contracts

from demo_city.contract_facts import FORM_CONTAINERS, csv_rows, is_register, measured_column
from demo_city.defects.contract_defects import defect_by_full_name
from demo_city.defects.model import FILE, STOPPED, WARNED, Defect
from demo_city.defects.order_changes import ORDER_CHANGES

DAYS_LATE = 8
NEW_COLUMN = "handled_by"
_EMPTY = "(empty)"


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
