"""The home folder of one installation of the local stack: where state, secrets, logs and records lie."""

from __future__ import annotations

import json
import os
import pwd
import secrets
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from green_freight import disk_space, settings
from green_freight.messages import message


@dataclass(frozen=True)
class Home:
    """The folder `root` (GREEN_FREIGHT_HOME, else `.state` beside the launcher) and what has its place in it.

    `root` itself can be entered by others because the database server runs under another account where we
    are root; everything that holds a secret is 0600 or in a 0700 folder.
    """

    root: Path

    @classmethod
    def current(cls) -> Home:
        """Return the home that the settings name."""
        return cls(settings.home())

    @classmethod
    def prepared(cls) -> Home:
        """Return the home that the settings name, with its folder."""
        home = cls.current()
        home.prepare()
        return home

    @property
    def postgres(self) -> Path:
        """The embedded server's folder."""
        return self.root / "postgres"

    @property
    def landing_url(self) -> str:
        """The URL of the landing store (GREEN_FREIGHT_LANDING_URL, else the folder `landing`)."""
        return settings.current().landing_url or f"file://{self.root / 'landing'}"

    @property
    def airflow(self) -> Path:
        """Airflow's own folder (AIRFLOW_HOME)."""
        return self._private("airflow")

    @property
    def agencies(self) -> Path:
        """The demonstration agencies' folder, with `agencies.json`."""
        return self._private("agencies")

    @property
    def logs(self) -> Path:
        """The log files, one a process; tasks' logs below `tasks/`."""
        return self._private("logs")

    @property
    def task_logs(self) -> Path:
        """The folder of the tasks' logs."""
        return self.logs / "tasks"

    @property
    def processes(self) -> Path:
        """The records of started processes, one file each."""
        return self._private("processes")

    @property
    def superset(self) -> Path:
        """The record of Superset's process."""
        return self._private("superset")

    @property
    def superset_files(self) -> Path:
        """What Superset writes itself."""
        return self._private("superset-files")

    def log(self, name: str) -> Path:
        """Return one process's log file."""
        return self.logs / f"{name}.log"

    def prepare(self) -> None:
        """Make the folder.

        Raises:
            HomeError: this account may not write there, it is no folder, or another account's secrets are in it.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.root):
                pass
        except OSError as error:
            raise HomeError(
                message(
                    "home_unwritable", home=self.root, error=error.strerror, room=disk_space.room(self.root)
                )
            ) from error
        kept = self.root / "secrets"
        if kept.exists() and (owner := kept.stat().st_uid) != os.geteuid():
            raise HomeError(message("home_of_another", home=self.root, owner=_account(owner)))

    def secret(self, name: str, make: Callable[[], str] = lambda: secrets.token_urlsafe(24)) -> str:
        """Return the secret kept under `name`, made on first use; only this account can read it."""
        kept = self._private("secrets") / name
        if not kept.exists():
            half = kept.with_name(f"{name}.{os.getpid()}")
            half.touch(mode=0o600)
            half.write_text(make(), encoding="ascii")
            half.replace(kept)
        return kept.read_text(encoding="ascii")

    def note(self, name: str, content: dict[str, Any]) -> None:
        """Keep a small JSON note; readers see the old or the new one, never half of it."""
        half = self.root / f"{name}.json.{os.getpid()}"
        half.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        half.replace(self.root / f"{name}.json")

    def noted(self, name: str) -> dict[str, Any] | None:
        """Return a note, None if it was never written."""
        try:
            content = json.loads((self.root / f"{name}.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return dict(content)

    def forget(self, name: str) -> None:
        """Remove a note; one that is not there is no error."""
        (self.root / f"{name}.json").unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove everything in the home, the database server's folder included."""
        from local_stack.postgres import EmbeddedPostgres

        if self.postgres.exists():
            EmbeddedPostgres(self.postgres).remove()
        shutil.rmtree(self.root, ignore_errors=False)

    def _private(self, name: str) -> Path:
        folder = self.root / name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder


def _account(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


class HomeError(RuntimeError):
    """The home folder cannot be used; the message says what to set."""
