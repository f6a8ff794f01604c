"""The report as a mail, sent to a real server: what arrives, and that a failure changes nothing but the report."""

import email
import ipaddress
import json
import socket
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import policy

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from test_report_page import AT, a_night

from kb.cli import cli
from kb.errors import SettingError
from kb.reporting.delivery import deliver
from kb.settings import load_settings


class Mailbox:
    """Keeps what a server is given; refuses addresses that say so."""

    def __init__(self):
        self.mails, self.recipients = [], []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(email.message_from_bytes(envelope.content, policy=policy.default))
        self.recipients.append(envelope.rcpt_tos)
        return "250 OK"


@pytest.fixture
def mailbox():
    return Mailbox()


def started(mailbox, **more):
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port(), **more)
    controller.start()
    return controller


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def plain(mailbox):
    """A server that speaks in the clear."""
    controller = started(mailbox)
    yield controller
    controller.stop()


@pytest.fixture
def certificate(tmp_path, monkeypatch):
    """A certificate for 127.0.0.1 that this process trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "mail.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return path


def encrypted(mailbox, certificate, *, at_once=False, password="right"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    checks = lambda server, session, envelope, mechanism, data: AuthResult(  # noqa: E731
        success=data.password == password.encode() and data.login == b"kb", handled=False
    )
    how = {"ssl_context": context} if at_once else {"tls_context": context, "require_starttls": True}
    return started(mailbox, authenticator=checks, auth_require_tls=not at_once, **how)


def to(settings, port, tls="no", **more):
    chosen = {
        "smtp_host": "127.0.0.1", "smtp_port": port, "smtp_tls": tls, "report_from": "kb@bank.example",
        "report_to": ("lead@bank.example", "ops@bank.example"),
    }  # fmt: skip
    return replace(settings, **(chosen | more))


def test_text_and_page_arrive(settings, plain, mailbox):
    told = deliver(to(settings, plain.port), a_night())
    assert told.troubles == ()
    (mail,) = mailbox.mails
    assert mailbox.recipients == [["lead@bank.example", "ops@bank.example"]]
    assert mail["Subject"] == "夜间报告 2026-12-01：已换上新索引"
    assert mail["To"] == "lead@bank.example, ops@bank.example"
    body, attached = mail.iter_parts()
    assert "夜间报告  2026-12-01 02:00" in body.get_content()
    assert attached.get_filename() == "night-2026-12-01.html"
    assert attached.get_content() == (settings.reports / "night-2026-12-01.html").read_text("utf-8")


def test_nothing_is_sent_where_no_server_is_set(settings, plain, mailbox):
    assert deliver(replace(settings, report_to=("lead@bank.example",)), a_night()).troubles == ()
    assert mailbox.mails == []


@pytest.mark.parametrize("tls", ["starttls", "ssl"])
def test_the_connection_is_encrypted_and_signed_in(settings, mailbox, certificate, tls):
    controller = encrypted(mailbox, certificate, at_once=tls == "ssl")
    try:
        chosen = to(settings, controller.port, tls, smtp_user="kb", smtp_password="right")
        assert deliver(chosen, a_night()).troubles == ()
        wrong = deliver(replace(chosen, smtp_password="wrong"), a_night())
    finally:
        controller.stop()
    assert len(mailbox.mails) == 1
    assert wrong.troubles == ("报告没有寄出：127.0.0.1：用户名或密码不对。",)


def test_a_certificate_that_nobody_vouches_for_is_refused(settings, mailbox, certificate, monkeypatch):
    controller = encrypted(mailbox, certificate)
    monkeypatch.delenv("SSL_CERT_FILE")
    try:
        told = deliver(to(settings, controller.port, "starttls"), a_night())
    finally:
        controller.stop()
    assert "服务器的证书不可信" in told.troubles[0]
    assert mailbox.mails == []


def test_a_server_without_encryption_gets_nothing_where_it_is_asked_for(settings, plain, mailbox):
    told = deliver(to(settings, plain.port, "starttls"), a_night())
    assert told.troubles == ("报告没有寄出：127.0.0.1：服务器不支持加密或登录。",)
    assert mailbox.mails == []


def test_a_failure_is_a_trouble_of_the_report_and_nothing_else(settings):
    told = deliver(to(settings, free_port()), a_night())
    assert told.outcome == "done"
    assert told.troubles == ("报告没有寄出：127.0.0.1：连不上。",)
    written = json.loads((settings.reports / "night-2026-12-01.json").read_text("utf-8"))
    assert written["troubles"] == list(told.troubles)
    assert "报告没有寄出" in (settings.reports / "night-2026-12-01.html").read_text("utf-8")


def test_a_night_without_mail_is_a_good_night(settings):
    env = {
        "KB_ARTICLES": str(settings.articles), "KB_VAR": str(settings.var), "KB_SMTP_HOST": "127.0.0.1", "KB_SMTP_TLS": "no",
        "KB_SMTP_PORT": str(free_port()), "KB_REPORT_FROM": "kb@bank.example", "KB_REPORT_TO": "lead@bank.example",
    }  # fmt: skip
    ran = CliRunner().invoke(cli, ["nightly"], env=env)
    assert ran.exit_code == 0, ran.output
    assert "报告没有寄出：127.0.0.1：连不上。" in ran.stdout


def test_a_server_that_says_nothing_is_left(settings, monkeypatch):
    monkeypatch.setattr("kb.reporting.mail._PATIENCE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        told = deliver(to(settings, silent.getsockname()[1]), a_night())
    assert "没有回应" in told.troubles[0]


def test_who_is_refused_is_named_and_the_others_get_it(settings, plain, mailbox):
    chosen = to(settings, plain.port, report_to=("nobody@bank.example", "lead@bank.example"))
    told = deliver(chosen, a_night())
    assert mailbox.recipients == [["lead@bank.example"]]
    assert told.troubles == ("报告没有寄出：服务器不收寄给 nobody@bank.example 的邮件，其他人收到了。",)
    alone = deliver(replace(chosen, report_to=("nobody@bank.example",)), a_night())
    assert "服务器不收寄给 nobody@bank.example 的邮件" in alone.troubles[0]


def test_what_people_wrote_stays_in_the_text(settings, plain, mailbox):
    reason = "文章少了。\r\nBcc: thief@evil.example\r\n\r\n.\r\nQUIT"
    deliver(to(settings, plain.port), a_night(AT, outcome="refused", reasons=(reason,)))
    (mail,) = mailbox.mails
    assert mail["Bcc"] is None
    assert mailbox.recipients == [["lead@bank.example", "ops@bank.example"]]


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({"KB_SMTP_HOST": "mail"}, "KB_SMTP_HOST"),
        ({"KB_SMTP_TLS": "maybe"}, "KB_SMTP_TLS"),
        ({"KB_SMTP_USER": "kb", "KB_SMTP_TLS": "no"}, "KB_SMTP_TLS"),
        ({"KB_REPORT_TO": "a@b.example\nBcc: c@d.example"}, "KB_REPORT_TO"),
        ({"KB_REPORT_TO": "张三"}, "KB_REPORT_TO"),
        ({"KB_REPORT_FROM": "a@b.example,c@d.example"}, "KB_REPORT_FROM"),
        ({"KB_SMTP_PORT": "mail"}, "KB_SMTP_PORT"),
    ],
)
def test_a_setting_that_cannot_be_used_names_itself(tmp_path, env, named):
    with pytest.raises(SettingError) as caught:
        load_settings(env, tmp_path / "kb.toml")
    assert caught.value.name == named


def test_settings_for_mail_are_read(tmp_path):
    env = {
        "KB_SMTP_HOST": "mail.bank.example", "KB_REPORT_FROM": "kb@bank.example",
        "KB_REPORT_TO": "lead@bank.example, ops@bank.example,lead@bank.example",
    }  # fmt: skip
    read = load_settings(env, tmp_path / "kb.toml")
    assert read.report_to == ("lead@bank.example", "ops@bank.example")
    assert (read.smtp_tls, read.smtp_port) == ("starttls", 0)
