"""Superset's bundle of the dashboards, rendered from `datasets/`, `dashboards/`, `columns.yaml` and dbt's `columns.md`.

Each object has a uuid that follows from its name, so that an import changes in place what it made before. Runs in
Superset's environment too, so it imports no module of the project.
"""

from __future__ import annotations

import functools
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2
import yaml

SOURCE = Path(__file__).resolve().parent
SHARED_COLUMNS = SOURCE.parent / "dbt_project" / "models" / "columns.md"
# Marks what the bundle made, so that what leaves the bundle can be removed from Superset.
CERTIFIED_BY = "绿色货运数据仓库 Green Freight Warehouse"
DATABASE = "绿色货运数据仓库"
COLUMNS_OF_GRID = 12
# Tables of this height and more have pages and a search field.
_TALL = 60
_SHARED_COLUMN = re.compile(r"{% docs (\w+) %}\n(.+?) / (.+)\n{% enddocs %}")
_NAMESPACE = uuid.UUID("6f0c3a5e-4a0e-5d64-9d8b-2c5d0e0b7a11")
# Sums over indicators, months or districts would say nothing.
_NOT_ADDITIVE = re.compile(r"\b(?:sum|avg)\(\s*\w+_(?:ratio|value|display)\b", re.IGNORECASE)
# What several datasets say of a row of the scorecard.
_OF_SCORE = {
    "work_zh": "lpad(score.work_no::text, 2, '0') || ' ' || score.work_name_zh",
    "target": "coalesce(score.target_display, score.target_text_zh, '–')",
    "actual": "coalesce(score.actual_display, '–')",
    # With all its digits: a small distance is not shown as none.
    "gap": (
        "trim_scale(nullif(score.gap_value, 0) * case when score.unit_zh = '%' then 100 else 1 end)::text"
        " || case when score.unit_zh = '%' then '%' else '' end"
    ),
    "data_kind": "case when score.is_synthetic then '演示 synthetic' else '实际 real' end",
}
GREEN, RED, ORANGE, GREY = "#2E7D32", "#C62828", "#EF6C00", "#757575"
# The first words of a status and of a kind of data, with the colour behind them.
_STATUS = {"达标": GREEN, "符合进度": GREEN, "未达标": RED, "滞后": RED, "无数据": ORANGE}
_COLOURS = {
    "status_name": _STATUS,
    "first_year": _STATUS,
    "second_year": _STATUS,
    "third_year": _STATUS,
    "data_kind": {"⚠": RED, "演示": ORANGE},
    "timeliness_name": {"数据未更新": RED},
    "validity_name": {"已到期": RED, "已撤销": RED, "半年内": ORANGE},
    "trend_name": {"变差": RED, "好转": GREEN},
}
_WHOLE = {"bigint", "integer"}
_TIMES = {"date", "timestamp", "timestamptz"}
# On a phone the grid is almost twice as wide as the screen and its rows wrap: half of a row fills the screen.
_PHONE_CSS = """
@media (max-width: 640px) {
  .dashboard-content { overflow-x: auto; }
  .dashboard-content .grid-container { min-width: 196vw; margin: 0; }
  .dashboard-content .grid-row { flex-wrap: wrap; width: 100vw; overflow-x: auto; height: auto; }
}
"""


class BundleError(ValueError):
    """The dashboards' source contradicts itself; the message names file, chart and column."""


@dataclass(frozen=True)
class Column:
    """A column of a dataset, as the database describes it."""

    name: str
    type_name: str

    @property
    def is_time(self) -> bool:
        """Whether it holds days or instants."""
        return self.type_name in _TIMES


@dataclass(frozen=True)
class Chart:
    """One chart of a dashboard as its YAML file writes it."""

    title: str
    dataset: str
    type: str
    width: int = 12
    height: int = 50
    columns: Sequence[str] = ()
    by: Sequence[str] = ()
    x: str = ""
    metrics: Mapping[str, str] = field(default_factory=dict)
    filters: Sequence[Sequence[Any]] = ()
    sort: Sequence[str] = ()
    format: str = ""
    stack: bool = False
    horizontal: bool = False
    is_paged: bool = False
    may_be_empty: bool = False
    has_legend: bool = False
    rows: int = 5000
    note: str = ""


