"""A mail by SMTP: encrypted, in the CSM's name, and with an honest answer on whether it went out."""

import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import msgspec

from data.safe_text import safe_text
from data.senders.port import Left, MayHaveLeft, NotLeft, Parcel, Sent

WAIT = 20.0  # seconds for each answer
IN_ALL = 90.0  # seconds for a whole conversation, however slowly somebody answers
HERE = "[127.0.0.1]"  # the name given in EHLO: neither a look-up that may hang nor this machine's own name
READY = 354
_ADDRESS = re.compile(r"[!-~]{1,200}")
_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")
_DOT = re.compile(rb"(?m)^\.")


class SmtpSettings(msgspec.Struct, frozen=True):
    """The mail server; `tls` is `starttls` or `implicit`. `password` is asked for only where there is a user."""

    host: str
    port: int
    tls: str
    user: str
    password: Callable[[], str | None]
    context: ssl.SSLContext | None = None

    @property
    def on_loopback(self) -> bool:
        """True for this machine itself, where a server without STARTTLS is accepted."""
        return _LOOPBACK.fullmatch(self.host) is not None


class _NotReady(Exception):
    """The way to the server is closed; nothing was sent. `str(error)` is a sentence of ours."""


class SmtpSender:
    """Sends one mail a conversation; never raises for what the server does."""

    def __init__(self, settings: SmtpSettings, wait: float = WAIT, in_all: float = IN_ALL) -> None:
        self._settings = settings
        self._wait = wait
        self._in_all = in_all

    def problem(self) -> str | None:
        """Connect, encrypt and sign in, and send nothing."""
        try:
            with self._conversation() as smtp:
                return None if smtp.noop()[0] < 400 else "The mail server is not ready."
        except _NotReady as error:
            return str(error)
        except (OSError, smtplib.SMTPException) as error:
            return f"The mail server does not answer ({_said(error)})."

    def send(self, parcel: Parcel) -> Sent:
        """Before the text is asked for, everything that goes wrong is `NotLeft`; after that only a refusal is."""
        try:
            mail = _mail(parcel)
        except (ValueError, HeaderParseError):
            return NotLeft("The address or a name in it cannot stand in a mail.")
        try:
            with self._conversation() as smtp:
                refusal = _envelope(smtp, parcel)
                return refusal if refusal is not None else _hand_over(smtp, mail)
        except _NotReady as error:
            return NotLeft(str(error))
        except (OSError, smtplib.SMTPException) as error:
            return NotLeft(f"The mail server did not take the mail ({_said(error)}).")

    @contextmanager
    def _conversation(self) -> Iterator[smtplib.SMTP]:
        """A connection ready to send by, ended whatever happens; its whole length is bounded."""
        smtp = self._connected()
        watch = threading.Timer(self._in_all, _hang_up, [smtp])
        watch.daemon = True
        watch.start()
        try:
            self._prepare(smtp)
            yield smtp
        finally:
            with suppress(OSError, smtplib.SMTPException):
                smtp.quit()
            watch.cancel()
            smtp.close()

    def _connected(self) -> smtplib.SMTP:
        where = self._settings
        try:
            if where.tls == "implicit":
                return smtplib.SMTP_SSL(where.host, where.port, HERE, timeout=self._wait, context=self._context())
            return smtplib.SMTP(where.host, where.port, HERE, timeout=self._wait)
        except ssl.SSLCertVerificationError as error:
            raise _NotReady(f"The mail server cannot prove who it is ({_said(error)}).") from None
        except (OSError, smtplib.SMTPException) as error:
            raise _NotReady(f"The mail server {where.host} cannot be reached ({_said(error)}).") from None

    def _prepare(self, smtp: smtplib.SMTP) -> None:
        """Encrypt and sign in, or raise _NotReady; without encryption nothing goes to another machine."""
        where = self._settings
        try:
            smtp.ehlo_or_helo_if_needed()
            if where.tls == "starttls":
                if smtp.has_extn("starttls"):
                    smtp.starttls(context=self._context())
                    smtp.ehlo()
                elif not where.on_loopback:
                    raise _NotReady("The mail server offers no STARTTLS, so nothing was sent.")
            if where.user:
                password = where.password()
                if not password:
                    raise _NotReady(NO_PASSWORD.format(user=where.user, host=where.host))
                smtp.login(where.user, password)
        except smtplib.SMTPAuthenticationError as error:
            raise _NotReady(f"The mail server does not accept the user or the password ({error.smtp_code}).") from None
        except ssl.SSLCertVerificationError as error:
            raise _NotReady(f"The mail server cannot prove who it is ({_said(error)}).") from None
        except UnicodeEncodeError:
            raise _NotReady("The password for the mail server holds characters that cannot be sent.") from None
        except (OSError, smtplib.SMTPException) as error:
            raise _NotReady(f"The mail server cannot be used ({_said(error)}).") from None

    def _context(self) -> ssl.SSLContext:
        return self._settings.context or ssl.create_default_context()


