"""The agencies' files: strict, complete, and all that adding an agency with a known protocol needs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from green_freight.agencies import AGENCIES
from green_freight.agencies.agency import (
    CONNECTIONS,
    FOLDER,
    AgencyFileError,
    SftpConnection,
    read_agencies,
    read_agency,
)
from green_freight.contracts import contracts
from green_freight.settings import PROJECT

POSTAL = (FOLDER / "postal.yaml").read_text(encoding="utf-8")

# A parking company that drops one file a day, and the only files that are written for it.
PARKING = {
    "plugins/green_freight/agencies/parking.yaml": """
code: parking
position: 5
name: {zh: 停车公司, en: Parking company}
pool: {slots: 1, zh: 停车公司 SFTP 会话上限, en: 'parking company: SFTP sessions'}
max_parallel_requests: 1
connections:
  parking:
    protocol: sftp
    purpose: {zh: 停车记录目录, en: drop of parking records}
    folder: /parking
    example: parking_20250930.csv
    name_pattern: 'parking_(?P<year>\\d{4})(?P<month>\\d\\d)(?P<day>\\d\\d)\\.csv'
""",
    "plugins/green_freight/contracts/parking_stay.odcs.yaml": (
        (PROJECT / "plugins/green_freight/contracts/postal_parcel_volume.odcs.yaml")
        .read_text(encoding="utf-8")
        .replace("postal_parcel_volume", "parking_stay")
        .replace("domain: postal", "domain: parking")
        .replace("value: parcel_volumes", "value: stays")
        .replace("property: granularity, value: month", "property: granularity, value: day")
        .replace("property: connection, value: postal", "property: connection, value: parking")
    ),
}
# What a new process sees of the agencies, from the files of the project that it runs in.
SEEN = """
import json
from datetime import date
from green_freight.agencies import AGENCIES
from green_freight.agencies.fetch_plan import PlanInputs, requests_of_month, nightly_requests
from green_freight.agencies.agency import CONNECTIONS
from green_freight.periods import Period
from green_freight.cli import airflow_metadata

day = date(2025, 9, 2)
print(json.dumps({
    "agencies": list(AGENCIES),
    "place": CONNECTIONS["parking"].place("parking_20250902.csv").period.label,
    "pool": airflow_metadata.POOLS["parking"],
    "connection_type": airflow_metadata.CONNECTION_TYPES["parking"],
    "month": [[name, period.label] for name, period in requests_of_month("parking", Period("2025-09"), day)],
    "night": nightly_requests(AGENCIES["parking"], day, PlanInputs())[-1][1].label,
}))
"""


def test_every_dataset_belongs_to_a_delivery_of_its_agency() -> None:
    assert list(AGENCIES) == ["transport", "commerce", "postal", "power"]
    deliveries = [delivery for agency in AGENCIES.values() for delivery in agency.deliveries.values()]
    assert sorted(dataset for delivery in deliveries for dataset in delivery.datasets) == sorted(contracts())
    assert {delivery.connection_id for delivery in deliveries} == set(CONNECTIONS)
    assert all(delivery.title_zh and delivery.title_en for delivery in deliveries)
    assert [name for name, entry in CONNECTIONS.items() if isinstance(entry, SftpConnection)] == [
        "commerce", "postal", "power_files",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("there", "planted", "words"),
    [
        ("max_parallel_requests: 1", "max_requests: 1", "max_requests: Extra inputs"),
        ("max_parallel_requests: 1", "", "max_parallel_requests: Field required"),
        ("has_checksum_files", "has_checksums", "has_checksums: Extra inputs"),
        ("protocol: sftp", "protocol: ftp", "paged_api"),
        ("folder: /drop", "folder: drop/", "folder: String should match"),
        ("(?P<year>", "(?P<jahr>", "named groups year and month"),
        ("name_pattern:", "name_parser:", "name_parser"),
        ("code: postal", "code: post", "it must be the file's name postal"),
        ("name: {", "name: [", "postal.yaml: "),
    ],
)
def test_a_wrong_agency_file_is_named_with_its_entry(
    tmp_path: Path, there: str, planted: str, words: str
) -> None:
    assert there in POSTAL
    path = tmp_path / "postal.yaml"
    path.write_text(POSTAL.replace(there, planted, 1), encoding="utf-8")
    with pytest.raises(AgencyFileError) as raised:
        read_agency(path)
    assert words in str(raised.value)
    assert str(raised.value).startswith("postal.yaml: ")


def test_two_agencies_have_neither_position_nor_connection_in_common(tmp_path: Path) -> None:
    (tmp_path / "postal.yaml").write_text(POSTAL, encoding="utf-8")
    second = POSTAL.replace("code: postal", "code: parcel")
    (tmp_path / "parcel.yaml").write_text(second, encoding="utf-8")
    with pytest.raises(AgencyFileError, match="same position"):
        read_agencies(tmp_path)
    (tmp_path / "parcel.yaml").write_text(second.replace("position: 3", "position: 9"), encoding="utf-8")
    with pytest.raises(AgencyFileError, match="same connection"):
        read_agencies(tmp_path)


def test_a_fifth_agency_needs_its_file_and_its_contract_only(tmp_path: Path) -> None:
    for folder in ("plugins", "local_stack", "dbt_project/seeds"):
        shutil.copytree(PROJECT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in PARKING.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}:{tmp_path / 'plugins'}"}
    run = subprocess.run(
        [sys.executable, "-c", SEEN], env=environment, cwd=tmp_path, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == {
        "agencies": [*AGENCIES, "parking"],
        "place": "2025-09-02",
        "pool": [1, "停车公司 SFTP 会话上限 / parking company: SFTP sessions"],
        "connection_type": "sftp",
        "month": [["stays", "2025-09-01"], ["stays", "2025-09-02"]],
        "night": "2025-09-02",
    }
