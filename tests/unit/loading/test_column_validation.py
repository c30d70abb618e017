"""Validating rows by columns gives what validating each row alone gives: values, rejections, counts, warnings."""

from __future__ import annotations

import functools
import gzip
import io
import json
import math
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from green_freight.contracts import Contract, contract, contracts
from green_freight.contracts.model import Column
from green_freight.loading import column_validation, row_rules, row_validation
from green_freight.loading.column_validation import NULL, copy_text
from green_freight.loading.outcomes import RowIssue, SourceRow
from green_freight.loading.readers import Source, batches, open_reading
from green_freight.loading.row_validation import Accepted, Rejected, RowValidator
from green_freight.periods import SHANGHAI, Period
from hypothesis import given, settings
from hypothesis import strategies as st

from demo_city.city import City
from demo_city.contract_facts import REGISTER_KEYS
from demo_city.defects import REGISTRY, DefectSampler
from demo_city.deliveries.source import Source as CityDeliveries
from tests.integration.refresh import perth

NOW = datetime(2025, 9, 30, 12, tzinfo=SHANGHAI)
DAY, MONTH = date(2025, 9, 25), date(2025, 8, 1)
FORMS = [c.id for c in contracts().values() if c.container in ("csv", "workbook")]
OTHERS = ["transport_vehicle_operation", "transport_reported_figure"]
# What agencies, spreadsheets and programs have put where a value belongs.
STRANGE: tuple[Any, ...] = (
    None, "", " ", "0", "1", "-1", "1.0", "1_000", "1,234.5", "12公斤", "NaN", "无", "true", "是", "√", "t", "5%",
    True, False, 0, 1, 3, -1, 0.0, -0.0, 3.0, 0.005, 0.01, 20.18, -0.01, 1e-7, 1e9, 1e16, 1e308, math.nan, math.inf,
    2**31, 2**63, 10**30, 10**400, Decimal("3.0"), Decimal("0.10"), Decimal("1E+2"), Decimal("NaN"),
    Decimal("sNaN"), Decimal("-Infinity"), Decimal("1E-40"), Decimal(10) ** 20, Decimal("0.1") ** 50,
    "2025-09-24", "2025-09-26", "2025-07", "2025-08", "2025-10", "2025-09-30T23:59:59+08:00",
    "2025-10-01T00:00:00+08:00", 20.0099, 20.010005, Decimal("20.010005"),
    "2025-09-25", "2025-9-5", "2025/09/25", "20250925", "2025-02-29", "2024-02-29", "1900-01-01", "2100-01-01",
    "2025-09", "2025-13", "2025-09-25 24:00:00", "2025-09-25 08:00:00", "2025-09-25T08:00:00", "2025-09-25x08:00:00",
    "2025-09-25 080000.0", "2025-09-25 08:00+08", "2025-09-25 08:00:60", "2025-09-25 08:00:00.5",
    "2025-09-25T08:00:00+08:00", "2025-09-25T08:00:00+00:00", "2025-09-25T08:00:00Z", "2026-01-01T00:00:00+08:00",
    "2025-W39-2T08:00:00", "２０２５-09-25", date(2025, 9, 25), date(1900, 1, 1),
    datetime(2025, 9, 25, 8, tzinfo=SHANGHAI), datetime.fromisoformat("2025-09-25"),
    "tr0012", "TR-0012", "TR_0012", "ＴＲ0012", "TR 0012", "3.2E+17",
    "1E5", "#N/A", "Err:502", '="TR1"', "'TR1", "TR\u200b1", "O012", "0012", "12", "a\tb", "a\\b", "a\nb", "a\x00b",
    "\ud800", "苏G12345", "苏G·12345", "苏GO1234", "1HGCM82633A004352", "1HGCM82633A004353", "（盒）", "(盒)", "x" * 70,
    "x" * 3000, "MAD000078",
    "EV", [], [1], [None], [{"DetailPower": 1}], [{"DetailPower": "x"}], [{}], ["a\\b", "\x00"],
    [2**70], [math.nan], ["\ud800"], {}, {"a": 1}, (), b"x",
)  # fmt: skip


@functools.cache
def _city() -> City:
    return City(volume=0.02)


@functools.cache
def _rows(dataset: str) -> list[tuple[Any, ...]]:
    """Return rows of a dataset as the city delivers them, half of them with a planted defect of some kind."""
    defects = [
        defect.name for defect in REGISTRY.values() if defect.dataset == dataset and defect.place == "row"
    ]
    found: list[Any] = []
    for name in ("", *defects):
        source = CityDeliveries(_city(), DefectSampler({name: 0.5} if name else {}))
        if dataset in REGISTER_KEYS:
            found += source.register_rows(dataset, NOW)[:60]
        elif dataset == "transport_vehicle_operation":
            found += source.vehicle_operations(DAY, NOW)[:60]
        elif dataset == "transport_reported_figure":
            found += source.reported_figures(MONTH, NOW)
        else:
            [form] = source.editions(*_form(dataset), MONTH)[-1:]
            found += source.form_rows(dataset, form)[:60]
    names = contract(dataset).names
    return [tuple(_delivered(row[name]) for name in names) for row in found]


