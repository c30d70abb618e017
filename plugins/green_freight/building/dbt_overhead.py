"""What dbt does again for every node, and what a build in this process does without.

Of the 9 CPU seconds of a build, dbt's own bookkeeping took 5. Each function here replaces one part of dbt while a
build runs; nothing that reaches the database, the log file or a result differs. The versions of dbt are locked, and
the tests of builds run with all of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch


@contextmanager
def reduced() -> Iterator[None]:
    """Run dbt with less work beside its nodes; for the whole of one invocation."""
    with ExitStack() as stack:
        for part in (
            _kept_connections,
            _kept_macro_contexts,
            _dropped_debug_events,
            _shared_tables,
            _flags_without_source,
        ):
            stack.enter_context(part())
        yield


@contextmanager
def _kept_connections() -> Iterator[None]:
    """Let each of dbt's threads keep its connection from node to node, rolled back in between.

    dbt opens one for every node: 170 in a build, whose logins and empty caches took half of the server's time.
    """
    from dbt.adapters.postgres.connections import PostgresConnectionManager

    def release(manager: Any) -> None:
        connection = manager.get_if_exists()
        try:
            if connection is not None and connection.transaction_open:
                manager._rollback(connection)
        except Exception:
            manager.clear_thread_connection()
            raise

    with patch.object(PostgresConnectionManager, "release", release):
        yield


@contextmanager
def _kept_macro_contexts() -> Iterator[None]:
    """Let each thread keep the names that a macro sees, which are the same for all macros of a package.

    dbt makes them for every macro that it calls itself, such as the renaming of a table: 500 macros each time.
    """
    from dbt.cli import requires

    make, kept = requires.generate_runtime_macro_context, threading.local()

    def context(macro: Any, config: Any, manifest: Any, package_name: str | None) -> dict[str, Any]:
        contexts: dict[str | None, dict[str, Any]] = vars(kept).setdefault("contexts", {})
        if package_name not in contexts:
            contexts[package_name] = make(macro, config, manifest, package_name)
        return contexts[package_name]

    with patch.object(requires, "generate_runtime_macro_context", context):
        yield


@contextmanager
def _dropped_debug_events() -> Iterator[None]:
    """Drop what dbt reports at the level debug, which nothing here reads, before it becomes a line of its log."""
    from dbt_common.events.base_types import DebugLevel, EventLevel
    from dbt_common.events.event_manager import EventManager

    fire = EventManager.fire_event

    def begin(event: Any, **_: Any) -> None:
        event.pb_msg = getattr(event.PROTO_TYPES_MODULE, type(event).__name__)()

    def fire_event(manager: Any, e: Any, level: Any = None, *rest: Any, **options: Any) -> None:
        if (level or e.level_tag()) != EventLevel.DEBUG:
            fire(manager, e, level, *rest, **options)

    with patch.object(EventManager, "fire_event", fire_event), patch.object(DebugLevel, "__init__", begin):
        yield


@contextmanager
def _shared_tables() -> Iterator[None]:
    """Make the empty result of a statement and the guesses of types once: each took a parser of dates in words."""
    from dbt_common.clients import agate_helper

    make_tester: Callable[..., Any] = agate_helper.build_type_tester
    tester = cache(make_tester)

    def type_tester(text_columns: Any, string_null_values: Any = ("null", "")) -> Any:
        return tester(frozenset(text_columns), tuple(string_null_values))

    with (
        patch.object(agate_helper, "empty_table", cache(agate_helper.empty_table)),
        patch.object(agate_helper, "build_type_tester", type_tester),
    ):
        yield


@contextmanager
def _flags_without_source() -> Iterator[None]:
    """Leave out which module declares a flag of behaviour: dbt reads the source of every caller for each of them."""
    from dbt_common.behavior_flags import BehaviorFlagRendered

    with patch.object(BehaviorFlagRendered, "_default_source", staticmethod(lambda: "")):
        yield
