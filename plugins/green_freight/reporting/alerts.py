"""Alerts: a line in the log that nobody can overlook, and a message to a webhook where one is set.

The webhook (GREEN_FREIGHT_ALERT_URL) gets `{"msgtype": "text", "text": {"content": ...}}`, the form that the
group robots of WeCom and DingTalk take.
"""

from __future__ import annotations

import logging
from datetime import date

import httpx

from green_freight import settings
from green_freight.messages import message

log = logging.getLogger(__name__)


def waiting_for_approval(run_id: str, day: date, newest: date | None, changes: int) -> str:
    """Return the alert that a business day is not published because somebody has to approve changes of figures."""
    stands = newest.isoformat() if newest else "–"
    return message("alert_waiting_for_approval", run_id=run_id, day=day, stands=stands, changes=changes)


def nothing_published(run_id: str, day: date, newest: date | None) -> str:
    """Return the alert that a business day has no publication by its deadline."""
    stands = newest.isoformat() if newest else "–"
    return message("alert_nothing_published", run_id=run_id, day=day, stands=stands)


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
