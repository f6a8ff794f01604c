"""The report of a night as a mail: text, with the page beside it. Nothing is sent where no server is set."""

from __future__ import annotations

import smtplib
import ssl
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from kb.errors import KBError
from kb.reporting.night import OUTCOMES, Night
from kb.reporting.text import as_text
from kb.settings import Settings

# seconds that each step of talking with the server may take
_PATIENCE = 20.0
_PORTS = {"starttls": 587, "ssl": 465, "no": 25}
_DOMAIN = "kb-desk.invalid"


def send_report(settings: Settings, night: Night, page: str) -> list[str]:
    """Send the report to everybody in the settings; who of them did not get it. Raises KBError where nobody did.

    `page`: the report as HTML, attached as a file, so that no mail program changes it.
    """
    if not settings.smtp_host:
        return []
    message = _message(settings, night, page)
    try:
        with _connected(settings) as server:
            refused = server.send_message(message, settings.report_from, list(settings.report_to))
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise KBError(f"{settings.smtp_host}：{_why(error)}。") from error
    return sorted(refused)


def _message(settings: Settings, night: Night, page: str) -> EmailMessage:
    began = datetime.fromisoformat(night.began)
    message = EmailMessage()
    message["Subject"] = f"夜间报告 {began:%Y-%m-%d}：{OUTCOMES[night.outcome]}"
    message["From"] = settings.report_from
    message["To"] = ", ".join(settings.report_to)
    message["Date"] = format_datetime(datetime.fromisoformat(night.ended))
    message["Message-ID"] = make_msgid(domain=_DOMAIN)
    # no answer from somebody's holiday notice
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(as_text(night))
    message.add_attachment(
        page.encode("utf-8", "replace"),
        maintype="text",
        subtype="html",
        filename=f"night-{began:%Y-%m-%d}.html",
        params={"charset": "utf-8"},
    )
    return message


def _connected(settings: Settings) -> smtplib.SMTP:
    """A connection that is encrypted and signed in as the settings say. Raises what smtplib raises."""
    port = settings.smtp_port or _PORTS[settings.smtp_tls]
    if settings.smtp_tls == "ssl":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            settings.smtp_host, port, timeout=_PATIENCE, context=ssl.create_default_context()
        )
    else:
        server = smtplib.SMTP(settings.smtp_host, port, timeout=_PATIENCE)
    try:
        if settings.smtp_tls == "starttls":
            server.starttls(context=ssl.create_default_context())
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password)
    except BaseException:
        server.close()
        raise
    return server


def _why(error: Exception) -> str:
    """What went wrong, in words of somebody who can do something about it."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "用户名或密码不对"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"服务器不收寄给 {'、'.join(sorted(error.recipients))} 的邮件"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "服务器不支持加密或登录"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"服务器的证书不可信（{error.verify_message}）"
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return f"{_PATIENCE:.0f} 秒没有回应"
    if isinstance(error, ConnectionRefusedError):
        return "连不上"
    return str(error) or type(error).__name__
