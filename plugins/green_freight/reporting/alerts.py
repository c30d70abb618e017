"""Alerts and the morning summary: a line in the log, and a message to every robot and mailbox that is set.

The robots are those of GREEN_FREIGHT_ALERT_URL; how mail is sent is the caller's, who has Airflow's connection for it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from green_freight import settings
from green_freight.messages import message
from green_freight.protocols.retry_policy import RetryPolicy
from green_freight.redaction import redacted
from green_freight.reporting.robots import NotAcceptedError, Robot

log = logging.getLogger(__name__)

Mail = Callable[[str], None]


def send(text: str, mail: Mail | None = None, policy: RetryPolicy | None = None) -> list[str]:
    """Log an alert and send it everywhere; return the names of those that did not accept it.

    Each of them is logged with its reason; the alert itself stays in the log.
    """
    text = redacted(text)
    log.error("ALERT 告警: %s", text)
    return notify(text, mail, policy)


def notify(text: str, mail: Mail | None = None, policy: RetryPolicy | None = None) -> list[str]:
    """Send a message to every robot and by mail; one that fails does not keep it from the others. As `send`."""
    failed: list[str] = []
    for robot in robots():
        try:
            robot.send(redacted(text), *([policy] if policy else []))
        except NotAcceptedError as error:
            failed.append(robot.name)
            log.error(message("alert_not_accepted", robot=robot.name, reason=error))
    if mail is not None:
        try:
            mail(redacted(text))
        except Exception as error:
            # Whatever Airflow, its connection and the mail server raise: the alert is not lost with it.
            failed.append("SMTP")
            reason = redacted(f"{type(error).__name__}: {error}")
            log.error(message("alert_not_accepted", robot="SMTP", reason=reason))
    return failed


def robots() -> list[Robot]:
    """Return the robots of the settings."""
    return [Robot.of(address) for address in (settings.current().alert_url or "").split()]
