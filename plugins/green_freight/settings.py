"""The settings of an installation: environment variables, each with its type, default and description.

`docs/settings.md` is generated from this list; the connections of the agencies (AIRFLOW_CONN_*) follow from the files
of the agencies. No secret has a default: the operator (or the local stack) sets them.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = Path(__file__).resolve().parent

ROLES = ("owner", "loader", "builder", "publisher", "reader")

# Where a variable takes effect.
ALWAYS, SERVERS, LOCAL = "always", "servers", "one machine"


class SettingMissingError(RuntimeError):
    """A setting that has no safe default is absent; the message names it."""


class SettingError(ValueError):
    """A setting has a value that cannot be used; the message names it."""


def _setting(default: Any, scope: str, zh: str, en: str, alias: str | None = None, **limits: Any) -> Any:
    extra: dict[str, Any] = {"scope": scope, "zh": zh}
    return Field(default, description=en, validation_alias=alias, json_schema_extra=extra, **limits)


def _url(role_zh: str, role: str) -> Any:
    zh, en = (
        f"数据仓库{role_zh}角色的 postgresql:// 地址",
        f"postgresql:// URL of the warehouse for the {role}",
    )
    return _setting(None, ALWAYS, zh, en)


def _password(owner_zh: str, owner: str, alias: str | None = None) -> Any:
    return _setting(None, SERVERS, f"{owner_zh}的口令", f"password of {owner}", alias)


class Settings(BaseSettings):
    """Every variable, named GREEN_FREIGHT_<FIELD> unless the field has an alias; an empty one counts as not set."""

    model_config = SettingsConfigDict(env_prefix="GREEN_FREIGHT_", env_ignore_empty=True, frozen=True)

    home: Path = _setting(
        PROJECT / ".state", ALWAYS, "状态目录：原始文件、内置数据库、Airflow、日志",
        "folder for state: landing store, embedded server, Airflow, logs",
    )  # fmt: skip
    landing_url: str | None = _setting(
        None, ALWAYS, "原始文件的存放位置，默认为状态目录下的 landing",
        "landing store, any fsspec URL; the folder landing of the home by default",
    )  # fmt: skip
    synthetic: bool = _setting(
        False, ALWAYS, "数据来自演示单位，所有指标标明为演示数据",
        "the agencies are the demonstration's, every figure is marked as synthetic",
    )  # fmt: skip
    owner_url: str | None = _url("所有者", "owner")
    loader_url: str | None = _url("装载", "loader")
    builder_url: str | None = _url("构建", "builder")
    publisher_url: str | None = _url("发布", "publisher")
    reader_url: str | None = _url("只读", "reader")
    final_change_share: Decimal = _setting(
        Decimal("0.01"), ALWAYS, "最终值变化超过此比例须经批准（如 0.01）",
        "a final figure that changes by more than this share of itself needs an approval, for example 0.01", ge=0,
    )  # fmt: skip
    retry_delay_seconds: float = _setting(
        300, ALWAYS, "Airflow 重试取数前的等待秒数，逐次加倍",
        "seconds before Airflow retries a failed fetch, doubled each time", ge=0,
    )  # fmt: skip
    alert_url: str | None = _setting(
        None, ALWAYS, "告警用的企业微信或钉钉群机器人地址，留空只写日志",
        "webhook of a WeCom or DingTalk group robot for alerts; without it alerts are in the log only",
    )  # fmt: skip
    code_version: str | None = _setting(
        None, ALWAYS, "随发布记录的代码版本，默认由 git 或代码哈希得出",
        "version of the code recorded with a publication; by default from git or a hash of the code",
    )  # fmt: skip
    release: str = _setting(
        "files", SERVERS, "没有 git 时代码版本的前缀", "prefix of the code's version where there is no git"
    )
    postgres_admin_url: str | None = _setting(
        None, ALWAYS, "PostgreSQL 管理员的 postgresql:// 地址；单机上设置后不启动内置数据库",
        "postgresql:// URL of the server's administrator; on one machine it replaces the embedded server",
    )  # fmt: skip

    owner_password: str | None = _password("所有者角色", "the role owner")
    loader_password: str | None = _password("装载角色", "the role loader")
    builder_password: str | None = _password("构建角色", "the role builder")
    publisher_password: str | None = _password("发布角色", "the role publisher")
    reader_password: str | None = _password("只读角色（供 BI 使用）", "the role reader, for BI tools")
    postgres_admin_password: str | None = _password(
        "PostgreSQL 管理员", "the PostgreSQL administrator", "POSTGRES_ADMIN_PASSWORD"
    )
    airflow_database_password: str | None = _password(
        "Airflow 元数据库", "Airflow's metadata database", "AIRFLOW_DATABASE_PASSWORD"
    )
    airflow_operator_password: str | None = _password(
        "Airflow 界面用户 operator",
        "the user operator of Airflow's user interface",
        "AIRFLOW_OPERATOR_PASSWORD",
    )
    redis_password: str | None = _password("任务队列", "the task queue", "REDIS_PASSWORD")
    airflow_fernet_key: str | None = _setting(
        None, SERVERS, "加密 Airflow 保存的连接", "key that encrypts the connections stored by Airflow",
        "AIRFLOW_FERNET_KEY",
    )  # fmt: skip
    airflow_jwt_secret: str | None = _setting(
        None, SERVERS, "Airflow 服务之间的签名密钥", "secret that signs requests between Airflow's services",
        "AIRFLOW_JWT_SECRET",
    )  # fmt: skip
    airflow_api_secret_key: str | None = _setting(
        None,
        SERVERS,
        "Airflow 登录会话的签名密钥",
        "secret that signs logins of Airflow",
        "AIRFLOW_API_SECRET_KEY",
    )
    version: str = _setting(
        "local", SERVERS, "安装的版本名，即镜像标签", "name of the installed version, the tag of the images"
    )
    airflow_port: int = _setting(
        8080, SERVERS, "Airflow 在 127.0.0.1 上的端口", "port of Airflow on 127.0.0.1"
    )
    postgres_port: int = _setting(
        5432, SERVERS, "PostgreSQL 在 127.0.0.1 上的端口", "port of PostgreSQL on 127.0.0.1"
    )

    python: str | None = _setting(
        None, LOCAL, "启动器使用的 Python（3.11 至 3.13）", "Python that the launcher uses (3.11 to 3.13)"
    )
    dags_folder: Path = _setting(
        PROJECT / "dags", LOCAL, "DAG 文件目录，用于试验其他 DAG", "folder of the DAG files, to try others"
    )
    demo_faults: str = _setting(
        "",
        LOCAL,
        "使演示单位出故障，见 docs/demonstration.md",
        "faults of demonstration agencies: docs/demonstration.md",
    )
    demo_defects: str = _setting(
        "", LOCAL, "在演示数据中植入缺陷，见 docs/demonstration.md",
        "defects planted into demonstration data: docs/demonstration.md",
    )  # fmt: skip


def current() -> Settings:
    """Return the settings as they are in the environment now.

    Raises:
        SettingError: values cannot be used; the message names every one.
    """
    try:
        return Settings()
    except ValidationError as error:
        problems = []
        for problem in error.errors(include_input=False):
            [name] = [
                field for field in Settings.model_fields if str(problem["loc"][0]) in (field, variable(field))
            ]
            extra = Settings.model_fields[name].json_schema_extra
            zh = extra["zh"] if isinstance(extra, dict) else ""
            problems.append(
                f"{variable(name)} 的值无效，请更正：{zh} / {variable(name)} has an invalid value ({problem['msg']}), "
                f"correct it: {Settings.model_fields[name].description}"
            )
        raise SettingError("\n".join(problems)) from error


def variable(field: str) -> str:
    """Return the environment variable of a field of Settings."""
    return str(Settings.model_fields[field].validation_alias or f"GREEN_FREIGHT_{field.upper()}")


def home() -> Path:
    """Return the folder for state: landing, the embedded server, Airflow's home."""
    return current().home.absolute()


def landing_url() -> str:
    """Return the landing store's URL; a folder below `home` by default."""
    # Not as_uri(): fsspec takes the path as it stands, and %20 for a space would be another folder.
    return current().landing_url or f"file://{home() / 'landing'}"


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
