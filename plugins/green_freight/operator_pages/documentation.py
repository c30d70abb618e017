"""The documentation that Great Expectations and dbt make, as it can be read without the internet."""

from __future__ import annotations

import json
import re
from html import escape
from importlib.util import find_spec
from pathlib import Path

from green_freight.errors import PermanentError
from green_freight.messages import message
from green_freight.warehouse import Warehouse

# What dbt's own `docs generate --static` replaces in its page.
_MANIFEST, _CATALOG = '"MANIFEST.JSON INLINE DATA"', '"CATALOG.JSON INLINE DATA"'
# Columns and types are in the manifest already, since every model has a contract.
_EMPTY_CATALOG = json.dumps({"metadata": {}, "nodes": {}, "sources": {}, "errors": None})

# Scripts, styles and pictures that the Data Docs take from other hosts, and the form that subscribes to a newsletter.
_OUTSIDE = re.compile(
    r"<script\b[^>]*\bsrc=[\"']?https?:[^>]*>\s*</script>|<(?:link|img)\b[^>]*\b(?:href|src)=[\"']?https?:[^>]*>"
    r"|url\([\"']?https?:[^)]*\)",
    re.IGNORECASE,
)
# The scripts open what is collapsed and lay out the page; without them everything is shown.
_STYLE = """<style>
body{font-family:sans-serif;margin:1em 2em}.collapse,.tab-pane{display:block}
.navbar,.sticky,.footer,footer,.btn,.modal,#walkthrough,form{display:none}
table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.2em .6em;text-align:left;vertical-align:top}
.row{margin:.4em 0}.alert-danger,.bg-danger{background:#fbb}.fa-check-circle::before{content:"✓"}
.fa-times::before{content:"✗"}.fa-exclamation-triangle::before{content:"!"}ul{padding-left:1.2em}
</style>"""


class DocumentMissingError(PermanentError, LookupError):
    """A page of the documentation is not there; the message says what makes it."""


def data_docs_file(warehouse: Warehouse, path: str, back: str) -> tuple[bytes, str]:
    """Return a file of the Data Docs and its media type; a page without what it takes from other hosts.

    `back` is the address of the page that leads there. Raises DocumentMissingError where there is no such file below
    the Data Docs.
    """
    folder = (warehouse.home / "audit" / "data_docs").resolve()
    file = (folder / path).resolve()
    if not file.is_relative_to(folder) or not file.is_file():
        raise DocumentMissingError(message("no_data_docs", path=path))
    if file.suffix == ".html":
        return offline(file.read_text(encoding="utf-8"), back).encode(), "text/html; charset=utf-8"
    return file.read_bytes(), {".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png"}.get(
        file.suffix, "application/octet-stream"
    )


def offline(page: str, back: str) -> str:
    """Return a page of the Data Docs without what it takes from other hosts, everything on it shown."""
    link = f'<p><a href="{escape(back)}">← 审核结果 Validation results</a></p>'
    return (
        _OUTSIDE.sub("", page).replace("</head>", f"{_STYLE}</head>", 1).replace("<body>", f"<body>{link}", 1)
    )


def dbt_documentation(warehouse: Warehouse) -> str:
    """Return dbt's documentation with its lineage as one page, from the manifest that the last build left.

    It is what `dbt docs generate --static --empty-catalog` writes, without a start of dbt. Raises DocumentMissingError
    before the first build.
    """
    try:
        manifest = warehouse.manifest_path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise DocumentMissingError(message("no_dbt_manifest")) from error
    # A description may hold what would end the script.
    inline = manifest.replace("</", "<\\/")
    return (
        _dbt_page().read_text(encoding="utf-8").replace(_MANIFEST, inline).replace(_CATALOG, _EMPTY_CATALOG)
    )


def _dbt_page() -> Path:
    """Return the page that dbt brings along; dbt itself is not imported."""
    found = find_spec("dbt")
    if found is None or found.submodule_search_locations is None:
        raise DocumentMissingError(message("no_dbt_manifest"))
    return Path(next(iter(found.submodule_search_locations))) / "task" / "docs" / "index.html"
