"""Errors of the commands."""

from __future__ import annotations


class CommandError(RuntimeError):
    """A command cannot do what it was asked for; the message is for its user."""


class NotAvailableError(CommandError):
    """What a command works on does not exist yet; the message says how to get it."""


class NoResponseError(CommandError):
    """Airflow does not respond, or cannot work; the message says which part and what to do."""


class InstallError(CommandError):
    """The installation cannot be made or completed; the message says which setting or step."""


class ApprovalPendingError(CommandError):
    """Another backfill waits for an approval; the message says where to give it."""


class DagUnavailableError(CommandError):
    """Airflow does not know a DAG; the message carries the import error."""
