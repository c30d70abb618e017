"""A contract as a compiled pydantic model: a row in (values in the contract's order), a typed row out.

The model of a row is a tuple, not an object with fields: what comes out goes to COPY as it is, and an error's
place is the column's position. Compiled once a contract, used for every row.
"""

from __future__ import annotations

import contextlib
import functools
import math
import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from green_freight.contracts import identifiers
from green_freight.contracts.model import Column, Contract
from green_freight.contracts.truth_values import truth_value
from green_freight.periods import SHANGHAI
from green_freight.written_dates import moment_in
from green_freight.written_numbers import number_in

# A date before 1949 or after this century is a typing error or a placeholder (1900-01-01, 9999-12-31).
EARLIEST, LATEST = date(1949, 10, 1), date(2099, 12, 31)
# PostgreSQL's bigint, and what no measured number exceeds.
_LEAST_INTEGER, _MOST_INTEGER = -(2**63), 2**63 - 1
_LARGEST_EXPONENT, _LARGEST, _LONGEST_NUMBER = 30, 1e30, 60
# 2025-09-30T08:00:00 without and with its zone.
_ISO_LENGTHS = (19, 25)
_CONFIG = ConfigDict(coerce_numbers_to_str=True, str_strip_whitespace=True)

Row = tuple[Any, ...]
RowModel = TypeAdapter[Row]


@functools.cache
def row_model(contract: Contract) -> RowModel:
    """Return the model of a row as the contract says."""
    return _compile([_field(column, column.required) for column in contract.columns])


@functools.cache
def column_model(column: Column) -> RowModel:
    """Return the model of a row that has one column alone."""
    return _compile([_field(column, column.required)])


@functools.cache
def tombstone_model(contract: Contract) -> RowModel:
    """Return the model of a row that marks a record as deleted: key and system columns, the rest empty."""
    needed = {"changed_at", "is_deleted"}
    return _compile([_field(c, c.is_key or c.name in needed) for c in contract.columns])


def reasons(error: ValidationError, contract: Contract) -> list[tuple[Column, str, Any]]:
    """Return (column, reason code, value) for each fault of a row, in the order of the columns."""
    found = []
    for each in error.errors(include_url=False, include_context=False):
        column = contract.columns[int(each["loc"][0])]
        found.append((column, _reason(column, each["type"], each["input"]), each["input"]))
    return found


def key_text(column: Column, value: Any) -> str:
    """Return a value of a key as raw holds it, whether or not the contract accepts it."""
    if column.identifier is not None:
        with contextlib.suppress(identifiers.DamagedIdentifierError):
            value = identifiers.normal_form(column.identifier, value)
    return str(value).strip()


def _compile(fields: Sequence[Any]) -> RowModel:
    row: Any = tuple.__class_getitem__(tuple(fields))
    return TypeAdapter(row, config=_CONFIG)


def _field(column: Column, required: bool) -> Any:
    kind = _kind(column)
    return kind if required else kind | None


def _text(column: Column) -> Any:
    if column.codes:
        return Annotated[str, StringConstraints(pattern=f"^(?:{'|'.join(map(re.escape, column.codes))})$")]
    # PostgreSQL stores no U+0000, and one such character would fail the whole COPY.
    limits = StringConstraints(
        pattern=column.pattern or r"^[^\x00]*$", max_length=column.max_length, min_length=1
    )
    if column.identifier is None:
        return Annotated[str, limits, BeforeValidator(_no_error_value)]
    steps: list[Any] = [limits, BeforeValidator(functools.partial(_normal, column.identifier))]
    if column.is_checked and column.rejects_invalid:
        steps.append(AfterValidator(functools.partial(_identifier, column.identifier)))
    return Annotated[str, *steps]


def _kind(column: Column) -> Any:
    match column.logical_type:
        case "string":
            return _text(column)
        case "number":
            low, high = (
                None if end is None else Decimal(str(end)) for end in (column.minimum, column.maximum)
            )
            limits = Field(ge=low, le=high, allow_inf_nan=False)
            return Annotated[Decimal, BeforeValidator(_plain_number), limits]
        case "integer":
            least = _LEAST_INTEGER if column.minimum is None else int(column.minimum)
            most = _MOST_INTEGER if column.maximum is None else int(column.maximum)
            return Annotated[int, BeforeValidator(_plain_number), Field(ge=least, le=most)]
        case "date":
            return Annotated[date, PlainValidator(_as_date)]
        case "timestamp":
            is_instant = column.physical_type == "timestamptz"
            return Annotated[datetime, PlainValidator(_as_instant if is_instant else _as_local)]
        case "boolean":
            return Annotated[bool, BeforeValidator(truth_value)]
        case _:
            return list[Any]


