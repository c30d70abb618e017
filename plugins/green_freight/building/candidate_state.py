"""Which code the candidate was built by: kept beside it, and only while it is whole.

A large fact may keep the months that did not change only if the same models wrote them. The mark is taken away
when a build begins and set when it has ended well, so a killed or failed build is followed by a full one.
"""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path

from green_freight.warehouse import Session

# A build that read raw while loads went on may lack some that have a lower number than it names: a candidate without
# this word was built so, and is followed by a full build.
_ONE_STATE = "one state of raw: "
_PARTS = ("macros", "models", "seeds", "dbt_project.yml")


def fingerprint(project: Path) -> str:
    """Return a hash of everything in the dbt project that decides what a build writes."""
    digest = hashlib.sha256(f"{version('dbt-core')} {version('dbt-postgres')}".encode())
    for path in sorted(_files(project)):
        content = path.read_bytes()
        digest.update(f"\0{path.relative_to(project)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def take(builder: Session) -> str | None:
    """Return the fingerprint that the candidate was built by, and take the mark away."""
    builder.execute("create table if not exists intermediate.candidate_state (fingerprint text not null)")
    builder.execute(
        "comment on table intermediate.candidate_state is "
        "'候选模型由哪一版代码完整构建 / the code that built the candidate as it stands, empty while it is not whole'"
    )
    row = builder.execute("delete from intermediate.candidate_state returning fingerprint").fetchone()
    return str(row[0]).removeprefix(_ONE_STATE) if row and str(row[0]).startswith(_ONE_STATE) else None


def mark(builder: Session, value: str) -> None:
    """Record that the candidate is whole and which code built it."""
    builder.execute(
        "insert into intermediate.candidate_state (fingerprint) values (%s)", [_ONE_STATE + value]
    )


def _files(project: Path) -> list[Path]:
    found: list[Path] = []
    for part in _PARTS:
        path = project / part
        found += [path] if path.is_file() else [child for child in path.rglob("*") if child.is_file()]
    return found
