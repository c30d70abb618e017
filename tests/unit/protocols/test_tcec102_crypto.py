"""The envelope of T/CEC 102 against the three published vectors, and against the openssl command."""

from __future__ import annotations

import base64
import subprocess
from typing import Any

import pytest
from green_freight.errors import FetchError
from green_freight.protocols.http import json_object
from green_freight.protocols.tcec102 import Secrets, decrypt, encrypt, is_signed, sign

KEY = "1234567890abcdef"
SECRETS = Secrets(KEY, KEY, KEY)
OPERATOR = "123456789"

VECTOR_A = (
    "il7B0BSEjFdzpyKzfOFpvg/Se1CP802RItKYFPfSLRxJ3jf0bVl9hvYOEktPAYW2nd7S8MBcyHYyacHKbISq5iTmDzG+ivnR+SZJv3USNTYV"
    "Mz9rCQVSxd0cLlqsJauko79NnwQJbzDTyLooYoIwz75qBOH2/xOMirpeEqRJrF/EQjWekJmGk9RtboXePu2rka+Xm51syBPhiXJAq0GfbfaF"
    "u9tNqs/e2Vjja/ltE1M0lqvxfXQ6da6HrThsm5id4ClZFIi0acRfrsPLRixS/IQYtksxghvJwbqOsbIsITail9Ayy4tKcogeEZiOO+4Ed264"
    "NSKmk7l3wKwJLAFjCFogBx8GE3OBz4pqcAn/ydA="
)
VECTOR_B = "mYvffpNoFf4E/ZTC1tOw41TC5OlkEobfAYCm5N8hEusaLUaUIqOrXtdbMrSck0DSmfM7mRuOGMoCQzH0nWPGuw=="
VECTOR_C = (
    "uxeKP0ezR5yL8xSg4/ZCDh/N91/u86NXFxd2DrwZVW8zCPYcpl59Twz/yQZ3RaO4rDDrGmkvQignmNEJ+k4PGxdmIC+4fpJ8rU6osSobY+Ae"
    "A0uueuQ5+eQiWBL6p6v5XMMm91brtK8yfFELYUWQzVcxABnAwK/+dyxtUhqLIxUpkwTEU/4ktN40df9IzzlLO5uvUknPGYu9yL0pp5w9vdRx"
    "mA1RiiTDNCysz6klr9bunGV3VJa2qpLcgeZMf/oG"
)
# Vector, and what stands before and after it in the signed text, and the signature.
VECTORS = {
    "A": (VECTOR_A, OPERATOR, "201607291424000001", "745166E8C43C84D37FFEC0F529C4136F"),
    "B": (VECTOR_B, OPERATOR, "201801201657550001", "D2D584A14F3F284445DF85D0E8C0697C"),
    "C": (VECTOR_C, "0", "", "58E52010C7DEE87FE183B0AFA5B2BE30"),
}


@pytest.mark.parametrize("name", VECTORS)
def test_a_published_vector_is_signed_and_opened(name: str) -> None:
    data, before, after, signature = VECTORS[name]
    assert sign(before + data + after, SECRETS) == signature
    assert is_signed(before + data + after, signature, SECRETS)
    assert encrypt(decrypt(data, SECRETS), SECRETS) == data


def test_the_contents_of_the_vectors() -> None:
    asked = json_object(decrypt(VECTOR_B, SECRETS), "B")
    assert asked == {"OperatorID": OPERATOR, "OperatorSecret": KEY}
    answered = json_object(decrypt(VECTOR_C, SECRETS), "C")
    assert (answered["SuccStat"], answered["TokenAvailableTime"]) == (0, 7200)


def test_vector_a_is_good_cryptography_around_broken_json() -> None:
    with pytest.raises(FetchError) as caught:
        json_object(decrypt(VECTOR_A, SECRETS), "query_station_status")
    assert caught.value.code == "not_json"
    assert not caught.value.is_transient
    assert "query_station_status" in caught.value.detail


@pytest.mark.parametrize("name", VECTORS)
def test_openssl_opens_and_seals_the_same(name: str) -> None:
    data = VECTORS[name][0]
    key = KEY.encode().hex()
    command = ["openssl", "enc", "-aes-128-cbc", "-K", key, "-iv", key]
    opened = subprocess.run([*command, "-d"], input=base64.b64decode(data), capture_output=True, check=True)
    assert opened.stdout.decode() == decrypt(data, SECRETS)
    sealed = subprocess.run(command, input=opened.stdout, capture_output=True, check=True)
    assert base64.b64encode(sealed.stdout).decode() == encrypt(opened.stdout.decode(), SECRETS)


@pytest.mark.parametrize("name", VECTORS)
def test_openssl_signs_the_same(name: str) -> None:
    data, before, after, signature = VECTORS[name]
    command = ["openssl", "dgst", "-md5", "-mac", "HMAC", "-macopt", f"key:{KEY}"]
    said = subprocess.run(command, input=f"{before}{data}{after}".encode(), capture_output=True, check=True)
    assert said.stdout.decode().split()[-1].upper() == signature


def test_lower_case_signatures_are_accepted_and_others_are_not() -> None:
    assert is_signed("text", sign("text", SECRETS).lower(), SECRETS)
    assert not is_signed("text", sign("another text", SECRETS), SECRETS)
    assert not is_signed("text", "", SECRETS)
    assert not is_signed("text", "签名", SECRETS)


@pytest.mark.parametrize("data", ["no base64!", "QUJD", "", VECTOR_B[:-24]])
def test_what_cannot_be_opened_is_a_permanent_failure(data: str) -> None:
    with pytest.raises(FetchError) as caught:
        decrypt(data, SECRETS)
    assert caught.value.code == "decryption_failed"


@pytest.mark.parametrize(
    "written",
    [
        lambda data: data.rstrip("="), lambda data: data.translate(str.maketrans("+/", "-_")),
        lambda data: "\r\n".join(data[at : at + 76] for at in range(0, len(data), 76)), lambda data: f" {data}\n",
    ],
)  # fmt: skip
def test_base64_in_other_forms_is_opened(written: Any) -> None:
    # Of so many texts some have every character of the alphabet and every padding.
    for length in range(1, 60):
        text = "连云港" * length + "x" * (length % 17)
        assert decrypt(written(encrypt(text, SECRETS)), SECRETS) == text


def test_what_is_no_base64_is_no_matter_of_secrets() -> None:
    with pytest.raises(FetchError) as caught:
        decrypt("no base64!", SECRETS)
    assert "no Base64, whatever the secrets" in caught.value.detail and "与密钥无关" in caught.value.detail_zh


def test_secrets_of_the_wrong_length_are_named_but_not_shown() -> None:
    with pytest.raises(FetchError) as caught:
        Secrets("short", KEY, KEY)
    assert caught.value.code == "connection_incomplete"
    assert "data_secret" in caught.value.detail
    assert "short" not in caught.value.detail
    assert KEY not in repr(SECRETS)
