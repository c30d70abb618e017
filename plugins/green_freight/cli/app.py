"""The command line: the product's commands, and how a command ends; expected errors end in a sentence."""

from __future__ import annotations

import sys
from collections.abc import Callable

import psycopg
import typer
from rich.console import Console

from green_freight import disk_space, settings
from green_freight.backfill import BackfillRequestError
from green_freight.cli import (
    backfill,
    coverage,
    dictionary,
    documents,
    evidence,
    install,
    reader,
    replay,
    scorecard,
    signals,
)
from green_freight.cli.errors import CommandError
from green_freight.cli.installation import Installation
from green_freight.documents.errors import DocumentError
from green_freight.evidence.errors import EvidenceError
from green_freight.publishing import PublishingError
from green_freight.replaying import ReplayError
from green_freight.settings import SettingError, SettingMissingError
from green_freight.warehouse.lease import CandidateLeasedError
from green_freight.warehouse.migrate import MigrationError
from green_freight.warehouse.reader_logins import ReaderLoginError
from green_freight.warehouse.scratch import ScratchError

# What any command may end in: their messages are printed without a trace.
EXPECTED_ERRORS: tuple[type[Exception], ...] = (
    BackfillRequestError, CandidateLeasedError, CommandError, DocumentError, EvidenceError, MigrationError,
    PublishingError, ReaderLoginError, ReplayError, ScratchError, SettingError, SettingMissingError,
    psycopg.OperationalError,
)  # fmt: skip


def make_app(installation: Callable[[], Installation], text: str) -> typer.Typer:
    """Return a command line whose commands work on an installation; `text` is its help."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        # A trace would show local variables, passwords among them.
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback(help=text)
    def enter(context: typer.Context) -> None:
        context.obj = installation()

    return app


def add_commands(app: typer.Typer) -> None:
    """Add the product's commands to a command line."""
    app.command("backfill")(backfill.backfill_command)
    app.command("revert")(backfill.revert_command)
    app.command("coverage")(coverage.coverage_command)
    app.command("scorecard")(scorecard.scorecard_command)
    app.command("evidence")(evidence.evidence_command)
    app.command("bulletin")(documents.bulletin_command)
    app.command("form")(documents.form_command)
    app.command("export")(documents.export_command)
    app.command("replay")(replay.replay_command)
    app.command("dictionary")(dictionary.dictionary_command)
    app.add_typer(reader.app, name="reader")
    app.command("install")(install.install_command)
    app.command("demo-connections")(install.demo_connections_command)


def start(app: typer.Typer, name: str, errors: tuple[type[Exception], ...] = ()) -> None:
    """Run a command line; `errors` are further exceptions that end in their own sentence, not in a trace."""
    signals.install()
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    try:
        app(prog_name=name)
    except signals.CommandInterruptedError as interrupted:
        console.print("中断，已停止 · interrupted, everything is stopped")
        sys.exit(interrupted.status)
    except (*EXPECTED_ERRORS, *errors) as error:
        console.print(f"[red]✗[/] {type(error).__name__}: ", end="")
        console.print(str(error), markup=False)
        sys.exit(1)
    except OSError as error:
        if not disk_space.is_refused(error):
            raise
        console.print("[red]✗[/] ", end="")
        console.print(disk_space.explained(error, settings.home()), markup=False)
        sys.exit(1)
