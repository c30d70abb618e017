"""The power company's stations, piles and connectors, and how StationInfo showed them at each change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import cycle, islice

from demo_city.city_source import Message
from demo_city.identifiers import organisation_code
from demo_city.random_generator import SHANGHAI, stream

PUBLIC, PRIVATE, BUS, SANITATION, LOGISTICS, TAXI = 1, 50, 100, 101, 102, 103
BUILDING, CLOSED, IN_SERVICE = 1, 5, 50
OPERATOR_ID = organisation_code(7)
OWNER_ID = organisation_code(8)
# kind of pile -> EquipmentType, kW, connectors, ConnectorType, volts (upper, lower), amperes
PILE_KINDS = {
    "dc120": (1, Decimal("120.0"), 2, 4, 750, 200, 250),
    "dc60": (1, Decimal("60.0"), 1, 4, 750, 200, 125),
    "ac7": (2, Decimal("7.0"), 1, 3, 220, 220, 32),
}


@dataclass(frozen=True)
class Batch:
    """Piles put into service together; `kinds` is a repeating pattern of PILE_KINDS."""

    on: date
    count: int
    kinds: tuple[str, ...] = ("dc120", "dc60", "dc60")


@dataclass(frozen=True)
class Site:
    """A station's life. `built_from` is when it first appears as being built, without any date of service."""

    number: int
    station_type: int
    construction: int
    area: str
    batches: tuple[Batch, ...]
    closed_on: date | None = None
    built_from: date | None = None
    # pile (from 1) -> the day of its decommissioning
    retired: dict[int, date] = field(default_factory=dict)

    @property
    def opened_on(self) -> date:
        """Return the day on which the station went into service."""
        return self.batches[0].on


_MIXED, _SLOW = ("dc120", "dc60", "ac7"), ("ac7", "dc60")
SITES = (
    Site(1, PUBLIC, 9, "320706", (Batch(date(2019, 5, 20), 16, _MIXED),), retired={3: date(2024, 10, 16)}),
    Site(2, LOGISTICS, 5, "320706", (Batch(date(2021, 3, 8), 20),)),
    Site(3, BUS, 6, "320706", (Batch(date(2018, 9, 1), 60), Batch(date(2024, 4, 18), 20))),
    Site(4, PRIVATE, 3, "320707", (Batch(date(2020, 7, 1), 30, _SLOW),), closed_on=date(2025, 2, 28)),
    Site(5, TAXI, 9, "320703", (Batch(date(2020, 1, 15), 40),)),
    Site(6, SANITATION, 2, "320772", (Batch(date(2021, 11, 11), 12, _MIXED),)),
    # the five of the plan
    Site(7, LOGISTICS, 5, "320706", (Batch(date(2023, 6, 16), 30), Batch(date(2023, 8, 22), 20))),
    Site(8, PUBLIC, 9, "320703", (Batch(date(2023, 10, 31), 38, _MIXED),), built_from=date(2023, 7, 10)),
    Site(9, LOGISTICS, 5, "320771", (Batch(date(2024, 4, 26), 82),)),
    Site(10, PUBLIC, 10, "320722", (Batch(date(2024, 9, 30), 80, _MIXED), Batch(date(2025, 5, 20), 20))),
    Site(11, LOGISTICS, 6, "320707", (Batch(date(2025, 11, 25), 30),), built_from=date(2025, 7, 3)),
)


@dataclass(frozen=True)
class Connector:
    """One plug and the days between which it works."""

    connector_id: str
    equipment_id: str
    station_id: str
    power_kw: Decimal
    first_day: date
    gone_from: date | None


def station_id(site: Site) -> str:
    """Return a station's identifier."""
    return f"{site.area}{site.number:06d}"


def piles(site: Site) -> Iterator[tuple[str, int, str, date]]:
    """Yield (identifier, number from 1, kind, day of service) of all piles that a station ever gets."""
    kinds = [(kind, b.on) for b in site.batches for kind in islice(cycle(b.kinds), b.count)]
    for number, (kind, on) in enumerate(kinds, 1):
        yield f"{station_id(site)}{number:04d}", number, kind, on


