"""No container engine runs in the tests: the installation's files are held against the code that they call.

Each check is seen to fail: every planted error below must be found, and the files as they are must be free of any.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.installation import compose_checks
from tests.unit.installation.compose_files import Files

COMPOSE, DOCKERFILE, IGNORED, EXAMPLE = "compose", "dockerfile", "dockerignore", "env_example"

# file, what is there, what is planted in its place, the check that must find it, words of the problem
PLANTED = [
    (
        COMPOSE, "restart: unless-stopped\n    command: [sh",
        "restarts: yes\n    command: [sh",
        "schema", "restarts",
    ),
    (COMPOSE, "interval: 15s", "intervall: 15s", "schema", "intervall"),
    (COMPOSE, "${GREEN_FREIGHT_ALERT_URL:-}", "${ALERT_WEBHOOK:-}", "variables", "ALERT_WEBHOOK is not in"),
    (EXAMPLE, "AIRFLOW_JWT_SECRET=", "# AIRFLOW_JWT_SECRET=", "variables", "AIRFLOW_JWT_SECRET is not in"),
    (
        EXAMPLE, "REDIS_PASSWORD=\n",
        "REDIS_PASSWORD=redis\n",
        "variables", "REDIS_PASSWORD: .env.example says 'redis'",
    ),
    (EXAMPLE, "POSTGRES_PORT=5432", "POSTGRES_PORT=5433", "variables", "GREEN_FREIGHT_POSTGRES_PORT"),
    (COMPOSE, "${REDIS_PASSWORD:?set it in .env}\n", "${REDIS_PASSWORD}\n", "variables", "neither required"),
    (EXAMPLE, "GREEN_FREIGHT_VERSION=", "SOMETHING_ELSE=\nGREEN_FREIGHT_VERSION=", "variables", "SOMETHING_ELSE"),
    (EXAMPLE, " 调度器与执行器之间队列的口令。", "", "explained", "REDIS_PASSWORD"),
    (COMPOSE, "AIRFLOW_CONN_POSTAL: ", "AIRFLOW_CONN_POST: ", "connections", "AIRFLOW_CONN_POSTAL is missing"),
    (EXAMPLE, "AIRFLOW_CONN_POWER_FILES=", "AIRFLOW_CONN_FILES=", "connections", "POWER_FILES is not in"),
    (COMPOSE, "AIRFLOW__CORE__FERNET_KEY", "AIRFLOW__CORE__FERNETKEY", "settings_known", "core.fernetkey"),
    (COMPOSE, "AIRFLOW__CELERY__BROKER_URL", "AIRFLOW__CELERY__BROKER", "settings_known", "celery.broker"),
    (COMPOSE, "AIRFLOW_CONN_POSTAL: ", "AIRFLOW_CONN_POST: ", "settings_known", "AIRFLOW_CONN_POST"),
    (COMPOSE, "GREEN_FREIGHT_ALERT_URL: ", "GREEN_FREIGHT_WEBHOOK: ", "settings_known", "GREEN_FREIGHT_WEBHOOK"),
    (COMPOSE, "AWS_ACCESS_KEY_ID: ", "AWS_ACCESS_KEY: ", "settings_known", "nobody reads AWS_ACCESS_KEY"),
    (COMPOSE, 'API_TIMEOUT: "60"', 'API_TIMEOUT: "5"', "workers", "API_TIMEOUT is 5, not 60"),
    (COMPOSE, "    AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL", "    IGNORED", "workers", "INTERVAL is None"),
    (COMPOSE, "[green-freight, install]", "[green-freight, initialise]", "commands", "no subcommand initialise"),
    (COMPOSE, "[green-freight, install]", "[green-freight, install, --force]", "commands", "--force"),
    (COMPOSE, "demo_city, serve, --home", "demo_city, serve, --folder", "commands", "--folder"),
    (COMPOSE, "2025-10-01T02:00:00+08:00", "yesterday", "commands", "serve"),
    (COMPOSE, "[airflow, dag-processor]", "[airflow, dag_processor]", "commands", "Airflow has no such"),
    (COMPOSE, "TriggererJob", "TriggerJob", "commands", "TriggerJob"),
    (COMPOSE, "celery, worker, --concurrency", "celery, worker, --threads", "commands", "--threads"),
    (COMPOSE, "celery_executor.app", "celery_executor.application", "commands", "application"),
    (COMPOSE, "[CMD, redis-cli", "[CMD, pg_isready", "commands", "unknown command"),
    (COMPOSE, "- 127.0.0.1:${GREEN_FREIGHT_AIRFLOW", "- ${GREEN_FREIGHT_AIRFLOW", "ports", "more than 127.0.0.1"),
    (COMPOSE, "PORT:-5432}:5432", "PORT:-5432}:5433", "ports", "listens on 5432"),
    (COMPOSE, 'AIRFLOW__API__PORT: "8080"', 'AIRFLOW__API__PORT: "8081"', "ports", "8081"),
    (COMPOSE, "/api/v2/monitor/health", "/health", "ports", "health check"),
    (COMPOSE, "@redis:6379", "@queue:6379", "addresses", "queue:6379"),
    (COMPOSE, "http://airflow-apiserver:8080", "http://airflow-api:8080", "addresses", "airflow-api:8080"),
    (
        COMPOSE, "green_freight_loader:${GREEN_FREIGHT_LOADER_PASSWORD",
        "green_freight_loader:${GREEN_FREIGHT_OWNER_PASSWORD",
        "addresses", "LOADER_URL",
    ),
    (COMPOSE, "POSTGRES_USER: green_freight_admin", "POSTGRES_USER: postgres", "addresses", "ADMIN_URL"),
    (
        COMPOSE, "@postgres:5432/green_freight\n    GREEN_FREIGHT_LOADER",
        "@postgres:5432/warehouse\n    GREEN_FREIGHT_LOADER",
        "addresses", "OWNER_URL",
    ),
    (
        DOCKERFILE, "PLUGINS_FOLDER=/opt/green-freight/plugins",
        "PLUGINS_FOLDER=/opt/green-freight/plugin",
        "paths", "plugin",
    ),
    (
        DOCKERFILE, "DAGS_FOLDER=/opt/green-freight/dags",
        "DAGS_FOLDER=/opt/airflow/dags",
        "paths", "/opt/airflow/dags",
    ),
    (DOCKERFILE, "WORKDIR /opt/green-freight", "WORKDIR /srv/green-freight", "paths", "no folder of the project"),
    (
        DOCKERFILE, "AIRFLOW_HOME=/var/lib/green-freight/airflow",
        "AIRFLOW_HOME=/var/lib/airflow",
        "paths", "AIRFLOW_HOME",
    ),
    (DOCKERFILE, "COPY requirements.txt", "COPY requirements.lock", "paths", "requirements.lock"),
    (DOCKERFILE, "COPY plugins plugins", "COPY . .", "paths", "what it must not"),
    (DOCKERFILE, "COPY dags dags", "COPY dags dags\nCOPY demo_city demo_city", "paths", "what it must not"),
    (DOCKERFILE, "COPY expectations expectations\n", "", "paths", "no COPY of expectations"),
    (COMPOSE, "target: demo", "target: production", "paths", "other targets"),
    (IGNORED, "bench", "expect*", "paths", "expectations"),
    (COMPOSE, "state:/var/lib/green-freight", "state:/data", "paths", "not mounted"),
    (COMPOSE, "airflow/passwords.json", "airflow/users.json", "paths", "users.json"),
    (COMPOSE, "/var/lib/green-freight/logs", "/var/log", "paths", "LOG_FOLDER"),
    (COMPOSE, "/var/lib/green-freight/bulletins", "/srv/bulletins", "paths", "BULLETINS_URL"),
    (
        COMPOSE, "demo-connections, /var/lib/green-freight/demo]",
        "demo-connections, /var/lib/green-freight]",
        "paths", "looks elsewhere",
    ),
    (COMPOSE, "  queue:\n", "", "structure", "volume queue"),
    (COMPOSE, "  profiles: [bi]\n", "", "structure", "Superset alone the profile bi"),
    (COMPOSE, "GREEN_FREIGHT_SUPERSET_USER", "GREEN_FREIGHT_SUPERSET_LOGIN", "settings_known", "SUPERSET_LOGIN"),
    (COMPOSE, "GREEN_FREIGHT_SUPERSET_USER", "GREEN_FREIGHT_SUPERSET_LOGIN", "dashboards", "SUPERSET_USER is mis"),
    (COMPOSE, "    GREEN_FREIGHT_SUPERSET_SECRET_KEY", "    SECRET_KEY", "dashboards", "superset: GREEN_FREIGHT"),
    (COMPOSE, "LANG: C.UTF-8", "LANG: zh_CN.UTF-8", "dashboards", "LANG is zh_CN.UTF-8"),
    (COMPOSE, "bi/load.py]", "bi/bundle.py]", "dashboards", "superset-initialise: the command"),
    (COMPOSE, "--workers, \"2\"", "--workers, \"1\"", "dashboards", "superset: the command"),
    (COMPOSE, "8088/health'", "8088/healthy'", "dashboards", "health check"),
    (COMPOSE, "SUPERSET_USER: operator", "SUPERSET_USER: admin", "dashboards", "not the same"),
    (COMPOSE, "PORT:-8088}:8088", "PORT:-8088}:8089", "ports", "listens on 8088"),
    (
        COMPOSE, "superset_reader:${SUPERSET_READER_PASSWORD",
        "green_freight_reader:${SUPERSET_READER_PASSWORD",
        "addresses", "SUPERSET_WAREHOUSE_URL",
    ),
    (COMPOSE, "5432/superset", "5432/airflow", "addresses", "SUPERSET_METADATA_URL"),
    (COMPOSE, "target: superset", "target: production", "paths", "other targets"),
    (DOCKERFILE, "COPY bi bi", "COPY bi bi\nCOPY plugins plugins", "paths", "the other stages hold"),
    (DOCKERFILE, "COPY dags dags", "COPY dags dags\nCOPY bi bi", "paths", "what it must not"),
    (COMPOSE, "  profiles: [bi]", "  profiles: [bi]\n  volumes: [state:/state]", "paths", "needs no volume"),
    (COMPOSE, "      demo-agencies:\n", "      demo:\n", "structure", "waits for demo,"),
    (COMPOSE, "network_mode: service:airflow-worker", "network_mode: bridge", "structure", "share the worker"),
    (COMPOSE, "    profiles: [demo]\n    network_mode", "    network_mode", "structure", "profile demo"),
    (COMPOSE, "operator:admin", "engineer:admin", "structure", "engineer:admin"),
]  # fmt: skip


@pytest.mark.parametrize("check", compose_checks.CHECKS, ids=lambda check: check.__name__)
def test_the_installations_files_fit_the_project(check) -> None:  # type: ignore[no-untyped-def]
    assert list(check(Files.of_the_project())) == []


@pytest.mark.parametrize(
    ("where", "there", "planted", "check", "words"),
    PLANTED,
    ids=[f"{p[3]}-{p[2][:30].strip()}" for p in PLANTED],
)
def test_a_planted_error_is_found(where: str, there: str, planted: str, check: str, words: str) -> None:
    whole = Files.of_the_project()
    before = getattr(whole, where)
    assert there in before, "the planted error has no place any more"
    broken = replace(whole, **{where: before.replace(there, planted)})
    found = list(getattr(compose_checks, check)(broken))
    assert any(words in problem for problem in found), found


def test_every_check_has_a_planted_error() -> None:
    assert {plant[3] for plant in PLANTED} == {check.__name__ for check in compose_checks.CHECKS}
