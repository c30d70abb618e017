"""The pages as HTML: each reads the warehouse in one read-only transaction and fills a template.

Figures are read as the reader; the record of runs, which is not the readers', as the builder. Nothing here imports what
contracts, dbt or Great Expectations need: the api-server of Airflow holds it all day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import psycopg
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from psycopg.rows import dict_row

from green_freight.errors import PermanentError
from green_freight.labels import label
from green_freight.messages import message
from green_freight.periods import SHANGHAI
from green_freight.warehouse import Warehouse
from green_freight.warehouse.statements import statements

_SQL = statements(__file__)

Row = Mapping[str, Any]

# The pages of the menu in their order: address, title.
MENU = {
    "scorecard": "计分卡 Scorecard",
    "coverage": "数据覆盖 Coverage",
    "validations": "审核结果 Validation results",
    "publications": "发布 Publications",
    "dbt": "数据模型 dbt documentation",
}


class PageError(PermanentError):
    """A page cannot be shown; the message says why. `status` is that of HTTP."""

    def __init__(self, status: int, text: str) -> None:
        """Take the status and the message."""
        super().__init__(text)
        self.status = status


class Pages:
    """The pages over one warehouse; `root` is the address below which they are served."""

    def __init__(self, warehouse: Warehouse, root: str) -> None:
        """Take the warehouse and the address without a slash at its end."""
        self._warehouse, self._root = warehouse, root

    def scorecard(self, year: int | None = None) -> str:
        """Return the scorecard of a year, by default the newest."""
        with self._reading("reader") as ask:
            publication, years = ask("publication"), [row["year"] for row in ask("years")]
            chosen = year if year is not None else max(years, default=None)
            if chosen not in years:
                raise PageError(404, message("no_such_page", what_zh="年度", what_en="year", key=chosen))
            rows = ask("scorecard", year=chosen)
        return self._page("scorecard", publication=publication[0], years=years, year=chosen, rows=rows)

    def coverage(self, year: int | None = None) -> str:
        """Return the coverage of a year, by default the newest: dataset × month."""
        with self._reading("builder") as ask:
            found = ask("coverage")
        years = sorted({row["period_month"].year for row in found}, reverse=True)
        chosen = year if year is not None else max(years, default=None)
        if chosen not in years:
            raise PageError(404, message("no_such_page", what_zh="年度", what_en="year", key=chosen))
        of_year = [row for row in found if row["period_month"].year == chosen]
        datasets = [list(rows) for _, rows in groupby(of_year, key=lambda row: row["dataset_id"])]
        months = sorted({row["period_month"] for row in of_year})
        gaps = [row for row in found if row["state_code"] in ("missing", "partial")]
        return self._page("coverage", years=years, year=chosen, months=months, datasets=datasets, gaps=gaps)

    def validations(self, build_id: int | None = None) -> str:
        """Return the results of a build's audit, by default of the newest, failures first with their rows."""
        with self._reading("builder") as ask:
            chosen = ask("newest_audit")[0]["max"] if build_id is None else build_id
            builds = ask("build", build_id=chosen)
            if not builds:
                raise PageError(
                    404, message("no_such_page", what_zh="构建", what_en="build", key=chosen or "")
                )
            results = ask("verdicts", build_id=chosen)
        failed = [row for row in results if row["result_code"] != "passed" or row["change_code"]]
        passed = [row for row in results if row not in failed]
        documents = {row["table_name"]: self._data_docs(row["table_name"]) for row in results}
        return self._page("validations", build=builds[0], failed=failed, passed=passed, documents=documents)

    def publications(self) -> str:
        """Return the list of publications, the newest first."""
        with self._reading("builder") as ask:
            rows = ask("publications", number=None)
        return self._page("publications", rows=rows)

    def publication(self, number: int) -> str:
        """Return one publication with what differs from the one before it."""
        with self._reading("builder") as ask:
            found = ask("publications", number=number)
            if not found:
                raise PageError(
                    404, message("no_such_page", what_zh="发布", what_en="publication", key=number)
                )
            revisions, tables = ask("revisions", number=number), ask("changed_tables", number=number)
            months = ask("changed_months", number=number)
        return self._page("publication", one=found[0], revisions=revisions, tables=tables, months=months)

    def run(self, run_id: str) -> str:
        """Return a run with what it found before publishing, and where its results are."""
        with self._reading("builder") as ask:
            found = ask("run", run_id=run_id)
            if not found:
                raise PageError(404, message("no_such_page", what_zh="运行", what_en="run", key=run_id))
            [results], changes = ask("run_results", run_id=run_id), ask("found_changes", run_id=run_id)
            months = ask("found_months", run_id=run_id)
        return self._page("run", run=found[0], results=results, revisions=changes, months=months)

    def failure(self, text: str) -> str:
        """Return a page that says why there is no other."""
        return self._page("failure", text=text)

    @contextmanager
    def _reading(self, role: str) -> Iterator[Any]:
        """Give a function that returns the rows of a statement of this module."""
        try:
            with self._warehouse.connect(role) as session, session.cursor(row_factory=dict_row) as cursor:
                session.read_only = True
                cursor.execute("set local statement_timeout = '20s'")

                def ask(name: str, **values: object) -> list[Row]:
                    return list(cursor.execute(_SQL[name], values))

                yield ask
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
            raise PageError(404, message("nothing_published_yet")) from error
        except psycopg.OperationalError as error:
            raise PageError(503, message("page_without_warehouse")) from error

    def _data_docs(self, table: str) -> str | None:
        """Return the address of a table's newest page of the Data Docs."""
        folder = self._warehouse.home / "audit" / "data_docs"
        pages = sorted((folder / "validations" / table).glob("*/*/*.html"))
        return f"data-docs/{pages[-1].relative_to(folder).as_posix()}" if pages else None

    def _page(self, name: str, **values: Any) -> str:
        return _TEMPLATES.get_template(f"{name}.html.j2").render(
            values, root=self._root, menu=MENU, name=name
        )


def _moment(value: datetime | None) -> str:
    return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if value else ""


def _labelled(code: str | None, kind: str) -> str:
    return label(kind, code).both if code else ""


def _number(value: Any) -> str:
    return "" if value is None else f"{value.normalize():,f}"


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters |= {"moment": _moment, "labelled": _labelled, "number": _number}