def _connector_ids(pile_id: str, kind: str) -> list[str]:
    return [f"{pile_id}{plug:02d}" for plug in range(1, PILE_KINDS[kind][2] + 1)]


def connectors() -> list[Connector]:
    """Return all connectors in a fixed order."""
    found = []
    for site in SITES:
        for pile_id, number, kind, on in piles(site):
            ids = _connector_ids(pile_id, kind)
            gone_from = min((d for d in (site.closed_on, site.retired.get(number)) if d), default=None)
            facts = (pile_id, station_id(site), PILE_KINDS[kind][1] / len(ids), on, gone_from)
            found += [Connector(connector_id, *facts) for connector_id in ids]
    return found


def station_versions(seed: int, last_year: int) -> list[tuple[datetime, Message]]:
    """Return every version of every StationInfo, oldest first, up to the end of a year."""
    versions: list[tuple[datetime, Message]] = []
    for site in SITES:
        rng = stream(seed, "stations", site.number)
        changes = {
            *(batch.on for batch in site.batches),
            *site.retired.values(),
            site.closed_on,
            site.built_from,
        }
        for day in sorted(day for day in changes if day and day.year <= last_year):
            second = int(rng.integers(8 * 3600, 17 * 3600))
            moment = datetime.combine(day, time(), SHANGHAI) + timedelta(seconds=second)
            earliest = datetime(2022, 12, 1, 9, site.number, tzinfo=SHANGHAI)
            versions.append((max(moment, earliest), _info(site, day)))
    return sorted(versions, key=lambda version: (version[0], version[1]["StationID"]))


def _info(site: Site, day: date) -> Message:
    """Return StationInfo as it stands at the end of a day."""
    is_open = day >= site.opened_on
    status = IN_SERVICE if is_open else BUILDING
    if site.closed_on and day >= site.closed_on:
        status = CLOSED
    return {
        "StationID": station_id(site),
        "OperatorID": OPERATOR_ID,
        "EquipmentOwnerID": OWNER_ID if site.station_type in (PRIVATE, TAXI) else OPERATOR_ID,
        "StationName": f"示范充电站{site.number:02d}（演示数据）",
        "CountryCode": "CN",
        "AreaCode": site.area,
        "Address": f"示范市演示区虚拟路{site.number * 8}号",
        "ServiceTel": "0518-00000000",
        "StationType": site.station_type,
        "StationStatus": status,
        "ParkNums": 0 if site.station_type == BUS else sum(batch.count for batch in site.batches),
        "StationLng": Decimal("119.200000") + Decimal(site.number * 12_347) / 1_000_000,
        "StationLat": Decimal("34.580000") + Decimal(site.number * 3_571) / 1_000_000,
        "Construction": site.construction,
        "OfficialRunTime": site.opened_on.isoformat() if is_open else "",
        "DecommissionTime": _text_if_past(site.closed_on, day),
        "EquipmentInfos": [
            _equipment(site, pile_id, number, kind, on, day)
            for pile_id, number, kind, on in piles(site)
            if on <= day or (not is_open and on == site.opened_on)
        ],
    }


def _equipment(site: Site, pile_id: str, number: int, kind: str, on: date, day: date) -> Message:
    equipment_type, power, plugs, plug_type, upper, lower, amperes = PILE_KINDS[kind]
    connector = {
        "ConnectorType": plug_type,
        "VoltageUpperLimits": upper,
        "VoltageLowerLimits": lower,
        "Current": amperes,
        "Power": power / plugs,
        "NationalStandard": 2,
    }
    return {
        "EquipmentID": pile_id,
        "ManufacturerID": organisation_code(20 + site.number % 3),
        "EquipmentModel": f"DEMO-{kind.upper()}",
        "ProductionDate": (on - timedelta(days=120)).isoformat(),
        "EquipmentType": equipment_type,
        "Power": power,
        "OfficialRunTime": _text_if_past(on, day),
        "DecommissionTime": _text_if_past(site.retired.get(number), day),
        "ConnectorInfos": [{"ConnectorID": one} | connector for one in _connector_ids(pile_id, kind)],
    }


def _text_if_past(happened: date | None, day: date) -> str:
    return happened.isoformat() if happened and happened <= day else ""
