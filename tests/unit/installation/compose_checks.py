"""What must be true of the installation's files: each function yields the problems that it finds."""

from __future__ import annotations

import ast
import fnmatch
import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import click
import yaml
from green_freight import settings
from green_freight.cli import airflow_metadata, install
from green_freight.cli.app import add_commands
from green_freight.settings import PROJECT, ROLES
from green_freight.warehouse import bootstrap
from jsonschema import Draft202012Validator
from typer import Typer
from typer.main import get_command

from bi.bundle import SHARED_COLUMNS
from demo_city.commands import app as demo_app
from local_stack import airflow_settings, superset
from local_stack.airflow_settings import AirflowPlan
from local_stack.home import Home
from tests.unit.installation.compose_files import Files

FOREIGN_PROGRAMS = {
    "postgres": {"pg_isready"},
    "redis": {"sh", "redis-cli"},
    "demo-agencies": {"test"},
}
NEEDED = ("dags", "plugins", "demo_city", "dbt_project", "expectations", "requirements.txt", "pyproject.toml")
# What no image holds: the stack of one machine, tests, and what only they need.
ABSENT = ("local_stack", "tests", "bench", "requirements-dev.txt")
# The stages of the Dockerfile beside `production`, each with all that it takes from the project.
OTHER_STAGES = {
    "demo": {"demo_city"},
    "superset": {"bi", "bi/requirements.txt", str(SHARED_COLUMNS.relative_to(PROJECT))},
}
# The folder of the project from which Superset's services run.
SUPERSET = "bi"
METADATA_URL = "postgresql://airflow@127.0.0.1:5432/airflow"
Problems = Iterator[str]


def schema(files: Files) -> Problems:
    """The compose file follows the compose specification."""
    from check_jsonschema.builtin_schemas import get_builtin_schema

    for error in Draft202012Validator(get_builtin_schema("vendor.compose-spec")).iter_errors(files.raw):
        yield f"schema: {error.json_path}: {error.message}"


def variables(files: Files) -> Problems:
    """Each ${NAME} stands in .env.example and the other way round, with the same default, required ones empty."""
    used = {reference.name for reference in files.references}
    yield from (f"variable {name} is not in .env.example" for name in sorted(used - files.example.keys()))
    yield from (
        f"variable {name} of .env.example is not used" for name in sorted(files.example.keys() - used)
    )
    for reference in files.references:
        value = files.example.get(reference.name, "")
        if reference.operator not in ("?", "-"):
            yield f"variable {reference.name} is neither required nor has a default"
        elif (reference.text if reference.operator == "-" else "") != value:
            yield f"variable {reference.name}: .env.example says {value!r}, the compose file {reference.text!r}"


def explained(files: Files) -> Problems:
    """Each variable of .env.example is explained above it in both languages."""
    paragraphs = re.split(r"\n\s*\n", files.env_example)
    for paragraph in paragraphs:
        comment = " ".join(line for line in paragraph.splitlines() if line.startswith("#"))
        if not (re.search("[\u4e00-\u9fff]{2}", comment) and re.search("[a-z]{3,}", comment)):
            yield f"not explained in both languages: {paragraph!r}"


def connections(files: Files) -> Problems:
    """Each connection of an agency file is a variable of .env.example that every service of Airflow gets."""
    for connection_id in airflow_metadata.CONNECTION_TYPES:
        name = f"AIRFLOW_CONN_{connection_id.upper()}"
        if name not in files.example:
            yield f"{name} is not in .env.example"
        for service in files.ours:
            environment = files.services[service].get("environment", {})
            if "AIRFLOW__CORE__EXECUTOR" in environment and name not in environment:
                yield f"{service}: {name} is missing"


def settings_known(files: Files) -> Problems:
    """Each variable that a service of the project gets is one that Airflow or the project reads."""
    of_settings = {settings.variable(field) for field in settings.Settings.model_fields}
    for service in files.ours:
        is_superset = service in files.superset
        known = _read_by_superset() | _fixed_for_superset(files).keys() if is_superset else of_settings
        for name in files.services[service].get("environment", {}):
            if name.startswith("AIRFLOW__"):
                _, section, option = name.lower().split("__", 2)
                if option not in _airflow_options().get(section, set()):
                    yield f"{service}: Airflow has no option {section}.{option}"
            elif name.startswith("AIRFLOW_CONN_"):
                is_agencys = name.removeprefix("AIRFLOW_CONN_").lower() in airflow_metadata.CONNECTION_TYPES
                if not is_agencys and name not in known:
                    yield f"{service}: {name} is the connection of no agency"
            elif name not in known:
                yield f"{service}: nobody reads {name}"


