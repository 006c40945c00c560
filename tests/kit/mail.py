"""A real mail server on loopback (aiosmtpd), one that drops, and a webhook receiver; each keeps what it was given."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope

USER, PASSWORD = "mailer", "s3cret-canary"


@dataclass
class Mailbox:
    """What a server accepted; it refuses the recipients named, and may answer the text itself with a refusal."""

    refused: set[str] = field(default_factory=set)
    answer: str = "250 OK"
    mails: list[tuple[str, list[str], EmailMessage]] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Envelope, address: str, options: Any) -> str:
        """Refuse or take a recipient."""
        if address in self.refused:
            return "550 5.1.1 No such \x1b[31mperson here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        """Keep the mail, or refuse it after the text has come."""
        if self.answer.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            mail = message_from_bytes(content, policy=default)
            assert isinstance(mail, EmailMessage)
            self.mails.append((str(envelope.mail_from), list(envelope.rcpt_tos), mail))
        return self.answer


def _authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    good = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False)


@contextmanager
def mail_server(box: Mailbox, tls: Path | None = None, implicit: bool = False, auth: bool = False) -> Iterator[Mailbox]:
    """Run until the end of the block; `tls` is a PEM file with key and certificate."""
    context = None
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls)
    more: dict[str, Any] = {"authenticator": _authenticate, "auth_required": True} if auth else {}
    if auth:
        more["auth_require_tls"] = context is not None and not implicit
    if context is not None and not implicit:
        more |= {"tls_context": context, "require_starttls": True}
    listener = Controller(
        box, hostname="127.0.0.1", port=free_port(), ssl_context=context if implicit else None, **more
    )
    listener.start()
    box.port = listener.port
    try:
        yield box
    finally:
        listener.stop()


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


@contextmanager
def dropping_server(after: bytes, *, linger: float = 0.0) -> Iterator[int]:
    """A server that says yes to everything and hangs up once it has read `after`; `linger`: it stays silent instead."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve() -> None:
        while True:
            try:
                wire, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=converse, args=(wire,), daemon=True).start()

    def converse(wire: socket.socket) -> None:
        heard = b""
        with suppress(OSError), wire:
            wire.sendall(b"220 drops\r\n")
            while chunk := wire.recv(65536):
                heard += chunk
                if after in heard:
                    ended.wait(linger)
                    return
                wire.sendall(b"354 go on\r\n" if chunk.upper().startswith(b"DATA") else b"250 fine\r\n")

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        ended.set()
        listener.close()


@dataclass
class Hook:
    """A webhook's receiver: answers with `status`, or hangs up without a word where it is 0."""

    status: int = 200
    posts: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""


@contextmanager
def webhook(hook: Hook) -> Iterator[Hook]:
    """Run until the end of the block."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.posts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            if hook.status == 0:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(hook.status)
            if 300 <= hook.status < 400:
                self.send_header("Location", hook.url)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    hook.url = f"http://127.0.0.1:{server.server_address[1]}/services/T0/B0/secret-canary"
    try:
        yield hook
    finally:
        server.shutdown()
        server.server_close()
