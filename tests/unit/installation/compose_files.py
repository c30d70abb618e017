"""The files of a real installation, read as docker compose would: variables put in, anchors followed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml
from green_freight.settings import PROJECT

_REFERENCE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


@dataclass(frozen=True)
class Reference:
    """One ${NAME}: `operator` is `?` where it is required, `-` where it has a default, else empty."""

    name: str
    operator: str
    text: str


@dataclass(frozen=True)
class Files:
    """docker-compose.yml, Dockerfile, .dockerignore and .env.example as texts."""

    compose: str
    dockerfile: str
    dockerignore: str
    env_example: str

    @classmethod
    def of_the_project(cls) -> Files:
        """Return the project's own files."""
        names = ("docker-compose.yml", "Dockerfile", ".dockerignore", ".env.example")
        return cls(*((PROJECT / name).read_text(encoding="utf-8") for name in names))

    @cached_property
    def references(self) -> list[Reference]:
        """Every ${NAME} of the compose file outside comments."""
        lines = (line for line in self.compose.splitlines() if not line.lstrip().startswith("#"))
        return [
            Reference(found[1], found[2] or "", found[3] or "")
            for line in lines
            for found in _REFERENCE.finditer(line)
        ]

    @cached_property
    def example(self) -> dict[str, str]:
        """The variables of .env.example with their values."""
        found = re.findall(r"^(\w+)=(.*)$", self.env_example, re.MULTILINE)
        return dict(found)

    @cached_property
    def raw(self) -> dict[str, Any]:
        """The compose file as YAML, variables not put in."""
        return dict(yaml.safe_load(self.compose))

    @cached_property
    def services(self) -> dict[str, dict[str, Any]]:
        """The services, each variable put in: its default, else its own name in small letters."""

        def put_in(found: re.Match[str]) -> str:
            return found[3] if found[2] == "-" else found[1].lower()

        text = _REFERENCE.sub(put_in, self.compose).replace("$$", "$")
        return dict(yaml.safe_load(text)["services"])

    @property
    def ours(self) -> dict[str, dict[str, Any]]:
        """The services that run our image."""
        return {name: service for name, service in self.services.items() if "build" in service}

    @property
    def superset(self) -> list[str]:
        """The services that run the image of Superset."""
        return [name for name in self.ours if name.startswith("superset")]

    @cached_property
    def image_environment(self) -> dict[str, str]:
        """What the Dockerfile's ENV sets."""
        joined = self.dockerfile.replace("\\\n", " ")
        lines = re.findall(r"^ENV (.*)$", joined, re.MULTILINE)
        return dict(part.split("=", 1) for line in lines for part in shlex.split(line))

    @property
    def workdir(self) -> str:
        """The Dockerfile's last WORKDIR."""
        return re.findall(r"^WORKDIR (\S+)$", self.dockerfile, re.MULTILINE)[-1]

    def environment(self, service: str) -> dict[str, str]:
        """Return the environment of one of our services: the image's and its own."""
        return self.image_environment | self.services[service].get("environment", {})

    def commands(self) -> Iterator[tuple[str, list[str]]]:
        """Yield every command line that the compose file runs: the services' own and their health checks."""
        for name, service in self.services.items():
            if "command" in service:
                yield name, [str(word) for word in service["command"]]
            if "healthcheck" in service:
                how, *words = service["healthcheck"]["test"]
                yield name, shlex.split(words[0]) if how == "CMD-SHELL" else [str(word) for word in words]
