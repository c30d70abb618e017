"""What `install` says when the environment does not give what it needs."""

from __future__ import annotations

import base64

import pytest
from green_freight.cli import install
from green_freight.cli.errors import InstallError

NAMES = (
    "GREEN_FREIGHT_OWNER_PASSWORD",
    "GREEN_FREIGHT_LOADER_PASSWORD",
    "GREEN_FREIGHT_BUILDER_PASSWORD",
    "GREEN_FREIGHT_PUBLISHER_PASSWORD",
    "GREEN_FREIGHT_READER_PASSWORD",
    "AIRFLOW_DATABASE_PASSWORD",
    "AIRFLOW_OPERATOR_PASSWORD",
    "SUPERSET_DATABASE_PASSWORD",
    "SUPERSET_READER_PASSWORD",
)
WHOLE = {install.ADMIN_URL: "postgresql://admin:word@server:5432/postgres"} | dict.fromkeys(NAMES, "a-word")


def test_a_whole_environment_is_accepted() -> None:
    chosen = install.read_settings(WHOLE)
    assert set(chosen.role_passwords) == {"owner", "loader", "builder", "publisher", "reader"}
    assert chosen.operator_password == "a-word"


@pytest.mark.parametrize("name", [install.ADMIN_URL, *NAMES])
@pytest.mark.parametrize("value", [None, ""])
def test_what_is_missing_or_empty_is_named_in_both_languages(name: str, value: str | None) -> None:
    given = {key: text for key, text in (WHOLE | {name: value}).items() if text is not None}
    with pytest.raises(InstallError) as refused:
        install.read_settings(given)
    assert f"{name} 未设置 / is not set" in str(refused.value)
    assert ".env.example" in str(refused.value)
    assert str(refused.value).count("is not set") == 1


def test_everything_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(InstallError) as refused:
        install.read_settings({})
    assert all(name in str(refused.value) for name in (install.ADMIN_URL, *NAMES))


@pytest.mark.parametrize("password", ["with/slash", "with@at", "with space", "密码", "a:b", "100%"])
def test_a_password_that_would_break_a_url_is_refused(password: str) -> None:
    with pytest.raises(InstallError, match="GREEN_FREIGHT_READER_PASSWORD 只能含") as refused:
        install.read_settings(WHOLE | {"GREEN_FREIGHT_READER_PASSWORD": password})
    assert password not in str(refused.value)


KEYS = [base64.urlsafe_b64encode(bytes(range(first, first + 32))).decode() for first in (224, 100)]


@pytest.mark.parametrize(
    "key", ["short", "x" * 44, "AAAA" * 11, f"{KEYS[0]},short", f"short,{KEYS[0]}", f"{KEYS[0]},"]
)
def test_a_fernet_key_that_airflow_would_refuse_later_is_refused_now(key: str) -> None:
    with pytest.raises(InstallError, match="AIRFLOW_FERNET_KEY"):
        install.read_settings(WHOLE | {"AIRFLOW__CORE__FERNET_KEY": key})


def test_a_right_fernet_key_is_accepted() -> None:
    for key in (KEYS[0], ",".join(KEYS)):
        assert install.read_settings(WHOLE | {"AIRFLOW__CORE__FERNET_KEY": key})
