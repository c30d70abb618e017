"""`test security`: bandit over the product's code, pip-audit over the locked packages where its data can be reached.

pip-audit takes a package that the service does not know for one without faults. So a release whose faults are published
is asked about first: where it is not reported, no data is available, and the audit is skipped and says so.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from green_freight import settings

SCANNED = ("dags", "demo_city", "local_stack", "plugins")
LOCKS = ("requirements.txt", "requirements-dev.txt", "bi/requirements.txt")
# Its faults have been published since 2014.
_KNOWN_FAULTY = "jinja2==2.4.1"
_SECONDS = 300


def main() -> int:
    """Run both scans, print what they found, and return 1 where one found something."""
    return max(scan_code(*(settings.PROJECT / folder for folder in SCANNED)), _audit())


def scan_code(*folders: Path) -> int:
    """Run bandit over folders and return its exit status; pyproject.toml has what is left out, and why."""
    command = [
        _program("bandit"),
        "--quiet",
        "--recursive",
        "--configfile",
        str(settings.PROJECT / "pyproject.toml"),
    ]
    return subprocess.run([*command, *map(str, folders)], check=False).returncode


def faults(report: Mapping[str, Any]) -> list[str]:
    """Return the published faults in a report of pip-audit: package, release, number, and the releases without it."""
    return [
        f"{package['name']} {package['version']}: {fault['id']}, "
        f"repaired in {', '.join(fault['fix_versions']) or 'none'}"
        for package in report["dependencies"]
        for fault in package.get("vulns", ())
    ]


def unknown(report: Mapping[str, Any]) -> list[str]:
    """Return the packages in a report of pip-audit that the service does not know."""
    return [package["name"] for package in report["dependencies"] if "skip_reason" in package]


def _audit() -> int:
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as asked:
        asked.write(_KNOWN_FAULTY)
        asked.flush()
        probe = _report(Path(asked.name))
    if probe is None or not faults(probe):
        print(
            "漏洞审计已跳过：此处无法访问漏洞数据，软件包未经核对 / SKIPPED: no data on vulnerabilities can be "
            "reached here, so the locked packages were not audited"
        )
        return 0
    status = 0
    for lock in LOCKS:
        report = _report(settings.PROJECT / lock)
        if report is None:
            print(f"漏洞审计中断：{lock} / the audit of {lock} ended without a result")
            return 1
        found, without = faults(report), unknown(report)
        print(
            f"{lock}: {len(report['dependencies'])} packages, {len(found)} published faults",
            *found,
            sep="\n- ",
        )
        if without:
            print(f"{lock}: not known to the service: {', '.join(without)}")
        status |= bool(found)
    return status


def _report(requirements: Path) -> dict[str, Any] | None:
    """Return pip-audit's report on a file of requirements, None where it has none."""
    options = ["--format", "json", "--progress-spinner", "off", "--disable-pip", "--no-deps"]
    try:
        done = subprocess.run(
            [_program("pip-audit"), *options, "--requirement", str(requirements)],
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
        report: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return None
    return report


def _program(name: str) -> str:
    return str(Path(sys.executable).parent / name)


if __name__ == "__main__":
    sys.exit(main())
