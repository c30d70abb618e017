# The images of the services of docker-compose.yml that run the project's code. `production` holds what an installation
# needs; `demo` holds the demonstration agencies besides; `superset` is Superset with the dashboards. None holds tests, linters or the stack of one machine.
FROM python:3.12-slim-bookworm AS production

RUN apt-get update \
    && apt-get install -y --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 50000 green-freight

WORKDIR /opt/green-freight
COPY requirements.txt ./
RUN python -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --require-hashes --requirement requirements.txt

COPY pyproject.toml ./
COPY dags dags
COPY dbt_project dbt_project
COPY expectations expectations
COPY plugins plugins
# In place, because the package reads dbt_project, expectations and dags beside it.
RUN .venv/bin/pip install --no-cache-dir --no-index --no-deps --no-build-isolation --editable . \
    && .venv/bin/python -m compileall -q plugins dags
# A named volume takes over the owner of the folder that it is mounted on.
RUN mkdir -p /var/lib/green-freight && chown green-freight /var/lib/green-freight

ENV PATH=/opt/green-freight/.venv/bin:$PATH \
    AIRFLOW_HOME=/var/lib/green-freight/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/green-freight/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/green-freight/plugins \
    AIRFLOW__CORE__LOAD_EXAMPLES=false \
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED=false \
    GREEN_FREIGHT_HOME=/var/lib/green-freight \
    GX_ANALYTICS_ENABLED=false \
    DBT_SEND_ANONYMOUS_USAGE_STATS=false \
    SCARF_ANALYTICS=false \
    DO_NOT_TRACK=1

USER green-freight
ENTRYPOINT ["tini", "--"]

FROM production AS demo
COPY demo_city demo_city

# An image of its own, because Superset needs SQLAlchemy 1.4 and Airflow needs 2. What it finds in its environment stands
# in docker-compose.yml.
FROM python:3.12-slim-bookworm AS superset
RUN apt-get update \
    && apt-get install -y --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 50000 green-freight

WORKDIR /opt/green-freight
COPY bi/requirements.txt bi/
RUN python -m venv bi/.venv \
    && bi/.venv/bin/pip install --no-cache-dir --require-hashes --requirement bi/requirements.txt
COPY bi bi
COPY dbt_project/models/columns.md dbt_project/models/columns.md

USER green-freight
ENTRYPOINT ["tini", "--"]