def workers(files: Files) -> Problems:
    """Workers run under the settings that the stack of one machine gives its own: they were found necessary there."""
    plan = AirflowPlan(port=8080, metadata_url=METADATA_URL, role_urls={}, connections={}, is_scheduled=True)
    with TemporaryDirectory() as folder:
        wanted = airflow_settings.environment(Home(Path(folder)), plan)
    given = files.environment("airflow-worker")
    for name, value in wanted.items():
        if name.startswith("AIRFLOW__WORKERS__") and given.get(name) != value:
            yield f"airflow-worker: {name} is {given.get(name)}, not {value}"


def dashboards(files: Files) -> Problems:
    """Superset runs as the stack of one machine runs its own: the same commands, environment and port."""
    source = Path(files.workdir, SUPERSET)
    given = {name: files.services[name].get("environment", {}) for name in files.superset}
    for service, variables in given.items():
        for name, value in _fixed_for_superset(files).items():
            if variables.get(name) != value:
                yield f"{service}: {name} is {variables.get(name)}, not {value}"
    # The server reads its settings alone; what loads the dashboards reads everything.
    for name in sorted(_read_by_superset() - given["superset-initialise"].keys()):
        yield f"superset-initialise: {name} is missing"
    for name in sorted(_read_by_superset("superset_config.py") - given["superset"].keys()):
        yield f"superset: {name} is missing"
    wanted = {
        "superset-initialise": superset.load_command(source),
        "superset": superset.serve_command(source, f"0.0.0.0:{superset.PORT}"),
    }
    for service, command in wanted.items():
        found = [str(word) for word in files.services[service]["command"]]
        if found != command:
            yield f"{service}: the command is {found}, not {command}"
    probe = str(files.services["superset"]["healthcheck"]["test"])
    if f"http://127.0.0.1:{superset.PORT}/health'" not in probe:
        yield f"superset's health check does not ask port {superset.PORT} for /health"
    if given["superset-initialise"].get("GREEN_FREIGHT_SUPERSET_USER") != install.OPERATOR:
        yield f"the operator of Airflow and of Superset is not the same: {install.OPERATOR}"


def commands(files: Files) -> Problems:
    """Each command exists, with its arguments."""
    for service, words in files.commands():
        problem = _command_problem(service, words)
        if problem:
            yield f"{service}: {' '.join(words)}: {problem}"


def ports(files: Files) -> Problems:
    """What is published is on 127.0.0.1, and each port is the one that its service listens on."""
    for name, service in files.services.items():
        listens = files.environment(name).get("AIRFLOW__API__PORT") if "build" in service else None
        inside = {
            "postgres": "5432", "redis": "6379", "airflow-apiserver": str(listens),
            "superset": str(superset.PORT),
        }.get(name)  # fmt: skip
        for published in service.get("ports", []):
            address, _, port = str(published).rpartition(":")
            if not address.startswith("127.0.0.1:"):
                yield f"{name} is published on more than 127.0.0.1: {published}"
            if port != inside:
                yield f"{name} publishes port {port} and listens on {inside}"
    probe = str(files.services["airflow-apiserver"]["healthcheck"]["test"])
    port = files.environment("airflow-apiserver")["AIRFLOW__API__PORT"]
    if f"http://127.0.0.1:{port}/api/v2/monitor/health" not in probe:
        yield f"airflow-apiserver's health check does not ask port {port} for /api/v2/monitor/health"


def addresses(files: Files) -> Problems:
    """Each URL names a service that the asking one waits for, and a role with its own database and password."""
    for name in files.ours:
        waits_for = _waited_for(files, name)
        for variable, value in files.services[name].get("environment", {}).items():
            url = urlsplit(str(value).removeprefix("db+").replace("postgresql+psycopg2", "postgresql"))
            if url.scheme in ("postgresql", "redis", "http") and url.hostname != "127.0.0.1":
                port = {"postgresql": 5432, "redis": 6379, "http": 8080}[url.scheme]
                # The api-server is asked by tasks, which come after it; nobody waits for it to start.
                known = waits_for | ({"airflow-apiserver", "redis"} & files.services.keys())
                if url.hostname not in known or url.port != port:
                    yield f"{name}: {variable}: no service {url.hostname}:{url.port} that it waits for"
            if url.scheme == "postgresql":
                yield from _login_problems(files, name, variable, str(value))


