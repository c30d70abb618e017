"""The file context of Great Expectations: opened from a copy in the state folder, so that a run never writes
into the project.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from green_freight.auditing.suites import EXPECTATIONS, Suite
from green_freight.auditing.verdicts import Verdict, from_result
from green_freight.settings import home, warehouse_url

# Data Docs show the audits of the last runs; older verdicts stay in ops.verdict.
KEPT_AUDITS = 7


def judge(suites: Sequence[Suite]) -> list[Verdict]:
    """Run every suite's checkpoint over the candidate and build the Data Docs once; return the verdicts."""
    verdicts: list[Verdict] = []
    with _opened() as context:
        for suite in suites:
            judged = context.checkpoints.get(suite.table).run()
            for validation in judged.run_results.values():
                verdicts += [from_result(suite.table, result) for result in validation.results]
        _forget_old_audits()
        context.build_data_docs()
    return verdicts


def data_docs_index() -> Path:
    """Return the first page of the Data Docs."""
    return _audit_home() / "data_docs" / "index.html"


def _audit_home() -> Path:
    return home() / "audit"


@contextmanager
def _opened() -> Iterator[Any]:
    os.environ.update(
        GX_ANALYTICS_ENABLED="false",
        DO_NOT_TRACK="1",
        GREEN_FREIGHT_AUDIT_HOME=str(_audit_home()),
        # Great Expectations substitutes this where great_expectations.yml names it; a password never meets a file.
        GREEN_FREIGHT_AUDIT_URL=warehouse_url("builder").replace("postgresql://", "postgresql+psycopg://", 1),
    )
    import great_expectations

    _audit_home().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_audit_home(), prefix="context-") as folder:
        shutil.copytree(EXPECTATIONS, folder, dirs_exist_ok=True)
        yield great_expectations.get_context(mode="file", context_root_dir=folder)


def _forget_old_audits() -> None:
    """Remove the stored results of all but the last audits (folders `<suite>/<run name>/<run time>`)."""
    kept = _audit_home() / "validations"
    for runs in kept.glob("*/*"):
        for old in sorted(run for run in runs.iterdir() if run.is_dir())[:-KEPT_AUDITS]:
            shutil.rmtree(old)
