"""dbt inside this process: parse, build, and what came of each node.

Values that change with every build (`vars`), or another server or database, would make dbt parse the whole project
again, which takes 5 CPU seconds. So the project is parsed without them first (dbt reads only what changed), and the
parsed manifest is then used for the warehouse at hand.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from psycopg.rows import dict_row

from green_freight import settings
from green_freight.building import dbt_overhead
from green_freight.messages import message
from green_freight.warehouse import Warehouse

PROJECT = settings.PROJECT / "dbt_project"
_FAILED = ("error", "fail", "runtime error", "partial success")
_FINISHED = ("LogModelResult", "LogSeedResult", "LogTestResult")
_VIOLATIONS_SHOWN = 3
# No server answers there, and none is asked: parsing needs the names alone.
_PARSED_FOR = "postgresql://green_freight_builder@127.0.0.1:5432/green_freight"


@dataclass(frozen=True)
class NodeProgress:
    """One model, seed or test that has just finished; `done` of `total` are over, it took `seconds`."""

    done: int
    total: int
    name: str
    status: str
    seconds: float


@dataclass(frozen=True)
class DbtRun:
    """What dbt did: messages of what failed and of what warned, the tables that it built, and how many it kept.

    Success is an empty `failures`.
    """

    failures: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    built: tuple[str, ...] = ()
    kept_count: int = 0


def log_path(warehouse: Warehouse) -> Path:
    """Return the folder of dbt's log file."""
    return warehouse.home / "logs" / "dbt"


def run_dbt(
    warehouse: Warehouse,
    variables: Mapping[str, object],
    changed: Collection[str] | None,
    progress: Callable[[NodeProgress], None],
) -> DbtRun:
    """Build the tables that depend on what changed and run their data tests, as the role builder.

    `variables` are dbt's vars, of JSON's types. `changed` names sources (`raw.power_pile`) and models; None stands for
    everything, seeds and views as well, which otherwise stay as they are. `progress` is called as each node finishes,
    from dbt's threads.
    """
    manifest = _parsed(warehouse)
    if not manifest.success:
        return DbtRun((_said(manifest.exception),))
    arguments = ["build", "--vars", json.dumps(dict(variables))]
    # Unit tests prove the formulas, not the data: they run with the project's tests, not every night.
    arguments += ["--exclude-resource-type", "unit_test", "--exclude-resource-type", "exposure"]
    if changed is None:
        arguments += ["--full-refresh"]
    elif names := _depending_on(manifest.result, changed):
        arguments += ["--indirect-selection", "empty", "--select", *names]
    else:
        # Later steps read the manifest, which may have been left in another folder.
        arguments = ["parse"]
    run = _run(warehouse, manifest.result, arguments, _listener(progress))
    if run.result is None:
        return DbtRun((_said(run.exception),))
    results = [] if arguments[0] == "parse" else list(run.result.results)
    failures = tuple(_described(warehouse, r) for r in results if str(r.status) in _FAILED)
    if not run.success and not failures:
        failures = (_said(run.exception),)
    tables = {node.name for node in manifest.result.nodes.values() if _is_table(node)}
    built = tuple(sorted({r.node.name for r in results} & tables))
    warnings = tuple(_described(warehouse, r) for r in results if str(r.status) == "warn")
    return DbtRun(failures, warnings, built, len(tables) - len(built))


def _is_table(node: Any) -> bool:
    return str(node.resource_type) == "model" and node.config.materialized != "view"


