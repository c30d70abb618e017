"""Where defects were planted, by asking the source for the same deliveries that the servers hand out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from demo_city.defects.model import PlantedDefect, Row
from demo_city.defects.registry import REGISTRY
from demo_city.defects.sampler import DefectSampler, Told
from demo_city.deliveries.editions import COMMERCE_SHEETS, POSTAL_DELIVERIES
from demo_city.deliveries.source import MOVES, CitySource, Source
from demo_city.random_generator import month_starts
from demo_city.registers import REGISTER_KEYS


class _Recorder(DefectSampler):
    """DefectSampler that note every row they strike."""

    def __init__(self, sampler: DefectSampler) -> None:
        super().__init__(sampler.rates, sampler.seed)
        self.hits: list[PlantedDefect] = []

    def rows(self, dataset: str, label: str, rows: list[Row], told: Told | None = None) -> list[Row]:
        return super().rows(dataset, label, rows, self.hits.append)

    def taken(self, file_name: str = "") -> list[PlantedDefect]:
        taken, self.hits = self.hits, []
        return [replace(hit, file_name=file_name) for hit in taken]


def planted_defects(city: CitySource, sampler: DefectSampler, clock: datetime) -> Iterator[PlantedDefect]:
    """Yield every planted defect in what the agencies have delivered by a moment, in order of dataset and period.

    Of a form's editions the newest delivered one is looked at. Defects of answers depend on the question asked and
    are not listed.
    """
    recorder = _Recorder(sampler)
    listing = _Listing(Source(city, recorder), recorder, clock)
    yield from listing.registers()
    yield from listing.days()
    yield from listing.forms()


class _Listing:
    def __init__(self, source: Source, recorder: _Recorder, clock: datetime) -> None:
        self._source, self._recorder, self._clock = source, recorder, clock
        self._corrected_at = {day: at for at, day in source.operation_changes()}
        self._stations = sorted({info["StationID"] for _, info in source.city.power.station_versions()})

    def registers(self) -> Iterator[PlantedDefect]:
        for dataset in REGISTER_KEYS:
            self._source.register_rows(dataset, self._clock)
            yield from self._recorder.taken()

    def days(self) -> Iterator[PlantedDefect]:
        day = self._source.first_day
        while day < self._clock.date():
            yield from self._operations(day)
            yield from self._orders(day)
            yield from self._stats(day)
            day += timedelta(days=1)

    def forms(self) -> Iterator[PlantedDefect]:
        for month in month_starts(self._source.first_day, self._clock.date()):
            yield from self._form("commerce", "monthly_report", COMMERCE_SHEETS, month)
            for delivery, dataset in POSTAL_DELIVERIES.items():
                yield from self._form("postal", delivery, (dataset,), month)

    def _operations(self, day: date) -> Iterator[PlantedDefect]:
        self._source.vehicle_operations(day, self._clock)
        yield from self._recorder.taken()
        yield from self._columns("operations", str(day), "")
        if day in self._corrected_at:
            yield self._whole("operations_corrected", str(day), settled_at=self._corrected_at[day])

    def _orders(self, day: date) -> Iterator[PlantedDefect]:
        drops = [at for at, _ in self._source.order_drops(day, lambda orders: b"") if at < self._clock]
        if not drops:
            return
        name = f"charge_orders_{day:%Y%m%d}.jsonl.gz"
        self._source.orders(day)
        yield from self._recorder.taken(name)
        yield from self._moved_orders(day)
        for defect in ("orders_late", "orders_truncated", "orders_restated", "orders_repeated"):
            if self._recorder.happens(defect, str(day)):
                yield self._whole(defect, str(day), name, max(drops))

    def _moved_orders(self, day: date) -> Iterator[PlantedDefect]:
        for defect, days in MOVES.items():
            came = day - timedelta(days=days)
            for order in self._source.moved_orders(defect, came):
                hit = self._whole(defect, str(day), f"charge_orders_{day:%Y%m%d}.jsonl.gz")
                yield replace(hit, key=order["StartChargeSeq"])

    def _stats(self, day: date) -> Iterator[PlantedDefect]:
        if "stats_sum_wrong" in self._recorder.rates:
            for station in self._stations:
                self._source.station_stats(station, day)
            yield from self._recorder.taken()

    def _form(
        self, agency: str, delivery: str, datasets: tuple[str, ...], month: date
    ) -> Iterator[PlantedDefect]:
        editions = self._source.editions(agency, delivery, month)
        delivered = [edition for edition in editions if edition.delivered_at < self._clock]
        if not delivered:
            return
        newest = delivered[-1]
        for dataset in datasets:
            self._source.form_rows(dataset, newest)
            yield from self._recorder.taken(newest.file_name)
        prefix = "report" if agency == "commerce" else delivery
        yield from self._columns(prefix, newest.label, newest.file_name)
        for name in self._source.form_defects(newest):
            hit = self._whole(name, newest.label, newest.file_name, editions[-1].delivered_at)
            yield replace(hit, dataset="|".join(datasets))

    def _columns(self, prefix: str, label: str, file_name: str) -> Iterator[PlantedDefect]:
        change = self._source.column_change_of(prefix, label)
        if change is not None:
            yield self._whole(f"{prefix}_{change.kind}_column", label, file_name)

    def _whole(
        self, name: str, period: str, file_name: str = "", settled_at: datetime | None = None
    ) -> PlantedDefect:
        d = REGISTRY[name]
        return PlantedDefect(
            name,
            d.agency,
            d.dataset,
            period,
            file_name,
            file_name,
            d.effect,
            d.reason_code,
            d.column,
            settled_at,
        )
