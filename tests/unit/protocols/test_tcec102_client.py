"""The exchange client's rules: token, numbering, signatures before decryption, Ret codes, ranges, paging."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import Any

import httpx
import pytest
from green_freight.agencies.agency import agency_named
from green_freight.agencies.charging_exchange_connector import ChargingExchangeConnector
from green_freight.agencies.connector import Connection
from green_freight.errors import FetchError
from green_freight.periods import SHANGHAI, Period
from green_freight.protocols.retry_policy import Retries, RetryPolicy
from green_freight.protocols.tcec102 import (
    ChargingExchange,
    Identity,
    Sequence,
    decrypt,
    encrypt,
    sign,
)

from tests.integration.hostile.servers import SECRETS
from tests.integration.loading.deliveries import answers
from tests.unit.loading.reading import read
from tests.unit.protocols.responses import transport

STATS = {"StationStats": {"StationID": "S1", "StationElectricity": 1.5, "EquipmentStatsInfos": []}}
DAY = date(2025, 9, 30)


class Platform:
    """The other side, by the book; `spoil` may change an envelope before it is sent."""

    def __init__(self) -> None:
        self.tokens_given, self.valid_token = 0, ""
        self.envelopes: list[dict[str, str]] = []
        self.interfaces: list[str] = []
        self.rets: list[Any] = []
        self.spoil: Callable[[dict[str, Any]], dict[str, Any]] = lambda envelope: envelope
        self.stations: list[dict[str, Any]] = []

    def client(self) -> ChargingExchange:
        http = httpx.Client(transport=transport(self.answer), base_url="http://platform")
        return ChargingExchange(http, Identity("MA1ASKING", "operator secret"), SECRETS)

    def answer(self, request: httpx.Request) -> httpx.Response:
        interface = request.url.path.rpartition("/")[2]
        envelope = json.loads(request.content)
        self.envelopes.append(envelope)
        self.interfaces.append(interface)
        signed = envelope["OperatorID"] + envelope["Data"] + envelope["TimeStamp"] + envelope["Seq"]
        assert envelope["Sig"] == sign(signed, SECRETS)
        asked = json.loads(decrypt(envelope["Data"], SECRETS))
        if interface == "query_token":
            return self._say(0, self._token(asked))
        if request.headers["Authorization"] != f"Bearer {self.valid_token}":
            return self._say(4002)
        ret = self.rets.pop(0) if self.rets else 0
        return self._say(ret, self._content(interface, asked))

    def _token(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["OperatorSecret"] != "operator secret":
            return {"SuccStat": 1, "FailReason": 2, "AccessToken": "", "TokenAvailableTime": 0}
        self.tokens_given += 1
        self.valid_token = f"token {self.tokens_given}"
        return {"SuccStat": 0, "AccessToken": self.valid_token, "TokenAvailableTime": 7200, "FailReason": 0}

    def _content(self, interface: str, asked: dict[str, Any]) -> dict[str, Any]:
        if interface == "query_station_stats":
            return STATS
        number, size = asked["PageNo"], asked["PageSize"]
        here = self.stations[(number - 1) * size : number * size]
        return {"PageNo": number, "PageCount": 9, "ItemSize": len(self.stations), "StationInfos": here}

    def _say(self, ret: Any, content: dict[str, Any] | None = None) -> httpx.Response:
        if isinstance(ret, httpx.Response):
            return ret
        data = encrypt(json.dumps(content), SECRETS) if content is not None and ret == 0 else ""
        envelope = {"Ret": ret, "Msg": "", "Data": data, "Sig": sign(f"{ret}{data}", SECRETS)}
        return httpx.Response(200, json=self.spoil(envelope))


@pytest.fixture
def platform() -> Iterator[Platform]:
    yield Platform()


def _retries() -> Retries:
    return Retries(RetryPolicy(attempts=3, first_wait_seconds=0, longest_wait_seconds=0))


def test_the_token_is_asked_for_once_and_kept(platform: Platform) -> None:
    exchange = platform.client()
    for _ in range(3):
        answer = exchange.station_stats("S1", DAY, _retries())
    assert json.loads(answer.body) == STATS
    assert platform.tokens_given == 1


def test_an_expired_token_is_renewed_once_and_the_question_repeated(platform: Platform) -> None:
    exchange = platform.client()
    exchange.station_stats("S1", DAY, _retries())
    platform.valid_token = "another one"
    exchange.station_stats("S1", DAY, _retries())
    assert platform.tokens_given == 2


def test_threads_renew_an_expired_token_together(platform: Platform) -> None:
    exchange = platform.client()
    exchange.station_stats("S1", DAY, _retries())
    platform.valid_token = "another one"
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: exchange.station_stats("S1", DAY, _retries()), range(8)))
    assert platform.tokens_given == 2


def test_a_token_refused_after_its_renewal_is_permanent(platform: Platform) -> None:
    platform.rets = [4002, 4002]
    with pytest.raises(FetchError, match="token_refused"):
        platform.client().station_stats("S1", DAY, _retries())
    assert platform.interfaces.count("query_token") == 2


def test_a_wrong_operator_secret_is_a_refused_login(platform: Platform) -> None:
    exchange = platform.client()
    exchange._identity = Identity("MA1ASKING", "wrong")
    with pytest.raises(FetchError, match="login_refused: query_token: FailReason 2"):
        exchange.station_stats("S1", DAY, _retries())


@pytest.mark.parametrize("ret", [-1, 500, "-1", httpx.Response(502)])
def test_what_can_pass_is_asked_again(platform: Platform, ret: Any) -> None:
    platform.rets = [ret, ret]
    retries = _retries()
    platform.client().station_stats("S1", DAY, retries)
    assert retries.attempts == 3


@pytest.mark.parametrize(
    ("ret", "code"),
    [
        (4001, "signature_refused"),
        (4003, "request_refused"),
        (4004, "request_refused"),
        (77, "request_refused"),
    ],
)
def test_what_cannot_pass_fails_at_once(platform: Platform, ret: int, code: str) -> None:
    platform.rets = [ret]
    retries = _retries()
    with pytest.raises(FetchError, match=f"{code}: query_station_stats: Ret {ret}"):
        platform.client().station_stats("S1", DAY, retries)
    assert (retries.attempts, platform.interfaces.count("query_station_stats")) == (1, 1)


def test_a_wrong_signature_is_found_before_decrypting(platform: Platform) -> None:
    exchange = platform.client()
    exchange.station_stats("S1", DAY, _retries())
    platform.spoil = lambda envelope: envelope | {"Data": "no data that could be decrypted"}
    with pytest.raises(FetchError, match="signature_wrong"):
        exchange.station_stats("S1", DAY, _retries())


def test_a_lower_case_signature_is_accepted_and_noted(platform: Platform) -> None:
    exchange = platform.client()
    platform.spoil = lambda envelope: envelope | {"Sig": envelope["Sig"].lower()}
    exchange.station_stats("S1", DAY, _retries())
    assert exchange.drift["lower-case Sig"] == 2


def test_lower_camel_envelopes_are_read(platform: Platform) -> None:
    platform.spoil = lambda envelope: {key.lower(): value for key, value in envelope.items()}
    assert platform.client().station_stats("S1", DAY, _retries())


@pytest.mark.parametrize("envelope", [{}, {"Msg": "?"}])
def test_an_answer_without_ret_is_not_of_the_agreed_shape(
    platform: Platform, envelope: dict[str, Any]
) -> None:
    platform.spoil = lambda _: envelope
    with pytest.raises(FetchError, match="answer_unexpected"):
        platform.client().station_stats("S1", DAY, _retries())


def test_no_answer_in_time_can_pass(platform: Platform) -> None:
    exchange = platform.client()

    def late(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("late", request=request)

    exchange._client = httpx.Client(transport=transport(late), base_url="http://platform")
    retries = _retries()
    with pytest.raises(FetchError, match="time_out"):
        exchange.station_stats("S1", DAY, retries)
    assert retries.attempts == 3


def test_stations_are_read_to_their_total_whatever_the_page_count_says(platform: Platform) -> None:
    platform.stations = [{"StationID": f"S{n}", "StationType": 102} for n in range(101)]
    since = datetime(2025, 9, 1, tzinfo=SHANGHAI)
    answers = platform.client().stations(since, _retries())
    assert [answer.request["PageNo"] for answer in answers] == [1, 2, 3]
    assert answers[0].request["LastQueryTime"] == "2025-09-01 00:00:00"
    assert sum(len(json.loads(answer.body)["StationInfos"]) for answer in answers) == 101
    assert len(platform.client().station_records(_retries())) == 101


def test_nothing_that_is_landed_tells_a_secret_or_changes_from_try_to_try(platform: Platform) -> None:
    platform.stations = [{"StationID": "S1"}]
    exchange = platform.client()
    first, second = (
        [*exchange.stations(None, _retries()), exchange.station_stats("S1", DAY, _retries())]
        for _ in range(2)
    )
    assert first == second
    assert "token" not in str(first)
    assert "secret" not in str(first)


def test_numbers_count_from_one_inside_a_second() -> None:
    seconds = iter([0, 0, 1, 0, 1, 2])
    sequence = Sequence(lambda: datetime(2025, 9, 30, 8, 0, next(seconds), tzinfo=SHANGHAI))
    assert [sequence.next() for _ in range(6)] == [
        ("20250930080000", "0001"),
        ("20250930080000", "0002"),
        ("20250930080001", "0001"),
        ("20250930080001", "0002"),
        ("20250930080001", "0003"),
        ("20250930080002", "0001"),
    ]


def test_numbers_that_run_out_borrow_the_next_second() -> None:
    sequence = Sequence(lambda: datetime(2025, 9, 30, 23, 59, 59, tzinfo=SHANGHAI))
    drawn = [sequence.next() for _ in range(10_000)]
    assert drawn[-2:] == [("20250930235959", "9999"), ("20251001000000", "0001")]
    assert len(set(drawn)) == 10_000


@pytest.mark.parametrize(
    ("ret", "code"),
    [
        (503, "busy"),
        ("429", "busy"),
        (504, "time_out"),
        (502, "server_error"),
        (401, "login_refused"),
        (404, "request_refused"),
    ],
)
def test_a_code_of_http_inside_the_envelope_is_that_status(platform: Platform, ret: Any, code: str) -> None:
    platform.rets = [ret, ret, ret]
    with pytest.raises(FetchError) as caught:
        platform.client().station_stats("S1", DAY, _retries())
    assert caught.value.code == code
    assert len(platform.rets) == (0 if caught.value.is_transient else 2)


def test_an_empty_list_of_stations_may_be_null(platform: Platform) -> None:
    platform._content = lambda *_: {"PageNo": 1, "PageCount": 0, "ItemSize": "0", "StationInfos": None}  # type: ignore[method-assign]
    [exchange] = platform.client().stations(None, _retries())
    found = read("power_station", answers([(dict(exchange.request), exchange.body)]))
    assert (found.stop, found.rows) == (None, [])


def test_a_station_whose_number_cannot_be_sent_costs_no_other_station(platform: Platform) -> None:
    stations = [{"StationID": each, "OfficialRunTime": "2024-01-01"} for each in ("S1", "S\ud83d")]
    platform.stations = stations
    extra = {"operator_id": "MA1ASKING", "operator_secret": "operator secret"} | vars(SECRETS)
    connector = ChargingExchangeConnector(Connection("platform", 80, extra=extra))
    connector._exchange = platform.client()
    delivery = agency_named("power").delivery("station_stats")
    [available] = connector.available_files(delivery, Period("2025-09-30"), _retries())
    with available.receive(_retries()).content as content:
        content.seek(0)
        assert len(content.readlines()) == 1
    assert platform.interfaces.count("query_station_stats") == 1