def _form(dataset: str) -> tuple[str, str]:
    return contract(dataset).agency, contract(dataset).delivery


def _delivered(value: Any) -> Any:
    """Return a value as JSON carries it; forms keep their decimals, as cells give them."""
    return str(value) if isinstance(value, date) else value


def _orders(defect: str) -> Iterator[tuple[Period, Callable[[], io.BytesIO]]]:
    source = CityDeliveries(_city(), DefectSampler({defect: 0.5} if defect else {}))
    for day in (DAY, DAY - timedelta(days=1)):
        for _, render in source.order_deliveries(day):
            yield Period.day(day), functools.partial(io.BytesIO, render())


def _assert_equal(found: Contract, period: Period, rows: Sequence[SourceRow], at_once: int = 7) -> int:
    """Validate rows alone and by columns, compare everything, and return how many were certain."""
    alone, by_columns = (RowValidator(found, period, NOW) for _ in range(2))
    expected = list(alone.validate(rows))
    accepted: dict[int, tuple[Any, ...]] = {}
    rejected: list[Rejected] = []
    certain = 0
    with patch.object(row_validation, "_FEWEST_IN_BATCH", 1):
        for first in range(0, len(rows), at_once):
            batch = by_columns.validate_batch(rows[first : first + at_once])
            certain += len(batch.lines)
            for number, line in zip(batch.numbers, batch.lines, strict=True):
                assert number not in accepted
                accepted[number] = _read(found, line)
            for each in batch.others:
                if isinstance(each, Accepted):
                    accepted[each.number] = _plain(found, each.row)
                else:
                    rejected.append(each)
    assert accepted == {
        each.number: _plain(found, each.row) for each in expected if isinstance(each, Accepted)
    }
    assert [_words(each) for each in rejected] == [
        _words(each) for each in expected if isinstance(each, Rejected)
    ]
    for name in ("accepted", "rejected", "type_faults", "readable", "months", "invalid_kept"):
        assert getattr(by_columns, name) == getattr(alone, name), name
    assert by_columns.warnings() == alone.warnings()
    return certain


def _words(each: Rejected) -> tuple[Any, ...]:
    column = each.issue.column
    return (
        each.number,
        each.issue.reason_code,
        column,
        repr(each.issue.value),
        repr(each.issue.facts),
        each.content,
    )


