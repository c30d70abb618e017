"""The URLs that roles get, and the order of the migrations."""

from __future__ import annotations

from pathlib import Path

import pytest
from green_freight.warehouse import bootstrap, migrate
from psycopg.conninfo import conninfo_to_dict


def test_a_roles_url_keeps_server_and_options_and_quotes_the_rest() -> None:
    url = bootstrap.role_url(
        "postgresql://dba:old@db.city:6543/postgres?sslmode=require", "仓 库", "loader", "p@/: 密"
    )
    assert conninfo_to_dict(url) == {
        "user": "green_freight_loader",
        "password": "p@/: 密",
        "host": "db.city",
        "port": "6543",
        "dbname": "仓 库",
        "sslmode": "require",
    }


def test_migrations_are_numbered_without_gaps() -> None:
    assert [migration.number for migration in migrate.known()] == list(range(1, len(migrate.known()) + 1))
    assert len(migrate.fingerprint()) == 12


@pytest.mark.parametrize("names", [["0002_second.sql"], ["0001_a.sql", "0003_c.sql"], ["first.sql"]])
def test_a_gap_or_an_odd_name_is_refused(
    names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in names:
        (tmp_path / name).write_text("select 1")
    monkeypatch.setattr(migrate, "MIGRATIONS", tmp_path)
    with pytest.raises(migrate.MigrationError, match="should be number"):
        migrate.known.__wrapped__()


def test_no_migration_drops_with_cascade_or_truncates() -> None:
    for migration in migrate.known():
        assert "cascade" not in migration.sql.lower(), migration.file_name
        assert "truncate" not in migration.sql.lower(), migration.file_name
