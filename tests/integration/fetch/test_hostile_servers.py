"""Servers that send without end or sense: each costs its own delivery, recorded with what is wrong."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import chain, repeat

from green_freight.agencies import agency_named
from green_freight.agencies.connector import Connection
from green_freight.agencies.connectors import discover
from green_freight.agencies.fetch import fetch_agency
from green_freight.contracts import Granularity
from green_freight.limits import Limits
from green_freight.periods import Period

from tests.integration.fetch.conftest import DAY, NIGHT, QUICK, Fetching
from tests.integration.fetch.raw_server import response, serving

GOOD = b'{"code": 0, "total": 0, "items": []}'
# By the last part of the path: what is sent, and the code that is recorded.
SENT: dict[str, tuple[Iterable[bytes], str | None]] = {
    "nodes": (chain(response(b""), repeat(b" " * 65_536)), "limit_exceeded"),
    "vehicles": (response(gzip.compress(b" " * (20 << 20)), "Content-Encoding: gzip"), "limit_exceeded"),
    "platforms": (response(b'{"code": 0, "total": 1%s, "items": [1]}' % (b"0" * 30)), "limit_exceeded"),
    "policies": (response(b'{"code": 7, "message": "\\u0000 \\ud800 \\udfff\\ud800"}'), "request_refused"),
    "enterprises": (response(b"\0\xff\xfe busy", status="404 \0"), "answer_cut_off"),
    "stopping-places": (response(b"[" * 1_000_000), "not_json"),
    "funds": (response(GOOD), None),
}


def test_what_a_server_sends_costs_its_own_delivery(fetching: Fetching) -> None:
    with serving(lambda path: SENT[path.partition("?")[0].rpartition("/")[2]][0]) as port:
        connections = fetching.connections
        transport = connections["transport"]
        extra = {"base_url": f"http://127.0.0.1:{port}", **QUICK}
        connections["transport"] = replace(transport, extra=extra)
        work = [(name.replace("-", "_"), Period("2025-08")) for name in SENT]
        report = fetch_agency(fetching.warehouse, "transport", work, connections, fetching.run_id, DAY)
    recorded = {
        row[0].replace("_", "-"): row[1:]
        for row in fetching.outcomes("delivery_name, error_code, error_message")
    }
    assert {name: code for name, (code, _) in recorded.items()} == {
        name: code for name, (_, code) in SENT.items()
    }
    assert report.counts["landed"] == 1
    assert "16,777,217 or more, the limit is 16,777,216" in recorded["vehicles"][1]
    assert "市交通运输局" in recorded["platforms"][1]
    assert "limits.rows" in recorded["platforms"][1]


def test_registers_that_are_read_whole_have_the_bytes_of_one_together() -> None:
    agency = agency_named("transport").model_copy()
    limits = Limits.of("transport_pages", {"bytes": 1_000})
    registers = {
        name: replace(delivery, limits=limits)
        for name, delivery in agency.deliveries.items()
        if delivery.granularity is Granularity.CHANGED_SINCE
    }
    agency.__dict__["deliveries"] = registers
    with serving(lambda path: response(GOOD + b" " * (0 if "corrections" in path else 364))) as port:
        connection = Connection("127.0.0.1", port, password="token", extra=QUICK)
        found = discover(agency, {"transport": connection}, NIGHT - timedelta(days=1), NIGHT)
    assert [len(pages[0].body) for pages in found.registers.values()] == [400, 400]
    assert len(registers) > 2
