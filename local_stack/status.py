"""`status`: what runs in a home, where its user interface is, what was published last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import httpx
import psycopg
from green_freight import settings
from green_freight.cli.console import print_json
from green_freight.cli.reader import print_access
from green_freight.cli.scorecard import published
from green_freight.periods import SHANGHAI
from green_freight.warehouse import Warehouse, bootstrap, lease
from green_freight.warehouse.reader_logins import ReaderAccess, access
from rich.console import Console
from rich.table import Table

from local_stack import database, stack, superset
from local_stack.home import Home
from local_stack.postgres import EmbeddedPostgres

# Of all reverts the newest are listed; the table mart.publication has every one.
_NEWEST = """
select publication_no, as_of_date, published_at, kind_code, reason, stale_agencies, reverted_to, approved_by
from mart.publication order by publication_no desc limit 1
"""
_REVERTS = """
select publication_no, reverted_to, published_at, reason, approved_by
from mart.publication where reverted_to is not null order by publication_no desc limit 5
"""


def collect(home: Home) -> dict[str, Any]:
    """Return the state of everything in a home; only the database server is started, for as long as it is queried."""
    up = database.left_running(home)
    user, password = stack.login(home)
    dashboards = superset.running(home)
    airflow = up and {"user": user, "password": password, **up, "health": _health(up["address"])}
    return {
        "home": str(home.root),
        "is_up": up is not None,
        "processes": {"postgres": _is_serving(home), **stack.alive(home), **_superset(home)},
        "airflow": airflow,
        "superset": dashboards and asdict(dashboards),
        "demonstration": home.noted("demonstration"),
        **_published(home),
    }


def show(home: Home, console: Console, as_json: bool) -> None:
    """Print the state for people, or as JSON on standard output."""
    state = collect(home)
    if as_json:
        reader = state["reader"]
        print_json(state | {"reader": reader and reader.as_json()})
        return
    for name, is_alive in state["processes"].items():
        sign = "[green]●[/] 运行 running" if is_alive else "[dim]○ 停止 stopped[/]"
        console.print(f"{name:<14} {sign}")
    if state["airflow"]:
        _print_airflow(state["airflow"], console)
    if state["superset"]:
        _print_superset(state["superset"], console)
    if state["reader"]:
        console.print("\n读者登录（供 BI 使用） · login of readers, for BI tools")
        print_access(state["reader"], console)
        console.print()
    if state["publication"]:
        _print_publication(state["publication"], state["reverts"], console)
    if state["candidate"]:
        console.print(state["candidate"]["sentence"], soft_wrap=True)


def _print_airflow(airflow: dict[str, Any], console: Console) -> None:
    clock = airflow["clock"] or "真实单位 real agencies; nightly_refresh 每晚 at 02:00"
    lines = {
        "Airflow": airflow["address"],
        "登录 login": f"{airflow['user']} / {airflow['password']}",
        "单位时钟 clock": clock,
        "停止 stop": "./green-freight down",
    }
    for name, text in lines.items():
        console.print(f"{name}: {text}", soft_wrap=True)


def _print_superset(dashboards: Mapping[str, str], console: Console) -> None:
    console.print(f"看板 dashboards: {dashboards['address']}/dashboard/list/", soft_wrap=True)
    console.print(f"登录 login: {dashboards['user']} / {dashboards['password']}", soft_wrap=True)


def _superset(home: Home) -> dict[str, bool]:
    return {superset.NAME: superset.is_alive(home)} if superset.was_started(home) else {}


def _print_publication(
    newest: Mapping[str, Any], reverts: Sequence[Mapping[str, Any]], console: Console
) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_row("最近发布 newest publication", str(newest["publication_no"]))
    table.add_row("统计日 as of", str(newest["as_of_date"]))
    table.add_row("发布时间 published", _minute(newest["published_at"]))
    table.add_row("原因 reason", f"{newest['kind_code']}: {newest['reason'] or '–'}")
    table.add_row("数据未更新的单位 stale agencies", ", ".join(newest["stale_agencies"]) or "无 none")
    for one in reverts:
        table.add_row(
            "回退 revert",
            f"{one['publication_no']} → {one['reverted_to']}, {_minute(one['published_at'])},"
            f" {one['approved_by']}: {one['reason']}",
        )
    console.print(table)


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def _is_serving(home: Home) -> bool:
    return (home.postgres / "port").exists() and EmbeddedPostgres(home.postgres).is_running()


def _published(home: Home) -> dict[str, Any]:
    """Return the newest publication, as readers see it, the newest reverts, and who has the candidate; nothing before
    there is a server.
    """
    nothing: dict[str, Any] = {"publication": None, "reverts": [], "candidate": None, "reader": None}
    if not (settings.current().postgres_admin_url or (home.postgres / "port").exists()):
        return nothing
    with database.serving(home) as admin_url:
        if not database.is_prepared(admin_url):
            return nothing
        warehouse = database.warehouse(home, admin_url)
        url = warehouse.url("reader")
        return {
            "publication": next(iter(published(url, _NEWEST)), None),
            "reverts": [*published(url, _REVERTS)],
            "candidate": _candidate(warehouse),
            "reader": _reader(home, url),
        }


def _reader(home: Home, url: str) -> ReaderAccess | None:
    """Return what a BI tool asks for; None where the server runs for this command alone."""
    if not settings.current().postgres_admin_url and database.left_running(home) is None:
        return None
    user, password = bootstrap.role_name("reader"), home.secret("warehouse_reader")
    return access(url, user, password)


def _candidate(warehouse: Warehouse) -> dict[str, Any] | None:
    """Return who has the candidate; None where nobody has, or the warehouse is still being made."""
    with warehouse.connect("builder") as builder:
        try:
            held = lease.holder(builder)
        except psycopg.errors.UndefinedTable:
            return None
    return {**vars(held), "sentence": held.sentence} if held else None


def _health(address: str) -> dict[str, str | None]:
    with httpx.Client(base_url=address, timeout=5, trust_env=False) as http:
        return stack.health(http)
