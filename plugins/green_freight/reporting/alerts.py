"""Alerts: a line in the log that nobody can overlook, and a message to a webhook where one is set.

The webhook (GREEN_FREIGHT_ALERT_URL) gets `{"msgtype": "text", "text": {"content": ...}}`, the form that the
group robots of WeCom and DingTalk take.
"""

from __future__ import annotations

import logging
from datetime import date

import httpx

from green_freight import settings

log = logging.getLogger(__name__)


def waiting_for_approval(run_id: str, day: date, newest: date | None, changes: int) -> str:
    """Return the alert that a business day is not published because somebody has to approve changes of figures."""
    stands = newest.isoformat() if newest else "–"
    return (
        f"绿色货运数据仓库：{day} 的数据等待批准（{changes} 项变化），读者看到的仍是 {stands}；"
        f"请在 Airflow 中打开 {run_id} 的任务 approve。 / Green freight warehouse: {changes} changes of figures "
        f"wait for an approval before {day} is "
        f"published, readers still see {stands}. Open the task approve of {run_id} in Airflow."
    )


def nothing_published(run_id: str, day: date, newest: date | None) -> str:
    """Return the alert that a business day has no publication by its deadline."""
    stands = newest.isoformat() if newest else "–"
    return (
        f"绿色货运数据仓库：{day} 的数据在 06:00 前未发布，读者看到的仍是 {stands}；请在 Airflow 中查看 {run_id} "
        f"的红色任务。 / Green freight warehouse: nothing is published for {day} by 06:00, readers still see "
        f"{stands}. Open the failed task of {run_id} in Airflow."
    )


def send(message: str) -> None:
    """Log an alert and send it to the webhook; a webhook that fails is logged, the alert stays in the log."""
    log.error("ALERT 告警: %s", message)
    url = settings.current().alert_url
    if not url:
        return
    try:
        httpx.post(url, json={"msgtype": "text", "text": {"content": message}}, timeout=30).raise_for_status()
    except httpx.HTTPError as error:
        log.error(
            "the alert could not be sent to the webhook (%s); it stands in this log", type(error).__name__
        )