def _depending_on(manifest: Any, changed: Collection[str]) -> list[str]:
    """Return the tables that depend on changed sources and models, with their data tests, by name.

    Tests of views run where the whole is built: those of staging read all of `raw`, where the audit reads a table.
    """
    nodes = manifest.nodes
    reached = {
        *(
            key
            for key, source in manifest.sources.items()
            if f"{source.source_name}.{source.name}" in changed
        ),
        *(key for key, node in nodes.items() if node.name in changed),
    }
    parents = {
        key: set(node.depends_on_nodes) - _named_by_keys_alone(manifest, node) for key, node in nodes.items()
    }
    for key in TopologicalSorter(parents).static_order():
        if parents.get(key, set()) & reached:
            reached.add(key)
    tables = {key for key in reached & nodes.keys() if _is_table(nodes[key])}
    tests = {
        key for key, node in nodes.items() if str(node.resource_type) == "test" and parents[key] & tables
    }
    return sorted(nodes[key].name for key in tables | tests)


def _named_by_keys_alone(manifest: Any, node: Any) -> set[str]:
    """Return the models that a model refers to by a foreign key and does not read: dbt counts them as its parents.

    Nearly every table has such a key to `dim_source_file`, which each load changes.
    """
    keys = [one for one in getattr(node, "constraints", ()) if one.type == "foreign_key"]
    if not keys:
        return set()
    written = "\n".join([node.raw_code, *_macros_of(manifest, node.depends_on.macros)])
    names = {re.findall(r"\w+", key.to or key.expression.partition("(")[0])[-1] for key in keys}
    unread = {name for name in names if f"ref('{name}')" not in written}
    return {
        key for key in node.depends_on_nodes if key.startswith("model.") and key.rpartition(".")[2] in unread
    }


def _macros_of(manifest: Any, names: Collection[str]) -> Iterator[str]:
    """Yield the text of the project's own macros among these, and of those that they call."""
    for name in names:
        if name.startswith("macro.green_freight."):
            macro = manifest.macros[name]
            yield macro.macro_sql
            yield from _macros_of(manifest, macro.depends_on.macros)


def invoke(warehouse: Warehouse, arguments: Sequence[str], *callbacks: Callable[[Any], None]) -> Any:
    """Run a dbt command over the project as the role builder; return dbt's own result, also where it failed to parse.

    `arguments` are the command and its options; `callbacks` get dbt's events.
    """
    parsed = _parsed(warehouse)
    return _run(warehouse, parsed.result, arguments, *callbacks) if parsed.success else parsed


def _parsed(warehouse: Warehouse) -> Any:
    """Return dbt's result of parsing the project: a manifest whose nodes lie in the warehouse's database."""
    from dbt.cli.main import dbtRunner

    with _environment(_PARSED_FOR), dbt_overhead.reduced():
        # The command writes the manifest, with its compiled SQL; writing it here too would cost a second.
        parsed = dbtRunner().invoke(["parse", *_common_arguments(warehouse), "--no-write-json"])
    if parsed.success:
        _address(parsed.result, warehouse)
    return parsed


def _run(
    warehouse: Warehouse, manifest: Any, arguments: Sequence[str], *callbacks: Callable[[Any], None]
) -> Any:
    from dbt.cli.main import dbtRunner

    with environment(warehouse), dbt_overhead.reduced():
        runner = dbtRunner(manifest=manifest, callbacks=list(callbacks))
        return runner.invoke([*arguments, *_common_arguments(warehouse)])


def copy_parse(source: Warehouse, target: Warehouse) -> None:
    """Let dbt begin in the folder of another warehouse with what it parsed last for this one: it reads what differs."""
    parsed = source.dbt_target / "partial_parse.msgpack"
    if parsed.exists():
        target.dbt_target.mkdir(parents=True, exist_ok=True)
        shutil.copy(parsed, target.dbt_target)


def _address(manifest: Any, warehouse: Warehouse) -> None:
    """Let the nodes of a parsed manifest lie in the warehouse's database."""
    database = _database(warehouse.url("builder"))
    for node in (*manifest.nodes.values(), *manifest.sources.values()):
        node.database = database
        if node.relation_name:
            _, _, rest = node.relation_name.partition(".")
            node.relation_name = f'"{database}".{rest}'


