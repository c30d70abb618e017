"""Contract files (Open Data Contract Standard 3.1) to `Contract` objects.

The document is read with the standard's own models; this project's custom properties with the strict models below,
so that an unknown or misspelt one is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal

import yaml
from open_data_contract_standard.model import (
    CustomProperty,
    DataQuality,
    OpenDataContractStandard,
    SchemaProperty,
)
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from green_freight.contracts.code_lists import code_list
from green_freight.contracts.model import Column, Contract, ContractError, Granularity, Handling, RowRule
from green_freight.limits import Limits

_PHYSICAL_TYPES = {
    "string": "text",
    "number": "numeric",
    "integer": "bigint",
    "date": "date",
    "timestamp": "timestamp",
    "boolean": "boolean",
    "array": "jsonb",
}


class _CustomProperties(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=False)


class DatasetProperties(_CustomProperties):
    """The custom properties of a contract; `green_freight.contracts.model.Contract` explains them."""

    delivery: str
    granularity: Granularity
    connection: str
    refetch: str | None = None
    expected_from: date | None = None
    container: Literal[
        "transport_pages", "tcec_stations", "tcec_station_stats", "order_lines", "csv", "workbook"
    ]
    content: str | None = None
    sheet_names: tuple[str, ...] = ()
    event_date_column: str | None = None
    has_flows: bool = False
    on_new_column: Literal["stop", "ignore_with_warning"] = "ignore_with_warning"
    tolerated_rejected_rows: int = 1
    tolerated_rejected_share: float = 0.01
    most_rejected_share: float = 0.5
    fewest_rows_share: float = 0.5
    on_too_many_rejected: Handling | None = None
    on_no_rows: Handling | None = None
    on_few_rows: Handling | None = None
    on_repeated_period: Handling | None = None
    keeps_newest: bool = False
    limits: Mapping[str, int] = {}

    @model_validator(mode="after")
    def _defaults_by_kind(self) -> DatasetProperties:
        # A day's events are worth having without the faulty ones; a form is a whole, an empty one a failed export.
        is_form = self.container in ("csv", "workbook")
        if self.on_too_many_rejected is None:
            is_day = self.granularity is Granularity.DAY
            self.on_too_many_rejected = Handling.PARTIAL if is_day else Handling.STOP
        self.on_no_rows = self.on_no_rows or (Handling.STOP if is_form else Handling.ACCEPT)
        self.on_few_rows = self.on_few_rows or (Handling.STOP if is_form else Handling.ACCEPT)
        if self.on_repeated_period is None:
            self.on_repeated_period = Handling.STOP if is_form and self.has_flows else Handling.ACCEPT
        return self


class ColumnProperties(_CustomProperties):
    """The custom properties of a column; `green_freight.contracts.model.Column` explains them."""

    source_names: tuple[str, ...] = Field(min_length=1)
    code_list: str | None = None
    code_system: str | None = None
    unit: str | None = None
    identifier: Literal["uscc", "vin", "plate", "register_number", "name"] | None = None
    on_invalid: Literal["reject", "warn"] = "reject"
    on_missing_column: Literal["stop", "ignore_with_warning"] = "ignore_with_warning"
    fill_down: bool = False
    value_from: Literal["title_period", "start_charge_seq"] | None = None


def read_contract(path: Path) -> Contract:
    """Read one contract file.

    Raises:
        ContractError: an entry is absent, unknown or has a value that is not allowed; the message names the file,
            the entry and, for a custom property, its name.
    """
    try:
        return _contract(OpenDataContractStandard.model_validate(_document(path)))
    except (KeyError, TypeError, ValueError) as error:
        detail = _detail(error) if isinstance(error, ValidationError) else f"{type(error).__name__}: {error}"
        raise ContractError(f"contract {path.name}: {detail}") from error


def _document(path: Path) -> Any:
    # libyaml's loader: every task reads its contracts, and the pure Python loader takes a second for them.
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def _contract(document: OpenDataContractStandard) -> Contract:
    properties = DatasetProperties.model_validate(_custom(document.customProperties))
    (table,) = document.schema_ or []
    title_zh, separator, title_en = (document.name or "").partition(" / ")
    if not separator:
        raise ValueError(f"the name {document.name!r} is not 'Chinese / English'")
    found = Contract(
        id=document.id or "",
        version=document.version or "",
        title_zh=title_zh,
        title_en=title_en,
        agency=document.domain or "",
        grain=table.dataGranularityDescription or "",
        columns=tuple(_column(entry) for entry in table.properties or ()),
        rules=tuple(_rule(entry) for entry in table.quality or ()),
        stops_at_new_column=properties.on_new_column == "stop",
        limits=_limits(properties),
        **properties.model_dump(exclude={"on_new_column", "limits"}),
    )
    if not found.id.startswith(f"{found.agency}_"):
        raise ValueError(
            f"the id {found.id} does not begin with the domain {found.agency} (the agency's code)"
        )
    if table.name != found.id:
        raise ValueError(f"the schema is named {table.name}, not {found.id}")
    if not found.key:
        raise ValueError("no column is a primary key")
    if found.event_date_column:
        found.column(found.event_date_column)
    return found


def _limits(properties: DatasetProperties) -> Limits:
    try:
        return Limits.of(properties.container, properties.limits)
    except ValidationError as error:
        raise ValueError(f"limits: {_detail(error)}") from error


def _column(entry: SchemaProperty) -> Column:
    name, logical_type = entry.name or "", entry.logicalType or ""
    try:
        custom = ColumnProperties.model_validate(_custom(entry.customProperties))
        codes = code_list(custom.code_list) if custom.code_list else None
    except ValidationError as error:
        raise ValueError(f"column {name}: {_detail(error)}") from error
    except ContractError as error:
        raise ValueError(f"column {name}: {error}") from error
    options = entry.logicalTypeOptions or {}
    is_number = logical_type in ("number", "integer")
    return Column(
        name=name,
        title_zh=entry.businessName or "",
        description=entry.description or "",
        logical_type=logical_type,
        physical_type="timestamptz" if options.get("timezone") else _PHYSICAL_TYPES[logical_type],
        required=bool(entry.required),
        source_names=custom.source_names,
        key_position=entry.primaryKeyPosition if entry.primaryKey else None,
        pattern=options.get("pattern"),
        max_length=options.get("maxLength"),
        minimum=options.get("minimum") if is_number else None,
        maximum=options.get("maximum") if is_number else None,
        codes=codes.codes if codes else {},
        code_system=codes.system if codes else custom.code_system,
        unit=custom.unit,
        identifier=custom.identifier,
        rejects_invalid=custom.on_invalid == "reject",
        stops_when_absent=bool(entry.required) or custom.on_missing_column == "stop",
        is_filled_down=custom.fill_down,
        value_from=custom.value_from,
    )


def _rule(entry: DataQuality) -> RowRule:
    settings = dict(entry.implementation) if isinstance(entry.implementation, dict) else {}
    return RowRule(settings.pop("rule"), settings)


def _detail(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, e['loc']))}: {e['msg']}, found {e['input']!r}" for e in error.errors()
    )


def _custom(entries: Iterable[CustomProperty] | None) -> dict[str, Any]:
    return {each.property or "": each.value for each in entries or ()}
