"""The file context of Great Expectations: opened from a copy in the state folder, so that a run never writes
into the project.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from green_freight.auditing.audit_views import SCHEMA
from green_freight.auditing.results import Verdict, from_result
from green_freight.auditing.suites import BATCH, DATASOURCE, Suite
from green_freight.settings import home
from green_freight.warehouse import Warehouse

# Data Docs show the last audits; every verdict stays in ops.verdict. Each audit kept adds a page a table to render.
KEPT_AUDITS = 2


def judge(suites: Sequence[Suite], folder: Path) -> list[Verdict]:
    """Run every suite's checkpoint over the candidate and build the Data Docs once; return the verdicts.

    `folder` is the file context that the suites were read from.
    """
    verdicts: list[Verdict] = []
    with opened(folder) as context:
        for suite in suites:
            judged = context.checkpoints.get(suite.table).run()
            for validation in judged.run_results.values():
                verdicts += [_verdict(context, suite, result) for result in validation.results]
        _forget_old_audits()
        shutil.rmtree(data_docs_index().parent, ignore_errors=True)
        context.build_data_docs()
    return verdicts


def data_docs_index() -> Path:
    """Return the first page of the Data Docs."""
    return _audit_home() / "data_docs" / "index.html"


@contextmanager
def opened(folder: Path) -> Iterator[Any]:
    """Open the file context of a folder for the warehouse that the role builder's URL names."""
    os.environ.update(
        GX_ANALYTICS_ENABLED="false",
        DO_NOT_TRACK="1",
        GREEN_FREIGHT_AUDIT_HOME=str(_audit_home()),
        # Great Expectations substitutes this where great_expectations.yml names it; a password never meets a file.
        GREEN_FREIGHT_AUDIT_URL=_audit_url(),
    )
    # It tells every metric that it registers or looks for: thousands of lines a task's log, before the first verdict.
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    import great_expectations

    _audit_home().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_audit_home(), prefix="context-") as copy:
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        yield great_expectations.get_context(mode="file", context_root_dir=copy)


def batch(datasource: Any, suite: Suite) -> Any:
    """Return what a suite judges: its table of the candidate, or the months of this build."""
    return datasource.get_asset(suite.table).get_batch_definition(BATCH).get_batch()


def with_rows(context: Any, suite: Suite, result: Any) -> Any:
    """Return the result of a failed query expectation with the rows that it found.

    Only COMPLETE carries a query's rows (at most 200); for a column expectation COMPLETE has no bound, so the
    checkpoints ask for less and the few queries that fail are asked again.
    """
    expectation = result.expectation_config.to_domain_obj()
    datasource = context.data_sources.get(DATASOURCE)
    return batch(datasource, suite).validate(expectation, result_format=suite.result_format("COMPLETE"))


def _verdict(context: Any, suite: Suite, result: Any) -> Verdict:
    verdict = from_result(suite.table, result)
    is_query = verdict.expectation_type == "unexpected_rows_expectation"
    if verdict.is_success or verdict.is_broken or not is_query:
        return verdict
    return from_result(suite.table, with_rows(context, suite, result))


def _audit_url() -> str:
    """Return SQLAlchemy's URL of the role builder, with the schema of the views that are judged as the one searched.

    Great Expectations has no setting for the schema of a table in PostgreSQL.
    """
    url = make_url(Warehouse.from_settings().url("builder")).set(drivername="postgresql+psycopg")
    searched = url.update_query_dict({"options": f"-csearch_path={SCHEMA}"})
    return searched.render_as_string(hide_password=False)


def _audit_home() -> Path:
    return home() / "audit"


def _forget_old_audits() -> None:
    """Remove the stored results of all but the last audits (folders `<suite>/<run name>/<run time>`)."""
    kept = _audit_home() / "validations"
    for runs in kept.glob("*/*"):
        for old in sorted(run for run in runs.iterdir() if run.is_dir())[:-KEPT_AUDITS]:
            shutil.rmtree(old)