def paths(files: Files) -> Problems:
    """What is mounted, copied and named as a path fits together and exists."""
    environment, workdir = files.image_environment, files.workdir
    home = environment.get("GREEN_FREIGHT_HOME", "")
    code = {f"{workdir}/plugins": "plugins", f"{workdir}/dags": "dags"}
    for name in ("PLUGINS_FOLDER", "DAGS_FOLDER"):
        entry = environment[f"AIRFLOW__CORE__{name}"]
        if not (PROJECT / code.get(entry, "nowhere")).is_dir():
            yield f"Dockerfile: {entry} is no folder of the project"
    if environment["PATH"].split(":")[0] != f"{workdir}/.venv/bin":
        yield "Dockerfile: PATH does not begin with the environment's programs"
    if environment["AIRFLOW_HOME"] != f"{home}/airflow":
        yield "Dockerfile: AIRFLOW_HOME is not where install writes"
    _, *stages = re.split(r"^FROM \S+ AS (\w+)$", files.dockerfile, flags=re.MULTILINE)
    copied = {
        name: set(re.findall(r"^COPY (\S+) \S+$", stage, re.MULTILINE))
        for name, stage in zip(stages[::2], stages[1::2], strict=True)
    }
    everything = set.union(*copied.values())
    yield from (f"Dockerfile: COPY {name}: not there" for name in everything if not (PROJECT / name).exists())
    yield from (f"Dockerfile: no COPY of {name}" for name in sorted(set(NEEDED) - everything))
    if copied.pop("production", set()) & {*ABSENT, *set.union(*OTHER_STAGES.values()), "."}:
        yield "Dockerfile: production holds what it must not"
    if copied != OTHER_STAGES:
        yield f"Dockerfile: the other stages hold {copied}, not {OTHER_STAGES}"
    targets = {name: service["build"]["target"] for name, service in files.ours.items()}
    wanted = {name: "demo" if name == "demo-agencies" else "production" for name in targets}
    if targets != wanted | dict.fromkeys(files.superset, "superset"):
        yield f"the services are built for other targets than theirs: {targets}"
    for pattern in files.dockerignore.split():
        yield from (f".dockerignore leaves out {name}" for name in NEEDED if fnmatch.fnmatch(name, pattern))
    for name, service in files.ours.items():
        if name in files.superset:
            # All that it keeps is in its database.
            if "volumes" in service:
                yield f"{name} needs no volume"
        elif f"state:{home}" not in service.get("volumes", []):
            yield f"{name}: the state's volume is not mounted on {home}"
    yield from _paths_in_the_volume(files, home)


def structure(files: Files) -> Problems:
    """Services that are named exist, health that is waited for is checked, volumes are declared, demo is optional."""
    declared = set(files.raw.get("volumes", {}))
    used = {str(v).split(":")[0] for s in files.services.values() for v in s.get("volumes", [])}
    yield from (f"volume {name} is not both declared and used" for name in sorted(declared ^ used))
    for name, service in files.services.items():
        for other, how in service.get("depends_on", {}).items():
            if other not in files.services:
                yield f"{name} waits for {other}, which is no service"
            elif how["condition"] == "service_healthy" and "healthcheck" not in files.services[other]:
                yield f"{name} waits for {other}'s health, which nobody checks"
        profiles = ["demo"] if name.startswith("demo-") else ["bi"] if name in files.superset else None
        if service.get("profiles") != profiles:
            yield f"{name}: the demonstration alone has the profile demo, Superset alone the profile bi"
        if service.get("image") is None:
            yield f"{name} has no image"
    if files.services["demo-agencies"].get("network_mode") != "service:airflow-worker":
        yield "demo-agencies listen on 127.0.0.1, so they must share the worker's network"
    users = files.environment("airflow-apiserver")["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"]
    if users != f"{install.OPERATOR}:admin":
        yield f"install gives {install.OPERATOR} a password, Airflow knows {users}"


CHECKS = (
    schema,
    variables,
    explained,
    connections,
    settings_known,
    workers,
    dashboards,
    commands,
    ports,
    addresses,
    paths,
    structure,
)


def _waited_for(files: Files, name: str) -> set[str]:
    direct = set(files.services.get(name, {}).get("depends_on", {}))
    return direct.union(*(_waited_for(files, other) for other in direct))


