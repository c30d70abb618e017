"""Great Expectations on the candidate: the context is built in memory; results and Data Docs go to the state folder."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from green_freight.auditing import failing_rows
from green_freight.auditing.audit_views import SESSION_OPTIONS
from green_freight.auditing.expectations import SAMPLE_ROWS, Suite
from green_freight.auditing.published_audit import NOTHING_PUBLISHED, PublishedAudit
from green_freight.auditing.results import ExpectationResult, from_gx
from green_freight.auditing.rules import QUERY
from green_freight.warehouse import Warehouse

DATASOURCE = "candidate"
BATCH = "this build"

# Data Docs show the last audits; every result stays in ops.verdict.
STORED_AUDITS = 2


def validate(
    warehouse: Warehouse, suites: Sequence[Suite], published: PublishedAudit
) -> list[ExpectationResult]:
    """Evaluate every suite over the candidate, store its results, build the Data Docs once, and return the results.

    The rows that the last publication did not have come first in their samples.
    """
    context = open_context(warehouse, suites)
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.data_context.types.resource_identifiers import (
        ExpectationSuiteIdentifier,
        ValidationResultIdentifier,
    )

    from green_freight.auditing.gx_expectations import kept_templates

    run = RunIdentifier(run_time=datetime.now(UTC))
    results: list[ExpectationResult] = []
    pages: list[Any] = []
    for suite in suites:
        evaluator = SuiteEvaluator(context, suite)
        validation, found = evaluator.evaluate(published=published)
        # What a validation definition of Great Expectations adds; the Data Docs show it.
        validation.meta |= {"run_id": run, "validation_time": run.run_time, "batch_parameters": None}
        page = ValidationResultIdentifier(ExpectationSuiteIdentifier(suite.table), run, validation.batch_id)
        results += [published.compare(result) for result in found]
        for result in validation.results:
            result.result = _with_floats(result.result)
        context.validation_results_store.store_validation_results(validation, page)
        pages.append(page)
    _remove_old_audits(warehouse)
    with kept_templates():
        # Without the list, every page of the audits before would be rendered again.
        context.build_data_docs(resource_identifiers=pages)
    return results


def data_docs_index(warehouse: Warehouse) -> Path:
    """Return the first page of the Data Docs."""
    return _audit_home(warehouse) / "data_docs" / "index.html"


def open_context(warehouse: Warehouse, suites: Sequence[Suite]) -> Any:
    """Return a context with an asset per table.

    It connects to the warehouse as the role builder; the views of `audit_views` must exist.
    """
    os.environ.update(GX_ANALYTICS_ENABLED="false", DO_NOT_TRACK="1")
    # It logs every metric that it registers or resolves: thousands of lines of a task's log before the first result.
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    import great_expectations as gx
    from great_expectations.datasource.fluent import PostgresDatasource

    # By name, so that neither a result nor a page of the Data Docs holds the password.
    url = {"AUDIT_URL": _audit_url(warehouse)}
    context = gx.get_context(
        mode="ephemeral", project_config=_project_config(warehouse), runtime_environment=url
    )
    # Not a query: to learn its columns, Great Expectations would run it and fetch every row of a large fact.
    assets = [
        {
            "name": suite.table,
            "type": "table",
            "table_name": f"audited_{suite.table}",
            "batch_definitions": [{"name": BATCH, "partitioner": None}],
        }
        for suite in suites
    ]
    # With its assets: one that is added to a data source writes the whole configuration again.
    datasource = PostgresDatasource(
        name=DATASOURCE, connection_string="${AUDIT_URL}", create_temp_table=False, assets=assets
    )
    context.data_sources.add_postgres(datasource)
    return context


class SuiteEvaluator:
    """Evaluates the expectations of one suite over its table of the candidate, or the months of this build.

    There is no checkpoint: Great Expectations stores the definitions of one, and reads and compares them five times
    before it evaluates anything.
    """

    def __init__(self, context: Any, suite: Suite) -> None:
        """Take an open context, and a suite that it was opened with."""
        from great_expectations.validator.v1_validator import Validator

        asset = context.data_sources.get(DATASOURCE).get_asset(suite.table)
        self._suite, self._engine = suite, asset.datasource.get_execution_engine().engine
        self._validator = Validator(batch_definition=asset.get_batch_definition(BATCH))

    def evaluate(
        self, *codes: str, published: PublishedAudit = NOTHING_PUBLISHED
    ) -> tuple[Any, list[ExpectationResult]]:
        """Return Great Expectations' validation of these expectations, or of all, and the results with failing rows."""
        import great_expectations as gx

        from green_freight.auditing.gx_expectations import kept_configurations

        chosen = [one.configuration() for one in self._suite.expectations if not codes or one.code in codes]
        with kept_configurations():
            expected = gx.ExpectationSuite(name=self._suite.table, expectations=chosen)
            # Without the columns of the key, no rows are asked for.
            self._validator.result_format = {
                "result_format": "SUMMARY",
                "partial_unexpected_count": SAMPLE_ROWS,
            }
            validation = self._validator.validate_expectation_suite(expected)
        return validation, [self._result(result, published) for result in validation.results]

    def _result(self, result: Any, published: PublishedAudit) -> ExpectationResult:
        found = from_gx(self._suite, result)
        if found.is_success or found.is_broken:
            return found
        with self._engine.connect() as connection:
            known = published.known(found.table_name, found.expectation_code)
            rows = failing_rows.read(connection, self._suite, self._suite[found.expectation_code], known)
        if found.expectation_type == QUERY:
            # Its page in the Data Docs shows them.
            result.result["details"] = {"unexpected_rows": rows.sample}
        return replace(found, sample=rows.sample, row_hashes=rows.hashes)


