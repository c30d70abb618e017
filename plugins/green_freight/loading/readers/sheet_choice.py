"""Which sheet of a workbook is a dataset's: the visible one that fits, and never one of two.

A sheet fits where it has every column without which the contract stops. Hidden sheets, empty ones and those of other
months are left out and named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from green_freight.contracts import Contract, contracts_of
from green_freight.loading.outcomes import LoadWarning, UnreadableFileError
from green_freight.loading.readers.headers import Header, find_header
from green_freight.loading.readers.table_rows import RowSorter
from green_freight.loading.readers.title_months import longer_span, period_mark, title_period
from green_freight.written_dates import month_in, plain

_ONE = Decimal(1)

Rows = list[tuple[int, list[Any]]]


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook: its title, its filled rows with their numbers, and whether a person sees it."""

    title: str
    rows: Rows
    is_hidden: bool = False


def choose_sheet(contract: Contract, month: str, sheets: Sequence[Sheet]) -> tuple[Sheet, list[LoadWarning]]:
    """Return the sheet that holds the dataset, and what was noticed beside it; `month` (yyyy-MM) is the file's.

    Raises UnreadableFileError `wrong_sheet` where no visible sheet fits, `several_sheets` where more than one does.
    """
    seen = [_Candidate.of(contract, sheet, month) for sheet in sheets]
    visible = [each for each in seen if not each.sheet.is_hidden]
    fitting = [each for each in visible if each.fits]
    # A template that nobody filled in, or the form of another month, beside the one that is meant.
    meant = [each for each in fitting if each.has_rows and each.month in (None, month)]
    chosen = meant if meant else fitting
    if len(chosen) > 1:
        names = "、".join(each.sheet.title for each in chosen)
        raise UnreadableFileError.of("several_sheets", "several_sheets", found=names)
    if not chosen:
        # A named one without the titles, or with some of them, stops by what it lacks.
        chosen = [each for each in visible if each.is_named][:1]
    elif not chosen[0].is_named and (lacking := [each for each in visible if each.is_named and each.header]):
        # The agreed sheet is a table that lacks a column: another one may be an old copy.
        chosen = lacking
    if not chosen:
        raise _no_sheet(contract, seen)
    return chosen[0].sheet, _noticed(contract, chosen[0], seen)


@dataclass(frozen=True)
class _Candidate:
    sheet: Sheet
    is_named: bool
    header: Header | None
    fits: bool
    has_rows: bool
    month: str | None

    @classmethod
    def of(cls, contract: Contract, sheet: Sheet, month: str) -> _Candidate:
        is_named = plain(sheet.title) in _names(contract)
        header = find_header(contract, sheet.rows, month)
        fits = header is not None and _fits(contract, header)
        if header is None or (not is_named and _is_of_another_dataset(contract, header, sheet, month)):
            return cls(sheet, is_named, header if is_named else None, False, False, None)
        sorter = RowSorter(contract, header, lambda _: _ONE)
        below = ((number, cells) for number, cells in sheet.rows if number > header.last_row)
        has_rows = any(sorter.kind(number, cells) == "data" for number, cells in below)
        above = [cells for number, cells in sheet.rows if number < header.first_row]
        stated = longer_span(above) if contract.has_flows else None
        if period_mark(sheet.title, month) == "other":
            stated = stated or sheet.title
        return cls(
            sheet, is_named, header, fits, has_rows, stated or title_period(above) or month_in(sheet.title)
        )


def _names(contract: Contract) -> set[str]:
    return {plain(name) for name in contract.sheet_names}


def _fits(contract: Contract, header: Header) -> bool:
    missing = [column for column in header.missing(contract) if column.name not in header.ambiguous]
    return not any(column.stops_when_absent for column in missing)


def _is_of_another_dataset(contract: Contract, header: Header, sheet: Sheet, month: str) -> bool:
    for other in contracts_of(contract.agency, contract.delivery):
        if other.id == contract.id:
            continue
        if plain(sheet.title) in _names(other):
            return True
        found = find_header(other, sheet.rows, month)
        if found is not None and _fits(other, found) and len(found.places) > len(header.places):
            return True
    return False


def _no_sheet(contract: Contract, seen: Sequence[_Candidate]) -> UnreadableFileError:
    facts = {"agreed": contract.sheet_names[0], "found": "、".join(each.sheet.title for each in seen)}
    hidden = "、".join(each.sheet.title for each in seen if each.sheet.is_hidden and each.fits)
    if hidden:
        return UnreadableFileError.of("wrong_sheet", "hidden_sheet", agreed=facts["agreed"], hidden=hidden)
    return UnreadableFileError.of("wrong_sheet", "other_sheets", **facts)


def _noticed(contract: Contract, chosen: _Candidate, seen: Sequence[_Candidate]) -> list[LoadWarning]:
    found = []
    if not chosen.is_named:
        agreed = contract.sheet_names[0]
        found.append(LoadWarning.of("sheet_renamed", agreed=agreed, found=chosen.sheet.title))
    others = [each for each in seen if each is not chosen and each.header]
    for code, names in (
        ("hidden_sheet_left_out", [each for each in others if each.sheet.is_hidden and each.has_rows]),
        ("sheet_left_out", [each for each in others if not each.sheet.is_hidden]),
    ):
        if names:
            found.append(LoadWarning.of(code, found="、".join(each.sheet.title for each in names)))
    return found
