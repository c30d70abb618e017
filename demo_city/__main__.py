"""`python -m demo_city`: the demonstration city's command line."""

from __future__ import annotations

import typer

from demo_city.servers.commands import defects, serve
from demo_city.truth_command import truth

app = typer.Typer(no_args_is_help=True, help="演示城市（演示数据）· the demonstration city (synthetic data)")
app.command("truth")(truth)
app.command("serve")(serve)
app.command("defects")(defects)


if __name__ == "__main__":
    app(prog_name="python -m demo_city")
