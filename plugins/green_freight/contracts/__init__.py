"""Contracts: what a dataset must look like, one file of the Open Data Contract Standard a dataset, read once."""

from __future__ import annotations

import functools
from pathlib import Path

from green_freight.contracts.model import Column, Contract, ContractError, Granularity, Handling, RowRule
from green_freight.contracts.parser import read_contract

__all__ = [
    "Column",
    "Contract",
    "ContractError",
    "Granularity",
    "Handling",
    "RowRule",
    "contract",
    "contracts",
    "contracts_of",
    "read_contract",
]

FOLDER = Path(__file__).resolve().parent
SUFFIX = ".odcs.yaml"


@functools.cache
def contracts() -> dict[str, Contract]:
    """Return every contract by dataset id, in the order of the ids.

    Raises:
        ContractError: a contract file is not usable.
    """
    return _read("*")


def contract(dataset_id: str) -> Contract:
    """Return one dataset's contract.

    Raises:
        KeyError: there is no contract file of that name.
    """
    try:
        return contracts()[dataset_id]
    except KeyError:
        raise KeyError(f"no contract {dataset_id}{SUFFIX} in green_freight/contracts") from None


@functools.cache
def contracts_of(agency: str, delivery: str) -> tuple[Contract, ...]:
    """Return the contracts of the datasets that one delivery of an agency carries.

    Raises:
        KeyError: no dataset comes from that delivery.
    """
    of_agency = _read(f"{agency}_*").values()
    found = tuple(contract for contract in of_agency if contract.delivery == delivery)
    if not found:
        raise KeyError(f"no contract says that a dataset comes from the delivery {delivery} of {agency}")
    return found


@functools.cache
def _read(names: str) -> dict[str, Contract]:
    paths = sorted(FOLDER.glob(f"{names}{SUFFIX}"))
    return {path.name.removesuffix(SUFFIX): read_contract(path) for path in paths}
