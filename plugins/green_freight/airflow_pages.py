"""The operator's pages as an application that Airflow's api-server mounts, behind Airflow's own login.

A mounted application is not protected by Airflow: every address here depends on `signed_in`. Pages allow no request to
another host (their Content-Security-Policy), whatever a document holds.
"""

from __future__ import annotations

from typing import Annotated, Any

from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
from airflow.api_fastapi.core_api.security import get_user, requires_access_view
from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse

from green_freight import operator_pages
from green_freight.airflow_context import installed_warehouse
from green_freight.messages import message

_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "base-uri 'self'; form-action 'none'; frame-ancestors 'self'; script-src "
)
# Only dbt's page has scripts; they stand in the page.
_NO_SCRIPTS, _DBT_SCRIPTS = "'none'", "'unsafe-inline' 'unsafe-eval'; connect-src 'self' data:"

Number = Annotated[int | None, Query(ge=1, le=2**62)]


def application() -> FastAPI:
    """Return the application: a page per address, each for who is logged in to Airflow and may see plugins."""
    signed_in = [Depends(get_user), Depends(requires_access_view(AccessView.PLUGINS))]
    app = FastAPI(dependencies=signed_in, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(operator_pages.PageError, _not_shown)
    app.add_exception_handler(operator_pages.DocumentMissingError, _not_shown)
    app.middleware("http")(_without_other_hosts)
    for address, page in _PAGES.items():
        app.add_api_route(address, page, response_class=HTMLResponse)
    app.add_api_route("/data-docs/{path:path}", _data_docs)
    return app


# The pages are no coroutines: they wait for the database in threads of their own.
def _scorecard(request: Request, year: Number = None) -> str:
    return _pages(request).scorecard(year)


def _coverage(request: Request, year: Number = None) -> str:
    return _pages(request).coverage(year)


def _validations(request: Request, build: Number = None) -> str:
    return _pages(request).validations(build)


def _publications(request: Request) -> str:
    return _pages(request).publications()


def _publication(request: Request, number: Annotated[int, Query(ge=1, le=2**62)]) -> str:
    return _pages(request).publication(number)


def _run(request: Request, run_id: str) -> str:
    return _pages(request).run(run_id)


def _dbt() -> str:
    return operator_pages.dbt_documentation(installed_warehouse())


def _data_docs(request: Request, path: str) -> Response:
    back = f"{request.scope['root_path']}/validations"
    content, media_type = operator_pages.data_docs_file(installed_warehouse(), path, back)
    return Response(content, media_type=media_type)


_PAGES = {
    "/": _scorecard,
    "/scorecard": _scorecard,
    "/coverage": _coverage,
    "/validations": _validations,
    "/publications": _publications,
    "/publication": _publication,
    "/run/{run_id:path}": _run,
    "/dbt": _dbt,
}


async def _without_other_hosts(request: Request, call_next: Any) -> Response:
    """Let no page load anything from another host or stay in a shared cache."""
    response: Response = await call_next(request)
    scripts = _DBT_SCRIPTS if request.url.path.endswith("/dbt") else _NO_SCRIPTS
    response.headers["Content-Security-Policy"] = _POLICY + scripts
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


def _pages(request: Request) -> operator_pages.Pages:
    return operator_pages.Pages(installed_warehouse(), request.scope["root_path"])


def _refused(request: Request, error: Any) -> Response:
    text = message("page_needs_login") if error.status_code in (401, 403) else str(error.detail)
    return Response(text, error.status_code, media_type="text/plain; charset=utf-8")


def _not_shown(request: Request, error: Any) -> Response:
    return HTMLResponse(_pages(request).failure(str(error)), getattr(error, "status", 404))
