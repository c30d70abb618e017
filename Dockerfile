# One image for every service of docker-compose.yml that is ours; its packages are those of requirements.txt.
FROM python:3.12-slim-bookworm

RUN apt-get update \
    && apt-get install -y --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 50000 green-freight

WORKDIR /opt/green-freight
COPY requirements.txt ./
RUN python -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --require-hashes --requirement requirements.txt

COPY . .
RUN .venv/bin/pip install --no-cache-dir --no-index --no-deps --no-build-isolation --editable .
RUN python -m compileall -q plugins local_stack demo_city dags
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
