"""A page inside Airflow is for who is logged in there: the application as the api-server mounts it, without a token."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

ADDRESSES = (
    "/", "/scorecard", "/scorecard?year=x", "/coverage", "/validations", "/publications", "/publication",
    "/run/nightly_refresh/x", "/dbt", "/data-docs/index.html",
)  # fmt: skip


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Import the application with Airflow, whose home is a folder of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))
        from green_freight.airflow_pages import application

        yield application()


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_page_is_given_to_who_did_not_log_in(application: Any, address: str) -> None:
    refused = TestClient(application).get(address)
    assert (refused.status_code, refused.text[:4]) == (401, "请先登录")


def test_these_are_all_addresses(application: Any) -> None:
    served = {route.path.split("/")[1] for route in application.routes}
    assert served == {address.partition("?")[0].split("/")[1] for address in ADDRESSES}