def _login_problems(files: Files, service: str, variable: str, value: str) -> Problems:
    url = urlsplit(value.removeprefix("db+").replace("postgresql+psycopg2", "postgresql"))
    there = (url.username, url.password, url.path.lstrip("/"))
    expected = {
        f"GREEN_FREIGHT_{role.upper()}_URL": (
            bootstrap.role_name(role), install.role_variable(role).lower(), bootstrap.DATABASE
        )
        for role in ROLES
    }  # fmt: skip
    metadata = (airflow_metadata.METADATA, install.METADATA_PASSWORD.lower(), airflow_metadata.METADATA)
    expected |= dict.fromkeys(
        ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "AIRFLOW__CELERY__RESULT_BACKEND"), metadata
    )
    superset_metadata = (install.SUPERSET, install.SUPERSET_DATABASE_PASSWORD.lower(), install.SUPERSET)
    reader = (install.SUPERSET_LOGIN, install.SUPERSET_READER_PASSWORD.lower(), bootstrap.DATABASE)
    expected["GREEN_FREIGHT_SUPERSET_METADATA_URL"] = superset_metadata
    expected["GREEN_FREIGHT_SUPERSET_WAREHOUSE_URL"] = reader
    server = files.services["postgres"]["environment"]
    expected[install.ADMIN_URL] = (server["POSTGRES_USER"], server["POSTGRES_PASSWORD"], "postgres")
    if there != expected.get(variable):
        yield f"{service}: {variable}: user, password and database are {there}, not {expected.get(variable)}"


def _paths_in_the_volume(files: Files, home: str) -> Problems:
    environment = files.environment("airflow-apiserver")
    password_file = Path(environment["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
    if password_file != Path(home, "airflow", "passwords.json") or password_file.parent.name != "airflow":
        yield f"install writes {home}/airflow/passwords.json, Airflow reads {password_file}"
    kept = map(settings.variable, ("landing_url", "bulletins_url"))
    for name in ("AIRFLOW__LOGGING__BASE_LOG_FOLDER", *kept):
        if not urlsplit(environment[name]).path.startswith(f"{home}/"):
            yield f"{name} is not in the state's volume: {environment[name]}"
    serve = files.services["demo-agencies"]["command"]
    served = serve[serve.index("--home") + 1]
    if not served.startswith(f"{home}/"):
        yield f"the demonstration's folder {served} is not in the state's volume"
    if files.services["demo-connections"]["command"][-1] != served:
        yield "demo-connections looks elsewhere than the agencies write"
    if files.services["demo-agencies"]["healthcheck"]["test"][-1] != f"{served}/agencies.json":
        yield "demo-agencies' health check looks elsewhere than the agencies write"


def _command_problem(service: str, words: list[str]) -> str | None:
    match words:
        case ["green-freight", name, *arguments]:
            add_commands(product := Typer())
            return _typer_problem(get_command(product), name, arguments)
        case ["python", "-m", "demo_city", name, *arguments]:
            return _typer_problem(get_command(demo_app), name, arguments)
        case ["python", "-c", code]:
            ast.parse(code)
            return None
        case [program, *arguments] if "/.venv/bin/" in program and service.startswith("superset"):
            # The commands of the services are those of the stack of one machine (`dashboards`).
            if arguments[:1] == ["-c"]:
                ast.parse(arguments[1])
            return None
        case ["airflow", *arguments]:
            return _airflow_problem(arguments)
        case ["celery", "--app", app, "inspect", "ping", *_]:
            module, _, attribute = app.rpartition(".")
            return None if hasattr(importlib.import_module(module), attribute) else f"no {app}"
        case [program, *_] if program in FOREIGN_PROGRAMS.get(service, set()):
            return None
    return "unknown command"


def _typer_problem(group: click.Command, name: str, arguments: list[str]) -> str | None:
    known = getattr(group, "commands", {})
    if name not in known:
        return f"no subcommand {name}"
    try:
        known[name].make_context(name, list(arguments))
    except Exception as error:  # typer carries a copy of click's exceptions
        return f"{type(error).__name__}: {error}"
    return None


def _airflow_problem(arguments: list[str]) -> str | None:
    from airflow.cli import cli_parser

    try:
        cli_parser.get_parser().parse_args(arguments)
    except SystemExit:
        return "Airflow has no such command"
    return None


@cache
def _airflow_options() -> dict[str, set[str]]:
    import airflow
    from airflow.providers.celery.get_provider_info import get_provider_info

    shipped = Path(airflow.__file__).parent / "config_templates" / "config.yml"
    sections = yaml.safe_load(shipped.read_text(encoding="utf-8")) | get_provider_info()["config"]
    return {name: set(section["options"]) for name, section in sections.items()}


@cache
def _read_by_superset(*names: str) -> set[str]:
    """Return the variables that Superset's settings and what loads the dashboards read, or those of one file."""
    texts = [(PROJECT / SUPERSET / name).read_text() for name in names or ("superset_config.py", "load.py")]
    return {name for text in texts for name in re.findall(r'os\.environ\["(\w+)"\]', text)}


def _fixed_for_superset(files: Files) -> dict[str, str]:
    return superset.fixed_environment(Path(files.workdir, SUPERSET), Path("/home/green-freight"))