def _with_floats(value: Any) -> Any:
    """Return a result with each Decimal as the float that Great Expectations would store.

    It reads the source of every caller from the disk before it converts one: seconds for a few failing rows.
    """
    if isinstance(value, dict):
        return {key: _with_floats(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_with_floats(one) for one in value]
    return float(value) if isinstance(value, Decimal) else value


def _project_config(warehouse: Warehouse) -> dict[str, Any]:
    def folder(name: str) -> dict[str, Any]:
        return {
            "class_name": "TupleFilesystemStoreBackend",
            "suppress_store_backend_id": True,
            "base_directory": str(_audit_home(warehouse) / name),
        }

    in_memory = {"class_name": "InMemoryStoreBackend"}
    stores = {
        name: {"class_name": kind, "store_backend": backend}
        for name, kind, backend in (
            ("expectations_store", "ExpectationsStore", in_memory),
            ("validation_definition_store", "ValidationDefinitionStore", in_memory),
            ("checkpoint_store", "CheckpointStore", in_memory),
            ("validation_results_store", "ValidationResultsStore", folder("validations")),
        )
    }
    site = {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        # A page of results repeats its expectations; pages of the suites alone would be rendered in every audit.
        "site_section_builders": {"expectations": "None"},
        "store_backend": folder("data_docs"),
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }
    return {
        "config_version": 4.0,
        "analytics_enabled": False,
        "progress_bars": {"globally": False},
        "stores": stores,
        "expectations_store_name": "expectations_store",
        "checkpoint_store_name": "checkpoint_store",
        "validation_results_store_name": "validation_results_store",
        "data_docs_sites": {"data_docs": site},
    }


def _audit_url(warehouse: Warehouse) -> str:
    """Return SQLAlchemy's URL of the role builder, with what the audit asks of its sessions.

    The schema of a table asset is a deprecated argument of Great Expectations, and its PostgreSQL data source has none.
    """
    url = make_url(warehouse.url("builder")).set(drivername="postgresql+psycopg")
    searched = url.update_query_dict({"options": SESSION_OPTIONS})
    return str(searched.render_as_string(hide_password=False))


def _audit_home(warehouse: Warehouse) -> Path:
    return warehouse.home / "audit"


def _remove_old_audits(warehouse: Warehouse) -> None:
    """Remove results and pages of all but the last audits (folders `<suite>/<run name>/<run time>`)."""
    stored, pages = _audit_home(warehouse) / "validations", data_docs_index(warehouse).parent / "validations"
    for runs in stored.glob("*/*"):
        for old in sorted(run for run in runs.iterdir() if run.is_dir())[:-STORED_AUDITS]:
            shutil.rmtree(old)
            shutil.rmtree(pages / old.relative_to(stored), ignore_errors=True)