def _plain(found: Contract, row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(_comparable(c, value) for c, value in zip(found.columns, row, strict=True))


def _comparable(column: Column, value: Any) -> Any:
    if column.logical_type == "array" and value is not None:
        return json.loads(value)
    return value.as_tuple() if isinstance(value, Decimal) else value


def _read(found: Contract, line: str) -> tuple[Any, ...]:
    """Return the values of a line as PostgreSQL reads it."""
    texts = line.split("\t")
    values = [_value(column, text) for column, text in zip(found.columns, texts, strict=True)]
    return _plain(found, tuple(values))


def _value(column: Column, text: str) -> Any:
    if text == NULL:
        return None
    match column.logical_type:
        case "number":
            return Decimal(text)
        case "integer":
            return int(text)
        case "date":
            return date.fromisoformat(text)
        case "timestamp":
            return datetime.fromisoformat(text)
        case "boolean":
            return {"t": True, "f": False}[text]
        case _:
            return text


def _numbered(rows: Sequence[Sequence[Any]]) -> list[SourceRow]:
    return [SourceRow(number, list(row), list(row)) for number, row in enumerate(rows, start=1)]


def _period(found: Contract) -> Period:
    is_day = found.id in ("power_charge_order", "power_connector_energy", "transport_vehicle_operation")
    return Period.day(DAY) if is_day else Period.month_of(MONTH)


@pytest.mark.parametrize("dataset", [*REGISTER_KEYS, *FORMS, *OTHERS])
def test_the_citys_rows_and_each_planted_defect_of_a_row(dataset: str) -> None:
    found, rows = contract(dataset), _rows(dataset)
    certain = _assert_equal(found, _period(found), _numbered(rows), at_once=50)
    assert certain > len(rows) / 5, "hardly a row was validated by columns"


@pytest.mark.parametrize(
    "defect",
    ["", *(d.name for d in REGISTRY.values() if d.dataset == "power_charge_order" and d.place == "row")],
)
def test_charge_orders_and_each_planted_defect_of_an_order(defect: str) -> None:
    found, certain = contract("power_charge_order"), 0
    for period, open_file in _orders(defect):
        reading = open_reading(Source(found, period, "orders", open_file))
        rows = [row for batch in batches(reading) for row in batch]
        certain += _assert_equal(found, period, rows, at_once=50)
    assert certain or defect


@pytest.mark.parametrize("dataset", [*REGISTER_KEYS, *FORMS, *OTHERS, "power_charge_order"])
def test_each_strange_value_in_each_column(dataset: str) -> None:
    found = contract(dataset)
    good = ORDERS[0] if dataset == "power_charge_order" else _rows(dataset)[0]
    rows = [
        (*good[:place], value, *good[place + 1 :]) for place in range(len(found.columns)) for value in STRANGE
    ]
    for rule in found.rules:
        if rule.name == "part_not_above_whole":
            part, whole = (found.position(rule.settings[name]) for name in ("part", "whole"))
            for more in ("0.0099", "0.01", "0.010005"):
                values = list(good)
                values[part] = values[whole] + Decimal(more)
                rows.append(tuple(values))
    assert _assert_equal(found, _period(found), _numbered(rows))


@pytest.mark.parametrize(
    "dataset", ["power_charge_order", "transport_vehicle", "commerce_store_delivery", "postal_tricycle"]
)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_rows_with_several_strange_values(dataset: str, data: st.DataObject) -> None:
    found = contract(dataset)
    good = ORDERS if dataset == "power_charge_order" else _rows(dataset)
    change = st.tuples(st.integers(0, len(found.columns) - 1), st.sampled_from(STRANGE))
    chosen = st.lists(st.tuples(st.sampled_from(good), st.lists(change, max_size=2)), min_size=1, max_size=12)
    rows = []
    for row, changes in data.draw(chosen):
        values = list(row)
        for place, value in changes:
            values[place] = value
        rows.append(values)
    _assert_equal(found, _period(found), _numbered(rows))


def _order(number: int, total: Any, fee: float, *others: Any) -> tuple[Any, ...]:
    times = ("2025-09-25 08:00:00", "2025-09-25 09:00:00")
    return (
        f"MAD000078{number:018d}",
        "MAD000078",
        "3207060000030052",
        *times,
        total,
        12.0,
        8.0,
        fee,
        0,
        *others,
    )


ORDERS = [
    _order(1, 20.0, 20.0, 2, [{"DetailPower": 10.25}, {"DetailPower": 9.75}], "1HGCM82633A004352"),
    _order(2, 20, 20.01, None, None, None),
    _order(3, 20.015, 20.011, 1, [{"DetailPower": 20}], None),
    _order(4, 20.011, 20.0099, 1, [{"DetailPower": "20.0", "Price": "0\\6"}], "1HGCM82633A004353"),
]


@pytest.mark.shared
@pytest.mark.skipif(not perth.FOLDER.is_dir(), reason="the shared facts are not beside the project")
def test_real_sessions() -> None:
    found = contract("power_charge_order")
    names = [column.source_names[0] for column in found.columns]
    certain = 0
    for day, orders in sorted(perth.PerthOperator().pushed.items())[::20]:
        rows = [[order.get(name) or None for name in names] for order in orders]
        as_numbers = [[_number(value) if at == 5 else value for at, value in enumerate(row)] for row in rows]
        zeros = [[0 if at in (6, 7, 8, 9) else value for at, value in enumerate(row)] for row in as_numbers]
        certain += _assert_equal(found, Period.day(day), _numbered([*rows, *zeros]), at_once=50)
    assert certain


def _number(text: Any) -> Any:
    try:
        return float(text)
    except (TypeError, ValueError):
        return text


def test_faults_that_the_reader_found_keep_their_place() -> None:
    found = contract("power_charge_order")
    rows = _numbered(ORDERS * 3)
    fault = RowIssue("not_json", None, "{")
    rows[2] = rows[2]._replace(values=[], fault=fault)
    rows[7] = rows[7]._replace(values=[], fault=fault)
    assert _assert_equal(found, Period.day(DAY), rows, at_once=20)


def test_every_rule_is_known_for_columns_too() -> None:
    assert column_validation._RULES.keys() == row_rules._RULES.keys()


@pytest.mark.parametrize("text", ["a", "a\\b", "a\tb\nc\rd", "\b\f\v", "\\N"])
def test_a_text_is_written_as_copy_reads_it(text: str) -> None:
    written = copy_text(text)
    assert not set(written) & set("\t\n\r")
    escapes = {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "\\": "\\"}
    read, rest = "", iter(written)
    for character in rest:
        read += escapes[next(rest)] if character == "\\" else character
    assert read == text


def test_a_gzip_file_of_orders_is_read_in_batches_of_limited_text() -> None:
    order = dict(
        zip((c.source_names[0] for c in contract("power_charge_order").columns), ORDERS[0], strict=True)
    )
    large = json.dumps(order | {"Remark": "x" * 900_000}).encode() + b"\n"
    content = gzip.compress(large * 12, 1)
    found = contract("power_charge_order")
    reading = open_reading(Source(found, Period.day(DAY), "orders", lambda: io.BytesIO(content)))
    assert [len(batch) for batch in batches(reading)] == [5, 5, 2]