@dataclass(frozen=True)
class Dashboard:
    """One dashboard as its YAML file writes it: rows of charts, and the filters above them."""

    slug: str
    title: str
    text: str
    filters: Sequence[Mapping[str, Any]]
    rows: Sequence[Sequence[Chart]]

    @property
    def charts(self) -> Iterator[Chart]:
        """All its charts, from the top."""
        for row in self.rows:
            yield from row


Describe = Callable[[str], Sequence[Column]]


@functools.cache
def column_labels() -> dict[str, str]:
    """Return what stands above each column: what `columns.yaml` says, else the name that published columns share."""
    own: dict[str, str] = _read(SOURCE / "columns.yaml")
    return shared_names() | own


def shared_names() -> dict[str, str]:
    """Return the names of columns that several published tables have: their descriptions up to what explains them."""
    names = {}
    for column, zh, en in _SHARED_COLUMN.findall(SHARED_COLUMNS.read_text(encoding="utf-8")):
        name = re.split(r"[,:;(]", en)[0].strip()
        names[column] = f"{re.split('[：，；。]', zh)[0]} {name[:1].upper()}{name[1:]}"
    return names


def dashboards() -> list[Dashboard]:
    """Return the dashboards in the order of their file names."""
    found = []
    for path in sorted((SOURCE / "dashboards").glob("*.yaml")):
        content = _read(path)
        rows = [[Chart(**chart) for chart in row] for row in content["rows"]]
        found.append(
            Dashboard(
                path.stem.split("_", 1)[1],
                content["title"],
                content["text"],
                content.get("filters", ()),
                rows,
            )
        )
    return found


def dataset_names() -> list[str]:
    """Return the names of the datasets."""
    return sorted(path.stem for path in (SOURCE / "datasets").glob("*.sql"))


@functools.cache
def dataset_sql(name: str) -> str:
    """Return the query of a dataset."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)  # nosec B701 - SQL
    environment.globals.update(_OF_SCORE, labels=_labels)
    text = (SOURCE / "datasets" / f"{name}.sql").read_text(encoding="utf-8")
    return environment.from_string(text).render().strip() + "\n"


def identity(kind: str, name: str) -> str:
    """Return the uuid of an object."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}/{name}"))


def chart_identity(dashboard: Dashboard, chart: Chart) -> str:
    """Return the uuid of a chart of a dashboard."""
    return identity("chart", f"{dashboard.slug}/{chart.title}")


def bundle(database_url: str, describe: Describe) -> dict[str, str]:
    """Return the bundle's files by their paths.

    Args:
        database_url: SQLAlchemy's URL of the warehouse, with the reader's password.
        describe: gives the columns that a query returns.

    Raises:
        BundleError: a column has no label, or a chart names what its dataset does not have.
    """
    columns = {name: describe(dataset_sql(name)) for name in dataset_names()}
    files = {
        "metadata.yaml": {"version": "1.0.0", "type": "assets", "timestamp": "2025-01-01T00:00:00+00:00"},
        "databases/warehouse.yaml": _database(database_url),
    }
    for name, found in columns.items():
        files[f"datasets/warehouse/{name}.yaml"] = _dataset(name, found)
    for dashboard in dashboards():
        for number, chart in enumerate(dashboard.charts):
            _check(dashboard, chart, columns)
            files[f"charts/{dashboard.slug}_{number:02}.yaml"] = _chart(
                dashboard, chart, columns[chart.dataset]
            )
        files[f"dashboards/{dashboard.slug}.yaml"] = _dashboard(dashboard)
    return {
        path: yaml.safe_dump(content, allow_unicode=True, sort_keys=False) for path, content in files.items()
    }


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _labels(kind: str) -> str:
    return (
        f"(select city_code, code, label_zh, label_en, sort_order from mart.dim_label where kind = '{kind}')"  # noqa: S608
    )


