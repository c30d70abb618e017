"""Dashboards as a reader sees them: opened in Chromium, what each chart was answered and what failed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Request, Response, sync_playwright

from bi.bundle import Dashboard, column_labels

WIDE, PHONE = 1440, 390
# Charts out of sight are not loaded, so the window is as high as a dashboard.
HEIGHT = 6000
DEADLINE_SECONDS = 90.0
QUIET_SECONDS = 1.0
ERROR_BOXES = ".dashboard-content .ant-alert-error, [data-test='error-message'], .missing-chart-container"


@dataclass
class Opened:
    """One dashboard as it was opened: what each chart was answered, and each problem in words."""

    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def chromium() -> str | None:
    """Return the path of Chromium, installed from Debian's packages where root may do so; None where there is none."""
    if (found := shutil.which("chromium")) is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-qq"], check=False, capture_output=True)
        packages = ["chromium", "fonts-noto-cjk"]
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(install, check=False, capture_output=True, env=environment)
        found = shutil.which("chromium")
    return found


@contextmanager
def logged_in(program: str, address: str, user: str, password: str, width: int = WIDE) -> Iterator[Page]:
    """Give a page of a browser that has logged in; with a profile on disk it keeps compiled scripts between pages."""
    with tempfile.TemporaryDirectory(prefix="chromium-") as profile, sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=program,
            args=["--no-sandbox", "--disable-gpu"],
            viewport={"width": width, "height": 900},
            locale="zh-CN",
        )
        page = browser.new_page()
        page.goto(f"{address}/login/")
        page.fill("#username, input[name=username]", user)
        page.fill("#password, input[name=password]", password)
        page.click("button[type=submit], input[type=submit]")
        page.wait_for_url(lambda url: "/login" not in url)
        yield page
        browser.close()


def open_dashboard(page: Page, address: str, dashboard: Dashboard, picture: Path | None = None) -> Opened:
    """Open a dashboard, wait until every chart was answered and is drawn, and return what happened."""
    opened = Opened()
    titles = _titles(page, address, dashboard)
    outside: set[str] = set()
    newest = time.monotonic()

    def requested(request: Request) -> None:
        if not request.url.startswith((address, "data:", "blob:")):
            outside.add(request.url)

    def failed(request: Request) -> None:
        # What the page's own policy stops never leaves the browser.
        if request.failure == "csp":
            outside.discard(request.url)

    def answered(response: Response) -> None:
        nonlocal newest
        if response.status >= 400:
            opened.problems.append(f"{response.status} {response.url[:200]}")
        if "/api/v1/chart/data" in response.url and response.ok:
            newest = time.monotonic()
            asked = response.request.post_data_json
            title = titles.get(asked["form_data"].get("slice_id"))
            if title is not None:
                opened.answers[title] = response.json()

    page.on("request", requested)
    page.on("requestfailed", failed)
    page.on("response", answered)
    page.set_viewport_size({"width": page.viewport_size["width"], "height": HEIGHT})  # type: ignore[index]
    page.goto(f"{address}/superset/dashboard/{dashboard.slug}/")
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        is_answered = set(opened.answers) == set(titles.values())
        if is_answered and time.monotonic() - newest > QUIET_SECONDS:
            break
        page.wait_for_timeout(250)
    _inspect(page, dashboard, opened, titles)
    opened.problems += [f"outside request {url}" for url in sorted(outside)]
    if picture is not None:
        _take_picture(page, picture)
    for event, handler in (("request", requested), ("requestfailed", failed), ("response", answered)):
        page.remove_listener(event, handler)
    return opened


def _titles(page: Page, address: str, dashboard: Dashboard) -> dict[int, str]:
    listed = page.request.get(f"{address}/api/v1/dashboard/{dashboard.slug}/charts").json()["result"]
    return {one["id"]: one["slice_name"] for one in listed}


def _inspect(page: Page, dashboard: Dashboard, opened: Opened, titles: dict[int, str]) -> None:
    missing = {chart.title for chart in dashboard.charts} - set(titles.values())
    opened.problems += [f"not on the dashboard: {title}" for title in sorted(missing)]
    opened.problems += [f"not answered: {title}" for title in titles.values() if title not in opened.answers]
    opened.problems += [f"error box: {text}" for text in page.locator(ERROR_BOXES).all_inner_texts()]
    labels = column_labels()
    ids = {title: number for number, title in titles.items()}
    for chart in dashboard.charts:
        answer = opened.answers.get(chart.title)
        if answer is None:
            continue
        first = answer["result"][0]
        if not first["data"] and not chart.may_be_empty:
            opened.problems.append(f"empty: {chart.title}")
        if any("<NULL>" in str(name) for name in first["colnames"]):
            opened.problems.append(f"a series without a label: {chart.title}")
        if chart.type == "table" and first["data"]:
            text = page.locator(f"#chart-id-{ids[chart.title]}, .chart-slice >> text={chart.title}").first
            shown = (
                " ".join(page.locator(f"#chart-id-{ids[chart.title]}").all_inner_texts()) or text.inner_text()
            )
            heads = [*(labels[name] for name in (*chart.columns, *chart.by)), *chart.metrics]
            lacking = [head for head in heads if _squeezed(head) not in _squeezed(shown)]
            opened.problems += [f"missing label {head}: {chart.title}" for head in lacking]


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _take_picture(page: Page, path: Path) -> None:
    # Until bars have grown to their length.
    page.wait_for_timeout(2000)
    bottoms = page.locator(".dashboard-component-chart-holder").evaluate_all(
        "holders => holders.map(one => one.getBoundingClientRect().bottom)"
    )
    width = page.viewport_size["width"]  # type: ignore[index]
    page.screenshot(path=path, clip={"x": 0, "y": 0, "width": width, "height": max(bottoms) + 20})
