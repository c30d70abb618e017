"""Errors of the commands, and all that a command may end in: their messages are printed without a trace."""

from __future__ import annotations


class NotAvailableError(RuntimeError):
    """What a command works on does not exist yet; the message says how to get it."""


class InstallError(RuntimeError):
    """The installation cannot be made or completed; the message says which setting or step."""


class ApprovalPendingError(RuntimeError):
    """Another backfill waits for an approval; the message says where to give it."""


class DagUnavailableError(RuntimeError):
    """Airflow does not know a DAG; the message carries the import error."""


def expected_errors() -> tuple[type[Exception], ...]:
    """Return the exceptions that end a command in their own sentence."""
    import psycopg

    from green_freight.backfill import BackfillRequestError
    from green_freight.cli.airflow_client import AirflowRequestError
    from green_freight.evidence.errors import EvidenceError
    from green_freight.publishing import PublishingError
    from green_freight.replaying import ReplayError
    from green_freight.settings import SettingError, SettingMissingError
    from green_freight.warehouse.lease import CandidateLeasedError
    from green_freight.warehouse.scratch import ScratchError

    return (
        AirflowRequestError, ApprovalPendingError, CandidateLeasedError, DagUnavailableError, EvidenceError,
        InstallError, NotAvailableError, PublishingError, ReplayError, BackfillRequestError, ScratchError,
        SettingError, SettingMissingError, psycopg.OperationalError,
    )  # fmt: skip