def _check(dashboard: Dashboard, chart: Chart, columns: Mapping[str, Sequence[Column]]) -> None:
    place = f"{dashboard.slug}, {chart.title}"
    if chart.dataset not in columns:
        raise BundleError(f"{place}: 没有数据集 {chart.dataset} / there is no dataset {chart.dataset}")
    known = {column.name for column in columns[chart.dataset]}
    used = {*chart.columns, *chart.by, *([chart.x] if chart.x else []), *(name for name, *_ in chart.filters)}
    if missing := sorted(used - known):
        raise BundleError(
            f"{place}: 数据集 {chart.dataset} 没有列 {missing} / the dataset {chart.dataset} has no column {missing}"
        )
    for label, expression in chart.metrics.items():
        if _NOT_ADDITIVE.search(expression):
            raise BundleError(
                f"{place}: {label} 对不可加的列求和：{expression} / {label} adds up a column that does not add up: "
                f"{expression}"
            )


def _database(url: str) -> dict[str, Any]:
    return {
        "database_name": DATABASE,
        "sqlalchemy_uri": url,
        "expose_in_sqllab": True,
        "allow_dml": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "extra": {"allows_virtual_table_explore": True, "engine_params": {"pool_pre_ping": True}},
        "uuid": identity("database", "warehouse"),
        "version": "1.0.0",
    }


def _dataset(name: str, columns: Sequence[Column]) -> dict[str, Any]:
    labels = column_labels()
    if missing := [column.name for column in columns if column.name not in labels]:
        raise BundleError(
            f"columns.yaml: {name} 的列没有名称 {missing} / columns of {name} have no label: {missing}"
        )
    sql = dataset_sql(name)
    description = " ".join(line.removeprefix("-- ") for line in sql.splitlines() if line.startswith("-- "))
    return {
        "table_name": name,
        "schema": "mart",
        "description": description,
        "sql": sql,
        "extra": {"certification": {"certified_by": CERTIFIED_BY}},
        "main_dttm_col": next((column.name for column in columns if column.is_time), None),
        "columns": [
            {
                "column_name": column.name,
                "verbose_name": labels[column.name],
                "type": column.type_name.upper(),
                "is_dttm": column.is_time,
                "is_active": True,
                "groupby": True,
                "filterable": True,
            }
            for column in columns
        ],
        "metrics": [{"metric_name": "count", "expression": "count(*)", "verbose_name": "行数 Rows"}],
        "uuid": identity("dataset", name),
        "version": "1.0.0",
        "database_uuid": identity("database", "warehouse"),
    }


def _metrics(chart: Chart) -> list[dict[str, Any]]:
    return [
        {
            "expressionType": "SQL",
            "sqlExpression": expression,
            "label": label,
            "hasCustomLabel": True,
            "optionName": f"metric_{number}",
        }
        for number, (label, expression) in enumerate(chart.metrics.items())
    ]


def _chart(dashboard: Dashboard, chart: Chart, columns: Sequence[Column]) -> dict[str, Any]:
    viz_type, params = _PARAMS[chart.type](chart, columns)
    return {
        "slice_name": chart.title,
        "description": chart.note or None,
        "certified_by": CERTIFIED_BY,
        "viz_type": viz_type,
        "params": {
            "viz_type": viz_type,
            "row_limit": chart.rows,
            "adhoc_filters": [_adhoc_filter(*one) for one in chart.filters],
            **params,
        },
        "uuid": chart_identity(dashboard, chart),
        "version": "1.0.0",
        "dataset_uuid": identity("dataset", chart.dataset),
    }


