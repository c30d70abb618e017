"""The transport bureau's paged JSON service: bearer token, pages, queries by time of last change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from green_freight.errors import FetchError
from green_freight.landing import Exchange
from green_freight.protocols.http import Page, checked, decoded, json_object, read_all_pages
from green_freight.protocols.retry_policy import Retries

PAGE_SIZE = 500


class PagedApi:
    """Reads whole lists; one instance may serve several threads."""

    def __init__(self, client: httpx.Client, token: str, page_size: int = PAGE_SIZE) -> None:
        """Use an open client; `token` goes into the Authorization header and nowhere else."""
        self._client = client
        self._headers = {"Authorization": f"Bearer {token}"}
        self._page_size = page_size

    def exchanges(self, path: str, query: Mapping[str, str], retries: Retries) -> list[Exchange]:
        """Return the exchanges that make up one list, a page each, whole and consistent."""
        pages = self._pages(path, query, retries)
        request = {"method": "GET", "path": path}
        return [Exchange(request | {"query": {**query, **self._paging(p.number)}}, p.body) for p in pages]

    def items(self, path: str, query: Mapping[str, str], retries: Retries) -> list[Any]:
        """Return the items of one list."""
        return [item for page in self._pages(path, query, retries) for item in page.items]

    def _pages(self, path: str, query: Mapping[str, str], retries: Retries) -> list[Page]:
        return read_all_pages(lambda number: retries.call(lambda: self._page(path, query, number)), path)

    def _paging(self, number: int) -> dict[str, str]:
        return {"page": str(number), "page_size": str(self._page_size)}

    def _page(self, path: str, query: Mapping[str, str], number: int) -> Page:
        asked = {**query, **self._paging(number)}
        body = decoded(checked(self._client.get(path, params=asked, headers=self._headers)))
        message = json_object(body, path)
        if message.get("code") != 0:
            code = "request_refused" if "code" in message else "answer_unexpected"
            raise FetchError(code, f"{path}: code {message.get('code')!r}, {message.get('message')!r}")
        items, total = message.get("items"), message.get("total")
        if not isinstance(items, list) or not isinstance(total, int):
            lacks = f"page {number} without a list `items` and a number `total`"
            raise FetchError("answer_unexpected", f"{path}: {lacks}")
        return Page(number, total, items, body)
