"""The subcommands beside the daily ones: a real installation, its documentation, Airflow's own command line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from green_freight.settings import PROJECT
from rich.console import Console

from local_stack import airflow_command, demo_connections, install
from local_stack.home import Home
from local_stack.steps import Steps


def install_command() -> None:
    """安装 · Prepare a real installation: warehouse, roles, Airflow's database, pools, login. Safe to repeat.

    Everything is read from the environment; .env.example explains each variable.
    """
    answers = install.read_answers(os.environ)
    install.install(Home.current(), answers, Steps(Console(soft_wrap=True)))


def demo_connections_command(
    agencies: Annotated[Path, typer.Argument(help="agencies.json 所在目录 · where agencies.json lies.")],
) -> None:
    """演示连接 · Tell an installation's Airflow how to reach the demonstration agencies beside it."""
    home = Home.current()
    home.prepare()
    names = demo_connections.import_connections(home, agencies)
    typer.echo(f"连接 · connections: {', '.join(names)}")


def dictionary_command(
    write: Annotated[
        bool, typer.Option("--write", help="写入全部生成文件 · write it and every other generated file.")
    ] = False,
) -> None:
    """数据字典 · Print the data dictionary, generated from the models' metadata."""
    from green_freight.contracts.generated_files import generated_files
    from green_freight.reporting import data_dictionary, failure_codes

    # dbt's sources come from the contracts, and the dictionary from dbt's manifest.
    files = {**generated_files(), failure_codes.PAGE: failure_codes.markdown()} if write else {}
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    page = data_dictionary.markdown(data_dictionary.parsed_manifest())
    if not write:
        typer.echo(page, nl=False)
        return
    data_dictionary.PAGE.write_text(page, encoding="utf-8")
    for path in (*files, data_dictionary.PAGE):
        typer.echo(f"已写入 · written: {path.relative_to(PROJECT)}")


def airflow(
    arguments: Annotated[
        list[str] | None, typer.Argument(help="airflow 的参数 · arguments of airflow.")
    ] = None,
) -> None:
    """Airflow 命令行 · Airflow's own command line, on the stack that `up` left running.

    For example: airflow backfill create --dag-id nightly_refresh --from-date 2025-09-28 --to-date 2025-09-30
    """
    home = Home.current()
    home.prepare()
    raise typer.Exit(airflow_command.run(home, arguments or ["--help"]))


def register(app: typer.Typer) -> None:
    """Add these subcommands to the command line."""
    app.command("install")(install_command)
    app.command("demo-connections")(demo_connections_command)
    app.command("dictionary")(dictionary_command)
    # What follows the first word is airflow's, its `--help` too.
    passed_on = {"ignore_unknown_options": True, "allow_interspersed_args": False}
    app.command("airflow", context_settings=passed_on)(airflow)
