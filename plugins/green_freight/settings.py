"""The settings of an installation: environment variables, each with its type and default.

What each is for stands in `settings.yaml`; `docs/settings.md` is generated from both. The connections of the agencies
(AIRFLOW_CONN_*) follow from the files of the agencies. No secret has a default: the operator (or the local stack) sets
them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import AwareDatetime, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from green_freight.messages import message, read_words
from green_freight.redaction import remember, remember_url

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = Path(__file__).resolve().parent

# Nothing in it needs an encoding that it lacks: libpq would take a part of a password for host or port.
_POSTGRESQL_URL = re.compile(
    r"postgres(ql)?://([^\s:@/?#]*(:[^\s:@/?#]*)?@)?(\[[0-9A-Fa-f:.]+\]|[\w.%-]*)(:\d*)?(,[\w.-]+(:\d+)?)*([/?][^\s@#]*)?"
)

ROLES = ("owner", "loader", "builder", "publisher", "reader")

# Where a variable takes effect.
ALWAYS, SERVERS, LOCAL = "always", "servers", "one machine"


class SettingMissingError(RuntimeError):
    """A setting that has no safe default is absent; the message names it."""


class SettingError(ValueError):
    """A setting has a value that cannot be used; the message names it."""


class Description(NamedTuple):
    """What a setting is for, and where it takes effect: ALWAYS, on SERVERS, or LOCAL (on one machine)."""

    scope: str
    zh: str
    en: str


DESCRIPTIONS = {
    field: Description(scope, **words)
    for scope, fields in read_words(Path(__file__).with_suffix(".yaml")).items()
    for field, words in fields.items()
}


class Settings(BaseSettings):
    """Every variable, named GREEN_FREIGHT_<FIELD> unless the field has an alias; an empty one counts as not set."""

    model_config = SettingsConfigDict(
        env_prefix="GREEN_FREIGHT_", env_ignore_empty=True, frozen=True, hide_input_in_errors=True
    )

    home: Path = PROJECT / ".state"
    landing_url: str | None = None
    bulletins_url: str | None = None
    synthetic: bool = False
    clock: AwareDatetime | None = None
    owner_url: str | None = None
    loader_url: str | None = None
    builder_url: str | None = None
    publisher_url: str | None = None
    reader_url: str | None = None
    final_change_share: Decimal = Field(default=Decimal("0.01"), ge=0)
    fact_change_share: Decimal = Field(default=Decimal("0.1"), ge=0)
    retry_delay_seconds: float = Field(default=300, ge=0)
    alert_url: str | None = None
    alert_mail_to: str | None = None
    smtp_connection: str | None = Field(default=None, validation_alias="AIRFLOW_CONN_SMTP_DEFAULT")
    morning_summary: bool = False
    code_version: str | None = None
    release: str = "files"
    postgres_admin_url: str | None = None

    owner_password: str | None = None
    loader_password: str | None = None
    builder_password: str | None = None
    publisher_password: str | None = None
    reader_password: str | None = None
    postgres_admin_password: str | None = Field(default=None, validation_alias="POSTGRES_ADMIN_PASSWORD")
    airflow_database_password: str | None = Field(default=None, validation_alias="AIRFLOW_DATABASE_PASSWORD")
    airflow_operator_password: str | None = Field(default=None, validation_alias="AIRFLOW_OPERATOR_PASSWORD")
    superset_database_password: str | None = Field(
        default=None, validation_alias="SUPERSET_DATABASE_PASSWORD"
    )
    superset_reader_password: str | None = Field(default=None, validation_alias="SUPERSET_READER_PASSWORD")
    superset_operator_password: str | None = Field(
        default=None, validation_alias="SUPERSET_OPERATOR_PASSWORD"
    )
    superset_secret_key: str | None = Field(default=None, validation_alias="SUPERSET_SECRET_KEY")
    redis_password: str | None = Field(default=None, validation_alias="REDIS_PASSWORD")
    airflow_fernet_key: str | None = Field(default=None, validation_alias="AIRFLOW_FERNET_KEY")
    airflow_jwt_secret: str | None = Field(default=None, validation_alias="AIRFLOW_JWT_SECRET")
    airflow_api_secret_key: str | None = Field(default=None, validation_alias="AIRFLOW_API_SECRET_KEY")
    # Read by the object store's library itself.
    aws_access_key_id: str | None = Field(default=None, validation_alias="AWS_ACCESS_KEY_ID")
    aws_secret_access_key: str | None = Field(default=None, validation_alias="AWS_SECRET_ACCESS_KEY")
    aws_default_region: str = Field(default="us-east-1", validation_alias="AWS_DEFAULT_REGION")
    aws_endpoint_url: str | None = Field(default=None, validation_alias="AWS_ENDPOINT_URL")
    version: str = "local"
    airflow_port: int = 8080
    postgres_port: int = 5432
    superset_port: int = 8088

    python: str | None = None
    dags_folder: Path = PROJECT / "dags"
    demo_faults: str = ""
    demo_defects: str = ""

    @field_validator(*(f"{role}_url" for role in ROLES), "postgres_admin_url")
    @classmethod
    def _is_of_postgresql(cls, url: str | None) -> str | None:
        # What libpq says of a wrong one repeats a part of it, which may be of the password.
        if url is not None and not _POSTGRESQL_URL.fullmatch(url):
            raise ValueError(
                "no postgresql://login:password@host:port/database; in a password, write @ as %40, / as %2F, "
                ": as %3A, # as %23, ? as %3F, % as %25 and a space as %20"
            )
        return url

    @field_validator("landing_url", "bulletins_url")
    @classmethod
    def _has_no_password(cls, url: str | None) -> str | None:
        if url is not None and re.search(r"://[^/@]*@", url):
            raise ValueError(
                "it holds a login, and it is recorded with the files; give the credentials as variables of the store"
            )
        return url

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        return [(name, value) for name, value in super().__repr_args__() if name not in SECRET]


# The settings that are secret or have a secret in them.
_SECRET_ENDS = ("_password", "_key", "_secret", "_url")
SECRET = {name for name in Settings.model_fields if name.endswith(_SECRET_ENDS)}
SECRET = (SECRET | {"smtp_connection"}) - {"landing_url", "bulletins_url"}


def current() -> Settings:
    """Return the settings as they are in the environment now; SettingError names every value that is unusable."""
    # Reading them takes two milliseconds, and every load asks.
    return _read(tuple(sorted(one for one in os.environ.items() if one[0].upper() in _VARIABLES)))


@lru_cache(maxsize=1)
def _read(environment: tuple[tuple[str, str], ...]) -> Settings:
    """Return the settings that the environment holds at the moment; `environment` is what they depend on."""
    try:
        found = Settings()
    except ValidationError as error:
        problems = [_problem(each["loc"][0], each["msg"]) for each in error.errors(include_input=False)]
        raise SettingError("\n".join(problems)) from None
    for name in SECRET:
        (remember_url if name.endswith("_url") else remember)(getattr(found, name))
    return found


def _problem(place: int | str, problem: str) -> str:
    [field] = [field for field in Settings.model_fields if place in (field, variable(field))]
    return message("setting_invalid", variable=variable(field), setting=DESCRIPTIONS[field], problem=problem)


def variable(field: str) -> str:
    """Return the environment variable of a field of Settings."""
    return str(Settings.model_fields[field].validation_alias or f"GREEN_FREIGHT_{field.upper()}")


# In capitals; a variable may be written in small letters too.
_VARIABLES = {variable(field).upper() for field in Settings.model_fields}


def home() -> Path:
    """Return the folder for state: landing, the embedded server, Airflow's home."""
    return current().home.absolute()


