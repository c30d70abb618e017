"""Where defects were planted, by asking the source for the same deliveries that the servers hand out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from demo_city.contract_facts import REGISTER_KEYS
from demo_city.defects.model import PlantedDefect, Row
from demo_city.defects.registry import CHANGED_COLUMNS, defect_named
from demo_city.defects.sampler import DefectSampler, OnHit
from demo_city.deliveries.column_change import column_change
from demo_city.deliveries.editions import FORMS
from demo_city.deliveries.source import MOVES, CitySource, Source
from demo_city.random_generator import month_starts


class _Recorder(DefectSampler):
    """A sampler that notes every row that a defect strikes."""

    def __init__(self, sampler: DefectSampler) -> None:
        super().__init__(sampler.rates, sampler.seed)
        self.hits: list[PlantedDefect] = []

    def rows(self, dataset: str, label: str, rows: list[Row], on_hit: OnHit | None = None) -> list[Row]:
        return super().rows(dataset, label, rows, self.hits.append)

    def taken(self, file_name: str = "") -> list[PlantedDefect]:
        taken, self.hits = self.hits, []
        return [replace(hit, file_name=file_name) for hit in taken]


def planted_defects(city: CitySource, sampler: DefectSampler, clock: datetime) -> Iterator[PlantedDefect]:
    """Yield every planted defect in what the agencies have delivered by a moment, in order of dataset and period.

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
        yield from _operations(source, recorder, day, clock)
        if day in corrected_at:
            yield defect_named("operations_corrected").planted(str(day), settled_at=corrected_at[day])
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
    delivered = [at for at, _ in source.order_deliveries(day, lambda orders: b"") if at < clock]
    if not delivered:
        return
    name = f"charge_orders_{day:%Y%m%d}.jsonl.gz"
    source.orders(day)
    yield from recorder.taken(name)
    for defect, days in MOVES.items():
        for order in source.moved_orders(defect, day - timedelta(days=days)):
            yield defect_named(defect).planted(str(day), name, order["StartChargeSeq"])
    for defect in ("orders_late", "orders_truncated", "orders_restated", "orders_repeated"):
        if recorder.happens(defect, str(day)):
            yield defect_named(defect).planted(str(day), name, settled_at=max(delivered))


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
        hit = defect_named(name).planted(newest.label, newest.file_name, settled_at=editions[-1].delivered_at)
        yield replace(hit, dataset="|".join(FORMS[form]))


def _columns(recorder: _Recorder, delivery: str, label: str, file_name: str) -> Iterator[PlantedDefect]:
    if delivery in CHANGED_COLUMNS:
        change = column_change(recorder, delivery, CHANGED_COLUMNS[delivery][1], label)
        if change is not None:
            yield defect_named(f"{delivery}_{change.kind}_column").planted(label, file_name)
