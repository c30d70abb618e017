"""Tables that people made: which rows are data, whether totals agree, and what the title says of the period."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from green_freight.contracts.model import Contract
from green_freight.loading.cell_values import ColumnCells
from green_freight.loading.outcomes import LoadWarning, UnreadableFileError
from green_freight.loading.readers import Reading, Source
from green_freight.loading.readers.headers import Header
from green_freight.loading.readers.title_months import longer_span, month_without_year, title_period
from green_freight.written_dates import plain

_TOTAL = re.compile(r"(?P<of>.*)(?P<word>小计|合计|总计|共计|总合计)[::]?")
_NOTE = re.compile(
    r"注[::\d]|注$|说明|备注[::]|填表|制表|填报|审核|复核|负责人|联系|报送|单位[::]|数据来源|打印|synthetic|.*合成数据|.*演示数据"
)
# Figures are rounded one by one, their total once: half a unit of the second decimal a row.
_ROUNDING = Decimal("0.005")
_KINDS_ZH = {"blank": "空行", "header": "表头", "note": "说明", "subtotal": "小计", "total": "合计"}
Factor = Callable[[str], Decimal]


class TableReading(Reading):
    """What the readers of tables have in common."""

    _source: Source
    _header: Header

    def absent(self) -> set[str]:
        return {column.name for column in self._header.missing(self._source.contract)}

    def new_columns(self) -> list[str]:
        return self._header.unknown()

    def _check_period(self, above: Sequence[Sequence[Any]], sheet: str | None = None) -> bool:
        """Return whether the rows above the header name the file's month; UnreadableFileError: they name another."""
        contract, expected = self._source.contract, self._source.period.month.label
        found = longer_span(above) if contract.has_flows else None
        if found is None and (found := title_period(above)) == expected:
            return True
        if found is None:
            month = month_without_year(above)
            if month in (None, int(expected[5:])):
                return month is not None
            found = f"{month}月"
        months = {"found": found, "expected": expected}
        raise UnreadableFileError.of("wrong_period", "other_month", sheet, **months)

    def _titles(self) -> str:
        return "、".join(column.source_names[0] for column in self._source.contract.columns)


class RowSorter:
    """Says what each row below a header is, and counts what is not data."""

    def __init__(self, contract: Contract, header: Header, factor: Factor) -> None:
        self._contract, self._header = contract, header
        key_places = [header.places[column.name] for column in contract.key if column.name in header.places]
        # A header without any part of the key: no cell stands behind the last title.
        self._key_place = key_places[0] if key_places else len(header.titles)
        numbers = [
            column
            for column in contract.columns
            if column.logical_type in ("number", "integer")
            and column.unit != "%"
            and column.name in header.places
        ]
        self._text_places = sorted(
            place for name, place in header.places.items() if contract.column(name).logical_type != "number"
        )
        self._titles = {plain(part) for title in header.titles for part in (title, *title.split(" "))}
        self._totals = Totals()
        self._figure_cells = [
            (column.name, header.places[column.name], ColumnCells(column, factor(column.name)))
            for column in numbers
        ]
        self.counts: Counter[str] = Counter()

    def kind(self, number: int, cells: Sequence[Any]) -> str:
        """Return `data`, `blank`, `header`, `note`, `subtotal` or `total`; totals are reconciled on the way."""
        found = self._kind(cells)
        if found == "data":
            self._totals.add(self._figures(cells))
        else:
            self.counts[found] += 1
        if found in ("subtotal", "total"):
            self._totals.reconcile(number, found, self._label(cells) or "", self._figures(cells))
        return found

    def warnings(self) -> list[LoadWarning]:
        """Return counts of rows that are no data, and totals that do not add up."""
        found = list(self._totals.warnings)
        if self.counts:
            kinds = sorted(self.counts.items())
            zh = "、".join(f"{_KINDS_ZH[kind]} {count} 行" for kind, count in kinds)
            en = ", ".join(f"{kind} {count}" for kind, count in kinds)
            count = self.counts.total()
            found.append(LoadWarning.of("rows_that_are_no_data", count=count, kinds_zh=zh, kinds_en=en))
        return found

    def _kind(self, cells: Sequence[Any]) -> str:
        filled = [cell for cell in cells if cell is not None and cell != ""]
        if not filled:
            return "blank"
        label = self._label(cells)
        if label is not None:
            return "total" if plain(label).rstrip(":") in ("合计", "总计", "共计", "总合计") else "subtotal"
        if self._is_header(cells):
            return "header"
        return "note" if self._is_note(cells, filled) else "data"

    def _label(self, cells: Sequence[Any]) -> str | None:
        key = _cell(cells, self._key_place)
        for place in self._text_places:
            value = _cell(cells, place)
            if not isinstance(value, str) or key not in (None, "", value):
                continue
            if not value.isascii() and _TOTAL.fullmatch(plain(value)):
                return value
        return None

    def _is_header(self, cells: Sequence[Any]) -> bool:
        count = 0
        for cell in cells:
            if isinstance(cell, str) and cell.strip():
                if plain(cell) not in self._titles:
                    return False
                count += 1
        return count >= 2

    def _is_note(self, cells: Sequence[Any], filled: list[Any]) -> bool:
        first = filled[0]
        if not isinstance(first, str):
            return False
        has_key = _cell(cells, self._key_place) not in (None, "")
        if has_key and len(filled) > 2:
            return False
        text = plain(first)
        is_worded = bool(_NOTE.match(text))
        is_alone = len(filled) == 1 and not has_key and len(text) > 6
        # Few rows get so far: reading their figures takes longest.
        return (is_worded or is_alone) and not any(
            isinstance(figure, Decimal) for figure in self._figures(cells).values()
        )

    def _figures(self, cells: Sequence[Any]) -> dict[str, Any]:
        return {name: column.value(_cell(cells, place)) for name, place, column in self._figure_cells}


class Totals:
    """Running sums of a table's figures, to compare with its subtotals and totals."""

    def __init__(self) -> None:
        self._group: defaultdict[str, Decimal] = defaultdict(Decimal)
        self._all: defaultdict[str, Decimal] = defaultdict(Decimal)
        self._rows = self._unreadable = 0
        self.warnings: list[LoadWarning] = []

    def add(self, figures: dict[str, Any]) -> None:
        """Take the figures of one data row."""
        self._rows += 1
        for name, value in figures.items():
            if isinstance(value, Decimal):
                self._group[name] += value
                self._all[name] += value
            elif value is not None:
                self._unreadable += 1

    def reconcile(self, number: int, kind: str, label: str, figures: dict[str, Any]) -> None:
        """Compare a subtotal (since the last one) or total (of all); a total may also close a group."""
        tolerance = _ROUNDING * (self._rows + 2)
        for name, value in figures.items():
            if not isinstance(value, Decimal):
                continue
            expected = self._group[name] if kind == "subtotal" else self._all[name]
            if min(abs(value - self._group[name]), abs(value - self._all[name])) > tolerance:
                # With an unreadable figure among the details the total cannot be expected to agree.
                severity = "critical" if kind == "total" and not self._unreadable else "warning"
                facts = dict[str, Any](number=number, label=label.strip(), value=value, expected=expected)
                self.warnings.append(
                    LoadWarning.of("total_mismatch", column=name, severity=severity, **facts)
                )
        self._group.clear()


def _cell(cells: Sequence[Any], place: int) -> Any:
    return cells[place] if place < len(cells) else None
