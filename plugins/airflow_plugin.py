"""What Airflow's own services take from the package: the deadline of a nightly run, the record of how runs end, and the
operator's pages in the user interface."""

from __future__ import annotations

from functools import cache
from typing import Any

from airflow.plugins_manager import AirflowPlugin
from green_freight import airflow_runs

PAGES = "/green-freight"
_MENU = "绿色货运 Green freight"


@cache
def _application() -> Any:
    from green_freight.airflow_pages import application

    return application()


async def pages(scope: Any, receive: Any, send: Any) -> None:
    """Serve the operator's pages; what they need is imported by the first request, in the api-server alone."""
    await _application()(scope, receive, send)


def _view(name: str, address: str, destination: str = "nav") -> dict[str, str]:
    where = {"category": _MENU} if destination == "nav" else {}
    route = f"green-freight-{address.partition('/')[0]}"
    # Without a slash at its begin, so that it stands below the address of Airflow.
    return {
        "name": name, "href": f"{PAGES[1:]}/{address}", "destination": destination, "url_route": route, **where
    }  # fmt: skip


class GreenFreightPlugin(AirflowPlugin):
    """Registers all of them under one name."""

    name = "green_freight"
    deadline_references = [airflow_runs.PublicationDeadline]  # noqa: RUF012
    listeners = [airflow_runs.RunListener()]  # noqa: RUF012
    fastapi_apps = [{"app": pages, "url_prefix": PAGES, "name": "green_freight"}]  # noqa: RUF012
    external_views = [  # noqa: RUF012
        _view("计分卡 Scorecard", "scorecard"),
        _view("数据覆盖 Coverage", "coverage"),
        _view("审核结果 Validation results", "validations"),
        _view("发布 Publications", "publications"),
        _view("数据模型 dbt documentation", "dbt"),
        _view("发布与差异 Publication", "run/{DAG_ID}/{RUN_ID}", "dag_run"),
    ]