def _adhoc_filter(column: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {
        "expressionType": "SIMPLE",
        "clause": "WHERE",
        "subject": column,
        "operator": operator,
        "comparator": value,
    }


def _sorting(chart: Chart) -> list[str]:
    ascending = {name.removeprefix("-"): not name.startswith("-") for name in chart.sort}
    return [f'["{name}", {str(up).lower()}]' for name, up in ascending.items()]


def _table(chart: Chart, columns: Sequence[Column]) -> tuple[str, dict[str, Any]]:
    shown = [*chart.columns, *chart.by]
    colours = [
        {
            "column": name,
            "operator": "begins with",
            "targetValue": words,
            "colorScheme": colour,
            "useGradient": False,
        }
        for name in shown
        for words, colour in _COLOURS.get(name, {}).items()
    ]
    whole = {column.name for column in columns if column.type_name in _WHOLE}
    counts = {name: {"d3NumberFormat": ",d"} for name in shown if name in whole}
    ratios = {name: {"d3NumberFormat": ".1%"} for name in shown if name.endswith("_ratio")}
    plain = {
        name: {"d3NumberFormat": "d"}
        for name in shown
        if name in {"year", "publication_no", "source_row_number"}
    }
    common = {
        "conditional_formatting": colours,
        "column_config": counts
        | ratios
        | plain
        | {name: {"d3NumberFormat": chart.format or ",d"} for name in chart.metrics},
        "table_timestamp_format": "%Y-%m-%d",
        "include_search": chart.height >= _TALL and not chart.is_paged,
        "page_length": 50 if chart.height >= _TALL else 0,
        "server_pagination": chart.is_paged,
        "server_page_length": 50,
        "show_cell_bars": False,
        "allow_rearrange_columns": True,
    }
    if chart.metrics:
        order = chart.sort[0] if chart.sort else ""
        aggregated = {
            "query_mode": "aggregate",
            "groupby": list(chart.by),
            "metrics": _metrics(chart),
            "order_desc": not order or order.startswith("-"),
        }
        return "table", common | aggregated
    return "table", common | {
        "query_mode": "raw",
        "all_columns": list(chart.columns),
        "order_by_cols": _sorting(chart),
    }


def _number(chart: Chart, _: Sequence[Column]) -> tuple[str, dict[str, Any]]:
    [metric] = _metrics(chart)
    return "big_number_total", {
        "metric": metric,
        "y_axis_format": chart.format or ",d",
        "header_font_size": 0.4,
        "subtitle": chart.note,
        "subtitle_font_size": 0.125,
    }


def _series(viz_type: str) -> Callable[[Chart, Sequence[Column]], tuple[str, dict[str, Any]]]:
    def params(chart: Chart, columns: Sequence[Column]) -> tuple[str, dict[str, Any]]:
        is_time = next(column.is_time for column in columns if column.name == chart.x)
        return viz_type, {
            "x_axis": chart.x,
            # Days are months already, and a truncated day would be an instant of another zone.
            "time_grain_sqla": None,
            "x_axis_time_format": "%Y-%m",
            "xAxisLabelRotation": 0 if chart.horizontal else 45,
            "x_axis_sort_asc": True,
            **({} if is_time else {"x_axis_force_categorical": True, "x_axis_sort": chart.x}),
            "metrics": _metrics(chart),
            "groupby": list(chart.by),
            "orientation": "horizontal" if chart.horizontal else "vertical",
            "stack": "Stack" if chart.stack else None,
            "y_axis_format": chart.format or ",d",
            "tooltipTimeFormat": "%Y-%m",
            "rich_tooltip": True,
            "show_legend": True,
            "legendType": "scroll",
            "legendOrientation": "top",
            "truncate_metric": True,
            "markerEnabled": viz_type.endswith("line"),
            "connectNulls": True,
        }

    return params


def _heatmap(chart: Chart, _: Sequence[Column]) -> tuple[str, dict[str, Any]]:
    [metric] = _metrics(chart)
    return "heatmap_v2", {
        "x_axis": chart.x,
        "time_grain_sqla": None,
        "groupby": chart.by[0],
        "metric": metric,
        "sort_x_axis": "alpha_asc",
        "sort_y_axis": "alpha_asc",
        "normalize_across": "heatmap",
        "linear_color_scheme": "schemeBlues",
        # Many cells are too small for a figure in each: a legend says what the colours mean.
        "show_values": not chart.has_legend,
        "show_legend": chart.has_legend,
        "value_bounds": [0, None] if chart.has_legend else [None, None],
        # As many months as have room, but all of the things beside.
        "xscale_interval": -1,
        "x_axis_label_rotation": 45,
        "yscale_interval": 1,
        "left_margin": 20,
        "bottom_margin": "auto",
        "y_axis_format": chart.format or ",d",
        "x_axis_time_format": "%Y-%m",
    }


def _bubble(chart: Chart, _: Sequence[Column]) -> tuple[str, dict[str, Any]]:
    x, y, size = _metrics(chart)
    entity, *series = chart.by
    return "bubble_v2", {
        "entity": entity,
        "series": series[0] if series else None,
        "x": x,
        "y": y,
        "size": size,
        "max_bubble_size": "15",
        "x_axis_label": x["label"],
        "y_axis_label": y["label"],
        "xAxisFormat": ".3f",
        "y_axis_format": ".3f",
        "truncateXAxis": True,
        "truncateYAxis": True,
        "x_axis_title_margin": 30,
        "y_axis_title_margin": 75,
        "show_legend": True,
    }


_PARAMS = {
    "table": _table,
    "number": _number,
    "line": _series("echarts_timeseries_line"),
    "bar": _series("echarts_timeseries_bar"),
    "heatmap": _heatmap,
    "bubble": _bubble,
}


def _dashboard(dashboard: Dashboard) -> dict[str, Any]:
    position: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"id": "ROOT_ID", "type": "ROOT", "children": ["GRID_ID"]},
        "GRID_ID": {"id": "GRID_ID", "type": "GRID", "children": [], "parents": ["ROOT_ID"]},
        "HEADER_ID": {"id": "HEADER_ID", "type": "HEADER", "meta": {"text": dashboard.title}},
    }
    text = {"code": dashboard.text, "width": COLUMNS_OF_GRID, "height": 10}
    _place(position, "ROW-text", [("MARKDOWN-text", "MARKDOWN", text)])
    for number, row in enumerate(dashboard.rows):
        children = []
        for chart in row:
            found = chart_identity(dashboard, chart)
            meta = {
                "uuid": found,
                "chartId": 0,
                "width": chart.width,
                "height": chart.height,
                "sliceName": chart.title,
            }
            children.append((f"CHART-{found}", "CHART", meta))
        _place(position, f"ROW-{number}", children)
    return {
        "dashboard_title": dashboard.title,
        "description": dashboard.text,
        "css": _PHONE_CSS,
        "slug": dashboard.slug,
        "certified_by": CERTIFIED_BY,
        "published": True,
        "uuid": identity("dashboard", dashboard.slug),
        "position": position,
        "metadata": {
            "native_filter_configuration": [_filter(dashboard, one) for one in dashboard.filters],
            "cross_filters_enabled": True,
            "filter_bar_orientation": "HORIZONTAL",
            "color_scheme": "supersetColors",
            "refresh_frequency": 0,
        },
        "version": "1.0.0",
    }


