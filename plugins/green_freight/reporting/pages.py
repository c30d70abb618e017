"""The pages that are generated from the code: a template of the folder `templates` each, filled with what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic.alias_generators import to_camel

from green_freight.agencies.agency import AGENCIES
from green_freight.errors import KINDS
from green_freight.limits import BY_CONTAINER, Limits
from green_freight.limits import NAMES as LIMIT_NAMES
from green_freight.loading.outcomes import ROW_REASONS, STOP_REASONS
from green_freight.settings import ALWAYS, DESCRIPTIONS, LOCAL, PROJECT, SERVERS, Settings, variable

FAILURE_CODES = PROJECT / "docs" / "failure_codes.md"
SETTINGS = PROJECT / "docs" / "settings.md"

_SCOPES = {
    ALWAYS: "通用 / Servers and one machine",
    SERVERS: "服务器 / Servers only",
    LOCAL: "单机 / One machine only",
}
# A message names the agency, columns and values; the page cannot.
_GENERAL_WORDS = {
    "the {agency}": "the agency",
    "{agency}": "报送单位",
    "{column} is": "the column is",
    "{subject} ": "the value ",
    "{subject}": "该值",
}


def failure_codes() -> str:
    """Return the page of failure codes: every code with its meaning and advice in Chinese and English."""
    usual = Limits().model_dump(by_alias=True)
    limits = {to_camel(name): (usual[to_camel(name)], words) for name, words in LIMIT_NAMES.items()}
    return render(
        "failure_codes",
        fetching=KINDS,
        files=STOP_REASONS,
        rows=ROW_REASONS,
        limits=limits,
        other_limits=BY_CONTAINER,
    )


def settings_page() -> str:
    """Return the page of settings: every variable with its default, its description in Chinese and English."""
    return render("settings", scopes={title: list(_variables(scope)) for scope, title in _SCOPES.items()})


def render(template: str, **values: Any) -> str:
    """Return a page, `templates/<template>.md.j2` filled with values."""
    return f"{_TEMPLATES.get_template(f'{template}.md.j2').render(values).rstrip()}\n"


def _variables(scope: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield name, default and descriptions of the variables of a scope."""
    for name, field in Settings.model_fields.items():
        words = DESCRIPTIONS[name]
        if words.scope == scope:
            default = "" if field.default is None else str(field.default).replace(f"{PROJECT}/", "")
            yield variable(name), default, words.zh, words.en
    if scope == ALWAYS:
        for agency in AGENCIES.values():
            for connection_id, entry in agency.connections.items():
                yield (
                    f"AIRFLOW_CONN_{connection_id.upper()}",
                    "",
                    f"{agency.name_zh}的 Airflow 连接（JSON）：{entry.purpose.zh}",
                    f"Airflow connection of the {agency.name_en}, as JSON: {entry.purpose.en}",
                )


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _general(text: str) -> str:
    for name, words in _GENERAL_WORDS.items():
        text = text.replace(name, words)
    return re.sub(r"\{\w+\}", "…", text)


# It writes Markdown from the project's own files.
_TEMPLATES = Environment(  # nosec B701
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters |= {"cell": _cell, "general": _general}
