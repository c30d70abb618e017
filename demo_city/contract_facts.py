"""What the contracts say about the deliveries: datasets, the fields of a row, columns as a form shows them.

A dataset is added by its contract and by rows with the contract's column names; nothing here names a dataset.
"""

from __future__ import annotations

import csv
import functools
from pathlib import Path

from green_freight.contracts import Column, Contract, contract, contracts

# Their rows are messages of T/CEC 102, whose fields have the standard's names.
MESSAGE_CONTAINERS = ("order_lines", "tcec_stations", "tcec_station_stats")
FORM_CONTAINERS = ("workbook", "csv")


def csv_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file with a header."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def is_register(dataset: Contract) -> bool:
    """Tell whether a dataset is a register of the transport bureau: served by its changes, with tombstones."""
    return dataset.container == "transport_pages" and dataset.granularity == "changed_since"


REGISTER_KEYS = {d.id: d.key[0].name for d in contracts().values() if is_register(d)}


def forms(container: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the datasets in each (agency, delivery) that comes as a workbook or as csv, the main one first."""
    found: dict[tuple[str, str], list[str]] = {}
    for dataset in contracts().values():
        if dataset.container == container:
            found.setdefault((dataset.agency, dataset.delivery), []).append(dataset.id)
    return {key: tuple(sorted(ids, key=lambda d: measured_column(d) is None)) for key, ids in found.items()}


def field_name(dataset: Contract, column: Column) -> str:
    """Return under which name a row of the city holds a column."""
    return column.source_names[0] if dataset.container in MESSAGE_CONTAINERS else column.name


@functools.cache
def key_fields(dataset_id: str) -> tuple[str, ...]:
    """Return the fields of a row that identify it; station statistics are one message a station."""
    dataset = contract(dataset_id)
    if dataset.container == "tcec_station_stats":
        return ("StationID",)
    return tuple(field_name(dataset, column) for column in dataset.key)


def form_columns(dataset_id: str) -> list[Column]:
    """Return the columns of a form from left to right: those whose cells are merged over several rows come first.

    What a reader takes from elsewhere, such as the month in the title, is no column of the form.
    """
    delivered = [column for column in contract(dataset_id).columns if not column.value_from]
    return sorted(delivered, key=lambda column: not column.is_filled_down)


def measured_column(dataset_id: str) -> Column | None:
    """Return the first required number of a dataset, else its first required date; None where it has neither."""
    required = [column for column in contract(dataset_id).columns if column.required and not column.is_key]
    for types in (("number", "integer"), ("date",)):
        for column in required:
            if column.logical_type in types:
                return column
    return None
