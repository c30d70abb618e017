"""Plain clients of the demonstration servers, sharing no code with them: httpx, paramiko, the openssl command."""

from __future__ import annotations

import base64
import io
import itertools
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import paramiko

from demo_city.servers import DemoConnection

TIME_STAMP = "20251001020000"


def openssl(*arguments: str, given: bytes) -> bytes:
    """Return what the openssl command makes of some bytes."""
    return subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=True).stdout


def openssl_encrypt(plaintext: bytes, key: str, iv: str) -> str:
    """Return the Base64 of AES-128-CBC."""
    arguments = ("enc", "-aes-128-cbc", "-base64", "-A", "-K", key.encode().hex(), "-iv", iv.encode().hex())
    return openssl(*arguments, given=plaintext).decode()


def openssl_decrypt(data: str, key: str, iv: str) -> bytes:
    """Return the plaintext of the Base64 of AES-128-CBC."""
    arguments = (
        "enc",
        "-d",
        "-aes-128-cbc",
        "-base64",
        "-A",
        "-K",
        key.encode().hex(),
        "-iv",
        iv.encode().hex(),
    )
    return openssl(*arguments, given=data.encode())


def openssl_sign(text: str, key: str) -> str:
    """Return the upper-case hex HMAC-MD5."""
    printed = openssl("dgst", "-md5", "-hmac", key, given=text.encode()).decode()
    return printed.rpartition("=")[2].strip().upper()


class ExchangeClient:
    """A T/CEC 102 client of one connection whose cryptography is the openssl command."""

    def __init__(self, connection: DemoConnection) -> None:
        self.keys = connection.extra
        self.http = httpx.Client(base_url=connection.extra["base_url"], timeout=20)
        self.token = ""
        self._numbers = itertools.count(1)

    def envelope(self, parameters: Any) -> dict[str, str]:
        """Return a signed request envelope."""
        keys, seq = self.keys, f"{next(self._numbers):04d}"
        data = openssl_encrypt(json.dumps(parameters).encode(), keys["data_secret"], keys["data_secret_iv"])
        who = keys["platform_id"]
        signature = openssl_sign(who + data + TIME_STAMP + seq, keys["sig_secret"])
        return {"OperatorID": who, "Data": data, "TimeStamp": TIME_STAMP, "Seq": seq, "Sig": signature}

    def send(self, interface: str, envelope: Any) -> dict[str, Any]:
        """Return the response envelope."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        answer = self.http.post(f"/evcs/v1/{interface}", json=envelope, headers=headers)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def ask(self, interface: str, **parameters: Any) -> dict[str, Any]:
        """Return the response envelope of one question."""
        return self.send(interface, self.envelope(parameters))

    def plain(self, answer: dict[str, Any]) -> str:
        """Return the verified plaintext of a response."""
        signed = openssl_sign(f"{answer['Ret']}{answer['Msg']}{answer['Data']}", self.keys["sig_secret"])
        assert signed == answer["Sig"].upper()
        return openssl_decrypt(answer["Data"], self.keys["data_secret"], self.keys["data_secret_iv"]).decode()

    def data(self, interface: str, **parameters: Any) -> Any:
        """Return the content of the answer to one question, which must be Ret 0."""
        answer = self.ask(interface, **parameters)
        assert answer["Ret"] == 0, answer
        return json.loads(self.plain(answer))

    def log_in(self) -> ExchangeClient:
        """Fetch a token and keep it."""
        keys = self.keys
        found = self.data(
            "query_token", OperatorID=keys["platform_id"], OperatorSecret=keys["operator_secret"]
        )
        assert found["SuccStat"] == 0
        self.token = found["AccessToken"]
        return self


def transport_client(connection: DemoConnection, token: str | None = None) -> httpx.Client:
    """Return an HTTP client of the transport platform."""
    headers = {"Authorization": f"Bearer {token or connection.password}"}
    return httpx.Client(base_url=connection.extra["base_url"], headers=headers, timeout=20)


@contextmanager
def sftp(connection: DemoConnection, password: str | None = None) -> Iterator[paramiko.SFTPClient]:
    """Give an SFTP client that knows the server's host key."""
    kind, key = connection.extra["host_key"].split()[:2]
    known = paramiko.Ed25519Key(data=base64.b64decode(key))
    assert kind == known.get_name()
    transport = paramiko.Transport((connection.host, connection.port))
    try:
        transport.connect(hostkey=known, username=connection.login, password=password or connection.password)
        client = paramiko.SFTPClient.from_transport(transport)
        assert client is not None
        yield client
    finally:
        transport.close()


def read(client: paramiko.SFTPClient, path: str) -> bytes:
    """Return a remote file's bytes."""
    target = io.BytesIO()
    client.getfo(path, target)
    return target.getvalue()
