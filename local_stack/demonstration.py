"""The demonstration agencies as processes: started with a clock, a seed and a volume, known by their addresses."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from green_freight import settings
from green_freight.periods import Period

from demo_city import DEFAULT_SEED, RUN_VOLUME
from local_stack import processes
from local_stack.home import Home

if TYPE_CHECKING:
    from demo_city.city import City

START_DEADLINE_SECONDS = 120.0


class OtherDemonstrationError(RuntimeError):
    """The home holds figures of a demonstration city with other parameters."""


@dataclass(frozen=True)
class Demonstration:
    """Which synthetic city is served: `volume` scales its events, `seed` chooses it."""

    volume: float
    seed: int = DEFAULT_SEED

    def claim(self, home: Home) -> None:
        """Make this the home's city; two cities in one warehouse would mix.

        Raises:
            OtherDemonstrationError: the home holds another one.
        """
        held = home.noted("demonstration")
        if held is not None and held != asdict(self):
            raise OtherDemonstrationError(
                f"目录 {home.root} 已有事件量 {held['volume']}、种子 {held['seed']} 的演示数据，未启动；请先运行 "
                f"./green-freight clean，或用 GREEN_FREIGHT_HOME 另选目录 / {home.root} holds the demonstration city "
                f"of volume {held['volume']} and seed {held['seed']}, so nothing was started; run "
                "./green-freight clean first, or choose another folder by GREEN_FREIGHT_HOME"
            )
        home.note("demonstration", asdict(self))

    @classmethod
    def of(cls, home: Home, volume: float | None) -> Demonstration:
        """Return the city that a command means: of the given volume, else the home's own one, else a tenth."""
        held = home.noted("demonstration")
        if held is not None:
            return cls(held["volume"] if volume is None else volume, held["seed"])
        return cls(RUN_VOLUME if volume is None else volume)

    def city(self) -> City:
        """Return the city itself, which knows what is true about it."""
        from demo_city.city import City

        return City(seed=self.seed, volume=self.volume)


def night_after(day: date) -> datetime:
    """Return the moment at which the nightly run of a business day begins: 02:00 of the next morning."""
    return Period.day(day).ends_at + timedelta(hours=2)


def serve(home: Home, city: Demonstration, clock: datetime | None) -> processes.Recorded:
    """Start the agencies; `clock` is the instant they stand at, None the real time.

    They read GREEN_FREIGHT_DEMO_FAULTS and GREEN_FREIGHT_DEMO_DEFECTS themselves (docs/demonstration.md).

    Raises:
        processes.ProcessDiedError: they ended by themselves before they listened.
    """
    (home.agencies / "agencies.json").unlink(missing_ok=True)
    command = [sys.executable, "-P", "-m", "demo_city", "serve", "--home", str(home.agencies)]
    command += ["--seed", str(city.seed), "--volume", str(city.volume)]
    if clock is not None:
        command += ["--clock", clock.isoformat()]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return processes.start(
        "agencies", command, environment, home.processes, home.log("agencies"), settings.PROJECT
    )


def connections(home: Home, agencies: processes.Recorded) -> Mapping[str, Mapping[str, Any]]:
    """Wait until the agencies listen and return their connection fields by connection id.

    Raises:
        processes.ProcessDiedError: they ended before, or did not listen within two minutes.
    """
    deadline = time.monotonic() + START_DEADLINE_SECONDS
    addresses = home.agencies / "agencies.json"
    while not addresses.exists():
        if not agencies.is_alive() or time.monotonic() > deadline:
            raise processes.ProcessDiedError(processes.died_message("agencies", home.log("agencies")))
        time.sleep(0.05)
    return dict(json.loads(addresses.read_text(encoding="utf-8"))["connections"])
