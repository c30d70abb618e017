"""The four demonstration agencies as running servers.

All servers live on one event loop in a thread of their own: a Python caller keeps its own loop and signals, the
servers share the city's caches, and they stop together. What is slow (rendering files) runs in worker threads.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections.abc import Coroutine, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from demo_city.defects import DefectSampler
from demo_city.deliveries.files import commerce_catalogue, orders_catalogue, postal_catalogue
from demo_city.deliveries.source import CitySource, Source
from demo_city.servers.clock import Clock
from demo_city.servers.credentials import (
    CONNECTIONS,
    LOGIN,
    PLATFORM_ID,
    SFTP_CONNECTIONS,
    DemoConnection,
    bound_socket,
    keyring,
    store_ports,
    stored_ports,
    write_private,
)
from demo_city.servers.faults import FaultBoard
from demo_city.servers.services import DownService, FaultMiddleware, HttpService, Service, SftpService
from demo_city.servers.sftp_server import FileCache, SftpDrop
from demo_city.servers.tcec_crypto import TcecKeys
from demo_city.servers.tcec_drift import DefectiveOperator, Drift
from demo_city.servers.tcec_responses import TcecResponses
from demo_city.servers.tcec_service import Partner, TcecService
from demo_city.servers.transport_api import TransportApi

_CATALOGUES = {"commerce": commerce_catalogue, "postal": postal_catalogue, "power_files": orders_catalogue}
_START_SECONDS = 30.0
_STOP_SECONDS = 15.0
Result = TypeVar("Result")


class DemoAgencies:
    """Runs the agencies between `start` and `stop`, or in a `with` block.

    `connections` holds a DemoConnection by connection id (transport, commerce, postal, power, power_files). Ports
    and secrets stay the same for one home as long as the ports are free. `agencies` restricts which ones run.
    """

    def __init__(
        self,
        city: CitySource,
        home: Path,
        clock: datetime,
        defect_rates: Mapping[str, float] | None = None,
        faults: Mapping[str, str] | None = None,
        *,
        agencies: tuple[str, ...] = ("transport", "commerce", "postal", "power"),
        token_seconds: int = 7200,
    ) -> None:
        """Prepare the agencies; nothing listens yet.

        Raises:
            ValueError: an unknown defect, fault or agency, or a clock without a zone.
        """
        unknown = set(agencies) - set(CONNECTIONS.values())
        if unknown:
            raise ValueError(f"no such agencies: {sorted(unknown)}")
        self.home = home
        self.clock = Clock(clock)
        self.source = Source(city, DefectSampler(defect_rates, seed=getattr(city, "seed", 0)))
        self._ids = [name for name, agency in CONNECTIONS.items() if agency in agencies]
        self._board = FaultBoard({name: CONNECTIONS[name] for name in self._ids}, faults)
        self._keys = keyring(home)
        self._token_seconds = token_seconds
        self._blobs = FileCache(home / "drops" / _fingerprint(city, self.source.sampler))
        self._ports = stored_ports(home)
        self._directory = home / "agencies.json"
        self._services: dict[str, Service] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self.connections: dict[str, DemoConnection] = {}

    def __enter__(self) -> DemoAgencies:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start all servers; return when all of them listen and agencies.json says where.

        Raises:
            OSError: a server could not listen.
        """
        self._directory.unlink(missing_ok=True)
        self._blobs.forget_others()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="demo-agencies", daemon=True)
        self._thread.start()
        try:
            for name in self._ids:
                self._on_loop(self._start_service(name))
        except BaseException:
            self.stop()
            raise
        self.connections = {name: self._connection(name) for name in self._ids}
        self._write_directory()

    def stop(self) -> None:
        """Stop all servers and their thread."""
        if self._loop is None or self._thread is None:
            return
        self._directory.unlink(missing_ok=True)
        for name in list(self._services):
            self._on_loop(self._stop_service(name))
        self._on_loop(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_STOP_SECONDS)
        self._loop.close()
        self._loop = self._thread = None

    def set_clock(self, moment: datetime) -> None:
        """Move the agencies' clock: what was delivered by then is there at once."""
        self.clock.set(moment)

    def set_fault(self, name: str, fault: str | None) -> None:
        """Let an agency or connection fail (`slow:5`, `down`, …) or work again (None), on the same port.

        Raises:
            ValueError: no such agency, connection or fault.
        """
        for connection in self._board.set(name, fault):
            if connection in self._services:
                self._on_loop(self._stop_service(connection))
                self._on_loop(self._start_service(connection))

    def _on_loop(self, work: Coroutine[Any, Any, Result]) -> Result:
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_START_SECONDS)

    async def _start_service(self, name: str) -> None:
        listener = bound_socket(self._ports.get(name))
        self._ports[name] = listener.getsockname()[1]
        service = DownService() if self._board.fails(name, "down") else self._service(name)
        await service.start(listener)
        self._services[name] = service

    async def _stop_service(self, name: str) -> None:
        await self._services.pop(name).stop()

    def _service(self, name: str) -> Service:
        password = self._keys.passwords[name]
        if name in SFTP_CONNECTIONS:
            catalogue = _CATALOGUES[name](self.source)
            office = SftpDrop(name, catalogue, self.clock, self._board, self._blobs)
            return SftpService(office, password, self._keys.host_keys[name], self._board)
        if name == "transport":
            app = TransportApi(self.source, self.clock, self._board, password).app
        else:
            app = self._exchange().app
        return HttpService(lambda: FaultMiddleware(app(), self._board, name))

    def _exchange(self) -> TcecService:
        drift = Drift(self.source)
        operator = DefectiveOperator(self.source, self.clock)
        keys = self._keys.exchange
        partner = Partner(
            ids=frozenset((PLATFORM_ID, operator.operator_id)),
            operator_secret=keys["operator_secret"],
            keys=TcecKeys(keys["data_secret"], keys["data_secret_iv"], keys["sig_secret"]),
            token_seconds=self._token_seconds,
        )
        return TcecService(
            TcecResponses(operator, self.clock, drift.walk),
            partner,
            refuses_tokens=partial(self._board.fails, "power", "wrong_token"),
            is_busy=partial(self._board.takes_transient_failure, "power"),
            distort=drift.distort,
        )

    def _connection(self, name: str) -> DemoConnection:
        port, password = self._ports[name], self._keys.passwords[name]
        if name in SFTP_CONNECTIONS:
            extra = {"host_key": self._keys.host_public_key(name)}
            return DemoConnection("127.0.0.1", port, LOGIN, password, extra)
        if name == "transport":
            return DemoConnection(
                "127.0.0.1", port, LOGIN, password, {"base_url": f"http://127.0.0.1:{port}"}
            )
        extra = {**self._keys.exchange, "operator_id": self.source.city.power.operator_id}
        extra |= {"platform_id": PLATFORM_ID, "base_url": f"http://127.0.0.1:{port}"}
        return DemoConnection("127.0.0.1", port, PLATFORM_ID, self._keys.exchange["operator_secret"], extra)

    def _write_directory(self) -> None:
        store_ports(self.home, self._ports)
        directory = {
            "clock": self.clock.now().isoformat(),
            "connections": {name: c.as_dict() for name, c in self.connections.items()},
        }
        write_private(self._directory, json.dumps(directory, ensure_ascii=False, indent=1))


def _fingerprint(city: CitySource, sampler: DefectSampler) -> str:
    """Return what rendered files depend on: the city, the defects, and the code that makes them."""
    code = hashlib.sha256()
    for path in sorted(Path(__file__).resolve().parents[1].rglob("*.py")):
        code.update(path.read_bytes())
    known = (type(city).__qualname__, *(getattr(city, name, None) for name in ("seed", "volume")))
    text = f"{known}|{city.first_day}|{city.last_day}|{sorted(sampler.rates.items())}|{code.hexdigest()}"
    if getattr(city, "seed", None) is None:
        text += f"|{id(city)}|{datetime.now().astimezone().isoformat()}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]
