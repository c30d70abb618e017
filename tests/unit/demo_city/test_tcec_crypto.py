"""The power company's cryptography against the standard's vectors and the openssl command."""

from __future__ import annotations

import json
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demo_city.servers.tcec_service import TcecKeys, UnreadableDataError

KEYS = TcecKeys(*["1234567890abcdef"] * 3)
DATA_A = (
    "il7B0BSEjFdzpyKzfOFpvg/Se1CP802RItKYFPfSLRxJ3jf0bVl9hvYOEktPAYW2nd7S8MBcyHYyacHKbISq5iTmDzG+ivnR+SZJv3USNTYVMz9r"
    "CQVSxd0cLlqsJauko79NnwQJbzDTyLooYoIwz75qBOH2/xOMirpeEqRJrF/EQjWekJmGk9RtboXePu2rka+Xm51syBPhiXJAq0GfbfaFu9tNqs/e"
    "2Vjja/ltE1M0lqvxfXQ6da6HrThsm5id4ClZFIi0acRfrsPLRixS/IQYtksxghvJwbqOsbIsITail9Ayy4tKcogeEZiOO+4Ed264NSKmk7l3wKwJ"
    "LAFjCFogBx8GE3OBz4pqcAn/ydA="
)
DATA_B = "mYvffpNoFf4E/ZTC1tOw41TC5OlkEobfAYCm5N8hEusaLUaUIqOrXtdbMrSck0DSmfM7mRuOGMoCQzH0nWPGuw=="
DATA_C = (
    "uxeKP0ezR5yL8xSg4/ZCDh/N91/u86NXFxd2DrwZVW8zCPYcpl59Twz/yQZ3RaO4rDDrGmkvQignmNEJ+k4PGxdmIC+4fpJ8rU6osSobY+AeA0uu"
    "euQ5+eQiWBL6p6v5XMMm91brtK8yfFELYUWQzVcxABnAwK/+dyxtUhqLIxUpkwTEU/4ktN40df9IzzlLO5uvUknPGYu9yL0pp5w9vdRxmA1RiiTD"
    "NCysz6klr9bunGV3VJa2qpLcgeZMf/oG"
)


def test_vector_a_signs_and_holds_broken_json() -> None:
    signature = KEYS.sign_request("123456789", DATA_A, "20160729142400", "0001")
    assert signature == "745166E8C43C84D37FFEC0F529C4136F"
    plain = KEYS.decrypt(DATA_A)
    assert KEYS.encrypt(plain) == DATA_A
    with pytest.raises(json.JSONDecodeError):
        json.loads(plain)


def test_vector_b_asks_for_a_token() -> None:
    signature = KEYS.sign_request("123456789", DATA_B, "20180120165755", "0001")
    assert signature == "D2D584A14F3F284445DF85D0E8C0697C"
    assert json.loads(KEYS.decrypt(DATA_B)) == {
        "OperatorID": "123456789",
        "OperatorSecret": "1234567890abcdef",
    }
    assert KEYS.encrypt(KEYS.decrypt(DATA_B)) == DATA_B


def test_vector_c_answers_with_a_token() -> None:
    assert KEYS.sign_response(0, "", DATA_C) == "58E52010C7DEE87FE183B0AFA5B2BE30"
    assert json.loads(KEYS.decrypt(DATA_C))["TokenAvailableTime"] == 7200
    assert KEYS.encrypt(KEYS.decrypt(DATA_C)) == DATA_C


@settings(max_examples=15, deadline=None)
@given(st.binary(max_size=200), st.text("abcdefXYZ0189", min_size=16, max_size=16))
def test_openssl_reads_what_we_write(plaintext: bytes, secret: str) -> None:
    keys = TcecKeys(secret, secret[::-1], secret)
    arguments = ["-K", secret.encode().hex(), "-iv", secret[::-1].encode().hex()]
    command = ["openssl", "enc", "-aes-128-cbc", "-base64", "-A", *arguments]
    data = subprocess.run(command, input=plaintext, capture_output=True, check=True).stdout.decode()
    assert keys.encrypt(plaintext) == data
    assert keys.decrypt(data) == plaintext
    signed = subprocess.run(
        ["openssl", "dgst", "-md5", "-hmac", secret],
        input=f"0{data}".encode(),
        capture_output=True,
        check=True,
    )
    assert keys.sign_response(0, "", data).lower() in signed.stdout.decode()


@pytest.mark.parametrize("data", ["", "***", "QUJD", DATA_B[:-4], DATA_B[4:]])
def test_damaged_data_is_refused(data: str) -> None:
    with pytest.raises(UnreadableDataError):
        TcecKeys("1234567890abcdef", "1234567890abcdef", "x").decrypt(data)
