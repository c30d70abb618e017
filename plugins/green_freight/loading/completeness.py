"""Whether what was read of a file can be all of its delivery: rows rejected, none left, fewer than last time, repeated.

The contract says of each case whether the file stops, is loaded as a part of its delivery, or is accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from psycopg import sql

from green_freight.contracts.model import Contract, Handling
from green_freight.loading.outcomes import LoadWarning, UnreadableFileError
from green_freight.loading.raw_tables import table_name
from green_freight.loading.records import CurrentLoad
from green_freight.periods import Period
from green_freight.programme import programme
from green_freight.warehouse import Session

# Forms of fewer rows shrink, or stay as they are, without a fault.
ENOUGH_ROWS = 4


@dataclass(frozen=True)
class Counts:
    """The rows of a file: read, and of these rejected, and of these rejected as repetitions of a key."""

    rows_in_file: int
    rows_rejected: int
    rows_repeated: int

    @property
    def rows_loaded(self) -> int:
        """Return the rows that are left."""
        return self.rows_in_file - self.rows_rejected


@dataclass(frozen=True)
class _Anomaly:
    code: str
    handling: Handling
    facts: Mapping[str, Any]


def anomalies_in(
    connection: Session,
    contract: Contract,
    period: Period,
    counts: Counts,
    before: CurrentLoad | None,
    sheet: str | None = None,
    is_repeated: bool = False,
) -> list[LoadWarning]:
    """Return a warning for each reason to take the rows just loaded for a part of their delivery; none: they are all.

    `before` is the load that they replace; where that was complete, a part does not replace it. With `is_repeated` the
    file is not compared with other loads. Raises UnreadableFileError where the contract says that the file stops.
    """
    found = [*_about_itself(contract, counts)]
    if not is_repeated and counts.rows_loaded:
        found += _compared(connection, contract, period, counts)
    found = [anomaly for anomaly in found if anomaly.handling is not Handling.ACCEPT]
    is_complete = before is not None and before.complete_through is not None
    for anomaly in found:
        if anomaly.handling is Handling.STOP or is_complete:
            raise UnreadableFileError.of(anomaly.code, anomaly.code, sheet, **anomaly.facts)
    loaded, rejected = counts.rows_loaded, counts.rows_rejected or None
    return [LoadWarning.of(each.code, count=rejected, **{"loaded": loaded, **each.facts}) for each in found]


def _about_itself(contract: Contract, counts: Counts) -> list[_Anomaly]:
    if not counts.rows_in_file:
        return [_Anomaly("no_rows", contract.on_no_rows, {})]
    if counts.rows_loaded and contract.tolerates(counts.rows_rejected, counts.rows_in_file):
        return []
    is_most = counts.rows_rejected > contract.most_rejected_share * counts.rows_in_file
    facts = {"rows": counts.rows_in_file, "rejected": counts.rows_rejected, "repeated": counts.rows_repeated}
    return [_Anomaly("too_many_rejected", Handling.STOP if is_most else contract.on_too_many_rejected, facts)]


def _compared(connection: Session, contract: Contract, period: Period, counts: Counts) -> list[_Anomaly]:
    found: list[_Anomaly] = []
    if contract.on_few_rows is not Handling.ACCEPT:
        label, rows = _last_time(connection, contract, period)
        if rows >= ENOUGH_ROWS and counts.rows_loaded < contract.fewest_rows_share * rows:
            facts = {"loaded": counts.rows_loaded, "period": label, "before": rows}
            found.append(_Anomaly("far_fewer_rows", contract.on_few_rows, facts))
    if contract.on_repeated_period is not Handling.ACCEPT and counts.rows_loaded >= ENOUGH_ROWS:
        for other in (Period.month_of(period.first_day - timedelta(days=1)), period.next):
            if _is_repeated(connection, contract, period, other):
                same = {"loaded": counts.rows_loaded, "period": other.label}
                found.append(_Anomaly("repeats_a_period", contract.on_repeated_period, same))
    return found


def _last_time(connection: Session, contract: Contract, period: Period) -> tuple[str, int]:
    row = connection.execute(
        "select period_label, rows_loaded from ops.load where dataset_id = %s and outcome_code = 'loaded' "
        "and period_label <= %s and length(period_label) = length(%s) order by period_label desc, load_id desc limit 1",
        [contract.id, period.label, period.label],
    ).fetchone()
    return (str(row[0]), int(row[1])) if row else (period.label, 0)


def _is_repeated(connection: Session, contract: Contract, period: Period, other: Period) -> bool:
    names = [c.name for c in contract.columns if c.value_from is None]
    rows = sql.SQL("select {} from {} where _city_code = {} and _period = %s").format(
        sql.SQL(", ").join(map(sql.Identifier, names)),
        table_name(contract),
        sql.Literal(programme().city_code),
    )
    query = sql.SQL("select not exists ({0} except all {0}) and not exists ({0} except all {0})").format(rows)
    labels = [period.label, other.label]
    found = connection.execute(query, [*labels, *reversed(labels)]).fetchone()
    return bool(found and found[0])
