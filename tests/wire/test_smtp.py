"""What leaves by SMTP and Slack: encrypted or not at all, well-formed, and out, certainly not, or nobody knows."""

import ipaddress
import ssl
import time
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from kit.mail import PASSWORD, USER, Hook, Mailbox, dropping_server, free_port, mail_server, webhook

from data.senders import smtp
from data.senders.port import Left, MayHaveLeft, NotLeft, Parcel
from data.senders.slack import SlackSender, post_of, url_problem
from data.senders.smtp import SmtpSender, SmtpSettings

PARCEL = Parcel(
    outreach_id="3f0b6d8e-55aa-4c1d-9c3a-0123456789ab",
    from_name="Jörg Weiß, CSM",
    from_email="joerg@triage.example",
    to_name="Søren",
    to_email="soren@customer.example",
    subject="How is it going at Åse & Co?",
    text="Hello Søren,\n\n.a line that begins with a dot\n..and two\n" + "x" * 1200 + "\n\nKind regards,\nJörg\n",
    written_at=datetime(2026, 11, 22, 9, 30, tzinfo=UTC),
    context=(("Account", "Åse & Co (acc_1)"), ("Contact", "<!channel> <https://evil.example|x> & *bold*")),
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that vouches for itself, with its key."""
    path = tmp_path_factory.mktemp("tls") / "own.pem"
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    here = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([here]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(made.public_bytes(Encoding.PEM) + secret)
    return path


def sender(port: int, tls: str = "starttls", user: str = "", password: str | None = None, **more: object) -> SmtpSender:
    context = more.pop("context", None)
    settings = SmtpSettings("127.0.0.1", port, tls, user, lambda: password, context)  # type: ignore[arg-type]
    return SmtpSender(settings, **{"wait": 5.0, **more})  # type: ignore[arg-type]


def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


def text_of(mail: EmailMessage) -> str:
    return str(mail.get_content()).replace("\r\n", "\n")


def test_M16_a_mail_is_well_formed_and_from_the_csm() -> None:
    with mail_server(Mailbox()) as box:
        assert sender(box.port).send(PARCEL) == Left()
    [(from_, to, mail)] = box.mails
    assert (from_, to) == ("joerg@triage.example", ["soren@customer.example"])
    assert str(mail["From"]) == '"Jörg Weiß, CSM" <joerg@triage.example>' and mail["Reply-To"] == mail["From"]
    assert str(mail["To"]) == "Søren <soren@customer.example>"
    assert mail["Subject"] == PARCEL.subject
    assert mail["Message-ID"] == f"<{PARCEL.outreach_id}@triage.example>"
    assert mail["Date"].datetime == PARCEL.written_at
    assert text_of(mail) == PARCEL.text and mail.defects == []
    assert mail["Bcc"] is None and len(mail.keys()) == len(set(mail.keys()))


@pytest.mark.parametrize("field", ["subject", "from_name", "to_name"])
def test_M16_no_header_can_be_smuggled_in(field: str) -> None:
    bad = msgspec.structs.replace(PARCEL, **{field: "Hi\r\nBcc: evil@x.example\r\n\r\nother body"})
    with mail_server(Mailbox()) as box:
        assert sender(box.port).send(bad) == Left()
    [(_, to, mail)] = box.mails
    assert to == [PARCEL.to_email] and mail["Bcc"] is None and text_of(mail) == PARCEL.text


@pytest.mark.parametrize(
    "address", ["", "a@b@c", "x@y.example>\r\nRCPT TO:<z@y.example", "no-at", "a b@c.example", "ü@c.example"]
)
@pytest.mark.parametrize("field", ["to_email", "from_email"])
def test_M16_what_is_no_address_is_never_sent(field: str, address: str) -> None:
    with mail_server(Mailbox()) as box:
        assert isinstance(sender(box.port).send(msgspec.structs.replace(PARCEL, **{field: address})), NotLeft)
    assert box.mails == []


def test_starttls_is_used_with_user_and_password(certificate: Path) -> None:
    with mail_server(Mailbox(), certificate, auth=True) as box:
        good = sender(box.port, user=USER, password=PASSWORD, context=trusting(certificate))
        assert good.problem() is None and box.mails == []
        assert good.send(PARCEL) == Left()
    assert len(box.mails) == 1


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # aiosmtpd does not see that the whole connection is encrypted
def test_implicit_tls(certificate: Path) -> None:
    with mail_server(Mailbox(), certificate, implicit=True, auth=True) as box:
        good = sender(box.port, "implicit", USER, PASSWORD, context=trusting(certificate))
        assert good.problem() is None
        assert good.send(PARCEL) == Left()


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_certificate_nobody_vouches_for_gets_neither_password_nor_mail(certificate: Path, tls: str) -> None:
    with mail_server(Mailbox(), certificate, implicit=tls == "implicit") as box:
        told = sender(box.port, tls, USER, PASSWORD).send(PARCEL)
        assert isinstance(told, NotLeft) and "cannot prove who it is" in told.why and PASSWORD not in told.why
    assert box.mails == []


def test_another_machine_without_starttls_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SmtpSettings, "on_loopback", property(lambda self: False))
    with mail_server(Mailbox()) as box:
        told = sender(box.port).send(PARCEL)
        assert isinstance(told, NotLeft) and "STARTTLS" in told.why
    assert box.mails == []


@pytest.mark.parametrize("password", ["wrong", None, "ünknown"])
def test_a_refused_or_missing_password_is_certainly_not_sent(certificate: Path, password: str | None) -> None:
    with mail_server(Mailbox(), certificate, auth=True) as box:
        told = sender(box.port, user=USER, password=password, context=trusting(certificate)).send(PARCEL)
        assert isinstance(told, NotLeft) and "password" in told.why and "wrong" not in told.why, told
    assert box.mails == []


def test_refused_before_and_after_the_text_is_certainly_not_sent() -> None:
    with mail_server(Mailbox(refused={PARCEL.to_email})) as box:
        told = sender(box.port).send(PARCEL)
        assert isinstance(told, NotLeft) and "refused the recipient (550" in told.why and "\x1b" not in told.why
    with mail_server(Mailbox(answer="554 5.7.1 spam")) as box:
        assert sender(box.port).send(PARCEL) == NotLeft("The mail server refused the mail (554 5.7.1 spam).")
    assert box.mails == []


def test_nobody_there_is_certainly_not_sent() -> None:
    gone = sender(free_port())
    assert isinstance(gone.send(PARCEL), NotLeft) and "cannot be reached" in (gone.problem() or "")


@pytest.mark.parametrize(
    ("after", "kind"),
    [
        (b"mail FROM", NotLeft),
        (b"rcpt TO", NotLeft),
        (b"DATA\r\n", NotLeft),
        (b"Message-ID:", MayHaveLeft),
        (b"\r\n.\r\n", MayHaveLeft),
    ],
)
def test_M17b_a_lost_connection_is_unclear_from_the_first_byte_of_the_text(after: bytes, kind: type) -> None:
    with dropping_server(after) as port:
        assert isinstance(sender(port).send(PARCEL), kind)


def test_M17b_a_server_that_says_nothing_more_has_its_time() -> None:
    with dropping_server(b"\r\n.\r\n", linger=30) as port:
        begun = time.monotonic()
        told = sender(port, wait=0.5).send(PARCEL)
        assert isinstance(told, MayHaveLeft) and time.monotonic() - begun < 10
        begun = time.monotonic()
        told = sender(port, wait=60, in_all=0.5).send(PARCEL)
        assert isinstance(told, MayHaveLeft) and time.monotonic() - begun < 10


def test_M18_a_post_cannot_mention_or_link_anything() -> None:
    with webhook(Hook()) as hook:
        slack = SlackSender(lambda: hook.url)
        assert slack.problem() is None and slack.send(PARCEL) == Left()
    [post] = hook.posts
    assert post == post_of(PARCEL)
    facts, *draft = [block["text"] for block in post["blocks"]]
    assert facts["type"] == "mrkdwn" and "&lt;!channel&gt;" in facts["text"] and "<" not in facts["text"]
    assert all(one["type"] == "plain_text" for one in draft) and "<" not in post["text"]
    assert PARCEL.text.strip() in "".join(one["text"] for one in draft)


def test_M18_long_drafts_are_cut_into_blocks_that_slack_takes() -> None:
    blocks = post_of(msgspec.structs.replace(PARCEL, text="x" * 8000))["blocks"]
    assert len(blocks) == 4 and all(len(block["text"]["text"]) <= 3000 for block in blocks)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(200, Left), (302, NotLeft), (403, NotLeft), (429, NotLeft), (500, MayHaveLeft), (0, MayHaveLeft)],
)
def test_M18_answers_of_the_webhook(status: int, kind: type) -> None:
    with webhook(Hook(status)) as hook:
        told = SlackSender(lambda: hook.url).send(PARCEL)
    assert isinstance(told, kind) and len(hook.posts) == 1 and "secret-canary" not in repr(told)


@pytest.mark.parametrize(
    "url",
    [None, "", "http://hooks.example/x", "ftp://127.0.0.1/x", "not a url", "https://u:p@hooks.example/x", "https:///x"],
)
def test_M18_only_https_or_this_machine(url: str | None) -> None:
    told = SlackSender(lambda: url).send(PARCEL)
    assert isinstance(told, NotLeft) and url_problem(url) is not None and "hooks" not in told.why


def test_M18_nobody_there_is_certainly_not_posted() -> None:
    assert isinstance(SlackSender(lambda: f"http://127.0.0.1:{free_port()}/x").send(PARCEL), NotLeft)


def test_no_secret_in_a_repr() -> None:
    shown = repr(SlackSender(lambda: "https://hooks.example/secret-canary")) + repr(
        sender(25, user=USER, password=PASSWORD)
    )
    assert "canary" not in shown and smtp.NO_PASSWORD.count("{") == 2
