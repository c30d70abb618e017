"""Where things are: folders, the landing store, the warehouse's roles. Read from the environment, once a call.

Nothing here is secret by default; passwords arrive in the connection URLs that the operator (or the embedded
stack) sets.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = Path(__file__).resolve().parent

ROLES = ("owner", "loader", "builder", "publisher", "reader")


class SettingMissingError(RuntimeError):
    """A setting that has no safe default is absent; the message names it."""


def home() -> Path:
    """Return the folder for state: landing, the embedded server, Airflow's home (GREEN_FREIGHT_HOME)."""
    return Path(os.environ.get("GREEN_FREIGHT_HOME", PROJECT / ".state")).absolute()


def landing_url() -> str:
    """Return the landing store's URL (GREEN_FREIGHT_LANDING_URL); a folder below `home` by default."""
    # Not as_uri(): fsspec takes the path as it stands, and %20 for a space would be another folder.
    return os.environ.get("GREEN_FREIGHT_LANDING_URL", f"file://{home() / 'landing'}")


def is_synthetic() -> bool:
    """Tell whether the agencies are the demonstration's, all figures synthetic (GREEN_FREIGHT_SYNTHETIC)."""
    return os.environ.get("GREEN_FREIGHT_SYNTHETIC", "") not in ("", "0", "false")


def url_variable(role: str) -> str:
    """Return the variable that holds the libpq URL of one of ROLES, for example GREEN_FREIGHT_LOADER_URL."""
    return f"GREEN_FREIGHT_{role.upper()}_URL"


def warehouse_urls() -> dict[str, str]:
    """Return the libpq URLs of the warehouse by role, those of ROLES that are set (GREEN_FREIGHT_<ROLE>_URL)."""
    return {role: os.environ[url_variable(role)] for role in ROLES if url_variable(role) in os.environ}


def code_version() -> str:
    """Return the version of the code that a build or publication names: equal ones mean equal code.

    It is GREEN_FREIGHT_CODE_VERSION where that is set, else what git says, else the release's name
    (GREEN_FREIGHT_RELEASE) with a hash of the code.
    """
    from green_freight.code_version import current

    named = os.environ.get("GREEN_FREIGHT_CODE_VERSION")
    return named or current(PROJECT, os.environ.get("GREEN_FREIGHT_RELEASE") or "files")


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables of this process's environment for the block, and put back what was there before."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