NO_PASSWORD = "There is no password for the mail server: TRIAGE_SMTP_PASSWORD, or keyring set triage smtp:{user}@{host}"


def _envelope(smtp: smtplib.SMTP, parcel: Parcel) -> NotLeft | None:
    """MAIL and RCPT: whoever is refused here certainly got nothing."""
    for who, (code, answer) in (
        ("the sender", smtp.mail(parcel.from_email)),
        ("the recipient", smtp.rcpt(parcel.to_email)),
    ):
        if code not in (250, 251):
            return NotLeft(f"The mail server refused {who} ({code} {_text(answer)}).")
    return None


def _hand_over(smtp: smtplib.SMTP, mail: bytes) -> Sent:
    """DATA: from the first byte of the text on, only the server's own refusal says that it was not taken."""
    code, answer = smtp.docmd("DATA")
    if code != READY:
        return NotLeft(f"The mail server refused the mail ({code} {_text(answer)}).")
    try:
        smtp.send(_DOT.sub(b"..", mail) + b".\r\n")
        code, answer = smtp.getreply()
    except (OSError, smtplib.SMTPException) as error:
        return MayHaveLeft(f"The connection was lost while the mail was on its way ({_said(error)}).")
    if code == 250:
        return Left()
    if 400 <= code < 600:
        return NotLeft(f"The mail server refused the mail ({code} {_text(answer)}).")
    return MayHaveLeft(f"The mail server answered {code}, which says neither yes nor no.")


def _mail(parcel: Parcel) -> bytes:
    """The message as RFC 5322 has it, lines ending in CRLF; ValueError for what cannot be an address."""
    for address in (parcel.from_email, parcel.to_email):
        if not _ADDRESS.fullmatch(address) or address.count("@") != 1:
            raise ValueError("not an address")
    sender = Address(_words(parcel.from_name), addr_spec=parcel.from_email)
    made = EmailMessage(policy=SMTP)
    made["From"] = sender
    made["To"] = Address(_words(parcel.to_name), addr_spec=parcel.to_email)
    made["Reply-To"] = sender
    made["Subject"] = _words(parcel.subject)
    made["Date"] = format_datetime(parcel.written_at)
    made["Message-ID"] = f"<{parcel.outreach_id}@{sender.domain}>"
    made.set_content(parcel.text.rstrip("\n") + "\n", cte="quoted-printable")
    return made.as_bytes()


def _words(text: str) -> str:
    """One line, without anything that could begin another header."""
    return " ".join(safe_text(text, cells=None).split())


def _text(answer: bytes) -> str:
    return str(safe_text(answer.decode("utf-8", "replace"), cells=80))


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        found = error.smtp_error
        return f"{error.smtp_code} {_text(found if isinstance(found, bytes) else found.encode())}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.strerror:
        return str(safe_text(error.strerror, cells=80))
    return str(safe_text(str(error) or type(error).__name__, cells=80))


def _hang_up(smtp: smtplib.SMTP) -> None:
    """End a conversation that takes too long: whoever waits for an answer then finds the connection closed."""
    wire = smtp.sock
    if wire is not None:
        with suppress(OSError):
            wire.shutdown(socket.SHUT_RDWR)
