"""The names of files on SFTP servers that do not use UTF-8: Windows servers send them in GB18030.

The library decodes every text as UTF-8, so that a single name of another encoding, such as a clerk's note beside the
deliveries, would make the whole folder unreadable.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import paramiko
from paramiko import sftp

from green_freight.limits import Limits


class Entry(NamedTuple):
    """An entry of a folder: its name for people, its name as the server has it, its attributes."""

    name: str
    name_bytes: bytes
    attributes: paramiko.SFTPAttributes


class AnyNamesClient(paramiko.SFTPClient):
    """An SFTP client that reads names and messages of any encoding."""

    @classmethod
    def opened(cls, ssh: paramiko.SSHClient, seconds: float) -> AnyNamesClient:
        """Open a session on a connection; a response may take `seconds`, the first one included."""
        transport = ssh.get_transport()
        assert transport is not None
        channel = transport.open_session(timeout=seconds)
        channel.settimeout(seconds)
        channel.invoke_subsystem("sftp")
        return cls(channel)

    def entries(self, folder: str, limits: Limits) -> list[Entry]:
        """Return the entries of a folder, as `listdir_attr` does; LimitError where there are more than the limit."""
        # The stub of the library lacks what its own methods are made of.
        client, attributes = self, paramiko.SFTPAttributes  # type: Any, Any
        kind, response = client._request(sftp.CMD_OPENDIR, client._adjust_cwd(folder))
        if kind != sftp.CMD_HANDLE:
            raise sftp.SFTPError("expected a handle of the folder")
        handle, found = response.get_binary(), []
        while True:
            try:
                kind, response = client._request(sftp.CMD_READDIR, handle)
            except EOFError:
                break
            if kind != sftp.CMD_NAME:
                raise sftp.SFTPError("expected names of the folder")
            for _ in range(response.get_int()):
                name, _long_name = response.get_binary(), response.get_binary()
                found.append(Entry(decoded(name), name, attributes._from_msg(response)))
                limits.check("entries", len(found))
        client._request(sftp.CMD_CLOSE, handle)
        return [entry for entry in found if entry.name not in (".", "..")]

    def _convert_status(self, response: paramiko.Message) -> None:
        status = paramiko.Message()
        status.add_int(response.get_int())
        status.add_string(decoded(response.get_binary()))
        status.rewind()
        library: Any = super()
        library._convert_status(status)


def decoded(name: bytes) -> str:
    """Return a name as text: UTF-8, else GB18030, else with each byte beyond ASCII as \\xff."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return name.decode(encoding)
        except UnicodeDecodeError:
            continue
    return name.decode("ascii", "backslashreplace")
