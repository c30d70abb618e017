"""Errors of the commands."""

from __future__ import annotations


class NotAvailableError(RuntimeError):
    """What a command works on does not exist yet; the message says how to get it."""


class InstallError(RuntimeError):
    """The installation cannot be made or completed; the message says which setting or step."""


class ApprovalPendingError(RuntimeError):
    """Another backfill waits for an approval; the message says where to give it."""


class DagUnavailableError(RuntimeError):
    """Airflow does not know a DAG; the message carries the import error."""
