"""What the README and docs name exists: files, commands, options, services, codes; and no machine's own paths."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml
from green_freight.agencies.fetch_records import Outcome
from green_freight.publishing import errors
from green_freight.settings import PROJECT
from typer.main import get_command

from local_stack.cli import app

PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]
COMMANDS = getattr(get_command(app), "commands")  # noqa: B009
FOLDERS = (
    "bench",
    "bi",
    "dags",
    "dbt_project",
    "demo_city",
    "docs",
    "expectations",
    "local_stack",
    "plugins",
    "tests",
)


def _named(page: Path, pattern: str) -> list[str]:
    return re.findall(pattern, page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in _named(page, r"\]\(([^)#]+)(?:#[^)]*)?\)"):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_and_folders_that_are_named_exist(page: Path) -> None:
    for named in _named(page, rf"`((?:{'|'.join(FOLDERS)})/[^`\s*<]*)`"):
        assert (PROJECT / named).exists(), named


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_our_own_commands_exist(page: Path) -> None:
    for line in _named(page, r"\./green-freight ([a-z][^`\n#|]*)"):
        name, *arguments = line.partition("，")[0].split()[:3]
        assert name in COMMANDS, line
        options = {option for parameter in COMMANDS[name].params for option in parameter.opts}
        flags = {argument for argument in arguments if argument.startswith("--")}
        assert flags <= options, line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_airflows_commands_exist_and_run_in_a_service_of_ours(page: Path) -> None:
    from airflow.cli import cli_parser

    services = yaml.safe_load((PROJECT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    for service, command in _named(page, r"docker compose exec (?:--no-TTY )?(\S+) ([^\n`]+)"):
        assert service in services
        program, *arguments = shlex.split(command)
        if program == "airflow":
            cli_parser.get_parser().parse_args(arguments)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_names_a_machine(page: Path) -> None:
    assert _named(page, r"(?:/work|/root|/home|/tmp)/\S*|https?://(?!127\.0\.0\.1)[\w.]+") == []


def test_every_reason_for_not_publishing_is_in_the_operators_guide() -> None:
    guide = (PROJECT / "docs" / "operators_guide.md").read_text(encoding="utf-8")
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    reasons = {kind.__name__ for kind in kinds if issubclass(kind, errors.PublishingError)}
    missing = [name for name in reasons - {"PublishingError"} if f"`{name}`" not in guide]
    assert missing == []
    assert [code for code in Outcome if f"`{code.value}`" not in guide] == []
