"""`reader`: personal logins for readers, and what a BI tool asks for to use one."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from green_freight.cli.console import AsJson, console, print_json
from green_freight.warehouse import bootstrap, reader_logins
from green_freight.warehouse.reader_logins import ReaderAccess, access

app = typer.Typer(no_args_is_help=True, help="读者的个人登录 · Personal logins of readers.")

LEVELS = {
    "reader": "指标与登记 figures and registers",
    bootstrap.DETAIL: "另含车辆明细 and rows of single vehicles",
}

Name = Annotated[str, typer.Argument(help="登录名 · name of the login.")]
Host = Annotated[
    str | None,
    typer.Option(help="客户端所用的主机名 · host as clients reach it; the server's own by default."),
]
Port = Annotated[int | None, typer.Option(help="客户端所用的端口 · port as clients reach it.")]


@app.command("add")
def add_command(
    context: typer.Context,
    name: Name,
    detail: Annotated[
        bool, typer.Option("--detail", help="明细级 · also rows that name a vehicle, plate or VIN.")
    ] = False,
    host: Host = None,
    port: Port = None,
    as_json: AsJson = False,
) -> None:
    """新建 · Make a login and print what a BI tool asks for; the password is shown this once."""
    with context.obj.administrator() as admin_url:
        password = reader_logins.add(admin_url, name, is_detail=detail)
        _report(access(admin_url, name, password, host=host, port=port), as_json)


@app.command("password")
def password_command(
    context: typer.Context, name: Name, host: Host = None, port: Port = None, as_json: AsJson = False
) -> None:
    """新口令 · Give a login a new password and its limits again, and print what a BI tool asks for."""
    with context.obj.administrator() as admin_url:
        password = reader_logins.renew_password(admin_url, name)
        _report(access(admin_url, name, password, host=host, port=port), as_json)


@app.command("list")
def list_command(context: typer.Context, as_json: AsJson = False) -> None:
    """列出 · List the personal logins with the level of each."""
    with context.obj.administrator() as admin_url:
        found = reader_logins.logins(admin_url)
    if as_json:
        print_json([{"name": name, "level": level} for name, level in found.items()])
        return
    output = console()
    for name, level in found.items():
        output.print(f"{name:<24} {level:<14} {LEVELS[level]}")
    if not found:
        output.print("没有个人登录 · no personal login")


@app.command("remove")
def remove_command(context: typer.Context, name: Name) -> None:
    """删除 · End the sessions of a login and remove it."""
    with context.obj.administrator() as admin_url:
        reader_logins.remove(admin_url, name)
    console().print(f"[green]✓[/] 已删除 · removed: {name}")


def _report(found: ReaderAccess, as_json: bool) -> None:
    if as_json:
        print_json(found.as_json())
        return
    output = console()
    print_access(found, output)
    output.print("口令只显示这一次 · the password is shown this once")


def print_access(found: ReaderAccess, output: Console) -> None:
    """Print what a BI tool asks for, one field a line."""
    rows = {
        "主机 host": found.host,
        "端口 port": str(found.port),
        "数据库 database": found.database,
        "用户 user": found.user,
        "口令 password": found.password or "–",
        "模式 schema": found.schema,
        "Superset, SQLAlchemy": found.sqlalchemy,
        "JDBC": found.jdbc,
        "Power BI": f"{found.power_bi}  {found.database}",
    }
    for name, text in rows.items():
        output.print(f"{name}: {text}", soft_wrap=True, markup=False)
