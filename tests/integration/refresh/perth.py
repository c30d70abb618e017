"""The real sessions of Perth & Kinross Council (2016-09 to 2019-08) as a charging operator: site = station, CP ID =
pile, Connector = connector; nothing is cleaned on the way."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from green_freight.periods import SHANGHAI
from green_freight.settings import PROJECT

from demo_city.city_source import LateKnowledge

FOLDER = PROJECT.parent / "shared" / "data" / "charging_perth"
FILES = (
    "electricvehiclechargecorrected.csv",
    "sept17toaug18standardisedcorrected.csv",
    "sept18toaug19standardisedcorrected.csv",
)
OPERATOR = "PERTH0001"
KNOWN_SINCE = datetime(2016, 8, 1, 9, tzinfo=SHANGHAI)
_POWER_KW = Decimal(50)

Message = dict[str, Any]
Session = dict[str, str]


def sessions() -> Iterator[Session]:
    """Yield the sessions as published, with surrounding blanks removed."""
    for name in FILES:
        with (FOLDER / name).open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                yield {key: value.strip() for key, value in row.items()}


def moment(day: str, time: str) -> str:
    """Return a published local time in the exchange's form, "" where it is missing."""
    if not day or not time:
        return ""
    form = "%d/%m/%Y %H:%M:%S" if time.count(":") == 2 else "%d/%m/%Y %H:%M"
    return str(datetime.strptime(f"{day} {time}", form))  # noqa: DTZ007 (local time, as published)


class PerthOperator:
    """A ChargingOperator over the published files. An order is pushed on the day it ends, without an end on the day
    it begins."""

    operator_id = OPERATOR

    def __init__(self) -> None:
        self.pushed: defaultdict[date, list[Message]] = defaultdict(list)
        self._energy: defaultdict[tuple[date, str], Decimal] = defaultdict(Decimal)
        self._sites: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._connectors: defaultdict[str, set[str]] = defaultdict(set)
        self._first_day: dict[str, date] = {}
        for number, session in enumerate(sessions()):
            self._take(number, session)

    def station_versions(self) -> list[tuple[datetime, Message]]:
        """Return one version of each site, known since before the first session."""
        return [(KNOWN_SINCE, self._station(station)) for station in sorted(self._piles)]

    def station_stats(self, station_id: str, day: date) -> Message:
        """Return StationStats over the sessions that began on a day, as far as their energy is published.

        Raises:
            KeyError: no such site.
        """
        piles = [(pile, self._pile_stats(pile, day)) for pile in self._piles[station_id]]
        return {
            "StationID": station_id,
            "StartTime": day.isoformat(),
            "EndTime": day.isoformat(),
            "StationElectricity": sum((kwh for _, plugs in piles for _, kwh in plugs), Decimal(0)),
            "EquipmentStatsInfos": [
                {
                    "EquipmentID": pile,
                    "EquipmentElectricity": sum((kwh for _, kwh in plugs), Decimal(0)),
                    "ConnectorStatsInfos": [
                        {"ConnectorID": plug, "ConnectorElectricity": kwh} for plug, kwh in plugs
                    ],
                }
                for pile, plugs in piles
            ],
        }

    def charge_orders_pushed(self, day: date) -> list[Message]:
        """Return the orders in the file of a day."""
        return self.pushed.get(day, [])

    def _take(self, number: int, session: Session) -> None:
        pile, connector = session["CP ID"], f"{session['CP ID']}-{session['Connector']}"
        order: Message = {
            "StartChargeSeq": f"{OPERATOR}{number:018d}",
            "OperatorID": OPERATOR,
            "ConnectorID": connector,
            "StartTime": moment(session["Start Date"], session["Start Time"]),
            "EndTime": moment(session["End Date"], session["End Time"]),
            "TotalPower": session["Total kWh"],
            "TotalElecMoney": 0,
            "TotalSeviceMoney": 0,
            "TotalMoney": 0,
            "StopReason": 0,
            "SumPeriod": 0,
            "ChargeDetails": [],
        }
        began = date.fromisoformat(order["StartTime"][:10])
        self.pushed[max(began, date.fromisoformat((order["EndTime"] or order["StartTime"])[:10]))].append(
            order
        )
        self._sites[pile][session["Site"]] += 1
        self._connectors[pile].add(connector)
        self._first_day[pile] = min(began, self._first_day.get(pile, began))
        energy = Decimal(session["Total kWh"] or 0)
        self._energy[began, connector] += max(energy, Decimal(0))

    @cached_property
    def _piles(self) -> dict[str, list[str]]:
        """Return the piles by station: where a pile has several sites' names, the most frequent one."""
        sites = {pile: names.most_common(1)[0][0] for pile, names in self._sites.items()}
        numbers = {name: f"S{number:02d}" for number, name in enumerate(sorted(set(sites.values())), start=1)}
        piles: defaultdict[str, list[str]] = defaultdict(list)
        for pile in sorted(sites):
            piles[numbers[sites[pile]]].append(pile)
        return dict(piles)

    def _pile_stats(self, pile: str, day: date) -> list[tuple[str, Decimal]]:
        return [(plug, self._energy.get((day, plug), Decimal(0))) for plug in sorted(self._connectors[pile])]

    def _station(self, station: str) -> Message:
        piles = self._piles[station]
        return {
            "StationID": station,
            "OperatorID": OPERATOR,
            "EquipmentOwnerID": OPERATOR,
            "StationName": self._sites[piles[0]].most_common(1)[0][0],
            "CountryCode": "GB",
            # The contract takes regions of the demonstration city only.
            "AreaCode": "320706",
            "Address": "Perth & Kinross",
            "StationType": 1,
            "StationStatus": 50,
            "ParkNums": 0,
            "StationLng": Decimal("-3.470000"),
            "StationLat": Decimal("56.390000"),
            "Construction": 9,
            "OfficialRunTime": min(self._first_day[pile] for pile in piles).isoformat(),
            "DecommissionTime": "",
            "EquipmentInfos": [self._pile(pile) for pile in piles],
        }

    def _pile(self, pile: str) -> Message:
        return {
            "EquipmentID": pile,
            "EquipmentType": 3,
            "Power": _POWER_KW,
            "OfficialRunTime": self._first_day[pile].isoformat(),
            "DecommissionTime": "",
            "ConnectorInfos": [
                {"ConnectorID": plug, "ConnectorType": 4, "Power": _POWER_KW}
                for plug in sorted(self._connectors[pile])
            ],
        }


class PerthCity:
    """A city of which only the charging operator is known."""

    def __init__(self) -> None:
        self.power = PerthOperator()
        self.late_knowledge = LateKnowledge()
        self.first_day, self.last_day = min(self.power.pushed), max(self.power.pushed)

    def register_versions(self, dataset_id: str) -> list[Message]:
        """Return nothing: there is no transport bureau here."""
        return []

    def vehicle_operations(self, day: date) -> list[Message]:
        """Return nothing."""
        return []

    def reported_figures(self, month: date) -> list[Message]:
        """Return nothing."""
        return []

    def form_rows(self, dataset_id: str, month: date) -> list[Message]:
        """Return nothing: there are no forms here."""
        return []

    def days(self) -> list[date]:
        """Return every day from the first push to the last."""
        span = (self.last_day - self.first_day).days + 1
        return [self.first_day + timedelta(days=n) for n in range(span)]
