"""Mail by Airflow's own notifier, over the Airflow connection `smtp_default`."""

from __future__ import annotations

import html
import smtplib
import ssl
from typing import TYPE_CHECKING

from tenacity import Retrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_exponential

from green_freight import settings
from green_freight.protocols.retry_policy import RetryPolicy
from green_freight.redaction import remember_login
from green_freight.reporting.alerts import Mail

if TYPE_CHECKING:
    from airflow.providers.smtp.hooks.smtp import SmtpHook

CONNECTION = "smtp_default"


def mail() -> Mail | None:
    """Return what sends a text to the addresses of GREEN_FREIGHT_ALERT_MAIL_TO; None where there are none.

    It is sent again by the retry policy, whose fields the connection's extra may set, where the server cannot be
    reached or says that it is a matter of time (a reply of 4xx).
    """
    # DAG files are parsed every few minutes and need no mail.
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier
    from airflow.sdk import BaseHook

    addresses = (settings.current().alert_mail_to or "").replace(",", " ").split()
    if not addresses:
        return None

    def send(text: str) -> None:
        connection = BaseHook.get_connection(CONNECTION)
        remember_login(connection.login or "", connection.password or "")
        policy = RetryPolicy.of({"answer_seconds": "30", **connection.extra_dejson})
        subject = text.partition("\n")[0].partition(" / ")[0][:100]
        content = html.escape(text).replace("\n", "<br>\n")

        def send_once() -> None:
            # The address of the sender is the connection's.
            notifier = SmtpNotifier(
                to=addresses, subject=subject, html_content=content, smtp_conn_id=CONNECTION
            )
            notifier.hook = _hook(policy.answer_seconds)
            # Called as a function the notifier would take braces for code.
            notifier.notify({})

        retrying = Retrying(
            stop=stop_after_attempt(policy.attempts),
            wait=wait_exponential(policy.first_wait_seconds, max=policy.longest_wait_seconds),
            retry=retry_if_exception(_may_pass),
            reraise=True,
        )
        retrying(send_once)

    return send


def _hook(seconds: float) -> SmtpHook:
    """Return Airflow's hook without its own repetitions, which do not wait, and with a limit for each response."""
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    class OnceHook(SmtpHook):
        smtp_retry_limit = 0
        # A socket takes fractions of a second as well.
        timeout = seconds  # type: ignore[assignment]

    return OnceHook(CONNECTION)


def _may_pass(error: BaseException) -> bool:
    """Return whether the same mail may be accepted later."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            return all(400 <= code < 500 for code, _ in error.recipients.values())
        case smtplib.SMTPResponseException():
            return 400 <= error.smtp_code < 500
        case smtplib.SMTPServerDisconnected():
            return True
        case smtplib.SMTPException() | ssl.SSLCertVerificationError():
            return False
    # The hook makes an exception of its own of a server that closes the connection at once, or does not respond.
    return isinstance(error, OSError) or isinstance(error.__context__, smtplib.SMTPServerDisconnected)
