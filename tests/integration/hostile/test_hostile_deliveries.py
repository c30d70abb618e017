"""Hostile inputs over the four protocols: each has one recorded outcome, and no other delivery is affected.

Many inputs lie on one real server, each in a period of its own, between good deliveries. They are fetched and loaded
into PostgreSQL as a night does. `expected.yml` has the outcome of every input; what a change alters is written again by
`./green-freight test tests/integration/hostile` with WRITE_EXPECTED=1, and read before it is committed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from green_freight.agencies import agency_named
from green_freight.agencies.connector import Connection
from green_freight.agencies.fetch import fetch_agency
from green_freight.contracts import contracts_of
from green_freight.contracts.model import Contract
from green_freight.loading import load_agency
from green_freight.loading.outcomes import STOP_REASONS
from green_freight.loading.raw_tables import table_name
from green_freight.periods import Period
from green_freight.warehouse import Session
from psycopg import sql
from psycopg.rows import dict_row

from tests.integration.fetch.shares import Share
from tests.integration.hostile import inputs
from tests.integration.hostile.inputs import HostileInput
from tests.integration.hostile.servers import Answer, ChargingExchangeService, PagedService, envelope
from tests.warehouses import Warehouse

EXPECTED = Path(__file__).with_name("expected.yml")
ONCE = {"attempts": "1", "first_wait_seconds": "0", "longest_wait_seconds": "0", "answer_seconds": "20"}
DAY = date(2025, 10, 9)
AGENCIES = ("postal", "commerce", "transport", "power")
# Windows of registers end with the programme's first month; from there on each input has a month or a day of its own.
MONTHS = [f"{year}-{month:02}" for year in (2023, 2024, 2025) for month in range(1, 13)][1:33]
DAYS = [f"{month}-{day:02}" for month in MONTHS for day in (5, 15, 25)]
# Columns that differ between periods by themselves.
OF_PERIOD = {
    "stat_date",
    "operation_date",
    "report_month",
    "started_at",
    "ended_at",
    "charge_details",
    "changed_at",
}

Placed = Mapping[tuple[str, Period], HostileInput]
Row = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """What the warehouse holds of one input: its outcome, the messages, the rows by dataset."""

    outcome: str
    messages: Sequence[str]
    rows: Mapping[str, list[Row]]
    is_conserved: bool


def _batches(agency: str) -> Iterator[Placed]:
    """Give the agency's inputs, each in a period of its own, with a good delivery as the first of each batch."""
    waiting: dict[str, list[HostileInput]] = defaultdict(list)
    for one in inputs.inputs():
        if one.agency == agency:
            waiting[one.delivery].append(one)
    while any(waiting.values()):
        placed = {}
        for good in inputs.good_deliveries():
            if good.agency == agency:
                is_daily = agency_named(agency).delivery(good.delivery).granularity.value == "day"
                periods = DAYS if is_daily else MONTHS
                here = [good, *waiting[good.delivery][: len(periods) - 1]]
                waiting[good.delivery] = waiting[good.delivery][len(periods) - 1 :]
                placed.update(
                    {(good.delivery, Period(label)): one for label, one in zip(periods, here, strict=False)}
                )
        yield placed


def _served(agency: str, placed: Placed, stack: ExitStack) -> dict[str, Connection]:
    """Start the agency's servers and return the connections."""
    if agency == "transport":
        service = stack.enter_context(
            PagedService(lambda path, query: _transport_answer(placed, path, query))
        )
        return {agency: service.connection(ONCE)}
    if agency == "power":
        exchange = ChargingExchangeService(
            lambda interface, asked: _exchange_answer(placed, interface, asked)
        )
        files = _share({place: one for place, one in placed.items() if place[0] == "charge_orders"})
        return {
            "power": stack.enter_context(exchange).connection(ONCE),
            "power_files": _with_policy(stack.enter_context(files).connection),
        }
    return {agency: _with_policy(stack.enter_context(_share(placed)).connection)}


def _with_policy(connection: Connection) -> Connection:
    return replace(connection, extra={**connection.extra, **ONCE})


def _share(placed: Placed) -> Share:
    folders: dict[str, list[tuple[bytes, bytes]]] = defaultdict(list)
    for (delivery, period), one in placed.items():
        content, day = one.content(period), period.first_day
        if one.agency == "postal":
            name = f"postal_{delivery}_{day:%Y%m}_v1.csv"
            digest = hashlib.sha256(content).hexdigest().encode()
            folders["/drop"] += [(name.encode(), content), (f"{name}.sha256".encode(), digest)]
        elif one.agency == "commerce":
            folders["/reports"].append((f"{day.year}年{day.month}月商贸配送月报.xlsx".encode(), content))
        else:
            folders[f"/orders/{day:%Y%m}"].append((f"charge_orders_{day:%Y%m%d}.jsonl.gz".encode(), content))
    return Share(folders)


