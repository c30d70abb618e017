"""The launcher's second half: make `.venv` from the locked requirements, then become the command line.

Runs under any Python 3.11–3.13 with the standard library alone, because nothing else is installed yet. The
environment is made once and again only when requirements.txt changes; two starts at once make it once.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

STAMP = "green-freight-lock"
EX_UNAVAILABLE = 69

# pip's own settings are where an office keeps its mirror and its certificate; uv does not read them.
UV_NAME_OF_PIP_SETTING = {
    "index-url": "UV_DEFAULT_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "HTTPS_PROXY",
}


class LaunchError(Exception):
    """The environment cannot be made; the message says what is missing and how to get it."""


def main(arguments: Sequence[str]) -> NoReturn:
    """Make the environment below `arguments[0]` if need be and replace this process by the command line."""
    project = Path(arguments[0])
    try:
        make_environment(project)
    except LaunchError as error:
        print(f"green-freight: {error}", file=sys.stderr)
        sys.exit(EX_UNAVAILABLE)
    python = project / ".venv" / "bin" / "python"
    # -P: a file in the caller's folder that is named like a module of ours must not be imported instead.
    os.execve(python, [str(python), "-P", "-m", "local_stack", *arguments[1:]], run_environment(project))


def run_environment(project: Path) -> dict[str, str]:
    """Return the variables with which every process of the stack finds the project's code and tools."""
    return os.environ | {
        "PYTHONPATH": os.pathsep.join([str(project), str(project / "plugins")]),
        "PATH": os.pathsep.join([str(project / ".venv" / "bin"), os.environ.get("PATH", os.defpath)]),
        "VIRTUAL_ENV": str(project / ".venv"),
    }


def make_environment(project: Path) -> None:
    """Bring `.venv` to what requirements.txt says; do nothing when it is there already.

    Raises:
        LaunchError: a tool is missing, the folder cannot be written, or a package cannot be installed.
    """
    lock = project / "requirements.txt"
    wanted = lock_hash(lock)
    venv = project / ".venv"
    if _is_made(venv, wanted):
        return
    if not os.access(venv if venv.exists() else project, os.W_OK):
        raise LaunchError(
            f"the Python environment {venv} has to be made, but this account may not write there; run it once"
            " as the folder's owner, or clone the project for yourself / 当前用户无权在此目录建立环境"
        )
    with lock.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not _is_made(venv, wanted):
            _fill(venv, lock)
            _write_stamp(venv, wanted)


def lock_hash(lock: Path) -> str:
    """Return what the environment's stamp must say for this lock file."""
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def _is_made(venv: Path, wanted: str) -> bool:
    try:
        made = (venv / STAMP).read_text(encoding="ascii").strip()
    except OSError:
        return False
    return made == wanted and os.access(venv / "bin" / "python", os.X_OK)


def _write_stamp(venv: Path, wanted: str) -> None:
    half = venv / f"{STAMP}.{os.getpid()}"
    half.write_text(wanted + "\n", encoding="ascii")
    half.replace(venv / STAMP)


def _fill(venv: Path, lock: Path) -> None:
    begun = time.monotonic()
    print(
        "green-freight: preparing the Python environment / 正在准备 Python 环境 …",
        file=sys.stderr,
        flush=True,
    )
    (venv / STAMP).unlink(missing_ok=True)
    if not os.access(venv / "bin" / "python", os.X_OK):
        _make_venv(venv)
    environment = _installer_environment(venv)
    if not (venv / "bin" / "uv").exists():
        _bootstrap_uv(venv, lock, environment)
    # Not --compile-bytecode: of its 13,000 files a run imports a quarter, and compiles those by itself.
    _run(
        [venv / "bin" / "uv", *([] if sys.stderr.isatty() else ["--quiet"]), "pip", "sync", "--python",
         venv / "bin" / "python", "--require-hashes", lock],
        environment,
        "installing the locked packages",
    )  # fmt: skip
    print(
        f"green-freight: environment ready in {time.monotonic() - begun:.1f} s", file=sys.stderr, flush=True
    )


