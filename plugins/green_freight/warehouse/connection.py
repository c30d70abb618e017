"""Entering the warehouse as one of its roles."""

from __future__ import annotations

import psycopg
from psycopg.rows import TupleRow

from green_freight import settings


def connect(role: str, *, autocommit: bool = False) -> psycopg.Connection[TupleRow]:
    """Open a connection as one of `settings.ROLES`; its transaction is the caller's to commit.

    Used as a context manager it commits, or rolls back on an exception, and closes.

    Raises:
        SettingMissing: the role's URL is not set.
        psycopg.OperationalError: the server does not answer or refuses the login.
    """
    return psycopg.connect(
        settings.warehouse_url(role), autocommit=autocommit, application_name=f"green-freight {role}"
    )