def _answer(content: Any) -> Answer:
    return content if isinstance(content, Answer) else Answer(content)


def _transport_answer(placed: Placed, path: str, query: Mapping[str, str]) -> Answer:
    if "operation_date" in query:
        place = ("vehicle_operations", Period(query["operation_date"]))
    else:
        place = ("enterprises", _month_before(query["changed_before"]))
    return _answer(placed[place].content(place[1]))


def _month_before(instant: str) -> Period:
    year, month = map(int, instant[:7].split("-"))
    return Period(f"{year}-{month - 1:02}" if month > 1 else f"{year - 1}-12")


def _exchange_answer(placed: Placed, interface: str, asked: Mapping[str, Any]) -> Answer:
    if interface == "query_stations_info":
        since = asked.get("LastQueryTime")
        if since is None:
            return Answer(envelope(inputs.stations_page()))
        place = ("stations", Period(since[:7]))
        return _answer(placed[place].content(place[1]))
    if asked["StationID"] != "S2":
        return Answer(envelope(json.dumps({"StationStats": inputs.stats(asked["StationID"])})))
    place = ("station_stats", Period(asked["StartTime"]))
    return _answer(placed[place].content(place[1]))


def _fetched_and_loaded(warehouse: Warehouse, agency: str, placed: Placed) -> dict[HostileInput, Found]:
    work = [(delivery, period) for delivery, period in placed]
    with ExitStack() as stack:
        connections = _served(agency, placed, stack)
        fetched = fetch_agency(warehouse, agency, work, connections, "hostile", DAY)
    load_agency(warehouse, agency, work, "hostile", progress=lambda _: None)
    assert len(fetched.outcomes) == len(work)
    found = {}
    with warehouse.connect("loader") as session:
        for outcome, (place, one) in zip(fetched.outcomes, placed.items(), strict=True):
            assert (outcome.delivery, outcome.period) == place
            if outcome.error is not None:
                code = outcome.error.failure.code
                found[one] = Found(f"not landed, {code}", [str(outcome.error)], {}, True)
            else:
                found[one] = _loaded(session, one, place[1])
    return found


def _loaded(session: Session, one: HostileInput, period: Period) -> Found:
    words: list[str] = []
    messages: list[str] = []
    rows: dict[str, list[Row]] = {}
    is_conserved = True
    for contract in contracts_of(one.agency, one.delivery):
        load = session.execute(
            "select load_id, outcome_code, rows_in_file, rows_loaded, rows_rejected, error_message from ops.load "
            "where (dataset_id, period_label) = (%s, %s)",
            [contract.id, period.label],
        ).fetchall()
        [(load_id, outcome, in_file, loaded, rejected, message)] = load
        rows[contract.id] = _rows(session, contract, period)
        row_issues = session.execute(
            "select reason_code, column_name, message_zh || E'\\n' || message_en from ops.rejected_row "
            "where load_id = %s order by 1, 2",
            [load_id],
        ).fetchall()
        messages += [text for _, _, text in row_issues]
        reasons = sorted(
            {
                f"{code} of {column}" if column and column != one.column else code
                for code, column, _ in row_issues
            }
        )
        messages += [message] if message else []
        if outcome == "loaded":
            is_conserved &= in_file == loaded + rejected and loaded == len(rows[contract.id])
            word = f"{loaded} of {in_file} rows" + (f", rejected: {', '.join(reasons)}" if reasons else "")
            if contract.id == one.dataset and one.column and loaded == in_file:
                word = f"loaded as {_value_of(one, rows[contract.id])}"
            elif contract.id == one.dataset and one.column and (rejected, in_file - loaded) == (1, 1):
                word = f"rejected, {', '.join(reasons)}"
        else:
            word = f"stopped, {_stop_code(message)}" + (f" ({', '.join(reasons)})" if reasons else "")
        if contract.id == one.dataset:
            words.insert(0, word)
        elif not re.fullmatch(r"(\d+) of \1 rows", word) or loaded == 0:
            words.append(f"{contract.id} {word}")
    return Found("; ".join(words), messages, rows, is_conserved)


def _rows(session: Session, contract: Contract, period: Period) -> list[Row]:
    query = sql.SQL("select {} from {} where _period = %s order by _row_number").format(
        sql.SQL(", ").join(map(sql.Identifier, contract.names)), table_name(contract)
    )
    with session.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, [period.label]).fetchall()


