"""Great Expectations on the candidate: the context is built in memory; results and Data Docs go to the state folder."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from green_freight.auditing.audit_views import SESSION_OPTIONS
from green_freight.auditing.expectations import Suite
from green_freight.auditing.results import ExpectationResult, from_gx
from green_freight.warehouse import Warehouse

DATASOURCE = "candidate"
BATCH = "this build"

# Data Docs show the last audits; every result stays in ops.verdict.
STORED_AUDITS = 2


def validate(warehouse: Warehouse, suites: Sequence[Suite]) -> list[ExpectationResult]:
    """Run every suite's checkpoint over the candidate, build the Data Docs once, and return the results."""
    context, checkpoints = open_context(warehouse, suites)
    results: list[ExpectationResult] = []
    pages: list[Any] = []
    for suite, checkpoint in zip(suites, checkpoints, strict=True):
        for page, validation in checkpoint.run().run_results.items():
            pages.append(page)
            results += [_with_rows(context, suite, result) for result in validation.results]
    _remove_old_audits(warehouse)
    # Without the list, every page of the audits before would be rendered again.
    context.build_data_docs(resource_identifiers=pages)
    return results


def data_docs_index(warehouse: Warehouse) -> Path:
    """Return the first page of the Data Docs."""
    return _audit_home(warehouse) / "data_docs" / "index.html"


def open_context(warehouse: Warehouse, suites: Sequence[Suite]) -> tuple[Any, list[Any]]:
    """Return a context with an asset, a suite and a validation definition per table, and its checkpoints in that order.

    It connects to the warehouse as the role builder; the views of `audit_views` must exist.
    """
    os.environ.update(GX_ANALYTICS_ENABLED="false", DO_NOT_TRACK="1")
    # It logs every metric that it registers or resolves: thousands of lines of a task's log before the first result.
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    import great_expectations as gx

    # By name, so that neither a result nor a page of the Data Docs holds the password.
    url = {"AUDIT_URL": _audit_url(warehouse)}
    context = gx.get_context(
        mode="ephemeral", project_config=_project_config(warehouse), runtime_environment=url
    )
    datasource = context.data_sources.add_postgres(
        DATASOURCE, connection_string="${AUDIT_URL}", create_temp_table=False
    )
    checkpoints = []
    for suite in suites:
        # Not a query: to learn its columns, Great Expectations would run it and fetch every row of a large fact.
        asset = datasource.add_table_asset(suite.table, table_name=f"audited_{suite.table}")
        expectations = [one.configuration() for one in suite.expectations]
        definition = gx.ValidationDefinition(
            name=suite.table,
            data=asset.add_batch_definition_whole_table(BATCH),
            suite=context.suites.add(gx.ExpectationSuite(name=suite.table, expectations=expectations)),
        )
        checkpoint = gx.Checkpoint(
            name=suite.table,
            validation_definitions=[context.validation_definitions.add(definition)],
            # SUMMARY bounds what a broken million-row table sends back; the count stays exact.
            result_format=suite.result_format("SUMMARY"),
        )
        checkpoints.append(context.checkpoints.add(checkpoint))
    return context, checkpoints


def batch(datasource: Any, suite: Suite) -> Any:
    """Return what a suite evaluates: its table of the candidate, or the months of this build."""
    return datasource.get_asset(suite.table).get_batch_definition(BATCH).get_batch()


def _with_rows(context: Any, suite: Suite, result: Any) -> ExpectationResult:
    """Return one result; a query that failed is run again for its rows.

    Only COMPLETE carries a query's rows (at most 200); for a column expectation COMPLETE has no bound, so the
    checkpoints ask for SUMMARY and the few queries that fail are run again.
    """
    found = from_gx(suite, result)
    if found.is_success or found.is_broken or found.expectation_type != "unexpected_rows_expectation":
        return found
    expectation = result.expectation_config.to_domain_obj()
    datasource = context.data_sources.get(DATASOURCE)
    again = batch(datasource, suite).validate(expectation, result_format=suite.result_format("COMPLETE"))
    return from_gx(suite, again)


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
    return searched.render_as_string(hide_password=False)


def _audit_home(warehouse: Warehouse) -> Path:
    return warehouse.home / "audit"


def _remove_old_audits(warehouse: Warehouse) -> None:
    """Remove results and pages of all but the last audits (folders `<suite>/<run name>/<run time>`)."""
    stored, pages = _audit_home(warehouse) / "validations", data_docs_index(warehouse).parent / "validations"
    for runs in stored.glob("*/*"):
        for old in sorted(run for run in runs.iterdir() if run.is_dir())[:-STORED_AUDITS]:
            shutil.rmtree(old)
            shutil.rmtree(pages / old.relative_to(stored), ignore_errors=True)
