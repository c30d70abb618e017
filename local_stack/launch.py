"""The launcher's second half: make `.venv` from the locked requirements, then become the command line.

Runs under any Python 3.11–3.13 with the standard library alone, because nothing else is installed yet. The environment
is made once and again only when a lock or pyproject.toml changes; two starts at once make it once.
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

LOCKS = ("requirements.txt", "requirements-dev.txt")
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
    venv = project / ".venv"
    try:
        make_environment(project)
    except LaunchError as error:
        _tell(str(error))
        sys.exit(EX_UNAVAILABLE)
    path = f"{venv / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    # -P: a file in the caller's folder that is named like one of our modules must not be imported instead.
    command = [str(venv / "bin" / "python"), "-P", "-m", "local_stack", *arguments[1:]]
    os.execve(command[0], command, os.environ | {"PATH": path, "VIRTUAL_ENV": str(venv)})


def make_environment(project: Path) -> None:
    """Bring `.venv` to what the locks say, the project's own package included; do nothing when it is there already.

    Raises:
        LaunchError: a tool is missing, the folder cannot be written, or a package cannot be installed.
    """
    venv, wanted = project / ".venv", fingerprint(project)
    if _is_made(venv, wanted):
        return
    if not os.access(venv if venv.exists() else project, os.W_OK):
        raise LaunchError(
            f"当前用户无权建立 Python 环境 {venv}；请由目录所有者运行一次，或另行克隆本项目 / this account may not "
            f"write the Python environment {venv}; run the command once as the folder's owner, or clone the project"
        )
    with (project / LOCKS[0]).open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not _is_made(venv, wanted):
            _fill(venv, project)
            half = venv / f"{STAMP}.{os.getpid()}"
            half.write_text(wanted + "\n", encoding="ascii")
            half.replace(venv / STAMP)


def fingerprint(project: Path) -> str:
    """Return a hash of all that decides what the environment holds."""
    files = [project / name for name in (*LOCKS, "pyproject.toml")]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def _is_made(venv: Path, wanted: str) -> bool:
    try:
        made = (venv / STAMP).read_text(encoding="ascii").strip()
    except OSError:
        return False
    return made == wanted and os.access(venv / "bin" / "python", os.X_OK)


def _fill(venv: Path, project: Path) -> None:
    begun = time.monotonic()
    _tell("正在准备 Python 环境 / preparing the Python environment …")
    (venv / STAMP).unlink(missing_ok=True)
    if not os.access(venv / "bin" / "python", os.X_OK):
        _make_venv(venv)
    environment, uv = installer_environment(venv), venv / "bin" / "uv"
    if not uv.exists():
        _install_uv(venv, project, environment)
    pip = [uv, "pip"] if sys.stderr.isatty() else [uv, "--quiet", "pip"]
    # Not --compile-bytecode: of its 13,000 files a run imports a quarter, and compiles those by itself.
    sync = [*pip, "sync", "--require-hashes", *(project / name for name in LOCKS)]
    _run(sync, environment, "installing the locked packages")
    own = [*pip, "install", "--offline", "--no-deps", "--no-build-isolation", "--editable", project]
    _run(own, environment, "installing the project's package")
    _tell(f"环境已就绪 / environment ready, {time.monotonic() - begun:.1f} s")


def _make_venv(venv: Path) -> None:
    if not (importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv")):
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise LaunchError(
            f"Python {version} 缺少 venv 模块 / Python {version} lacks its venv module:\n"
            f"  sudo apt-get install python{version}-venv"
        )
    _run([sys.executable, "-m", "venv", "--clear", venv], os.environ, "making the virtual environment")


def locked_uv(lock: str) -> str:
    """Return the lines of a lock file that lock uv itself, hashes included.

    Raises:
        LaunchError: it does not lock uv.
    """
    found = re.search(r"^uv==.*(?:\n[ \t].*)*", lock, re.MULTILINE)
    if found is None:
        raise LaunchError(f"{LOCKS[1]} 未锁定 uv / {LOCKS[1]} does not lock uv")
    return found.group()


def _install_uv(venv: Path, project: Path, environment: Mapping[str, str]) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as only_uv:
        only_uv.write(locked_uv((project / LOCKS[1]).read_text(encoding="utf-8")) + "\n")
        only_uv.flush()
        pip = [venv / "bin" / "python", "-m", "pip", "-qq", "--disable-pip-version-check", "install"]
        options = ["--require-hashes", "--no-deps", "--requirement", only_uv.name]
        _run([*pip, *options], environment, "installing uv")


def installer_environment(venv: Path) -> dict[str, str]:
    """Return the environment in which uv installs into a virtual environment: with the settings of pip."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["UV_PYTHON"] = str(venv / "bin" / "python")
    for name, value in _pip_settings(venv).items():
        environment.setdefault(UV_NAME_OF_PIP_SETTING[name], value)
    cache = _first_writable(_cache_folders(environment, venv.parent))
    if cache is None:
        return environment | {"UV_NO_CACHE": "1", "PIP_NO_CACHE_DIR": "1"}
    if cache.stat().st_dev != venv.stat().st_dev:
        environment.setdefault("UV_LINK_MODE", "copy")
    return environment | {"UV_CACHE_DIR": str(cache)}


def _cache_folders(environment: Mapping[str, str], project: Path) -> list[Path]:
    """Return the places for uv's cache: the usual ones, then one that a service account without a home has too."""
    home = environment.get("HOME")
    user = environment.get("XDG_CACHE_HOME") or (home and f"{home}/.cache")
    usual = [environment.get("UV_CACHE_DIR"), user and f"{user}/uv"]
    state = Path(environment.get("GREEN_FREIGHT_HOME", project / ".state")).absolute()
    return [*(Path(folder) for folder in usual if folder), state / "cache" / "uv"]


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
    # The locked environment holds no pip, so that of the Python that made it is queried too.
    for python in (venv / "bin" / "python", sys.executable):
        command = [python, "-m", "pip", "config", "list"]
        listing = subprocess.run(command, capture_output=True, text=True, check=False)
        if listing.returncode == 0:
            return parse_pip_settings(listing.stdout)
    return {}


def parse_pip_settings(listing: str) -> dict[str, str]:
    """Return those settings of a `pip config list` that uv needs too (a variable beats a file)."""
    entries = re.findall(r"^\s*(global|install|:env:)\.([a-z-]+)='(.*)'\s*$", listing, re.MULTILINE)
    files = {name: value for place, name, value in reversed(entries) if place != ":env:"}
    variables = {name: value for place, name, value in entries if place == ":env:"}
    return {name: value for name, value in (files | variables).items() if name in UV_NAME_OF_PIP_SETTING}


def _tell(text: str) -> None:
    print(f"green-freight: {text}", file=sys.stderr, flush=True)


def _run(command: Sequence[object], environment: Mapping[str, str], purpose: str) -> None:
    status = subprocess.run(
        [str(part) for part in command], env=environment, check=False, stdout=sys.stderr
    ).returncode
    if status:
        raise LaunchError(
            f"安装失败（退出状态 {status}），原因见上面的输出；请检查能否访问软件源 / {purpose} failed (exit status "
            f"{status}); the lines above say why. Check that the package registry can be reached"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