def _key(contract: Contract, row: Row) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in contract.key if column.name not in OF_PERIOD)


def _value_of(one: HostileInput, rows: Sequence[Row]) -> str:
    """Return the hostile value as the warehouse holds it."""
    [value] = [row[one.column or ""] for row in rows[1:2]]
    return inputs.named(value if value is None or isinstance(value, str | bool) else str(value))


def _stop_code(message: str) -> str:
    return next(code for code, reason in STOP_REASONS.items() if f": {reason.meaning_en} (" in message)


def _altered_rows(found: Mapping[HostileInput, Found]) -> Iterator[str]:
    """Give each input after which a row that nothing was changed in differs from that of the good delivery."""
    good = {one.delivery: result for one, result in found.items() if one.name == inputs.GOOD}
    for one, result in found.items():
        # Changed bytes can lie in any row.
        for contract in (
            () if one.name.startswith("bytes changed") else contracts_of(one.agency, one.delivery)
        ):
            known = {_key(contract, row): row for row in good[one.delivery].rows[contract.id]}
            second = [*known][1] if len(known) > 1 else None
            for row in result.rows.get(contract.id, ()):
                right = known.get(_key(contract, row))
                if right and _key(contract, row) != second and _plain(row) != _plain(right):
                    yield f"{one.key}: {_plain(row)}"


def _lost_rows(found: Mapping[HostileInput, Found]) -> Iterator[str]:
    """Give each input whose rows are not loaded ones and rejected ones together."""
    return (f"{one.key}: rows lost" for one, result in found.items() if not result.is_conserved)


def _unforeseen(found: Mapping[HostileInput, Found]) -> Iterator[str]:
    """Give each input for whose fault the code has no name of its own."""
    codes = re.compile(r", (unexpected|refused_by_database)\b")
    return (f"{one.key}: {result.outcome}" for one, result in found.items() if codes.search(result.outcome))


def _plain(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in OF_PERIOD}


def _unclear_messages(found: Mapping[HostileInput, Found]) -> Iterator[str]:
    """Give each input with a message that is no line in each language naming the agency, or is not printable."""
    for one, result in found.items():
        agency = agency_named(one.agency)
        for text in result.messages:
            lines = text.split("\n")
            is_clear = len(lines) == 2 and lines[0].startswith(agency.name_zh) and agency.name_en in lines[1]
            if not is_clear or not text.replace("\n", "").isprintable() or len(text) > 3000:
                yield f"{one.key}: {text[:400]!r}"


@pytest.fixture(scope="module")
def expected() -> dict[str, dict[str, str]]:
    return yaml.safe_load(EXPECTED.read_text(encoding="utf-8")) if EXPECTED.exists() else {}


@pytest.mark.usefixtures("every_share_tolerated")
@pytest.mark.parametrize("agency", AGENCIES)
def test_each_input_has_its_outcome_and_costs_no_other_delivery(
    warehouse: Warehouse, agency: str, expected: dict[str, dict[str, str]]
) -> None:
    outcomes: dict[str, dict[str, str]] = defaultdict(dict)
    problems: list[str] = []
    for placed in _batches(agency):
        found = _fetched_and_loaded(warehouse, agency, placed)
        for one, result in found.items():
            outcomes[one.dataset][one.name] = result.outcome
        problems += [
            *_altered_rows(found),
            *_unclear_messages(found),
            *_lost_rows(found),
            *_unforeseen(found),
        ]
        _empty(warehouse, agency)
    if os.environ.get("WRITE_EXPECTED"):
        _write(outcomes)
    for dataset, found_now in outcomes.items():
        known = expected.get(dataset, {})
        others = [name for name in {**known, **found_now} if known.get(name) != found_now.get(name)]
        problems += [f"{dataset}: {name}: {found_now.get(name)}, not {known.get(name)}" for name in others]
    assert not problems, "\n".join(problems)


def _empty(warehouse: Warehouse, agency: str) -> None:
    tables = [
        table_name(one) for name in agency_named(agency).deliveries for one in contracts_of(agency, name)
    ]
    with warehouse.admin() as admin:
        admin.execute("truncate ops.fetch, ops.source_file, ops.load, ops.rejected_row")
        for table in tables:
            admin.execute(sql.SQL("drop table if exists {}").format(table))


def _write(outcomes: Mapping[str, Mapping[str, str]]) -> None:
    before = yaml.safe_load(EXPECTED.read_text(encoding="utf-8")) if EXPECTED.exists() else {}
    text = yaml.safe_dump(before | {**outcomes}, allow_unicode=True, sort_keys=True, width=200)
    EXPECTED.write_text(text, encoding="utf-8")