def _common_arguments(warehouse: Warehouse) -> list[str]:
    """Return the options of every dbt command here: project, state outside of it, log to a file alone."""
    for folder in (warehouse.dbt_target, log_path(warehouse)):
        folder.mkdir(parents=True, exist_ok=True)
    return [
        "--project-dir", str(PROJECT),
        "--profiles-dir", str(PROJECT),
        "--target-path", str(warehouse.dbt_target),
        "--log-path", str(log_path(warehouse)),
        "--log-level", "none",
        "--log-level-file", "info",
        "--no-use-colors",
        "--no-use-colors-file",
        "--partial-parse",
    ]  # fmt: skip


@contextmanager
def environment(warehouse: Warehouse) -> Iterator[None]:
    """Set what profiles.yml reads, from the builder's URL, and put back what was there."""
    with _environment(warehouse.url("builder")):
        yield


@contextmanager
def _environment(builder_url: str) -> Iterator[None]:
    url = urlsplit(builder_url)
    wanted = {
        "GREEN_FREIGHT_DBT_HOST": url.hostname or "127.0.0.1",
        "GREEN_FREIGHT_DBT_PORT": str(url.port or 5432),
        "GREEN_FREIGHT_DBT_DATABASE": _database(builder_url),
        "GREEN_FREIGHT_DBT_USER": unquote(url.username or ""),
        # dbt keeps the value of a variable with this prefix out of its logs.
        "DBT_ENV_SECRET_BUILDER_PASSWORD": unquote(url.password or ""),
        "PGTZ": "Asia/Shanghai",
        # The newest version of a record is `row_number() = 1`, which the planner takes for one row in 200. A merge over
        # the city's code alone, which is one value, then looks cheap, and compares every row with every other: the
        # statistics of three years took 31 s instead of 2. A hash join takes all columns of a key.
        "PGOPTIONS": "-c enable_mergejoin=off",
        "DO_NOT_TRACK": "1",
    }
    before = dict(os.environ)
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name in wanted:
            if name in before:
                os.environ[name] = before[name]
            else:
                del os.environ[name]


def _database(url: str) -> str:
    return unquote(urlsplit(url).path.lstrip("/"))


def _listener(progress: Callable[[NodeProgress], None]) -> Callable[[Any], None]:
    def listen(event: Any) -> None:
        if event.info.name in _FINISHED:
            data = event.data
            total = data.num_models if event.info.name == "LogTestResult" else data.total
            name, seconds = data.node_info.node_name, data.execution_time
            progress(NodeProgress(data.index, total, name, data.status, seconds))

    return listen


def _described(warehouse: Warehouse, result: Any) -> str:
    """Return which model, seed or test it was, and on a line of its own what the database said and where its SQL is."""
    node = result.node
    details = [" ".join(str(result.message or "").split())]
    if str(node.resource_type) == "test":
        tested = str(getattr(node, "attached_node", None) or "").rpartition(".")[2]
        of_zh, of_en = (f"模型 {tested} 的", f" of the model {tested}") if tested else ("", "")
        sentence = message("dbt_test_failed", of_zh=of_zh, test=node.name, of_en=of_en)
        if str(result.status) in ("fail", "warn"):
            details.append(_first_violations(warehouse, node.compiled_code))
    elif str(node.resource_type) == "seed":
        sentence = message("dbt_seed_failed", seed=node.name)
    else:
        sentence = message("dbt_model_failed", model=node.name)
    if getattr(node, "compiled_path", None):
        details.append(f"SQL: {node.compiled_path}")
    return f"{sentence}\n    {'; '.join(filter(None, details))}"


def _first_violations(warehouse: Warehouse, query: str) -> str:
    """Return the first rows that a test found, as `column=value`."""
    with warehouse.connect("builder") as builder:
        found = builder.cursor(row_factory=dict_row).execute(query.encode()).fetchmany(_VIOLATIONS_SHOWN)
    return "; ".join(", ".join(f"{name}={value}" for name, value in row.items()) for row in found)


def _said(error: BaseException | None) -> str:
    return " ".join(str(error or message("dbt_gave_no_reason")).split())
