"""The command line: the product's commands, for an installation on servers and for the stack of one machine."""

from __future__ import annotations


def main() -> None:
    """Run `green-freight`, the command line of an installation on servers."""
    # Its commands are slow to import, and most of this package's users need one module.
    from green_freight.cli import app
    from green_freight.cli.installation import ServerInstallation

    text = "绿色货运数据仓库 · The green freight warehouse: commands of an installation, in the image of its services."
    commands = app.make_app(ServerInstallation, text)
    app.add_commands(commands)
    app.start(commands, "green-freight")