def landing_url() -> str:
    """Return the landing store's URL; a folder below `home` by default."""
    # Not as_uri(): fsspec takes the path as it stands, and %20 for a space would be another folder.
    return current().landing_url or f"file://{home() / 'landing'}"


def bulletins_url() -> str:
    """Return where the bulletins are put that are written by themselves; a folder below `home` by default."""
    return current().bulletins_url or f"file://{home() / 'bulletins'}"


def is_synthetic() -> bool:
    """Return whether the agencies are the demonstration's, all figures synthetic."""
    return current().synthetic


def url_variable(role: str) -> str:
    """Return the variable that holds the libpq URL of one of ROLES, for example GREEN_FREIGHT_LOADER_URL."""
    return variable(f"{role}_url")


def warehouse_urls() -> dict[str, str]:
    """Return the libpq URLs of the warehouse by role, those of ROLES that are set."""
    found = current()
    return {role: url for role in ROLES if (url := getattr(found, f"{role}_url"))}


def code_version() -> str:
    """Return the version of the code that a build or publication names: equal ones mean equal code.

    It is GREEN_FREIGHT_CODE_VERSION where that is set, else what git says, else the release's name
    (GREEN_FREIGHT_RELEASE) with a hash of the code.
    """
    from green_freight import code_version as versions

    found = current()
    return found.code_version or versions.current(PROJECT, found.release)
