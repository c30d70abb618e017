"""A contract as a compiled pydantic model: a row in (values in the contract's order), a typed row out.

The model of a row is a tuple, not an object with fields: what comes out goes to COPY as it is, and an error's
place is the column's position. Compiled once a contract, used for every row.
"""

from __future__ import annotations

import functools
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
from green_freight.periods import SHANGHAI

# A date before 1949 or after this century is a typing error or a placeholder (1900-01-01, 9999-12-31).
EARLIEST, LATEST = date(1949, 10, 1), date(2099, 12, 31)
_CONFIG = ConfigDict(coerce_numbers_to_str=True, str_strip_whitespace=True)

Row = tuple[Any, ...]
RowModel = TypeAdapter[Row]


@functools.cache
def row_model(contract: Contract) -> RowModel:
    """Return the model of a row as the contract says."""
    return _compile([_field(column, column.required) for column in contract.columns])


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
        return Annotated[str, limits]
    steps: list[Any] = [BeforeValidator(_plain_plate)] if column.identifier == "plate" else []
    steps.append(limits)
    if column.rejects_invalid:
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
            return Annotated[Decimal, BeforeValidator(_no_boolean), limits]
        case "integer":
            least, most = (None if end is None else int(end) for end in (column.minimum, column.maximum))
            return Annotated[int, BeforeValidator(_no_boolean), Field(ge=least, le=most)]
        case "date":
            return Annotated[date, PlainValidator(_as_date)]
        case "timestamp":
            is_instant = column.physical_type == "timestamptz"
            return Annotated[datetime, PlainValidator(_as_instant if is_instant else _as_local)]
        case "boolean":
            return bool
        case _:
            return list[Any]


def _no_boolean(value: Any) -> Any:
    if isinstance(value, bool):
        raise PydanticCustomError("not_a_number", "a truth value is no number")
    return value


def _plain_plate(value: Any) -> Any:
    return identifiers.plain_plate(value) if isinstance(value, str) else value


def _identifier(kind: str, text: str) -> str:
    is_valid, reason_code = identifiers.CHECKS[kind]
    if not is_valid(text):
        raise PydanticCustomError(reason_code, "invalid identifier")
    return text


def _as_date(value: Any) -> date:
    found = _moment(value)
    if isinstance(found, datetime):
        if found.time() != datetime.min.time():
            raise PydanticCustomError("not_a_date", "a date with a time of day")
        found = found.date()
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
    try:
        # A bare number is never a date here: 20250901 could be a day or seconds.
        text = value.strip()
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except (AttributeError, TypeError, ValueError):
        raise PydanticCustomError("not_a_date", "no date") from None


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
_OURS = frozenset(("bad_check_digit", "bad_pattern", "not_a_date", "not_a_number", "out_of_range"))
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
    if error_type in _OURS:
        return error_type
    if error_type == "string_pattern_mismatch":
        return "not_in_code_list" if column.codes else "bad_pattern" if column.pattern else "bad_character"
    by_type = _BY_TYPE.get(column.logical_type, "not_in_code_list" if column.codes else "not_a_text")
    return _BY_ERROR.get(error_type, by_type)
