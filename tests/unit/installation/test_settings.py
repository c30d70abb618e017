"""The list of settings: complete, described in both languages, and the same as in the files of the installation."""

from __future__ import annotations

import re
import traceback
from decimal import Decimal

import pytest
from green_freight import settings
from green_freight.reporting import pages
from green_freight.settings import DESCRIPTIONS, PROJECT, SettingError, Settings, variable

# Set by the code for dbt, Great Expectations and Superset, never by a person; and a limit of one test.
INTERNAL = re.compile(r"GREEN_FREIGHT_(DBT|AUDIT|SUPERSET)_\w+|GREEN_FREIGHT_SCENARIOS")
LISTED = {variable(field) for field in Settings.model_fields}


def _named_in(*patterns: str) -> set[str]:
    """Return the variables that files name as a whole."""
    files = [path for pattern in patterns for path in PROJECT.glob(pattern) if path.name != "settings.py"]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    named = set(re.findall(r"\bGREEN_FREIGHT_[A-Z_]*[A-Z]\b(?![<_])", text))
    return {name for name in named if not INTERNAL.fullmatch(name)} - {"GREEN_FREIGHT"}


def test_every_variable_that_code_or_files_name_is_listed() -> None:
    patterns = (
        "plugins/**/*.py",
        "demo_city/**/*.py",
        "local_stack/*.py",
        "dags/*.py",
        "green-freight",
        "Dockerfile",
    )
    assert (
        _named_in(*patterns, "docker-compose.yml", ".env.example", "README.md", "docs/*.md") - LISTED == set()
    )


def test_a_variable_that_is_not_listed_would_be_found() -> None:
    assert "GREEN_FREIGHT_RELEASE" in _named_in("docker-compose.yml")
    assert _named_in("docker-compose.yml") - (LISTED - {"GREEN_FREIGHT_RELEASE"}) == {"GREEN_FREIGHT_RELEASE"}


def test_every_variable_of_the_example_is_listed_with_its_default() -> None:
    example = dict(
        re.findall(r"^(\w+)=(.*)$", (PROJECT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)
    )
    own = {name: value for name, value in example.items() if not name.startswith("AIRFLOW_CONN_")}
    assert own.keys() <= LISTED
    fields = {variable(field): info.default for field, info in Settings.model_fields.items()}
    numbers = {
        "GREEN_FREIGHT_SYNTHETIC": "0",
        "GREEN_FREIGHT_MORNING_SUMMARY": "0",
        "GREEN_FREIGHT_CLOCK": "2025-10-01T02:00:00+08:00",
        "GREEN_FREIGHT_LANDING_URL": "file:///var/lib/green-freight/landing",
        "GREEN_FREIGHT_BULLETINS_URL": "file:///var/lib/green-freight/bulletins",
    }
    wrong = {
        name: value
        for name, value in own.items()
        if value != numbers.get(name, "" if fields[name] is None else str(fields[name]))
    }
    assert wrong == {}


def test_every_variable_is_described_in_both_languages() -> None:
    assert set(DESCRIPTIONS) == set(Settings.model_fields)
    for name, words in DESCRIPTIONS.items():
        assert re.search("[\u4e00-\u9fff]{2}", words.zh), name
        assert re.search("[a-z]{3}", words.en), name


def test_the_page_is_the_one_that_the_list_gives() -> None:
    text = pages.SETTINGS.read_text(encoding="utf-8")
    assert text == pages.settings_page(), "run ./green-freight dictionary --write"
    assert all(f"`{name}`" in text for name in LISTED)


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREEN_FREIGHT_FINAL_CHANGE_SHARE", "")
    monkeypatch.setenv("GREEN_FREIGHT_ALERT_URL", "")
    assert settings.current().final_change_share == Decimal("0.01")
    assert settings.current().alert_url is None


def test_a_value_that_cannot_be_used_is_named_without_being_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREEN_FREIGHT_AIRFLOW_PORT", "secret")
    monkeypatch.setenv("GREEN_FREIGHT_RETRY_DELAY_SECONDS", "-1")
    with pytest.raises(SettingError) as refused:
        settings.current()
    said = str(refused.value)
    assert "GREEN_FREIGHT_AIRFLOW_PORT" in said
    assert "GREEN_FREIGHT_RETRY_DELAY_SECONDS" in said
    assert "secret" not in said


@pytest.mark.parametrize(
    "url",
    [
        "postgresql//green_freight_loader:pw7hQ2vX@db/green_freight",
        "postgresql://green_freight_loader:pw7h/Q2vX@db/green_freight",
        "postgresql://green_freight_loader:pw7h@Q2vX@db/green_freight",
        "postgresql://green_freight_loader:pw7h#Q2vX@db/green_freight",
        "postgresql://green_freight_loader:pw7h:Q2vX@db/green_freight",
        "postgresql://green_freight_loader:pw7hQ2vX@db:port/green_freight",
        "postgresql://green_freight_loader:pw7hQ2vX@db/green_freight\n",
        "host=db password=pw7hQ2vX",
    ],
)
def test_a_wrong_url_of_the_warehouse_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("GREEN_FREIGHT_LOADER_URL", url)
    with pytest.raises(SettingError, match="GREEN_FREIGHT_LOADER_URL") as wrong:
        settings.current()
    shown = "".join(traceback.format_exception(wrong.value))
    assert "pw7h" not in shown and "Q2vX" not in shown


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://green_freight_loader:pw7h%2FQ2vX@db:5432/green_freight",
        "postgres://loader@[::1]/green_freight?sslmode=require",
        "postgresql://loader:pw!$&()*+,;=-._~@db-1.example,db-2:5433/green_freight",
        "postgresql:///green_freight?host=/run/postgresql",
    ],
)
def test_a_url_of_the_warehouse_may_be_any_of_libpqs(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("GREEN_FREIGHT_LOADER_URL", url)
    assert settings.current().loader_url == url
    assert url not in repr(settings.current())


def test_the_landing_url_holds_no_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREEN_FREIGHT_LANDING_URL", "sftp://me:pw7hQ2vX@store/landing")
    with pytest.raises(SettingError, match="recorded with the files") as wrong:
        settings.current()
    assert "pw7h" not in str(wrong.value)
