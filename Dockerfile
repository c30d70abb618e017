# One image for every Airflow service of docker-compose.yml; the versions are those of requirements.txt.
FROM python:3.12-slim-bookworm

RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates git tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 50000 green-freight

WORKDIR /opt/green-freight
COPY requirements.txt ./
RUN python -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --require-hashes --requirement requirements.txt

COPY --chown=green-freight . .
RUN mkdir -p /var/lib/green-freight && chown green-freight /var/lib/green-freight

ENV PATH=/opt/green-freight/.venv/bin:$PATH \
    PYTHONPATH=/opt/green-freight:/opt/green-freight/plugins \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/green-freight/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/green-freight/plugins \
    AIRFLOW__CORE__LOAD_EXAMPLES=false \
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED=false \
    AIRFLOW_HOME=/var/lib/green-freight/airflow \
    GREEN_FREIGHT_HOME=/var/lib/green-freight \
    GX_ANALYTICS_ENABLED=false \
    DBT_SEND_ANONYMOUS_USAGE_STATS=false \
    DO_NOT_TRACK=1

USER green-freight
ENTRYPOINT ["tini", "--"]
