"""How many false alarms consecutive nights raise over agencies that make no mistakes: new warnings, stops, approvals.

    python -m bench.undisturbed_nights [--nights 90] [--first 2024-12-01] [--volume 0.02]

The nights run through the pipeline's own steps on an embedded server and demonstration agencies of their own, in a
temporary folder. Before the first one, registers and forms of all months are loaded, and events as far back as a night
looks for missing ones. A warning is new where the audit found rows that the last publication did not have
(`ops.verdict.new_count`). Target: none, no critical failure, no approval.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from green_freight import pipeline
from green_freight.agencies import AGENCIES
from green_freight.agencies.connector import Connection
from green_freight.agencies.fetch_plan import DAYS_BACK
from green_freight.auditing import AuditFailedError
from green_freight.backfill import steps
from green_freight.periods import SHANGHAI
from green_freight.programme import programme
from green_freight.settings import ROLES
from green_freight.warehouse import Warehouse, bootstrap

from bench import results
from bench.results import Results
from demo_city.city import City
from demo_city.servers import DemoAgencies
from local_stack.postgres import EmbeddedPostgres

KINDS = ("new warnings", "critical failures", "approvals")


@dataclass
class Nights:
    """The warehouse and its agencies."""

    warehouse: Warehouse
    demo: DemoAgencies

    @property
    def connections(self) -> dict[str, Connection]:
        """Return the package's connections to the demonstration agencies."""
        return {name: Connection(**asdict(one)) for name, one in self.demo.connections.items()}

    def move_clock(self, day: date) -> None:
        """Let everything stand at 02:00 of the morning after a business day."""
        now = datetime.combine(day + timedelta(days=1), datetime.min.time(), SHANGHAI) + timedelta(hours=2)
        self.demo.set_clock(now)
        os.environ["GREEN_FREIGHT_CLOCK"] = now.isoformat()

    def load_history(self, until: date, events_from: date) -> None:
        """Backfill registers and forms of all months and the events from a month on, and publish them."""
        self.move_clock(until)
        parameters = {
            "from_month": f"{programme().first_day:%Y-%m}",
            "to_month": f"{until:%Y-%m}",
            "agencies": list(AGENCIES),
            "reason": "history of the measured nights",
            "business_day": until.isoformat(),
            "events_from": f"{events_from:%Y-%m}",
        }
        steps.begin_backfill(self.warehouse, "backfill_history/1", parameters)
        for agency in AGENCIES:
            for months in steps.backfill_months(self.warehouse, "backfill_history/1", agency, parameters):
                steps.load_months(
                    self.warehouse, "backfill_history/1", agency, months, self.connections, parameters
                )
        print("history:")
        self.finish("backfill_history/1")
        print("nights:", flush=True)

    def run(self, day: date) -> Counter[str]:
        """Run one night and return what it raised: how many of each of KINDS; each is printed."""
        self.move_clock(day)
        run_id = f"nightly_refresh/{day}"
        pipeline.begin_nightly(self.warehouse, run_id, day)
        for agency in AGENCIES:
            mine = {name: one for name, one in self.connections.items() if name.split("_")[0] == agency}
            pipeline.fetch_due(self.warehouse, run_id, agency, mine)
            pipeline.load_landed(self.warehouse, run_id, agency)
        return self.finish(run_id)

    def finish(self, run_id: str) -> Counter[str]:
        """Build, audit, compare, approve what has to be, publish; return what was raised."""
        raised = Counter[str]()
        pipeline.build(self.warehouse, run_id)
        try:
            pipeline.audit(self.warehouse, run_id)
        except AuditFailedError as error:
            print(f"  {error}")
            raised["critical failures"] = len(self._found(run_id, "critical"))
            return raised
        for table, code, change, count, rows in self._found(run_id, "warning"):
            if change in ("new", "growing"):
                raised["new warnings"] += 1
                shown = [row for row in rows if row["is_new"]]
                print(f"  {change}: {table}.{code}, {count} rows: {json.dumps(shown, ensure_ascii=False)}")
        raised["approvals"] = pipeline.compare(self.warehouse, run_id)["waiting"]
        if raised["approvals"]:
            for waiting in pipeline.outstanding(self.warehouse, run_id):
                print(f"  approval: {waiting}")
            pipeline.approve(self.warehouse, run_id, "bench", "measured")
        pipeline.publish(self.warehouse, run_id)
        pipeline.report(self.warehouse, run_id)
        return raised

    def _found(self, run_id: str, severity: str) -> list[tuple[str, str, str, int, list[dict[str, object]]]]:
        """Return what an audit found: table, expectation, change, number of new rows, the rows shown."""
        with self.warehouse.connect("builder") as builder:
            return builder.execute(
                "select table_name, expectation_code, change_code, new_count, sample from ops.verdict"
                " where run_id = %s and severity_code = %s and not is_success order by 1, 2",
                [run_id, severity],
            ).fetchall()


@contextmanager
def temporary_home() -> Iterator[Path]:
    """Give a folder for a server and its warehouse, removed at the end."""
    home = Path(tempfile.mkdtemp(prefix="green-freight-bench-"))
    home.chmod(0o755)
    try:
        yield home
    finally:
        # The cluster may lie elsewhere, where the server's account can enter.
        EmbeddedPostgres(home / "postgres").remove()
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def installed(home: Path, volume: float, until: date) -> Iterator[Nights]:
    """Give an empty warehouse in a folder and running agencies, stopped at the end."""
    postgres = EmbeddedPostgres(home / "postgres")
    with ExitStack() as cleanup:
        cleanup.callback(postgres.stop)
        urls = bootstrap.prepare(postgres.start().dsn(), "bench", dict.fromkeys(ROLES, "bench"))
        warehouse = Warehouse(urls, home, f"file://{home / 'landing'}")
        os.environ["GREEN_FREIGHT_SYNTHETIC"] = "1"
        midnight = datetime.combine(until, datetime.min.time(), SHANGHAI)
        demo = cleanup.enter_context(DemoAgencies(City(volume=volume), home / "agencies", midnight))
        yield Nights(warehouse, demo)


def main() -> None:
    """Load the history, run the nights, and print a line a night and their sum."""
    parser = results.parser(__doc__)
    parser.add_argument("--nights", type=int, default=90)
    parser.add_argument("--first", type=date.fromisoformat, default=date(2024, 12, 1))
    parser.add_argument("--volume", type=float, default=0.02)
    chosen = parser.parse_args()
    # What an audit finds is printed here, by night and only where it is new.
    logging.disable(logging.WARNING)
    # Ended from outside, it still stops the server.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    eve = chosen.first - timedelta(days=1)
    total, found = Counter[str](), Results(chosen.json)
    with temporary_home() as home, installed(home, chosen.volume, eve) as nights:
        nights.load_history(eve, eve - timedelta(days=DAYS_BACK))
        for number in range(chosen.nights):
            day, used = chosen.first + timedelta(days=number), time.process_time()
            raised = nights.run(day)
            total += raised
            found.add(str(day), **_figures(raised), cpu_seconds=time.process_time() - used)
    found.add(f"{chosen.nights} nights", **_figures(total))


def _figures(raised: Counter[str]) -> dict[str, int]:
    return {kind.replace(" ", "_"): raised[kind] for kind in KINDS}


if __name__ == "__main__":
    main()