def _place(position: dict[str, Any], row: str, children: Sequence[tuple[str, str, dict[str, Any]]]) -> None:
    position["GRID_ID"]["children"].append(row)
    position[row] = {
        "id": row,
        "type": "ROW",
        "children": [name for name, *_ in children],
        "parents": ["ROOT_ID", "GRID_ID"],
        "meta": {"background": "BACKGROUND_TRANSPARENT"},
    }
    for name, kind, meta in children:
        position[name] = {
            "id": name,
            "type": kind,
            "children": [],
            "parents": ["ROOT_ID", "GRID_ID", row],
            "meta": meta,
        }


def _filter(dashboard: Dashboard, content: Mapping[str, Any]) -> dict[str, Any]:
    column, dataset = content["column"], content["dataset"]
    found = identity("filter", f"{dashboard.slug}/{column}")
    return {
        "id": f"NATIVE_FILTER-{found}",
        "type": "NATIVE_FILTER",
        "filterType": "filter_select",
        "name": column_labels()[column],
        "targets": [{"column": {"name": column}, "datasetUuid": identity("dataset", dataset)}],
        "scope": {"rootPath": ["ROOT_ID"], "excluded": []},
        "cascadeParentIds": [],
        "requiredFirst": bool(content.get("newest")),
        "controlValues": {
            "multiSelect": True,
            "enableEmptyFilter": bool(content.get("newest")),
            "defaultToFirstItem": bool(content.get("newest")),
            "sortAscending": not content.get("newest"),
            "inverseSelection": False,
            "searchAllOptions": False,
        },
        "defaultDataMask": {"extraFormData": {}, "filterState": {}},
    }