def _make_venv(venv: Path) -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        raise LaunchError(
            f"Python {version} lacks its venv module / 缺少 venv 模块:\n"
            f"  sudo apt-get install python{version}-venv"
        )
    _run([sys.executable, "-m", "venv", "--clear", venv], dict(os.environ), "making the virtual environment")


def locked_uv(lock: str) -> str:
    """Return the lines of a lock file that lock uv itself, hashes included.

    Raises:
        LaunchError: it does not lock uv.
    """
    found = re.search(r"^uv==.*(?:\n[ \t].*)*", lock, re.MULTILINE)
    if found is None:
        raise LaunchError("requirements.txt does not lock uv")
    return found.group()


def _bootstrap_uv(venv: Path, lock: Path, environment: Mapping[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        only_uv = Path(folder) / "uv.txt"
        only_uv.write_text(locked_uv(lock.read_text(encoding="utf-8")) + "\n", encoding="utf-8")
        _run(
            [venv / "bin" / "python", "-m", "pip", "-qq", "install", "--require-hashes", "--no-deps",
             "--disable-pip-version-check", "--requirement", only_uv],
            environment,
            "installing uv",
        )  # fmt: skip


def _installer_environment(venv: Path) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for name, value in _pip_settings(venv).items():
        environment.setdefault(UV_NAME_OF_PIP_SETTING[name], value)
    cache = _first_writable(_cache_folders(environment))
    if cache is None:
        return environment | {"UV_NO_CACHE": "1", "PIP_NO_CACHE_DIR": "1"}
    if cache.exists() and cache.stat().st_dev != venv.stat().st_dev:
        environment.setdefault("UV_LINK_MODE", "copy")
    return environment | {"UV_CACHE_DIR": str(cache)}


def _cache_folders(environment: Mapping[str, str]) -> list[Path]:
    """Return the places for uv's cache: the usual ones, then one that a service account has too."""
    folders = []
    if "UV_CACHE_DIR" in environment:
        folders.append(Path(environment["UV_CACHE_DIR"]))
    base = environment.get("XDG_CACHE_HOME") or (
        f"{environment['HOME']}/.cache" if "HOME" in environment else ""
    )
    if base.startswith("/"):
        folders.append(Path(base) / "uv")
    project = Path(__file__).resolve().parents[1]
    folders.append(
        Path(environment.get("GREEN_FREIGHT_HOME", project / ".state")).absolute() / "cache" / "uv"
    )
    return folders


def _first_writable(folders: Sequence[Path]) -> Path | None:
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError:
            continue
    return None


def _pip_settings(venv: Path) -> dict[str, str]:
    # The locked environment holds no pip, so that of the Python that made it is asked too.
    for python in (venv / "bin" / "python", Path(sys.executable)):
        asked = subprocess.run(
            [python, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
        )
        if asked.returncode == 0:
            return parse_pip_settings(asked.stdout)
    return {}


def parse_pip_settings(listing: str) -> dict[str, str]:
    """Return those settings of a `pip config list` that uv needs too (a variable beats a file)."""
    found: dict[str, str] = {}
    for line in listing.splitlines():
        match = re.fullmatch(r"(global|install|:env:)\.([a-z-]+)='(.*)'", line.strip())
        if match and match[2] in UV_NAME_OF_PIP_SETTING and (match[1] == ":env:" or match[2] not in found):
            found[match[2]] = match[3]
    return found


def _run(command: Sequence[str | Path], environment: Mapping[str, str], doing: str) -> None:
    done = subprocess.run(
        [str(part) for part in command], env=dict(environment), check=False, stdout=sys.stderr
    )
    if done.returncode:
        raise LaunchError(
            f"{doing} failed (exit {done.returncode}); the lines above say why. Is the package registry in"
            " reach? / 安装失败，请看上面的输出，并检查能否访问软件源"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
