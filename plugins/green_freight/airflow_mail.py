"""Mail by Airflow's own notifier, over the Airflow connection `smtp_default`."""

from __future__ import annotations

import html

from green_freight import settings
from green_freight.redaction import remember_login
from green_freight.reporting.alerts import Mail

CONNECTION = "smtp_default"


def mail() -> Mail | None:
    """Return what sends a text to the addresses of GREEN_FREIGHT_ALERT_MAIL_TO; None where there are none."""
    # DAG files are parsed every few minutes and need no mail.
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier
    from airflow.sdk import BaseHook

    addresses = (settings.current().alert_mail_to or "").replace(",", " ").split()
    if not addresses:
        return None

    def send(text: str) -> None:
        connection = BaseHook.get_connection(CONNECTION)
        remember_login(connection.login or "", connection.password or "")
        subject = text.partition("\n")[0].partition(" / ")[0][:100]
        content = html.escape(text).replace("\n", "<br>\n")
        # The address of the sender is the connection's. Called as a function the notifier would take braces for code.
        SmtpNotifier(to=addresses, subject=subject, html_content=content, smtp_conn_id=CONNECTION).notify({})

    return send
