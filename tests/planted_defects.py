"""Where defects were planted, by asking the source for the same deliveries that the servers hand out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from demo_city.city_source import CitySource
from demo_city.contract_facts import REGISTER_KEYS
from demo_city.defects.model import Defect
from demo_city.defects.registry import CHANGED_COLUMNS, DefectSampler, defect_named, row_key
from demo_city.deliveries.editions import FORMS, column_change
from demo_city.deliveries.source import MOVES, Source
from demo_city.random_generator import month_starts
from demo_city.versioned_register import Row


@dataclass(frozen=True)
class PlantedDefect:
    """One place where a defect was planted.

    `period` is the label of the delivery (for a register: the day of the record's change), `key` the contract's key
    of the row (its parts joined by `|`) or the file's name, `settled_at` the moment from which an absorbed defect of
    time leaves no trace.
    """

    defect: str
    agency: str
    dataset: str
    period: str
    file_name: str
    key: str
    effect: str
    reason_code: str | None = None
    column: str | None = None
    settled_at: datetime | None = None


def planted(
    defect: Defect,
    period: str,
    file_name: str = "",
    key: str | None = None,
    settled_at: datetime | None = None,
) -> PlantedDefect:
    """Return one place of a defect; without a row's key the file's name stands for it."""
    return PlantedDefect(
        defect=defect.name,
        agency=defect.agency,
        dataset=defect.dataset,
        period=period,
        file_name=file_name,
        key=file_name if key is None else key,
        effect=defect.effect,
        reason_code=defect.reason_code,
        column=defect.column,
        settled_at=settled_at,
    )


class _Recorder(DefectSampler):
    """A sampler that notes every row that a defect strikes."""

    def __init__(self, sampler: DefectSampler) -> None:
        super().__init__(sampler.rates, sampler.seed)
        self.hits: list[PlantedDefect] = []

    def struck(self, dataset: str, label: str, row: Row) -> tuple[Defect | None, list[Row]]:
        defect, rows = super().struck(dataset, label, row)
        if defect:
            period = label or str(row["changed_at"])[:10]
            self.hits.append(planted(defect, period, key=row_key(dataset, label, row)))
        return defect, rows

    def taken(self, file_name: str = "") -> list[PlantedDefect]:
        taken, self.hits = self.hits, []
        return [replace(hit, file_name=file_name) for hit in taken]


def planted_defects(
    city: CitySource, sampler: DefectSampler, clock: datetime, events_from: date = date.min
) -> Iterator[PlantedDefect]:
    """Yield every planted defect in what the agencies have delivered by a moment, in order of dataset and period.

    Daily events are those from a day on.
    Of a form's editions the newest delivered one counts. Defects of responses depend on the request and are not listed.
    """
    recorder = _Recorder(sampler)
    source = Source(city, recorder)
    for dataset in REGISTER_KEYS:
        source.register_rows(dataset, clock)
        yield from recorder.taken()
    corrected_at = {day: at for at, day in source.operation_changes()}
    stations = sorted({info["StationID"] for _, info in city.power.station_versions()})
    for n in range((clock.date() - source.first_day).days):
        day = source.first_day + timedelta(days=n)
        if day < events_from:
            continue
        yield from _operations(source, recorder, day, clock)
        if day in corrected_at:
            yield planted(defect_named("operations_corrected"), str(day), settled_at=corrected_at[day])
        yield from _orders(source, recorder, day, clock)
        if "stats_sum_wrong" in recorder.rates:
            for station in stations:
                source.station_stats(station, day)
            yield from recorder.taken()
    for month in month_starts(source.first_day, clock.date()):
        for agency, delivery in FORMS:
            yield from _form(source, recorder, (agency, delivery), month, clock)


def _operations(source: Source, recorder: _Recorder, day: date, clock: datetime) -> Iterator[PlantedDefect]:
    source.vehicle_operations(day, clock)
    yield from recorder.taken()
    yield from _columns(recorder, "vehicle_operations", str(day), "")


def _orders(source: Source, recorder: _Recorder, day: date, clock: datetime) -> Iterator[PlantedDefect]:
    delivered = [at for at, _ in source.order_deliveries(day) if at < clock]
    if not delivered:
        return
    name = f"charge_orders_{day:%Y%m%d}.jsonl.gz"
    source.orders(day)
    yield from recorder.taken(name)
    for defect, days in MOVES.items():
        for order in source.moved_orders(defect, day - timedelta(days=days)):
            yield planted(defect_named(defect), str(day), name, order["StartChargeSeq"])
    for defect in ("orders_late", "orders_truncated", "orders_restated", "orders_repeated"):
        if recorder.happens(defect, str(day)):
            yield planted(defect_named(defect), str(day), name, settled_at=max(delivered))


def _form(
    source: Source, recorder: _Recorder, form: tuple[str, str], month: date, clock: datetime
) -> Iterator[PlantedDefect]:
    editions = source.editions(*form, month)
    delivered = [edition for edition in editions if edition.delivered_at < clock]
    if not delivered:
        return
    newest = delivered[-1]
    for dataset in FORMS[form]:
        source.form_rows(dataset, newest)
        yield from recorder.taken(newest.file_name)
    yield from _columns(recorder, newest.delivery, newest.label, newest.file_name)
    for name in source.form_defects(newest):
        hit = planted(
            defect_named(name), newest.label, newest.file_name, settled_at=editions[-1].delivered_at
        )
        yield replace(hit, dataset="|".join(FORMS[form]))


def _columns(recorder: _Recorder, delivery: str, label: str, file_name: str) -> Iterator[PlantedDefect]:
    if delivery in CHANGED_COLUMNS:
        change = column_change(recorder, delivery, label)
        if change is not None:
            yield planted(defect_named(f"{delivery}_{change.kind}_column"), label, file_name)
