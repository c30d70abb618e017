"""Alerts: a line in the log that nobody can overlook, and a message to a webhook where one is set.

The webhook (GREEN_FREIGHT_ALERT_URL) gets `{"msgtype": "text", "text": {"content": ...}}`, the form that the
group robots of WeCom and DingTalk take.
"""

from __future__ import annotations

import logging

import httpx

from green_freight import settings
from green_freight.redaction import redacted

log = logging.getLogger(__name__)
# It logs the URL of every request; that of a robot holds its key.
logging.getLogger("httpx").setLevel(logging.WARNING)


def send(message: str) -> None:
    """Log an alert and send it to the webhook; a webhook that fails is logged, the alert stays in the log."""
    message = redacted(message)
    log.error("ALERT 告警: %s", message)
    url = settings.current().alert_url
    if not url:
        return
    try:
        httpx.post(url, json={"msgtype": "text", "text": {"content": message}}, timeout=30).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        log.error(
            "the alert could not be sent to the webhook (%s); it stands in this log", type(error).__name__
        )
