"""Contracts: what a dataset must look like, one file of the Open Data Contract Standard a dataset."""

from green_freight.contracts.catalogue import contract, contracts, contracts_of
from green_freight.contracts.model import Column, Contract, ContractError, Granularity, RowRule
from green_freight.contracts.parser import read_contract

__all__ = [
    "Column",
    "Contract",
    "ContractError",
    "Granularity",
    "RowRule",
    "contract",
    "contracts",
    "contracts_of",
    "read_contract",
]