def _plain_number(value: Any) -> Any:
    """Return a number as it is; PostgreSQL would refuse the whole COPY for one that it cannot store."""
    if isinstance(value, bool):
        raise PydanticCustomError("not_a_number", "a truth value is no number")
    if isinstance(value, str | Decimal):
        written = str(value).strip()
        found = number_in(written)
        if found is None and "_" in written:
            # pydantic reads it as Python does.
            raise PydanticCustomError("not_a_number", "a number with an underscore")
        if found is None:
            return value
        is_storable = len(written) <= _LONGEST_NUMBER and abs(found.adjusted()) <= _LARGEST_EXPONENT
    else:
        # NaN and Infinity are no numbers, which pydantic says.
        is_number = isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
        is_storable = not is_number or abs(value) < _LARGEST
    if not is_storable:
        raise PydanticCustomError("out_of_range", "no number of this programme")
    return value


def _normal(kind: str, value: Any) -> Any:
    try:
        found = identifiers.normal_form(kind, value)
    except identifiers.DamagedIdentifierError:
        raise PydanticCustomError("damaged_identifier", "damaged by a spreadsheet") from None
    if isinstance(found, str) and not found.isprintable():
        raise PydanticCustomError("bad_character", "a control character in an identifier")
    return found


def _no_error_value(value: Any) -> Any:
    if identifiers.is_error_value(value):
        raise PydanticCustomError("error_value", "an error value of a spreadsheet")
    return value


def _identifier(kind: str, text: str) -> str:
    is_valid, reason_code = identifiers.CHECKS[kind]
    if not is_valid(text):
        raise PydanticCustomError(reason_code, "invalid identifier")
    return text


def _as_date(value: Any) -> date:
    found = _moment(value)
    if isinstance(found, datetime):
        # Midnight in Shanghai, or at the place that wrote the date.
        local = found if found.tzinfo is None else found.astimezone(SHANGHAI)
        days = [each.date() for each in (local, found) if each.time() == datetime.min.time()]
        if not days:
            raise PydanticCustomError("not_a_date", "a date with a time of day")
        found = days[0]
    return _in_range(found)


def _as_local(value: Any) -> datetime:
    found = _with_time(value)
    return found if found.tzinfo is None else found.astimezone(SHANGHAI).replace(tzinfo=None)


def _as_instant(value: Any) -> datetime:
    found = _with_time(value)
    return found if found.tzinfo is not None else found.replace(tzinfo=SHANGHAI)


def _with_time(value: Any) -> datetime:
    found = _moment(value)
    if not isinstance(found, datetime):
        raise PydanticCustomError("not_a_date", "a date without a time of day")
    _in_range(found.date())
    return found


def _moment(value: Any) -> date | datetime:
    if isinstance(value, date):
        return value
    # A bare number is never a date here: 20250901 could be a day or seconds.
    text = value.strip() if isinstance(value, str) else ""
    # Most are as the standards write them. Python also reads weeks (2025-W39-2), which no agency agreed to.
    with contextlib.suppress(ValueError):
        if len(text) == 10 and text[7] == "-":
            return date.fromisoformat(text)
        if len(text) in _ISO_LENGTHS and text[7] == "-":
            return datetime.fromisoformat(text)
    found = moment_in(text)
    if found is None:
        raise PydanticCustomError("not_a_date", "no date")
    return found


def _in_range(found: date) -> date:
    if not EARLIEST <= found <= LATEST:
        raise PydanticCustomError("out_of_range", "no date of this programme")
    return found


_BY_ERROR = {
    "string_too_short": "missing_value",
    "string_too_long": "too_long",
    "string_unicode": "bad_character",
    "greater_than_equal": "out_of_range",
    "less_than_equal": "out_of_range",
    "decimal_max_digits": "out_of_range",
    "int_parsing_size": "out_of_range",
}
_OURS = frozenset(
    (
        "bad_character",
        "bad_check_digit",
        "bad_pattern",
        "damaged_identifier",
        "not_a_date",
        "not_a_number",
        "out_of_range",
    )
)
_BY_TYPE = {
    "number": "not_a_number",
    "integer": "not_a_number",
    "date": "not_a_date",
    "timestamp": "not_a_date",
    "boolean": "not_a_boolean",
    "array": "not_a_list",
}


def _reason(column: Column, error_type: str, value: Any) -> str:
    if value is None:
        return "missing_value"
    if identifiers.is_error_value(value):
        return "error_value"
    if error_type in _OURS:
        return error_type
    if error_type == "string_pattern_mismatch":
        return "not_in_code_list" if column.codes else "bad_pattern" if column.pattern else "bad_character"
    by_type = _BY_TYPE.get(column.logical_type, "not_in_code_list" if column.codes else "not_a_text")
    return _BY_ERROR.get(error_type, by_type)
