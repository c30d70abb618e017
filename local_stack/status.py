"""`status`: what runs in a home, where its user interface is, what was published last."""

from __future__ import annotations

from typing import Any

import httpx
from green_freight.cli.console import print_json
from green_freight.cli.scorecard import published
from rich.console import Console

from local_stack import database, stack
from local_stack.home import Home
from local_stack.postgres import EmbeddedPostgres


def collect(home: Home) -> dict[str, Any]:
    """Return the state of everything in a home; asks only what runs and starts nothing."""
    up = database.left_running(home)
    user, password = stack.login(home)
    server = _running_server(home)
    airflow = up and {"user": user, "password": password, **up, "health": _health(up["address"])}
    return {
        "home": str(home.root),
        "is_up": up is not None,
        "processes": {"postgres": server is not None, **stack.alive(home)},
        "airflow": airflow,
        "demonstration": home.noted("demonstration"),
        "publication": _newest_publication(home, server) if server else None,
    }


def show(home: Home, console: Console, as_json: bool) -> None:
    """Print the state for people, or as JSON on standard output."""
    state = collect(home)
    if as_json:
        print_json(state)
        return
    for name, is_alive in state["processes"].items():
        sign = "[green]●[/] 运行 running" if is_alive else "[dim]○ 停止 stopped[/]"
        console.print(f"{name:<14} {sign}")
    if state["airflow"]:
        _print_airflow(state["airflow"], console)
    if state["publication"]:
        newest = state["publication"]
        console.print(
            f"最近发布 · newest publication {newest['publication_no']} 截至 as of {newest['as_of_date']}"
        )


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


def _running_server(home: Home) -> str | None:
    if not (home.postgres / "port").exists():
        return None
    cluster = EmbeddedPostgres(home.postgres)
    return cluster.address().dsn() if cluster.is_running() else None


def _newest_publication(home: Home, server: str) -> dict[str, Any] | None:
    if not database.is_prepared(server):
        return None
    columns = "select publication_no, as_of_date, published_at from mart.publication"
    url = database.warehouse(home, server).url("reader")
    return next(iter(published(url, f"{columns} order by publication_no desc limit 1")), None)


def _health(address: str) -> dict[str, str | None]:
    with httpx.Client(base_url=address, timeout=5, trust_env=False) as http:
        return stack.health(http)
