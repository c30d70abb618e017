"""Each way of failing, seen from a plain client, and the agencies beside it unharmed."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from zipfile import BadZipFile

import httpx
import paramiko
import pytest
from openpyxl import load_workbook

from demo_city.servers import DemoAgencies
from tests.integration.demo_city.clients import ExchangeClient, read, sftp, transport_client

REPORT = "/reports/连云港市城市配送月报_2025年09月.xlsx"
CSV = "/drop/postal_tricycles_202509_v1.csv"
Run = Callable[..., DemoAgencies]


def test_down_refuses_every_connection_of_the_agency_and_no_other(run_agencies: Run) -> None:
    running = run_agencies(faults={"power": "down"})
    with pytest.raises(httpx.ConnectError):
        ExchangeClient(running.connections["power"]).log_in()
    with pytest.raises(paramiko.SSHException, match="refused"), sftp(running.connections["power_files"]):
        pass
    with sftp(running.connections["postal"]) as client:
        assert client.listdir("/drop")
    running.set_fault("power", None)
    assert ExchangeClient(running.connections["power"]).log_in().token


@pytest.mark.parametrize("connection", ["transport", "power", "commerce"])
def test_slow_answers_late(run_agencies: Run, connection: str) -> None:
    running = run_agencies(faults={connection: "slow:0.6"})
    found = running.connections[connection]
    begun = time.monotonic()
    if connection == "commerce":
        with sftp(found) as client:
            assert client.listdir("/reports")
    else:
        httpx.get(f"{found.extra['base_url']}/", timeout=5)
    assert time.monotonic() - begun >= 0.6


def test_stopping_does_not_wait_for_slow_answers(run_agencies: Run) -> None:
    running = run_agencies(faults={"transport": "slow:60"}, agencies=("transport",))
    with transport_client(running.connections["transport"]) as client, pytest.raises(httpx.ReadTimeout):
        client.get("/api/v1/nodes", timeout=0.2)
    begun = time.monotonic()
    running.stop()
    assert time.monotonic() - begun < 5


def test_wrong_token_is_each_protocols_refusal(run_agencies: Run) -> None:
    running = run_agencies(faults=dict.fromkeys(("transport", "commerce", "postal", "power"), "wrong_token"))
    with transport_client(running.connections["transport"]) as client:
        assert client.get("/api/v1/nodes").status_code == 401
    exchange = ExchangeClient(running.connections["power"]).log_in()
    assert exchange.ask("query_stations_info", PageNo=1, PageSize=1)["Ret"] == 4002
    for name in ("commerce", "postal", "power_files"):
        with pytest.raises(paramiko.AuthenticationException), sftp(running.connections[name]):
            pass


def test_garbage_is_of_no_agreed_format(run_agencies: Run) -> None:
    running = run_agencies(faults=dict.fromkeys(("transport", "commerce", "postal", "power"), "garbage"))
    for name in ("transport", "power"):
        answer = httpx.get(f"{running.connections[name].extra['base_url']}/api/v1/nodes")
        assert answer.status_code == 200
        with pytest.raises(ValueError):
            json.loads(answer.content)
    with sftp(running.connections["commerce"]) as client, pytest.raises(BadZipFile):
        load_workbook(io.BytesIO(read(client, REPORT)))
    with sftp(running.connections["postal"]) as client:
        content, checksum = read(client, CSV), read(client, f"{CSV}.sha256")
    assert hashlib.sha256(content).hexdigest().encode() not in checksum


def test_half_file_breaks_off(run_agencies: Run) -> None:
    running = run_agencies(faults=dict.fromkeys(("transport", "commerce", "power"), "half_file"))
    with (
        transport_client(running.connections["transport"]) as client,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        client.get("/api/v1/vehicles", params={"page_size": 2000})
    with pytest.raises(httpx.RemoteProtocolError):
        ExchangeClient(running.connections["power"]).log_in()
    with (
        pytest.raises((OSError, EOFError, paramiko.SSHException)),
        sftp(running.connections["commerce"]) as drop,
    ):
        read(drop, REPORT)


def test_transient_failures_pass(run_agencies: Run) -> None:
    running = run_agencies(faults=dict.fromkeys(("transport", "commerce", "power"), "transient:2"))
    with transport_client(running.connections["transport"]) as client:
        assert [client.get("/api/v1/nodes").status_code for _ in range(3)] == [503, 503, 200]
    exchange = ExchangeClient(running.connections["power"])
    busy = [exchange.ask("query_token", OperatorID="x", OperatorSecret="x")["Ret"] for _ in range(3)]
    assert busy == [-1, -1, 0]
    with sftp(running.connections["commerce"]) as drop:
        for _ in range(2):
            with pytest.raises(OSError):
                drop.listdir("/reports")
        assert drop.listdir("/reports")


@pytest.mark.parametrize("wrong", [{"harbour": "down"}, {"power": "asleep"}, {"power": "slow:long"}])
def test_unknown_faults_are_refused(run_agencies: Run, wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        run_agencies(faults=wrong)


def test_serve_tells_when_it_is_ready_and_stops_on_sigterm(tmp_path: Path) -> None:
    directory = tmp_path / "agencies.json"
    command = [sys.executable, "-m", "demo_city", "serve", "--home", str(tmp_path), "--volume", "0.01"]
    options = [
        "--agency",
        "transport",
        "--agency",
        "power",
        "--fault",
        "power_files=down",
        "--plant",
        "rejected=0.01",
    ]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as process:
        try:
            until = time.monotonic() + 30
            while not directory.exists() and time.monotonic() < until:
                assert process.poll() is None
                time.sleep(0.05)
            connections = json.loads(directory.read_text())["connections"]
            assert set(connections) == {"transport", "power", "power_files"}
            assert directory.stat().st_mode & 0o777 == 0o600
            found = connections["transport"]
            headers = {"Authorization": f"Bearer {found['password']}"}
            url = f"http://{found['host']}:{found['port']}/api/v1/platforms"
            assert httpx.get(url, headers=headers).json()["total"] > 0
            begun = time.monotonic()
            os.kill(process.pid, signal.SIGTERM)
            assert process.wait(10) == 0
            assert time.monotonic() - begun < 6
        finally:
            process.kill()
    assert not directory.exists()


def test_serve_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "demo_city", "serve", "--home", str(tmp_path)]
    for wrong in (
        ["--plant", "nothing=0.1"],
        ["--plant", "vehicle_bad_vin=7"],
        ["--clock", "2025-10-01T02:00:00"],
    ):
        assert subprocess.run([*command, *wrong], capture_output=True, check=False).returncode == 2
