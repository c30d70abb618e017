"""What the console script takes from the environment of an installation's services."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from green_freight.cli.installation import ServerInstallation, airflow_login
from green_freight.settings import ROLES, SettingMissingError, url_variable

ADDRESS = "AIRFLOW__CORE__EXECUTION_API_SERVER_URL"
PASSWORDS = "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"


def test_the_login_is_that_of_the_services(tmp_path: Path) -> None:
    passwords = tmp_path / "passwords.json"
    passwords.write_text(json.dumps({"operator": "word"}))
    found = airflow_login({ADDRESS: "http://airflow-apiserver:8080/execution/", PASSWORDS: str(passwords)})
    assert found == ("http://airflow-apiserver:8080", "operator", "word")


@pytest.mark.parametrize("name", [ADDRESS, PASSWORDS])
def test_what_is_not_set_is_named(name: str) -> None:
    with pytest.raises(SettingMissingError, match=name):
        airflow_login({ADDRESS: "http://a", PASSWORDS: "b"} | {name: ""})


def test_the_warehouse_is_that_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for role in ROLES:
        monkeypatch.delenv(url_variable(role), raising=False)
    monkeypatch.setenv("GREEN_FREIGHT_READER_URL", "postgresql://reader@server/green_freight")
    with ServerInstallation().warehouse() as warehouse:
        assert warehouse.url("reader") == "postgresql://reader@server/green_freight"
        with pytest.raises(SettingMissingError, match="GREEN_FREIGHT_OWNER_URL"):
            warehouse.url("owner")
