"""The four demonstration agencies as running servers.

All servers live on one event loop in a thread of their own: a Python caller keeps its own loop and signals, and the
servers share the city's caches. What is slow (rendering files) runs in worker threads.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import asyncssh
import uvicorn
from anyio.from_thread import start_blocking_portal
from starlette.types import ASGIApp

from demo_city.city_source import CitySource
from demo_city.defects import DefectSampler
from demo_city.deliveries.catalogue import commerce_catalogue, orders_catalogue, postal_catalogue
from demo_city.deliveries.source import Source
from demo_city.random_generator import SHANGHAI
from demo_city.servers.credentials import (
    CONNECTIONS,
    LOGIN,
    PLATFORM_ID,
    DemoConnection,
    bound_socket,
    stored_secrets,
    write_private,
)
from demo_city.servers.faults import Fault, failing
from demo_city.servers.sftp_server import FileCache, SftpDrop, sftp_server
from demo_city.servers.tcec_service import TcecService
from demo_city.servers.transport_api import TransportApi

_CATALOGUES = {"commerce": commerce_catalogue, "postal": postal_catalogue, "power_files": orders_catalogue}


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
        """Prepare the agencies; ValueError for an unknown defect, fault or agency, or a clock without a zone."""
        unknown = set(agencies) - set(CONNECTIONS.values())
        if unknown:
            raise ValueError(f"no such agencies: {sorted(unknown)}")
        self.set_clock(clock)
        self.source = Source(city, DefectSampler(defect_rates, seed=getattr(city, "seed", 0)))
        self.connections: dict[str, DemoConnection] = {}
        self._faults = {name: Fault() for name, agency in CONNECTIONS.items() if agency in agencies}
        for name, fault in (faults or {}).items():
            self._set_fault(name, fault)
        self._home, self._token_seconds = home, token_seconds
        self._secrets = stored_secrets(home)
        self._files = FileCache(home / "drops" / _fingerprint(city, self.source.sampler))
        ports = home / "ports.json"
        self._ports: dict[str, int] = json.loads(ports.read_text()) if ports.exists() else {}
        self._directory = home / "agencies.json"
        self._running: dict[str, ExitStack] = {}
        self._thread = ExitStack()

    def __enter__(self) -> DemoAgencies:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start all servers; return when all of them listen and agencies.json says where (OSError if not)."""
        self._directory.unlink(missing_ok=True)
        self._files.forget_others()
        self._portal = self._thread.enter_context(start_blocking_portal())
        try:
            for name in self._faults:
                self._start_server(name)
        except BaseException:
            self.stop()
            raise
        self.connections = {name: self._connection(name) for name in self._faults}
        write_private(self._home / "ports.json", json.dumps(self._ports).encode())
        directory = {
            "clock": self.now().isoformat(),
            "connections": {name: asdict(c) for name, c in self.connections.items()},
        }
        write_private(self._directory, json.dumps(directory, ensure_ascii=False, indent=1).encode())

    def stop(self) -> None:
        """Stop all servers and their thread."""
        if self._running:
            self._directory.unlink(missing_ok=True)
        while self._running:
            self._running.popitem()[1].close()
        self._thread.close()

    def now(self) -> datetime:
        """Return the agencies' present moment, in Asia/Shanghai: what happens later is not delivered yet."""
        return self._moment

    def set_clock(self, moment: datetime) -> None:
        """Move the agencies' clock, which stands still otherwise; ValueError for a moment without a zone."""
        if moment.tzinfo is None:
            raise ValueError(f"{moment} has no time zone; write 2025-10-01T02:00:00+08:00")
        self._moment = moment.astimezone(SHANGHAI)

    def set_fault(self, name: str, fault: str | None) -> None:
        """Let an agency or connection fail (`slow:5`, …) or work again (None); ValueError if there is no such one."""
        for connection in self._set_fault(name, fault):
            if connection in self._running:
                self._running.pop(connection).close()
                self._start_server(connection)

    def _set_fault(self, name: str, fault: str | None) -> list[str]:
        concerned = [c for c in self._faults if name in (c, CONNECTIONS[c])]
        if not concerned:
            known = sorted(self._faults)
            raise ValueError(f"{name!r} is neither an agency nor a connection: {known}")
        for connection in concerned:
            self._faults[connection].set(fault)
        return concerned

    def _start_server(self, name: str) -> None:
        listener = bound_socket(self._ports.get(name, 0))
        self._ports[name] = listener.getsockname()[1]
        running = ExitStack()
        if self._faults[name].kind == "down":
            running.enter_context(listener)
        else:
            running.enter_context(self._portal.wrap_async_context_manager(self._server(name, listener)))
        self._running[name] = running

    def _server(self, name: str, listener: socket.socket) -> AbstractAsyncContextManager[None]:
        fault, password = self._faults[name], self._secrets["passwords"][name]
        if name in _CATALOGUES:
            drop = SftpDrop(_CATALOGUES[name](self.source), self.now, fault, self._files)
            return sftp_server(listener, drop, password, self._host_key(name))
        if name == "transport":
            app = TransportApi(self.source, self.now, fault, password).app()
        else:
            secrets, seconds = self._secrets["exchange"], self._token_seconds
            app = TcecService(self.source, self.now, fault, secrets, seconds).app()
        return _http_server(listener, failing(app, fault))

    def _host_key(self, name: str) -> asyncssh.SSHKey:
        return asyncssh.import_private_key(self._secrets["host_keys"][name])

    def _connection(self, name: str) -> DemoConnection:
        at, password = ("127.0.0.1", self._ports[name]), self._secrets["passwords"][name]
        if name in _CATALOGUES:
            public_key = self._host_key(name).export_public_key("openssh").decode().strip()
            return DemoConnection(*at, LOGIN, password, {"host_key": public_key})
        extra = {"base_url": f"http://127.0.0.1:{self._ports[name]}"}
        if name == "transport":
            return DemoConnection(*at, LOGIN, password, extra)
        exchange, operator_id = self._secrets["exchange"], self.source.city.power.operator_id
        extra |= {**exchange, "operator_id": operator_id, "platform_id": PLATFORM_ID}
        return DemoConnection(*at, PLATFORM_ID, exchange["operator_secret"], extra)


@asynccontextmanager
async def _http_server(listener: socket.socket, app: ASGIApp) -> AsyncIterator[None]:
    """Serve an application on a bound socket within the block."""
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="critical",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
        timeout_keep_alive=75,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        if serving.done():
            await serving
            raise OSError("the HTTP server ended before it listened")
        await asyncio.sleep(0.005)
    yield
    server.should_exit = True
    await serving


def _fingerprint(city: CitySource, sampler: DefectSampler) -> str:
    """Return what rendered files depend on: the city, the defects, and the code that makes them."""
    code = hashlib.sha256()
    for path in sorted(Path(__file__).resolve().parents[1].rglob("*.py")):
        code.update(path.read_bytes())
    seed = getattr(city, "seed", None)
    # a city without a seed cannot be told from others
    facts = (type(city).__qualname__, uuid4() if seed is None else seed, getattr(city, "volume", None))
    text = f"{facts}|{city.first_day}|{city.last_day}|{sorted(sampler.rates.items())}|{code.hexdigest()}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]
